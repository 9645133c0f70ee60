/* Sequential convex restriction: robust training of two-layer networks to a certified worst-case
 * objective, without sign constraints.
 *
 * From a start network, if asked for, epochs on mini-batches (restriction_epochs.h), then convex
 * programs in sequence (restriction_programs.h). The objective, F at the best A with the best S of
 * each sample, never rises, and starts at the certificate of the start network.
 *
 * The program, its bound and its dual are described in restriction.h. At eps = 0 this is a monotone
 * convex-concave procedure for plain training. */
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "solvers/gates/start.h"
#include "solvers/model/multinet.h"
#include "solvers/restriction/restriction_epochs.h"
#include "solvers/restriction/restriction_programs.h"
#include "solvers/restriction/restriction_renew.h"

#include <math.h>
#include <string.h>

enum {
	FLOPS = 8 /* per sample, input and neuron: four products */
};

struct restriction_options {
	struct threat_options threat;
	struct start_options start;
	long width;
	struct restriction_epochs_options epochs;
	struct restriction_programs_options programs;
};

static const struct option rows[] = {
	THREAT_EPS(struct restriction_options, "8/255"),
	THREAT_NORM(struct restriction_options, threat_norms),
	THREAT_REST(struct restriction_options, "no box: its certificate is for the whole ball", 0),
	{OPTION_AS("start", struct restriction_options, start.trainer), .initial = "null",
	 .kind = KIND_TRAINER,
	 .doc = "method that trains the network to start from, with its options; its time is "
		"part of the setup; unset: sampled directions"},
	{OPTION_AS("start_file", struct restriction_options, start.file), .initial = "null",
	 .path = PATH_MODEL,
	 .doc = "network to start from: a model.npz on the same prepared features"},
	{OPTION_AS("start_steps", struct restriction_options, start.steps), .initial = "1000",
	 .range = RANGE_FROM(0), .doc = "most steps of `start`, if it does not end by itself"},
	{OPTION_FIELD(struct restriction_options, width), .initial = "72", .range = RANGE_FROM(1),
	 .doc = "neurons when the start is sampled; else those of the start network"},
	{OPTION_AS("slope_steps", struct restriction_options, programs.slope_steps),
	 .initial = "10", .range = RANGE_FROM(0),
	 .doc = "subgradient steps that tighten the slopes of each sample at each renewal"},
	{OPTION_AS("epochs", struct restriction_options, epochs.count), .initial = "0",
	 .range = RANGE_FROM(0),
	 .doc = "passes of Adam on mini-batches, with the slopes of the weights of the moment, "
		"before "
		"the convex programs: for large n; an iteration is then an epoch"},
	{OPTION_AS("batch", struct restriction_options, epochs.batch), .initial = "128",
	 .range = RANGE_FROM(0), .doc = "epochs: samples per step; 0 is the whole training part"},
	{OPTION_AS("learning_rate", struct restriction_options, epochs.learning_rate),
	 .initial = "5e-4", .range = RANGE_ABOVE(0),
	 .doc = "epochs: first step on the mean over samples; it falls linearly to 0"},
	{OPTION_AS("memory", struct restriction_options, programs.memory), .initial = "20",
	 .range = RANGE_FROM(1), .doc = "steps that L-BFGS remembers"},
	{OPTION_AS("blur", struct restriction_options, programs.blur), .initial = "0.01",
	 .range = RANGE_ABOVE(0),
	 .doc = "least smoothing, in units of the margin; the first is 0.3"},
	{OPTION_AS("gap", struct restriction_options, programs.gap), .initial = "1e-3",
	 .range = RANGE_FROM(0),
	 .doc = "certified relative gap at which a convex program counts as solved"},
	{OPTION_AS("proof", struct restriction_options, programs.proof), .initial = "200",
	 .range = RANGE_FROM(0),
	 .doc = "most iterations at the end that raise the lower bound of the last program up to "
		"`gap`"},
	{OPTION_AS("fall", struct restriction_options, programs.fall), .initial = "1e-4",
	 .range = RANGE_ABOVE(0),
	 .doc = "relative decrease of the certified objective, over 10 iterations or over a "
		"convex program, that counts as progress"},
	{0},
};

struct state {
	const struct restriction_options *options;
	struct restriction_programs programs;
	struct restriction_epochs epochs;
	real *sigma;  /* m k */
	double first; /* F of the start network */
	const char *origin;
};

static const struct threat_options *threat(const void *options)
{
	return &((const struct restriction_options *)options)->threat;
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct restriction_options *o = options;
	double m = (double)o->width, features = (double)shape.d;
	double margins = (double)shape.n * (shape.k > 1 ? (double)shape.k - 1 : 1);

	out->setup_flops = 0;
	out->iteration_flops = FLOPS * margins * features * m;
	start_forecast(&o->start, shape, out);
}

/* Directions of the first layer that depend on (seed, column) alone, and signs in turn; of several
 * outputs one after the other, less what all outputs share, which no margin sees. */
static struct model_layers sampled(const struct problem *problem, ptrdiff_t width,
				   struct arena *arena)
{
	ptrdiff_t d = problem->X.cols, k = problem->y.k;
	struct model_layers net = {mat_new(arena, d, width), mat_new(arena, width, k)};

	for (ptrdiff_t i = 0; i < width && !arena_counts(arena); i++) {
		struct rng rng = rng_stream(problem->seed, "directions", (uint64_t)i);
		double sign = i % 2 ? -1 : 1;

		net_direction(&rng, d, mat_col(net.U, i));
		for (ptrdiff_t c = 0; c < k; c++)
			mat_set(net.A, i, c,
				(real)(k == 1 ? sign : sign * ((c == i / 2 % k) - 1 / (double)k)));
	}
	return net;
}

