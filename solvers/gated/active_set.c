/* Trainer `active_set`: the convex program over given patterns for the squared loss, at one penalty
 * or along a path of them, by active sets. See conic_lasso.h. */
#include "solvers/cvx/penalty_path.h"
#include "solvers/gated/conic_newton.h"
#include "solvers/gates/pattern.h"
#include "solvers/model/net.h"

#include <math.h>

struct active_set_options {
	struct pattern_options patterns;
	long path;
	double tolerance;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct active_set_options, patterns), .rows = pattern_rows,
	 .shorthand = "count", .doc = "activation patterns of the convex program"},
	{OPTION_FIELD(struct active_set_options, path), .initial = "1",
	 .range = RANGE_WITHIN(1, 10000),
	 .doc = "penalties in geometric steps from the least one at which the weights are zero "
		"down to beta, each solved from the one before and certified; path.csv of the "
		"record tells of each; the model is that at beta"},
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
	struct net net; /* of the point at work */
	struct model_work work;
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
	s->path = penalty_path_new(problem, s->options->path, s->options->tolerance, arena);
	s->net = net_new(arena, problem->X.cols, s->lasso->halves);
	s->work = net_work_new(arena, s->lasso->halves);
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

/* Where an evaluated point stands at its penalty. */
static struct penalty_point look(struct state *s)
{
	const struct gated_program *g = s->lasso->program;
	struct penalty_point point = {.beta = g->problem.beta,
				      .objective = objective(s),
				      .bound = g->bound,
				      .screened = NAN,
				      .steps = (double)s->path.steps};

	conic_lasso_network(s->lasso, &s->net);
	point.used = (double)s->net.U.cols;
	penalty_path_judge(&s->path, g->F, &s->net.base, &s->work, &point);
	return point;
}

static void step(void *state, struct progress *progress)
{
	struct state *s = state;
	struct gated_program *g = s->lasso->program;
	double gap, next;

	for (;;) {
		conic_lasso_evaluate(s->lasso);
		if (!isfinite(objective(s))) {
			progress->failure = "the outputs are not finite";
			return;
		}
		progress->objective = g->value + s->problem->beta * s->lasso->norm;
		gap = (objective(s) - conic_lasso_bound(s->lasso)) / objective(s);
		if (!penalty_path_is_done(&s->path, objective(s) > 0 ? gap : 0, MOST_STEPS))
			break;
		next = penalty_path_next(&s->path, look(s));
		if (isnan(next)) {
			progress->end = s->path.stalled ? OUTCOME_STALLED : OUTCOME_CONVERGED;
			return;
		}
		gated_program_set(g, next);
	}
	s->path.steps++;
	conic_newton_pass(s->lasso);
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
	struct state *s = (struct state *)(uintptr_t)state; /* the network is scratch */

	conic_lasso_evaluate(s->lasso);
	pattern_facts(&s->options->patterns, s->patterns.D.cols, facts);
	penalty_path_tell(&s->path, look(s), facts);
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
	.freedom = freedom,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = model,
	.certify = certify,
	.facts = facts,
};
