/* A lower bound of L(f, y) + (beta / 2) (|U|^2 + |a|^2) over ReLU networks of every width, and no
 * network. The dual of training over all of them (Pilanci, Ergen 2020; Rosset et al. 2007) is
 *
 *     max over alpha  -L*(-alpha)   s.t.  kappa(alpha) <= beta,
 *     kappa(alpha) = max over |u| <= 1 of |alpha'relu(X u)|
 *
 * so that any alpha with any K >= kappa(alpha) gives one (dual.h). Of few features alpha comes from
 * a network near the optimum (generated_columns.h), K from branch and bound (kappa.h); of many both
 * come from a transport between the samples (transport.h) and, of a few hundred rows, from the
 * doubly nonnegative relaxation (nonnegative.h). */
#include "solvers/bound/dual.h"
#include "solvers/bound/kappa.h"
#include "solvers/bound/nonnegative.h"
#include "solvers/bound/transport.h"
#include "solvers/gates/start.h"
#include "solvers/generated/generated_columns.h"

#include <math.h>
#include <string.h>

enum {
	SLICE = 4096,
	ROUNDS_AFTER = 2,
	QUIET = 5, /* rounds in a row that find nothing, where there is no search */
	NONNEGATIVE_MOST = 700,
	SHARE_ADDED = 4, /* of the width: neurons that may join in a round */
	MOST_ADDED = 30,
	SLIDE = 50
};

/* Share by which a neuron's value is above beta that makes it worth having. */
static const double noticed = 1e-6;
/* The same share, below which neurons that are found join as they are: rounds of the network merge
 * neurons, and those go that hold the dual point where it is. */
static const double settled = 1e-4;
/* The search starts where a round lowers the objective by less than this share. */
static const double slow = 3e-4;

enum method { METHOD_AUTO, METHOD_SEARCH, METHOD_TRANSPORT, METHOD_NONNEGATIVE };

static const char *const methods[] = {[METHOD_AUTO] = "auto",
				      [METHOD_SEARCH] = "branch_and_bound",
				      [METHOD_TRANSPORT] = "transport",
				      [METHOD_NONNEGATIVE] = "nonnegative",
				      NULL};

struct all_networks_options {
	struct start_options start;
	long method, width, rounds, nodes;
	double tolerance;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct all_networks_options, method), .initial = "auto", .names = methods,
	 .doc = "branch_and_bound: up to 8 features with the bias; transport: any number; "
		"nonnegative: the doubly nonnegative relaxation with cones of neurons, after the "
		"transport, squared loss, cubic in features and rows; auto: the first where it "
		"can, else the third "
		"where it can for up to 700 features and rows, else the second"},
	{OPTION_AS("start_file", struct all_networks_options, start.file), .initial = "null",
	 .path = PATH_MODEL,
	 .doc = "a network near the optimum: a model.npz on the same prepared features; without "
		"one the method finds its own"},
	{OPTION_AS("start", struct all_networks_options, start.trainer), .initial = "null",
	 .kind = KIND_TRAINER,
	 .doc = "or a method that trains it, with its options; its time is part of the setup"},
	{OPTION_AS("start_steps", struct all_networks_options, start.steps), .initial = "1000",
	 .range = RANGE_FROM(0), .doc = "most steps of `start`, if it does not end by itself"},
	{OPTION_FIELD(struct all_networks_options, width), .initial = "200", .range = RANGE_FROM(1),
	 .doc = "neurons of the network whose residuals are the dual point"},
	{OPTION_FIELD(struct all_networks_options, rounds), .initial = "60", .range = RANGE_FROM(0),
	 .doc = "most rounds of descent and of looking for better neurons before the search"},
	{OPTION_FIELD(struct all_networks_options, nodes), .initial = "200000",
	 .range = RANGE_WITHIN(1, 100000000),
	 .doc = "boxes of branch and bound that may be open at once; fewer from 10,000 rows on"},
	{OPTION_FIELD(struct all_networks_options, tolerance), .initial = "1e-4",
	 .range = RANGE_FROM(0),
	 .doc = "distance of the bound to the network's objective, relative to that, at which it "
		"is done"},
	{0},
};

