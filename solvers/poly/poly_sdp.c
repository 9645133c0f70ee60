/* The convex programs of polynomial networks by interior point methods, or with the squared loss by
 * operator splitting, one for each output (one class against all). See poly_program.h. */
#include "solvers/poly/poly_outputs.h"
#include "solvers/poly/poly_robust.h"
#include "solvers/poly/poly_splitting.h"
#include "solvers/poly/poly_standard.h"

#include <math.h>
#include <string.h>

static const double solved_gap = 1e-6;

enum { METHOD_AUTO, METHOD_INTERIOR, METHOD_SPLITTING };
static const char *const methods[] = {"auto", "interior", "splitting", NULL};

enum { MANY_FEATURES = 32 }; /* from here on splitting is faster */

struct poly_sdp_options {
	struct poly_options poly;
	long method;
};

struct output {
	struct poly_solver solver;
	bool ended;
	double bound; /* the best so far */
};

struct state {
	struct poly_outputs all;
	struct output *output; /* k */
};

static const struct option rows[] = {
	POLY_OPTIONS(struct poly_sdp_options, "the hinge loss"),
	{OPTION_FIELD(struct poly_sdp_options, method), .initial = "auto", .names = methods,
	 .later = true,
	 .doc = "interior points, or splitting, of the squared loss without a radius; auto: that "
		"from 32 features on"},
	{0},
};

static const struct threat_options *threat(const void *options)
{
	return poly_outputs_threat(options);
}

static bool splits(const struct problem *problem, const struct poly_sdp_options *o)
{
	bool fits = problem->loss.loss->quadratic && !threat(o);

	return fits && (o->method == METHOD_SPLITTING ||
			(o->method == METHOD_AUTO && problem->X.cols >= MANY_FEATURES));
}

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	const struct loss *loss = problem->loss.loss;
	const struct poly_sdp_options *o = options;

	if (o->method == METHOD_SPLITTING && !splits(problem, o)) {
		*wanted = "the squared loss and no radius for the method splitting";
		return false;
	}
	if (threat(options)) {
		*wanted = "the hinge loss with a radius above 0";
		return strcmp(loss->base.name, "hinge") == 0;
	}
	*wanted = "a loss that is smooth or has a quadratic conjugate on an interval";
	return loss->smooth || loss->box;
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	ptrdiff_t n = shape.n, d = shape.d;
	double order = (double)d + 1, p = order * order / 2, samples = (double)n;

	out->setup_flops = samples * p;
	out->iteration_flops = 8 * p * p * p / 3 + samples * p * p;
	if (threat(options))
		out->iteration_flops += samples * (14 * order * order * order + 6 * p * p);
	out->certificate_flops = 10 * order * order * order + 4 * samples * order * order;
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct state *s = ARENA_NEW(arena, struct state);

	TRY(poly_outputs_new(problem, options, "poly_sdp", arena, &s->all, err));
	s->output = ARENA_ARRAY(arena, struct output, s->all.k);
	for (ptrdiff_t c = 0; c < s->all.k; c++) {
		struct output *out = &s->output[c];

		out->solver = threat(options)            ? poly_robust(&s->all.program[c], arena)
			      : splits(problem, options) ? poly_splitting(&s->all.program[c], arena)
							 : poly_standard(&s->all.program[c], arena);
		memcpy(s->all.Z[c], out->solver.Z, sizeof *s->all.Z);
	}
	*state = s;
	return STATUS_OK;
}

static ptrdiff_t width(const void *state)
{
	return poly_outputs_width(&((const struct state *)state)->all);
}

static void network(const void *state, struct model *model)
{
	poly_outputs_network(&((const struct state *)state)->all, model);
}

static void certify(void *state, struct certificate *certificate)
{
	struct state *s = state;
	double lower = 0, objective = 0;

	for (ptrdiff_t c = 0; c < s->all.k; c++) {
		struct output *out = &s->output[c];

		/* fmax ignores a NaN argument */
		out->bound = fmax(out->bound, out->solver.bound(out->solver.state));
		lower += out->bound;
		objective += out->solver.objective(out->solver.state);
	}
	*certificate = (struct certificate){.objective = objective,
					    .upper = poly_outputs_value(&s->all),
					    .lower_bound = lower,
					    .scope = "all"};
}

static void step(void *state, struct progress *progress)
{
	struct state *s = state;
	struct certificate c;
	bool ended = true;

	progress->objective = 0;
	for (ptrdiff_t k = 0; k < s->all.k; k++) {
		struct output *out = &s->output[k];

		out->ended = out->ended || !out->solver.step(out->solver.state);
		ended = ended && out->ended;
		progress->objective += out->solver.objective(out->solver.state);
	}
	progress->primal_residual = progress->dual_residual = NAN;
	progress->end = OUTCOME_RUNNING;
	if (!ended)
		return;
	certify(s, &c);
	progress->end = c.upper - c.lower_bound <= solved_gap * c.upper ? OUTCOME_CONVERGED
									: OUTCOME_STALLED;
}

static void facts(const void *state, struct facts *facts)
{
	poly_outputs_facts(&((const struct state *)state)->all, facts);
}

const struct trainer trainer_poly_sdp = {
	.base = {.name = "poly_sdp",
		 .doc = "polynomial network: its semidefinite program, standard or against the "
			"worst "
			"case over l_2 balls, by interior points",
		 .cite = "kuelbs2024",
		 .options = rows,
		 .size = sizeof(struct poly_sdp_options)},
	.makes = &model_polynomial,
	.multi_output = true,
	.one_against_all = true,
	.takes = takes,
	.refuses = poly_outputs_refuses,
	.threat = threat,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = network,
	.certify = certify,
	.facts = facts,
};
