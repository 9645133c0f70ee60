/* Trainer `generated`: the program over networks of any width, by neurons that are generated where
 * they lower the objective,
 *
 *     min over measures A on the unit sphere   L(F, Y) + beta |A|,   F = integral relu(X u) dA(u),
 *
 * whose minimum is that of weight decay, (beta/2)(|U|^2 + |A|^2), for every width that is large
 * enough (Bach 2017; Pilanci, Ergen 2020). Column generation: a round
 *
 *     prices: neurons with |Nu' relu(X u)| > beta, Nu = -grad L, lower the objective
 *         (generated_price.h); the best, some way apart from each other, join;
 *     solves the program over the neurons in use, warm started (generated_master.h); those that are
 *         not used leave;
 *     slides: descent on the network of the neurons in use (generated_slide.h);
 *     merges neurons with one pattern of activation, and solves again.
 *
 * No part raises the objective, so that it falls from round to round, and ends no higher than the
 * network that it starts from. Pricing is local: where it finds nothing, nothing is proved, and a
 * bound of the neurons that it has looked at would be one of a set that grows: there is no
 * certificate. */
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "solvers/cvx/penalty_path.h"
#include "solvers/cvx/violation.h"
#include "solvers/gates/start.h"
#include "solvers/generated/generated_master.h"
#include "solvers/generated/generated_neurons.h"
#include "solvers/generated/generated_price.h"
#include "solvers/generated/generated_published.h"
#include "solvers/generated/generated_slide.h"
#include "solvers/model/multinet.h"
#include "solvers/model/trainer.h"

#include <math.h>
#include <string.h>

struct generated_options {
	long neurons, starts, add, slide, sampled;
	bool minimal;
	double minimal_slack, norms;
	long step;
	struct start_options start;
};

enum { STEP_GENERATED, STEP_PUBLISHED };

static const char *const steps[] = {"generated", "published", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct generated_options, neurons), .initial = "500", .range = RANGE_FROM(1),
	 .doc = "room: the most neurons in use at a time; a network to start from may have more"},
	{OPTION_FIELD(struct generated_options, starts), .initial = "null", .range = RANGE_FROM(2),
	 .doc = "ascents of the pricing in a round; unset: 512, or as many as take about 2 GFLOP, "
		"at least 64"},
	{OPTION_FIELD(struct generated_options, add), .initial = "30", .range = RANGE_FROM(1),
	 .doc = "neurons that join in a round, at most"},
	{OPTION_FIELD(struct generated_options, slide), .initial = "50", .range = RANGE_FROM(0),
	 .doc = "steps of L-BFGS in a round on both layers of the network of the neurons in use"},
	{OPTION_FIELD(struct generated_options, sampled), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "random neurons to begin with, as many as there is room for: those of scp"},
	{OPTION_FIELD(struct generated_options, minimal), .initial = "false",
	 .doc = "at its end remove neurons one by one, the smallest first, as long as master and "
		"slide bring the others back to the objective"},
	{OPTION_FIELD(struct generated_options, minimal_slack), .initial = "1e-6",
	 .range = RANGE_FROM(0), .doc = "minimal: by what share the objective may rise for that"},
	{OPTION_FIELD(struct generated_options, step), .initial = "generated", .names = steps,
	 .doc = "generated; or published: conditional gradients, 2/(2 + k) of the way to one "
		"neuron "
		"a round, slow and for comparison"},
	{OPTION_FIELD(struct generated_options, norms), .initial = "null", .range = RANGE_ABOVE(0),
	 .doc = "step published: the largest sum of the norms of neurons; unset: the least "
		"objective so far over beta, which no optimum exceeds, after 50 steps of the best "
		"length to make it small"},
	{OPTION_AS("start", struct generated_options, start.trainer), .initial = "null",
	 .kind = KIND_TRAINER,
	 .doc = "a method whose network is the start, which is part of the setup; the objective is "
		"never above that of this network"},
	{OPTION_AS("start_file", struct generated_options, start.file), .initial = "null",
	 .path = PATH_MODEL, .doc = "or a model.npz on the same prepared features"},
	{OPTION_AS("start_steps", struct generated_options, start.steps), .initial = "1000",
	 .range = RANGE_FROM(0), .doc = "most steps of `start`, if it does not end by itself"},
	{0},
};

