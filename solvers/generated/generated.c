/* Trainer `generated`: the program over networks of any width, by neurons that are generated where
 * they lower the objective,
 *
 *     min over measures A on the unit sphere   L(F, Y) + beta |A|,   F = integral relu(X u) dA(u),
 *
 * whose minimum is that of weight decay, (beta/2)(|U|^2 + |A|^2), for every width that is large
 * enough (Bach 2017; Pilanci, Ergen 2020). Column generation, in rounds (generated_columns.h); the
 * first ones at penalties that fall from where the network is zero to beta: at a small one many
 * networks fit, and neurons that join all at once where none has its place are slow to find it.
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
#include "solvers/generated/generated_columns.h"
#include "solvers/generated/generated_published.h"
#include "solvers/model/multinet.h"
#include "solvers/model/trainer.h"

#include <math.h>
#include <string.h>

struct generated_options {
	long neurons, starts, add, slide, sampled;
	bool minimal;
	double minimal_slack, norms, continuation;
	long step;
	struct start_options start;
};

enum { STEP_GENERATED, STEP_PUBLISHED };

static const char *const steps[] = {"generated", "published", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct generated_options, neurons), .initial = "null", .range = RANGE_FROM(1),
	 .doc = "room: the most neurons in use at a time; a network to start from may have more; "
		"unset: half as many as samples, at least 500, at most 2,000 and what takes 24 "
		"million activations"},
	{OPTION_FIELD(struct generated_options, starts), .initial = "null", .range = RANGE_FROM(2),
	 .doc = "ascents of the pricing in a round; unset: 512, or as many as take about 2 GFLOP, "
		"at least 64"},
	{OPTION_FIELD(struct generated_options, add), .initial = "30", .range = RANGE_FROM(1),
	 .doc = "neurons that join in a round, at most"},
	{OPTION_FIELD(struct generated_options, slide), .initial = "50", .range = RANGE_FROM(0),
	 .doc = "steps of L-BFGS in a round on both layers of the network of the neurons in use"},
	{OPTION_FIELD(struct generated_options, sampled), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "random neurons to begin with, as many as there is room for: those of scp"},
	{OPTION_FIELD(struct generated_options, continuation), .initial = "null",
	 .range = {.has_min = true, .has_max = true, .below = true, .min = 0, .max = 1},
	 .doc = "from nothing: the first rounds are at larger penalties, each this share of the "
		"one before, from where the network is zero, so that neurons are well placed while "
		"they are few (Hale, Yin, Zhang 2008); 0: none; unset: 0.7, or 0.5 of more than "
		"100,000 numbers in X"},
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
	struct columns *columns;
	struct published published;
	struct penalty_path path;
	bool continues; /* towards the penalty asked for, by this factor a round */
	double factor;
	bool thinning; /* minimal: no more rounds at this penalty */
	double limit;  /* minimal: the objective that fewer neurons may have; 0: not there yet */
	double tried;  /* minimal: the largest neuron that could not be removed */
	ptrdiff_t removed;
	const char *note;
};

/* Rounds that find nothing before the end. */
enum { QUIET = 20 };

/* Of the objective: a fall in a round that ends a penalty of a path. */
static const double path_fall = 1e-6;

/* Numbers in X from which a round takes long, and how far penalties fall in one. */
static const double large = 1e5, fall = 0.7, fall_large = 0.5;

static struct columns_size size_of(const struct generated_options *o)
{
	return (struct columns_size){o->neurons, o->starts, o->add, o->slide};
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct generated_options *o = options;

	start_forecast(&o->start, shape, out);
	out->iteration_flops += columns_flops(size_of(o), shape);
}

static void take_sampled(struct generated *s)
{
	struct neurons *to = &s->columns->neurons;

	for (long i = 0; i < s->options->sampled && to->count < to->room; i++) {
		struct rng rng = rng_stream(s->problem.seed, "neurons", (uint64_t)i);

		net_direction(&rng, to->U.rows, mat_col(to->U, to->count));
		for (ptrdiff_t c = 0; c < to->A.cols; c++)
			mat_set(to->A, to->count, c, 0);
		to->count++;
	}
}