struct all_networks {
	const struct problem *problem;
	struct all_networks_options options;
	struct distinct rows;
	struct dual dual;
	enum method method;
	struct kappa kappa; /* of branch and bound */
	struct transport transport;
	struct nonnegative nonnegative; /* after the transport */
	bool relaxing;
	struct columns *columns; /* of the network */
	real *alpha;
	double lower, upper, share; /* share: the last K / beta */
	long rounds, left;          /* of the network: made, and before the search */
	bool searching;
	const char *note;
};

static enum method choose(const struct problem *problem, const struct all_networks_options *o)
{
	if (o->method != METHOD_AUTO)
		return (enum method)o->method;
	if (problem->X.cols <= KAPPA_MOST)
		return METHOD_SEARCH;
	if (problem->loss.loss->quadratic && problem->X.rows + problem->X.cols <= NONNEGATIVE_MOST)
		return METHOD_NONNEGATIVE;
	return METHOD_TRANSPORT;
}

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	*wanted = "a loss that `generated` takes, of nonnegative the squared loss";
	return master_takes(problem->loss, 1) &&
	       (choose(problem, options) != METHOD_NONNEGATIVE || problem->loss.loss->quadratic);
}

static struct columns_size size_of(const struct all_networks_options *o)
{
	long add = o->width / SHARE_ADDED;

	return (struct columns_size){.room = o->width,
				     .add = add < 1            ? 1
					    : add > MOST_ADDED ? MOST_ADDED
							       : add,
				     .slide = SLIDE};
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct all_networks_options *o = options;
	double n = (double)shape.n, d = (double)shape.d;

	start_forecast(&o->start, shape, out);
	out->setup_flops += n * d;
	out->iteration_flops = fmax(SLICE * n * d, columns_flops(size_of(o), shape));
	if (o->method == METHOD_NONNEGATIVE ||
	    (o->method == METHOD_AUTO && d > KAPPA_MOST && n + d <= NONNEGATIVE_MOST))
		out->iteration_flops = fmax(out->iteration_flops, fmax(1e10, 30 * pow(n + d, 3)));
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct all_networks *b = ARENA_NEW(arena, struct all_networks);
	struct start start;

	b->problem = problem;
	b->options = *(const struct all_networks_options *)options;
	if (b->options.method == METHOD_SEARCH && problem->X.cols > KAPPA_MOST)
		return err_set(err, STATUS_SPEC,
			       "all_networks: branch_and_bound takes at most %d features with the "
			       "bias, got %td",
			       KAPPA_MOST, problem->X.cols);
	TRY(start_network(problem, &b->options.start, arena, &start, err));
	if (!start.note && problem->known && problem->known->kind->relu)
		start = (struct start){.net = problem->known->kind->relu(problem->known),
				       .note = "start from the network that is known"};
	b->method = choose(problem, &b->options);
	b->rows = b->method == METHOD_SEARCH || problem->loss.loss->quadratic
			  ? distinct_new(problem, arena)
			  : distinct_samples(problem, arena);
	b->dual = dual_new(problem, &b->rows, arena);
	b->columns = columns_new(problem, size_of(&b->options), &start, arena);
	if (b->method == METHOD_SEARCH)
		b->kappa = kappa_new(&b->rows, b->options.nodes, arena);
	else
		b->transport = transport_new(&b->dual, arena);
	if (b->method == METHOD_NONNEGATIVE)
		b->nonnegative = nonnegative_new(&b->dual, arena);
	b->alpha = ARENA_ARRAY(arena, real, problem->X.rows);
	b->note = start.note;
	b->left = b->options.rounds;
	b->share = NAN;
	*state = b;
	if (arena_counts(arena))
		return STATUS_OK;
	if (start.note)
		columns_take(b->columns, start.net);
	columns_begin(b->columns);
	b->upper = b->columns->objective;
	if (b->method != METHOD_SEARCH)
		transport_start(&b->transport);
	return STATUS_OK;
}

static ptrdiff_t width(const void *state)
{
	(void)state;
	return 0;
}

/* The search starts again at the network's dual point. */
static void pose(struct all_networks *b)
{
	memcpy(b->alpha, b->columns->master.nu.at, (size_t)b->problem->X.rows * sizeof *b->alpha);
	kappa_pose(&b->kappa, b->problem, b->alpha, b->problem->beta);
	b->searching = true;
}