struct generated {
	struct problem problem; /* with the present beta */
	const struct generated_options *options;
	struct neurons neurons;
	struct master master;
	struct price price;
	struct slide slide;
	struct published published;
	struct penalty_path path;
	double objective;
	double found; /* the largest value of a neuron for the present dual point */
	bool priced;  /* it is known */
	double size;  /* the longest row of X */
	double fell;  /* by this share in the last round */
	int quiet;    /* rounds in a row in which nothing happened */
	long rounds;
	bool thinning; /* minimal: no more rounds at this penalty */
	double limit;  /* minimal: the objective that fewer neurons may have; 0: not there yet */
	double tried;  /* minimal: the largest neuron that could not be removed */
	ptrdiff_t removed;
	const char *note;
};

enum {
	QUIET = 20, /* passes of pricing that find nothing before the end */
	STARTS = 512,
	LEAST_STARTS = 64
};

/* Operations of the pricing of a round, where its starts are not given, and of one start. */
static const double pricing = 2e9;
static const double per_start = 58 * 4;

/* Relative excess of a value over beta that counts as a violation. */
static const double violated = 1e-7 > 64 * REAL_EPSILON ? 1e-7 : 64 * REAL_EPSILON;

/* Share of the objective: a fall that is none. */
static const double standing = 1e-11 > 4 * REAL_EPSILON ? 1e-11 : 4 * REAL_EPSILON;

/* 1 - u'v that neurons of a round differ by: a share of the violation, within limits. */
static const double apart_share = 0.1, apart_least = 1e-5, apart_most = 2e-2;

/* Of the objective: a fall in a round below which neurons are placed exactly. */
static const double slow = 3e-3;

/* Of the objective: a fall in a round above which slides may go by products in float. */
static const double rough = 1e-4;

/* Of the objective: a fall in a round that ends a penalty of a path. */
static const double path_fall = 1e-6;

/* Preactivations of merged neurons, as a share of the longest row, that may have any sign. */
static const double kink = 1e-9 > 16 * REAL_EPSILON ? 1e-9 : 16 * REAL_EPSILON;

static ptrdiff_t starts_of(const struct generated_options *o, ptrdiff_t n, ptrdiff_t d)
{
	double most = pricing / (per_start * (double)n * (double)d);

	if (o->starts > 0)
		return o->starts;
	return most > STARTS ? STARTS : most < LEAST_STARTS ? LEAST_STARTS : (ptrdiff_t)most;
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct generated_options *o = options;
	double n = (double)shape.n, d = (double)shape.d, k = (double)shape.k;
	double N = fmin((double)o->neurons, n + (double)o->add);
	double ascents = per_start * n * d * (double)starts_of(o, shape.n, shape.d);

	start_forecast(&o->start, shape, out);
	out->iteration_flops +=
		ascents + 6 * n * (d + k) * N * (double)o->slide + 2 * (n * N * N + N * N * N / 3);
}

/* Neurons of the start, with |u_j| = 1; those without weights are left out. */
static void take_network(struct generated *s, struct model_layers net)
{
	struct neurons *to = &s->neurons;
	ptrdiff_t d = to->U.rows, k = to->A.cols;

	for (ptrdiff_t j = 0; j < net.U.cols; j++) {
		double length = blas_norm((size_t)d, mat_col(net.U, j));

		if (!(length > 0))
			continue;
		for (ptrdiff_t i = 0; i < d; i++)
			mat_set(to->U, i, to->count, (real)((double)mat_get(net.U, i, j) / length));
		for (ptrdiff_t c = 0; c < k; c++)
			mat_set(to->A, to->count, c, (real)(length * (double)mat_get(net.A, j, c)));
		to->count += neurons_size(to, to->count) > 0;
	}
}