static bool is_used(struct model_layers net, ptrdiff_t j)
{
	bool any = false;

	for (ptrdiff_t c = 0; c < net.A.cols; c++)
		any |= mat_get(net.A, j, c) != 0;
	return any && blas_norm((size_t)net.U.rows, mat_col(net.U, j)) > 0;
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct state *s = ARENA_NEW(arena, struct state);
	const struct restriction_options *o = options;
	struct restriction_programs *p = &s->programs;
	struct restriction r;
	struct threat ball;
	struct start start;
	ptrdiff_t m = 0;

	TRY(threat_resolve(problem, &o->threat, "robust_restriction", arena, &ball, err));
	TRY(start_network(problem, &o->start, arena, &start, err));
	if (!start.note)
		start.net = sampled(problem, o->width, arena);
	else if (start.net.A.cols != problem->y.k)
		return err_set(err, STATUS_SPEC,
			       "start: expected a network of %td outputs, got %td", problem->y.k,
			       start.net.A.cols);
	for (ptrdiff_t j = 0; j < start.net.U.cols; j++)
		m += arena_counts(arena) || is_used(start.net, j);
	if (m == 0)
		return err_set(
			err, STATUS_ENV,
			"start: expected a network with a neuron that is not zero, got none");
	*state = s;
	s->options = o;
	s->origin = start.note ? start.note : "start sampled directions";
	s->sigma = ARENA_ARRAY(arena, real, m * problem->y.k);
	r = restriction_new(problem, &ball, s->sigma, m, arena);
	*p = restriction_programs_new(&r, &o->programs, arena);
	if (o->epochs.count > 0)
		restriction_epochs_setup(&s->epochs, &p->r, &o->epochs, arena);
	if (arena_counts(arena))
		return STATUS_OK;
	restriction_from_net(start.net, p->best, s->sigma);
	if (o->epochs.count > 0)
		mat_copy(s->epochs.A, p->best);
	if (!start.note) {
		/* Sampled directions give the first slopes; the programs start from zero, the
		 * epochs from them. */
		restriction_renew(&p->r, p->best, 0);
		mat_fill(p->best, 0);
	}
	restriction_programs_begin(p);
	s->first = p->round = p->value;
	return STATUS_OK;
}

static void step(void *state, struct progress *progress)
{
	struct state *s = state;

	if (s->epochs.epoch < s->options->epochs.count) {
		/* An epoch, its network kept if its certificate, with its own slopes, is better. */
		struct restriction_programs *p = &s->programs;
		struct mat A = s->epochs.A;

		restriction_epochs_run(&s->epochs, s->options->programs.blur);
		restriction_programs_keep(
			p, A,
			restriction_follow(&p->r, A, s->options->programs.blur, (struct mat){0})
				.exact);
		if (s->epochs.epoch == s->options->epochs.count)
			restriction_programs_begin(p);
	} else if (!s->programs.ended)
		restriction_programs_step(&s->programs);
	*progress = (struct progress){
		.objective = s->programs.value,
		.primal_residual = NAN,
		.dual_residual = NAN,
		.end = s->programs.ended ? OUTCOME_CONVERGED : OUTCOME_RUNNING,
	};
}

static ptrdiff_t width(const void *state)
{
	return ((const struct state *)state)->programs.best.cols;
}

/* a_i becomes the neuron a_i / sqrt|a_i| with output weights sigma_i sqrt|a_i|. */
static void network(const void *state, struct model *model)
{
	const struct state *s = state;
	struct mat best = s->programs.best, *U;
	ptrdiff_t m = 0, k = s->programs.r.k;
	size_t d = (size_t)best.rows;

	U = k > 1 ? &multinet_of(model)->U : &net_of(model)->U;
	for (ptrdiff_t i = 0; i < best.cols; i++) {
		double root = sqrt(blas_norm(d, mat_col(best, i)));
		real *u = mat_col(*U, m);

		if (!(root > 0))
			continue;
		memcpy(u, mat_col(best, i), d * sizeof *u);
		blas_scale(d, 1 / root, u);
		for (ptrdiff_t c = 0; c < k; c++) {
			real a = (real)root * s->sigma[i * k + c];

			if (k > 1)
				mat_set(multinet_of(model)->A, m, c, a);
			else
				net_of(model)->alpha[m] = a;
		}
		m++;
	}
	U->cols = m;
}

/* A bound speaks of one convex program only: it is reported when the last one is known. */
static void certify(void *state, struct certificate *certificate)
{
	const struct restriction_programs *s = &((const struct state *)state)->programs;

	certificate->objective = certificate->upper = s->value;
	certificate->feasibility = 0; /* the program has no constraints */
	certificate->lower_bound = s->proving ? s->lower : NAN;
	certificate->scope = "restriction";
}

static void facts(const void *state, struct facts *facts)
{
	const struct state *s = state;

	facts_note(facts, arena_format(facts->arena,
				       "%s; certified objective %.6g at the start; %ld programs",
				       s->origin, s->first, s->programs.programs));
}

const struct trainer trainer_robust_restriction = {
	.base = {.name = "robust_restriction",
		 .doc = "worst-case training by convex programs without sign constraints, from any "
			"network",
		 .cite = "wong2018",
		 .options = rows,
		 .size = sizeof(struct restriction_options)},
	.makes = &model_relu,
	.takes = trainer_falling,
	.multi_output = true,
	.sample_weights = true,
	.threat = threat,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = network,
	.certify = certify,
	.facts = facts,
};
