/* Trainer `active_set`: the convex program over given patterns for the squared loss, at one penalty
 * or along a path of them, by active sets. See conic_lasso.h. */
#include "solvers/cvx/cvx.h"
#include "solvers/cvx/penalty_path.h"
#include "solvers/cvx/violation.h"
#include "solvers/gated/conic_newton.h"
#include "solvers/gates/pattern.h"
#include "solvers/model/net.h"

#include <math.h>
#include <string.h>

struct active_set_options {
	struct pattern_options patterns;
	double tolerance;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct active_set_options, patterns), .rows = pattern_rows,
	 .shorthand = "count", .doc = "activation patterns of the convex program"},
	{OPTION_FIELD(struct active_set_options, tolerance), .initial = "1e-6",
	 .range = RANGE_ABOVE(0),
	 .doc = "certified gap, relative to the objective, at which a penalty is done"},
	{0},
};

enum { MOST_STEPS = 200 /* at one penalty: then rounding is what is left */ };

struct state {
	const struct problem *problem;
	const struct active_set_options *options;
	struct patterns patterns;
	struct conic_lasso *lasso;
	struct penalty_path path;
};

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	(void)options;
	*wanted = "a quadratic loss: squared";
	return problem->loss.loss->quadratic;
}

static enum freedom freedom(const void *options)
{
	return pattern_freedom(&((const struct active_set_options *)options)->patterns,
			       FREEDOM_ROTATIONS);
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct active_set_options *o = options;
	double P = pattern_most(&o->patterns, shape.n, shape.d), n = (double)shape.n,
	       d = (double)shape.d, N = d * P, used = fmin(N, n);

	out->setup_flops += n * N * N;
	out->iteration_flops += 4 * n * N + 4 * d * N * used + used * used * used / 3;
	out->certificate_flops += 4 * n * N;
	pattern_forecast(&o->patterns, shape, out);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct state *s = ARENA_NEW(arena, struct state);
	struct gated_program *g;

	*s = (struct state){.problem = problem, .options = options};
	*state = s;
	TRY(pattern_sample(&s->options->patterns, problem, NULL, arena, &s->patterns, err));
	g = gated_program_new(problem, s->patterns.D, GATED_NEWTON, arena);
	s->lasso = conic_lasso_new(g, arena);
	s->path = penalty_path_new(problem, s->options->tolerance);
	if (arena_counts(arena))
		return STATUS_OK;
	gated_program_set(g, 0); /* every projection, to its end */
	conic_lasso_evaluate(s->lasso);
	gated_program_set(g, penalty_path_begin(&s->path, s->lasso->largest));
	return STATUS_OK;
}

static double objective(const struct state *s)
{
	const struct gated_program *g = s->lasso->program;

	return g->value + g->problem.beta * s->lasso->norm;
}

static void step(void *state, struct progress *progress)
{
	struct state *s = state;
	struct gated_program *g = s->lasso->program;
	double bound, next;

	if (penalty_path_turns(&s->path, &next))
		gated_program_set(g, next);
	conic_lasso_evaluate(s->lasso);
	if (!isfinite(objective(s))) {
		progress->failure = "the outputs are not finite";
		return;
	}
	progress->objective = g->value + s->problem->beta * s->lasso->norm;
	bound = conic_lasso_bound(s->lasso);
	if (!penalty_path_is_done(&s->path,
				  objective(s) > 0 ? (objective(s) - bound) / objective(s) : 0,
				  MOST_STEPS)) {
		s->path.steps++;
		conic_newton_pass(s->lasso);
	} else if (penalty_path_leave(
			   &s->path,
			   (struct penalty_done){g->problem.beta, objective(s), bound, NAN, 0},
			   progress)) {
		progress->end = s->path.stalled ? OUTCOME_STALLED : OUTCOME_CONVERGED;
	}
}

static ptrdiff_t width(const void *state)
{
	return ((const struct state *)state)->lasso->halves;
}

static void model(const void *state, struct model *model)
{
	conic_lasso_network(((const struct state *)state)->lasso, net_of(model));
}

/* While the path is above beta nothing is said of beta, so that no gap ends the run before it is
 * there. */
static void certify(void *state, struct certificate *certificate)
{
	struct state *s = state;
	struct gated_program *g = s->lasso->program;
	bool there = !(g->problem.beta > s->problem->beta);

	conic_lasso_evaluate(s->lasso);
	*certificate =
		(struct certificate){.objective = g->value + s->problem->beta * s->lasso->norm,
				     .feasibility = 0, /* to rounding: broken rows are put back */
				     .upper = g->value + s->problem->beta * s->lasso->norm,
				     .lower_bound = there ? conic_lasso_bound(s->lasso) : NAN,
				     .scope = s->patterns.all ? "all" : "sampled"};
}

static void facts(const void *state, struct facts *facts)
{
	const struct state *s = state;

	pattern_facts(&s->options->patterns, s->patterns.D.cols, facts);
	penalty_path_tell(&s->path, facts);
}

static const char *goes(const void *options, const char **option)
{
	(void)options;
	(void)option;
	return NULL;
}

static void violation(void *state, long draws, struct violation *out)
{
	const struct state *s = state;
	struct arena arena = {0};
	struct cvx cvx = cvx_new(s->problem, &s->patterns, &arena);

	memcpy(cvx.alpha, s->lasso->program->A.at, (size_t)s->problem->X.rows * sizeof(real));
	violation_patterns(&cvx, draws, out);
	arena_release(&arena);
}

const struct trainer trainer_active_set = {
	.base = {.name = "active_set",
		 .doc = "active sets on the convex program over patterns, squared loss, whole "
			"paths of penalties",
		 .cite = "pilanci2020",
		 .options = rows,
		 .size = sizeof(struct active_set_options)},
	.makes = &model_relu,
	.sample_weights = true,
	.takes = takes,
	.path = goes,
	.freedom = freedom,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = model,
	.certify = certify,
	.violation = violation,
	.facts = facts,
};