static void take_sampled(struct generated *s)
{
	struct neurons *to = &s->neurons;

	for (long i = 0; i < s->options->sampled && to->count < to->room; i++) {
		struct rng rng = rng_stream(s->problem.seed, "neurons", (uint64_t)i);

		net_direction(&rng, to->U.rows, mat_col(to->U, to->count));
		for (ptrdiff_t c = 0; c < to->A.cols; c++)
			mat_set(to->A, to->count, c, 0);
		to->count++;
	}
}

static double longest_row(struct mat X)
{
	double longest = 0;

	for (ptrdiff_t i = 0; i < X.rows; i++) {
		double square = 0;

		for (ptrdiff_t j = 0; j < X.cols; j++)
			square += (double)mat_get(X, i, j) * (double)mat_get(X, i, j);
		longest = fmax(longest, square);
	}
	return sqrt(longest);
}

/* The first point, and of a path the first penalty, where it is the largest value at 0. */
static void begin(struct generated *s, struct start start)
{
	s->size = longest_row(s->problem.X);
	if (start.note)
		take_network(s, start.net);
	take_sampled(s);
	neurons_activate(&s->neurons, 0);
	neurons_output(&s->neurons);
	s->objective = master_solve(&s->master, standing);
	neurons_prune(&s->neurons);
	if (s->problem.penalties.count < 2)
		return;
	s->problem.beta = penalty_path_begin(
		&s->path, price_search(&s->price, &s->neurons, s->master.nu, s->options->add));
	s->objective = neurons_objective(&s->neurons);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct generated *s = ARENA_NEW(arena, struct generated);
	const struct generated_options *o = options;
	struct start start;
	ptrdiff_t room = o->neurons, n = problem->X.rows, d = problem->X.cols;

	*state = s;
	TRY(start_network(problem, &o->start, arena, &start, err));
	if (start.note && start.net.A.cols != problem->y.k)
		return err_set(err, STATUS_SPEC,
			       "start: expected a network of %td outputs, got one of %td",
			       problem->y.k, start.net.A.cols);
	if (start.note && start.net.U.cols + o->add > room)
		room = start.net.U.cols + o->add;
	if (o->step == STEP_PUBLISHED && problem->y.k > 1)
		return err_set(err, STATUS_SPEC,
			       "step: expected generated with several outputs, got \"published\"");
	*s = (struct generated){.problem = *problem, .options = o, .note = start.note, .fell = 1};
	s->neurons = neurons_new(&s->problem, room, arena);
	s->master = master_new(&s->neurons, arena);
	s->price = price_new(&s->problem, starts_of(o, n, d), arena);
	s->slide = slide_new(&s->neurons, &s->price, arena);
	s->published = published_new(&s->neurons, &s->price, o->norms, arena);
	s->path = penalty_path_new(problem, 0);
	if (!arena_counts(arena))
		begin(s, start);
	return STATUS_OK;
}

/* Pricing at the present dual point, once. */
static void look(struct generated *s)
{
	s->price.brief = s->fell > slow;
	if (!s->priced)
		s->found = price_search(&s->price, &s->neurons, s->master.nu, s->options->add);
	s->priced = true;
}

/* What slides and merges, unless rounding makes it worse. */
static void improve(struct generated *s)
{
	neurons_remember(&s->neurons);
	if (s->options->slide > 0)
		slide_descend(&s->slide, s->options->slide, standing, s->fell > rough);
	neurons_merge(&s->neurons, kink * s->size);
	if (!(neurons_objective(&s->neurons) <= s->objective))
		neurons_go_back(&s->neurons);
}

/* The program over the neurons in use, those that have just joined among them. While the objective
 * stands still none leaves: where the dual point is not unique those that joined cut it off, and
 * without them it would come back. */
static void solve(struct generated *s)
{
	double before = s->objective;

	s->objective = master_solve(&s->master, 1e-2 * s->fell);
	if (s->objective >= before * (1 - standing) &&
	    s->neurons.count + s->options->add <= s->neurons.room)
		return;
	neurons_prune(&s->neurons);
	improve(s);
	s->objective = master_solve(&s->master, fmin(1e-8, 1e-2 * s->fell));
	neurons_prune(&s->neurons);
}