static void take_bound(struct all_networks *b)
{
	double K = kappa_bound(&b->kappa);

	b->share = K / b->problem->beta;
	b->lower = fmax(b->lower, dual_bound(&b->dual, b->alpha, K));
}

/* Whether a neuron that was found says more than what is still open: then the dual point is to be
 * improved first. */
static bool worth_a_neuron(const struct all_networks *b)
{
	double beta = b->problem->beta, found = b->kappa.best - beta;

	return found > b->options.tolerance * beta / 4 &&
	       found > (kappa_bound(&b->kappa) - beta) / 3;
}

static bool search(struct all_networks *b)
{
	double least = fmin(noticed, b->options.tolerance / 8) * b->problem->beta;
	bool more = kappa_run(&b->kappa, SLICE);

	take_bound(b);
	if (!worth_a_neuron(b))
		return more;
	for (ptrdiff_t i = 0; i < 4 * b->rows.d; i++)
		if (b->kappa.found[i].value > b->problem->beta + least)
			columns_join(b->columns, b->kappa.found[i].u);
	columns_solve(b->columns);
	b->left = b->kappa.best > (1 + settled) * b->problem->beta ? ROUNDS_AFTER : 0;
	b->searching = false;
	return true;
}

static bool is_done(const struct all_networks *b)
{
	return b->upper - b->lower <= b->options.tolerance * b->upper;
}

/* A round of the network; false: it falls slowly, or not at all. */
static bool improve(struct all_networks *b)
{
	struct columns *c = b->columns;

	if (b->left > 0)
		columns_round(c);
	b->left--;
	b->rounds++;
	b->upper = c->objective;
	if (b->method == METHOD_SEARCH)
		return c->quiet == 0 && b->left > 0 && c->fell >= slow;
	return c->quiet < QUIET && b->left > 0;
}

/* A round of the relaxation; false: nothing moves any more. */
static bool relax(struct all_networks *b)
{
	bool more = nonnegative_round(&b->nonnegative);

	if (b->left > 0) /* the network goes on, however slowly */
		improve(b);
	if (b->nonnegative.bound.lower > b->lower) {
		b->lower = b->nonnegative.bound.lower;
		b->share = b->nonnegative.bound.K;
	}
	return more;
}

/* The transport needs no network; what one has the bound is compared with comes afterwards. */
static bool carry(struct all_networks *b)
{
	bool more = transport_round(&b->transport);

	if (b->transport.lower > b->lower) {
		b->lower = b->transport.lower;
		b->share = b->transport.K;
	}
	if (more || (!b->relaxing && improve(b)))
		return true;
	b->relaxing = b->method == METHOD_NONNEGATIVE;
	return b->relaxing && relax(b);
}

static void step(void *state, struct progress *progress)
{
	struct all_networks *b = state;
	bool more = true;

	progress->objective = NAN;
	if (b->method != METHOD_SEARCH)
		more = carry(b);
	else if (b->searching)
		more = search(b);
	else if (!improve(b))
		pose(b);
	progress->end = is_done(b) ? OUTCOME_CONVERGED : more ? OUTCOME_RUNNING : OUTCOME_STALLED;
}

static void certify(void *state, struct certificate *certificate)
{
	const struct all_networks *b = state;

	*certificate = (struct certificate){.objective = NAN,
					    .feasibility = NAN,
					    .upper = b->upper,
					    .lower_bound = b->lower,
					    .scope = "all networks"};
}

static void facts(const void *state, struct facts *facts)
{
	const struct all_networks *b = state;

	facts_note(facts, b->note);
	columns_tell(b->columns, facts);
	facts_number(facts, "bound_upper", b->upper);
	facts_number(facts, "bound_kappa", b->share);
	facts_text(facts, "bound_method", methods[b->method]);
	if (b->method == METHOD_SEARCH) {
		facts_number(facts, "bound_found", b->kappa.best / b->problem->beta);
		facts_number(facts, "bound_boxes", (double)b->kappa.evaluated);
	}
	facts_number(facts, "bound_rounds", (double)b->rounds);
}

const struct trainer trainer_all_networks = {
	.base = {.name = "all_networks",
		 .doc = "branch and bound on the dual of training: a lower bound on the objective "
			"of "
			"ReLU networks of any width, and no network",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct all_networks_options)},
	.sample_weights = true,
	.takes = takes,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.certify = certify,
	.facts = facts,
};