/* The first point, and the first penalty: of a path and of a continuation it has to do with the
 * largest value at 0. */
static void begin(struct generated *s, struct start start)
{
	const struct generated_options *o = s->options;
	struct columns *c = s->columns;
	double numbers = (double)ranks_total(s->problem.ranks, s->problem.X.rows) *
			 (double)s->problem.X.cols;
	bool path = s->problem.penalties.count > 1;
	double largest;

	if (start.note)
		columns_take(c, start.net);
	take_sampled(s);
	columns_begin(c);
	s->factor = !isnan(o->continuation) ? o->continuation : numbers > large ? fall_large : fall;
	s->continues = !path && !start.note && o->sampled == 0 && o->step == STEP_GENERATED &&
		       s->factor > 0;
	if (!path && !s->continues)
		return;
	largest = price_search(&c->price, &c->neurons, c->master.nu, o->add);
	if (path)
		s->problem.beta = penalty_path_begin(&s->path, largest);
	else
		s->problem.beta = fmax(s->problem.beta, s->factor * largest);
	c->objective = neurons_objective(&c->neurons);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct generated *s = ARENA_NEW(arena, struct generated);
	const struct generated_options *o = options;
	struct start start;

	*state = s;
	TRY(start_network(problem, &o->start, arena, &start, err));
	if (start.note && start.net.A.cols != problem->y.k)
		return err_set(err, STATUS_SPEC,
			       "start: expected a network of %td outputs, got one of %td",
			       problem->y.k, start.net.A.cols);
	if (o->step == STEP_PUBLISHED && problem->y.k > 1)
		return err_set(err, STATUS_SPEC,
			       "step: expected generated with several outputs, got \"published\"");
	*s = (struct generated){.problem = *problem, .options = o, .note = start.note};
	s->columns = columns_new(&s->problem, size_of(o), &start, arena);
	s->published = published_new(&s->columns->neurons, &s->columns->price, o->norms, arena);
	s->path = penalty_path_new(problem, 0);
	if (!arena_counts(arena))
		begin(s, start);
	return STATUS_OK;
}

/* The smallest neuron that has not been tried goes, if the others can do without it. False once all
 * have been tried. */
static bool thin(struct generated *s)
{
	struct columns *c = s->columns;
	struct neurons *neurons = &c->neurons;
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
	for (ptrdiff_t k = 0; k < neurons->A.cols; k++)
		mat_set(neurons->A, smallest, k, 0);
	neurons_prune(neurons);
	neurons_output(neurons);
	slide_descend(&c->slide, s->options->slide, columns_standing, false);
	c->objective = master_solve(&c->master, columns_standing);
	neurons_prune(neurons);
	if (c->objective <= s->limit) {
		s->removed += count - neurons->count;
		return true;
	}
	neurons_go_back(neurons);
	/* its dual point, too */
	c->objective = master_solve(&c->master, columns_standing);
	s->tried = size;
	return true;
}

/* Until every neuron has been tried; true then. */
static bool step_thin(struct generated *s)
{
	if (!(s->limit > 0))
		s->limit = s->columns->objective * (1 + s->options->minimal_slack);
	return !thin(s);
}

/* u_j with weights A_j becomes the neuron sqrt|A_j| u_j with weights A_j / sqrt|A_j|. */
static void network(const void *state, struct model *model)
{
	const struct neurons *s = &((const struct generated *)state)->columns->neurons;
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
	struct columns *c = s->columns;

	s->problem.beta = beta;
	c->objective = master_solve(&c->master, columns_standing);
	c->fell = 1;
	c->quiet = 0;
	c->priced = s->thinning = false;
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
	struct penalty_done done = {s->problem.beta, s->columns->objective, NAN, NAN, 0};

	if (penalty_path_leave(&s->path, done, progress))
		progress->end = end;
}

/* How it ends if nothing is left to do at this penalty, which is where the objective hardly falls
 * any more, or at the last one not at all. */