/* The smallest neuron that has not been tried goes, if the others can do without it. False once all
 * have been tried. */
static bool thin(struct generated *s)
{
	struct neurons *neurons = &s->neurons;
	double size = HUGE_VAL;
	ptrdiff_t smallest = -1, count = neurons->count;

	for (ptrdiff_t j = 0; j < count; j++)
		if (neurons_size(neurons, j) > s->tried && neurons_size(neurons, j) < size) {
			size = neurons_size(neurons, j);
			smallest = j;
		}
	if (smallest < 0)
		return false;
	neurons_remember(neurons);
	for (ptrdiff_t c = 0; c < neurons->A.cols; c++)
		mat_set(neurons->A, smallest, c, 0);
	neurons_prune(neurons);
	neurons_output(neurons);
	slide_descend(&s->slide, s->options->slide, standing, false);
	s->objective = master_solve(&s->master, standing);
	neurons_prune(neurons);
	if (s->objective <= s->limit) {
		s->removed += count - neurons->count;
		return true;
	}
	neurons_go_back(neurons);
	s->objective = master_solve(&s->master, standing); /* its dual point, too */
	s->tried = size;
	return true;
}

/* Until every neuron has been tried; true then. */
static bool step_thin(struct generated *s)
{
	if (!(s->limit > 0))
		s->limit = s->objective * (1 + s->options->minimal_slack);
	return !thin(s);
}

/* u_j with weights A_j becomes the neuron sqrt|A_j| u_j with weights A_j / sqrt|A_j|. */
static void network(const void *state, struct model *model)
{
	const struct neurons *s = &((const struct generated *)state)->neurons;
	struct net *net = s->A.cols > 1 ? NULL : net_of(model);
	struct multinet *outputs = s->A.cols > 1 ? multinet_of(model) : NULL;
	struct mat *U = net ? &net->U : &outputs->U;

	U->cols = s->count;
	for (ptrdiff_t j = 0; j < s->count; j++) {
		double root = sqrt(neurons_size(s, j));

		for (ptrdiff_t i = 0; i < s->U.rows; i++)
			mat_set(*U, i, j, (real)root * mat_get(s->U, i, j));
		for (ptrdiff_t c = 0; c < s->A.cols; c++) {
			real a = root > 0 ? (real)((double)mat_get(s->A, j, c) / root) : 0;

			if (net)
				net->alpha[j] = a;
			else
				mat_set(outputs->A, j, c, a);
		}
	}
}

/* The next penalty of a path begins at the neurons of the one before. */
static void turn(struct generated *s, double beta)
{
	s->problem.beta = beta;
	s->objective = master_solve(&s->master, standing);
	s->fell = 1;
	s->quiet = 0;
	s->priced = s->thinning = false;
	s->limit = s->tried = 0;
	s->removed = 0;
}

/* Is there more to a path than this penalty? */
static bool goes_on(const struct generated *s)
{
	return s->problem.beta > s->path.problem->beta;
}

/* This penalty is done with, and behind the last one the run. */
static void leave(struct generated *s, enum outcome end, struct progress *progress)
{
	struct penalty_done done = {s->problem.beta, s->objective, NAN, NAN, 0};

	if (penalty_path_leave(&s->path, done, progress))
		progress->end = end;
}

/* Prices, solves, slides. How it ends if nothing is left to do at this penalty, which is where the
 * objective hardly falls any more, or at the last one not at all. */
static enum outcome go_round(struct generated *s)
{
	double beta = s->problem.beta, before = s->objective, apart;
	ptrdiff_t added;

	look(s);
	apart = apart_share * (s->found / beta - 1);
	apart = apart > apart_most ? apart_most : apart < apart_least ? apart_least : apart;
	added = price_add(
		&s->price, &s->neurons, s->master.nu,
		(struct price_wish){s->options->add, beta * (1 + violated), apart, s->fell < slow});
	neurons_activate(&s->neurons, s->neurons.count - added);
	s->found = fmax(s->found, s->price.found);
	if (added > 0 || s->quiet == 0)
		solve(s);
	s->fell = fmax(standing, 1 - s->objective / before);
	s->priced = false;
	s->quiet = added == 0 || s->fell <= standing ? s->quiet + 1 : 0;
	if (goes_on(s) ? s->fell > path_fall : s->quiet < QUIET)
		return OUTCOME_RUNNING;
	return added == 0 ? OUTCOME_CONVERGED : OUTCOME_STALLED;
}

static void step(void *state, struct progress *progress)
{
	struct generated *s = state;
	enum outcome end;
	double beta;

	if (penalty_path_turns(&s->path, &beta))
		turn(s, beta);
	s->path.steps++;
	if (s->options->step == STEP_PUBLISHED) {
		s->objective = published_step(&s->published, &s->found);
		s->rounds++;
	} else if (s->thinning) {
		if (step_thin(s))
			leave(s, OUTCOME_CONVERGED, progress);
	} else {
		end = go_round(s);
		s->rounds++;
		s->thinning = end != OUTCOME_RUNNING && s->options->minimal;
		if (end != OUTCOME_RUNNING && !s->thinning)
			leave(s, end, progress);
	}
	/* until the last penalty of a path nothing is said of beta */
	progress->objective = goes_on(s) ? NAN : s->objective;
	progress->dual_residual = fmax(0, s->found / s->problem.beta - 1);
}

static ptrdiff_t width(const void *state)
{
	return ((const struct generated *)state)->neurons.room;
}

static void violation(void *state, long draws, struct violation *out)
{
	const struct generated *s = state;

	violation_neurons(&s->problem,
			  s->options->step == STEP_PUBLISHED ? s->published.nu.at : s->master.nu.at,
			  draws, out);
}

static void facts(const void *state, struct facts *facts)
{
	const struct generated *s = state;

	facts_number(facts, "patterns", (double)s->neurons.count);
	facts_number(facts, "generated_rounds", (double)s->rounds);
	facts_number(facts, "generated_violation",
		     s->rounds > 0 || s->priced ? s->found / s->problem.beta - 1 : NAN);
	facts_note(facts, s->note);
	if (s->neurons.count == s->neurons.room)
		facts_note(facts, arena_format(facts->arena, "room for %td neurons is used up",
					       s->neurons.room));
	if (s->limit > 0)
		facts_number(facts, "generated_removed", (double)s->removed);
	if (s->quiet >= QUIET)
		facts_note(facts, arena_format(facts->arena,
					       "nothing found that lowers the objective in %d "
					       "passes of %td ascents: no proof that there is "
					       "nothing",
					       QUIET, s->price.starts));
}

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	if (((const struct generated_options *)options)->step == STEP_PUBLISHED)
		return trainer_curved(problem, options, wanted);
	*wanted = "a smooth loss, or one whose conjugate is a quadratic on an interval";
	return master_takes(problem->loss, problem->y.k);
}

/* A path begins where the network is zero. */
static const char *path(const void *options, const char **option)
{
	const struct generated_options *o = options;

	*option = o->step == STEP_PUBLISHED ? "step"
		  : o->sampled > 0          ? "sampled"
		  : o->start.file           ? "start_file"
					    : "start";
	if (o->step == STEP_PUBLISHED)
		return "published steps have one penalty";
	return o->sampled > 0 || o->start.file || o->start.trainer.item
		       ? "a path begins without neurons"
		       : NULL;
}

static enum freedom freedom(const void *options)
{
	const struct generated_options *o = options;

	return o->start.file || o->start.trainer.item ? FREEDOM_NONE : FREEDOM_ROTATIONS;
}

const struct trainer trainer_generated = {
	.base = {.name = "generated",
		 .doc = "networks of any width: neurons are generated where they lower the "
			"objective",
		 .cite = "bach2017",
		 .options = rows,
		 .size = sizeof(struct generated_options)},
	.makes = &model_relu,
	.multi_output = true,
	.sample_weights = true,
	.takes = takes,
	.path = path,
	.freedom = freedom,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = network,
	.violation = violation,
	.facts = facts,
};