static enum outcome go_round(struct generated *s)
{
	struct columns *c = s->columns;
	ptrdiff_t added = columns_round(c);

	if (goes_on(s) ? c->fell > path_fall : c->quiet < QUIET)
		return OUTCOME_RUNNING;
	return added == 0 && !columns_full(c) ? OUTCOME_CONVERGED : OUTCOME_STALLED;
}

/* The objective with the penalty asked for. */
static double asked_for(struct generated *s)
{
	double beta = s->problem.beta, objective;

	s->problem.beta = s->path.problem->beta;
	objective = neurons_objective(&s->columns->neurons);
	s->problem.beta = beta;
	return objective;
}

/* A round, and the next penalty. The optimum at one has no larger objective with the penalty asked
 * for than that at a larger one; where a round ends too far from it, that penalty is next. */
static void continue_down(struct generated *s)
{
	double target = s->path.problem->beta, before = asked_for(s);

	columns_round(s->columns);
	turn(s, fmax(target, s->factor * s->problem.beta));
	if (goes_on(s) && asked_for(s) > before)
		turn(s, target);
	s->continues = goes_on(s);
}

static void step(void *state, struct progress *progress)
{
	struct generated *s = state;
	struct columns *c = s->columns;
	enum outcome end;
	double beta;

	if (penalty_path_turns(&s->path, &beta))
		turn(s, beta);
	s->path.steps++;
	if (s->options->step == STEP_PUBLISHED) {
		c->objective = published_step(&s->published, &c->found);
		c->rounds++;
	} else if (s->continues) {
		continue_down(s);
	} else if (s->thinning) {
		if (step_thin(s))
			leave(s, OUTCOME_CONVERGED, progress);
	} else {
		end = go_round(s);
		s->thinning = end != OUTCOME_RUNNING && s->options->minimal;
		if (end != OUTCOME_RUNNING && !s->thinning)
			leave(s, end, progress);
	}
	/* until the last penalty of a path nothing is said of beta */
	progress->objective = !goes_on(s) ? c->objective : s->continues ? asked_for(s) : NAN;
	progress->dual_residual = fmax(0, c->found / s->problem.beta - 1);
}

static ptrdiff_t width(const void *state)
{
	return ((const struct generated *)state)->columns->neurons.room;
}

static void violation(void *state, long draws, struct violation *out)
{
	const struct generated *s = state;

	violation_neurons(&s->problem,
			  s->options->step == STEP_PUBLISHED ? s->published.nu.at
							     : s->columns->master.nu.at,
			  draws, out);
}

static void facts(const void *state, struct facts *facts)
{
	const struct generated *s = state;
	const struct columns *c = s->columns;

	facts_number(facts, "patterns", (double)c->neurons.count);
	facts_number(facts, "generated_rounds", (double)c->rounds);
	facts_number(facts, "generated_violation",
		     c->rounds > 0 || c->priced ? c->found / s->problem.beta - 1 : NAN);
	facts_note(facts, s->note);
	columns_tell(c, facts);
	if (s->limit > 0)
		facts_number(facts, "generated_removed", (double)s->removed);
	if (c->quiet >= QUIET && !columns_full(c))
		facts_note(facts, arena_format(facts->arena,
					       "nothing found that lowers the objective in %d "
					       "passes of %td ascents: no proof that there is "
					       "nothing",
					       QUIET, c->price.starts));
}

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	if (((const struct generated_options *)options)->step == STEP_PUBLISHED)
		return trainer_curved(problem, options, wanted);
	*wanted = "a smooth loss, or one whose conjugate is a quadratic on an interval";
	return master_takes(problem->loss, problem->y.k);
}

static const char *spread(const void *options, const char **option)
{
	const struct generated_options *o = options;

	*option = o->step == STEP_PUBLISHED ? "step" : "start";
	if (o->step == STEP_PUBLISHED)
		return "published steps need all rows in one process";
	return o->start.trainer.item ? "a start is trained on all rows in one process" : NULL;
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
	.spread = spread,
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
