/* Trainer `gated`: gated ReLU networks by group lasso, at one penalty or along a path of them. See
 * gated_program.h; as ReLU networks, gated_cone.h. */
#include "solvers/cvx/penalty_path.h"
#include "solvers/gated/gated_cone.h"
#include "solvers/gated/gated_fista.h"
#include "solvers/gated/gated_program.h"
#include "solvers/gated/gated_relu.h"
#include "solvers/gates/pattern.h"
#include "solvers/model/multinet.h"
#include "solvers/model/net.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/violation.h"

#include <math.h>
#include <string.h>

enum { METHOD_AUTO, METHOD_NEWTON, METHOD_FISTA };

static const char *const methods[] = {"auto", "newton", "fista", NULL};

/* Weights up to which `auto` takes Newton's method: a Gram matrix of this order takes 128 MB. */
enum { NEWTON_MOST = 4000 };

enum { DECOMPOSE_NONE, DECOMPOSE_APPROXIMATE, DECOMPOSE_EXACT };

static const char *const decompositions[] = {"none", "approximate", "exact", NULL};

struct options {
	struct pattern_options patterns;
	double tolerance;
	long method, decompose;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct options, patterns), .rows = pattern_rows, .shorthand = "count",
	 .doc = "activation patterns whose directions are the gates"},
	{OPTION_FIELD(struct options, tolerance), .initial = "1e-6", .range = RANGE_ABOVE(0),
	 .doc = "certified gap, relative to the objective, at which a penalty is done"},
	{OPTION_FIELD(struct options, method), .initial = "auto", .names = methods,
	 .doc = "newton: block steps and Newton's method on a working set of gates by its Gram "
		"matrix; fista: accelerated proximal gradients with restarts, as published, by "
		"products with the features alone; auto: newton up to 4000 weights"},
	{OPTION_FIELD(struct options, decompose), .initial = "none", .names = decompositions,
	 .doc = "give a ReLU network: the weight of each gate as a difference of two vectors in "
		"the "
		"cone of its pattern, with the outputs kept (exact) or nearly (approximate, "
		"Mishkin et al. 2022)"},
	{0},
};

/* At one penalty: then rounding is what is left. */
static const long most_steps[] = {[GATED_NEWTON] = 500, [GATED_FISTA] = 10000};

struct state {
	const struct problem *problem;
	const struct options *options;
	struct gated_program *program;
	struct patterns patterns; /* with the patterns of their directions H (d x P) */
	real *f;                  /* n x k: outputs that a fact needs */
	struct gated_cone *cone;  /* NULL: no decomposition */
	struct model *relu;
	struct model_work relu_work;
	struct penalty_path path;
};

static const struct model_kind *kind(const void *options, ptrdiff_t k)
{
	if (((const struct options *)options)->decompose == DECOMPOSE_NONE)
		return &model_gated_relu;
	return k > 1 ? &model_relu_outputs : &model_relu;
}

static bool relaxed(const void *options)
{
	return ((const struct options *)options)->decompose != DECOMPOSE_NONE;
}

static enum freedom freedom(const void *options)
{
	return pattern_freedom(&((const struct options *)options)->patterns, FREEDOM_ROTATIONS);
}

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	(void)options;
	*wanted = "a loss with a finite second derivative";
	if (problem->y.k > 1 && !problem->loss.loss->outputs)
		return true; /* trainer_check asks for a loss of several outputs */
	return isfinite(loss_outputs_curvature(problem->loss, problem->y.k > 1 ? problem->y.k : 1));
}

static enum gated_method method_of(const struct options *options, double weights)
{
	if (options->method == METHOD_AUTO)
		return weights > NEWTON_MOST ? GATED_FISTA : GATED_NEWTON;
	return options->method == METHOD_FISTA ? GATED_FISTA : GATED_NEWTON;
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct options *o = options;
	double P = pattern_most(&o->patterns, shape.n, shape.d), n = (double)shape.n,
	       d = (double)shape.d, k = (double)shape.k;
	double N = d * P, used = fmin(N * k, n * k);

	if (method_of(o, N * k) == GATED_NEWTON) {
		out->setup_flops += n * N * N + 2 * n * N;
		out->iteration_flops += 8 * n * N * k + 4 * used * used * used / 3;
	} else {
		out->iteration_flops += 44 * n * N * k; /* of ten steps and a look */
	}
	out->certificate_flops += 4 * n * N * k;
	pattern_forecast(&o->patterns, shape, out);
}

/* Patterns of their directions. STATUS_SPEC for one that has none. */
static enum status gate(struct state *s, struct patterns sampled, struct arena *arena,
			struct err *err)
{
	struct mat X = s->problem->X;
	struct mat Y = mat_new(arena, X.rows, sampled.D.cols);
	struct gates D = gates_new(arena, X.rows, sampled.D.cols);

	s->patterns = sampled;
	s->patterns.D = D;
	if (!arena_counts(arena)) {
		blas_gemm(1, X, PLAIN, s->patterns.H, PLAIN, 0, Y);
		for (ptrdiff_t p = 0; p < D.cols; p++) {
			gates_threshold(D, p, mat_col(Y, p));
			if (!gates_same(D, p, sampled.D, p) &&
			    !(blas_norm((size_t)X.cols, mat_col(s->patterns.H, p)) > 0))
				return err_set(err, STATUS_SPEC,
					       "gated: pattern %td of %td has no direction, so it "
					       "is no gate at other points",
					       p + 1, D.cols);
		}
	}
	s->program = gated_program_new(
		s->problem, D, method_of(s->options, (double)(X.cols * D.cols * s->problem->y.k)),
		arena);
	return STATUS_OK;
}

static enum status prepare_cone(struct state *s, struct arena *arena, struct err *err)
{
	struct model_size size = {s->problem->X.cols, 2 * s->patterns.H.cols * s->problem->y.k,
				  s->problem->y.k};
	const struct model_kind *makes = kind(s->options, s->problem->y.k);
	ptrdiff_t flat;

	s->cone = ARENA_NEW(arena, struct gated_cone);
	*s->cone = gated_cone_new(s->problem->X, s->program->D, s->patterns.H, s->problem->y.k,
				  s->options->decompose == DECOMPOSE_EXACT, arena);
	s->relu = model_new(makes, arena, size);
	s->relu_work = model_work_new(arena, makes, size);
	if (arena_counts(arena))
		return STATUS_OK;
	flat = gated_cone_flat(s->cone);
	return flat < 0 ? STATUS_OK
			: err_set(err, STATUS_FAILED,
				  "gated: gate %td of %td has no direction strictly inside the "
				  "cone of its pattern: no decomposition",
				  flat + 1, s->patterns.H.cols);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct state *s = ARENA_NEW(arena, struct state);
	struct patterns sampled;

	*s = (struct state){.problem = problem, .options = options};
	*state = s;
	TRY(pattern_sample(&s->options->patterns, problem, NULL, arena, &sampled, err));
	TRY(gate(s, sampled, arena, err));
	s->f = ARENA_ARRAY(arena, real, problem->y.n * problem->y.k);
	s->path = penalty_path_new(problem, s->options->tolerance);
	if (s->options->decompose != DECOMPOSE_NONE)
		TRY(prepare_cone(s, arena, err));
	if (arena_counts(arena))
		return STATUS_OK;
	gated_program_evaluate(s->program);
	gated_program_set(s->program,
			  penalty_path_begin(&s->path, gated_program_largest(s->program)));
	return STATUS_OK;
}

/* What the network of the decomposition has of the objective, and how far its outputs are off. */
static void judge_relu(const struct state *s, struct facts *facts)
{
	const struct mat F = s->program->F;
	struct model_work work = s->relu_work;
	double square = 0;

	gated_cone_network(s->cone, s->program->W, s->relu);
	facts_number(facts, "relu_objective", trainer_objective(s->problem, s->relu, s->f, &work));
	for (ptrdiff_t i = 0; i < F.rows * F.cols; i++)
		square += ((double)s->f[i] - (double)F.at[i]) * ((double)s->f[i] - (double)F.at[i]);
	facts_number(facts, "decomposition_error",
		     sqrt(square) / fmax(blas_mat_norm(F), REAL_EPSILON));
}

static void step(void *state, struct progress *progress)
{
	struct state *s = state;
	struct gated_program *g = s->program;
	double objective, next;

	if (penalty_path_turns(&s->path, &next))
		gated_program_set(g, next);
	gated_program_evaluate(g);
	if (!isfinite(g->value + g->norm)) {
		progress->failure = "the outputs are not finite";
		return;
	}
	objective = g->value + g->problem.beta * g->norm;
	progress->objective = g->value + s->problem->beta * g->norm;
	if (penalty_path_is_done(&s->path, gated_program_gap(g), most_steps[g->method])) {
		if (penalty_path_leave(&s->path,
				       (struct penalty_done){g->problem.beta, objective, g->bound,
							     (double)g->screened, 0},
				       progress))
			progress->end = s->path.stalled ? OUTCOME_STALLED : OUTCOME_CONVERGED;
		return;
	}
	s->path.steps++;
	if (g->method == GATED_FISTA)
		gated_fista_steps(g);
	else
		gated_program_step(g);
}

static ptrdiff_t width(const void *state)
{
	const struct state *s = state;

	return s->cone ? 2 * s->patterns.H.cols * s->problem->y.k : s->patterns.H.cols;
}

/* Gates in use, as they are or decomposed. */
static void network(const void *state, struct model *model)
{
	const struct state *s = state;
	struct mat W = s->program->W;
	struct gated_relu *net;
	ptrdiff_t d = s->patterns.H.rows, used = 0;

	if (s->cone) {
		gated_cone_network(s->cone, W, model);
		return;
	}
	net = gated_relu_of(model);
	for (ptrdiff_t p = 0; p < s->patterns.H.cols; p++) {
		if (!(gated_lasso_norm(W, d, p) > 0))
			continue;
		mat_copy(mat_cols(net->G, used, 1), mat_cols(s->patterns.H, p, 1));
		mat_copy(mat_rows(net->W, used * d, d), mat_rows(W, p * d, d));
		used++;
	}
	net->G.cols = used;
}

/* While the path is above beta nothing is said of beta, so that no gap ends the run before it is
 * there. */
static void certify(void *state, struct certificate *certificate)
{
	struct state *s = state;
	struct gated_program *g = s->program;

	gated_program_evaluate(g);
	certificate->objective = g->value + s->problem->beta * g->norm;
	certificate->feasibility = 0; /* the program has no constraints */
	certificate->upper = certificate->objective;
	certificate->scope = "sampled";
	certificate->lower_bound =
		g->problem.beta > s->problem->beta ? NAN : gated_program_bound(g);
}

static void violation(void *state, long draws, struct violation *out)
{
	struct state *s = state;

	violation_gates(s->problem, &s->patterns, s->program->A, draws, out);
}

/* The largest amount by which a weight W_pc is outside the cone of its pattern, or -W_pc if that is
 * nearer, as a share of the largest output of a gate. 0: the gates are those of a ReLU network,
 * which then has the same objective. */
static double cone_violation(const struct state *s)
{
	const struct gated_program *g = s->program;
	struct mat X = s->problem->X;
	double most = 0, worst = 0;

	for (ptrdiff_t p = 0; p < s->patterns.H.cols; p++)
		for (ptrdiff_t c = 0; c < g->W.cols; c++) {
			double above = 0, below = 0;

			blas_gemv(1, X, PLAIN, mat_col(g->W, c) + p * X.cols, 0, s->f);
			gates_flip(gates_col(s->patterns.D, p), X.rows, s->f, s->f);
			for (ptrdiff_t k = 0; k < X.rows; k++) {
				above = fmax(above, (double)s->f[k]);
				below = fmax(below, -(double)s->f[k]);
			}
			most = fmax(most, fmax(above, below));
			worst = fmax(worst, fmin(above, below));
		}
	return most > 0 ? worst / most : 0;
}

static void facts(const void *state, struct facts *facts)
{
	const struct state *s = state;
	struct gated_program *g = s->program;

	gated_program_evaluate(g);
	pattern_facts(&s->options->patterns, s->patterns.H.cols, facts);
	facts_text(facts, "gated_method",
		   methods[g->method == GATED_FISTA ? METHOD_FISTA : METHOD_NEWTON]);
	facts_number(facts, "gated_objective", g->value + s->problem->beta * g->norm);
	facts_number(facts, "cone_violation", cone_violation(s));
	if (s->cone)
		judge_relu(s, facts);
	penalty_path_tell(&s->path, facts);
}

static const char *goes(const void *options, const char **option)
{
	(void)options;
	(void)option;
	return NULL;
}

const struct trainer trainer_gated = {
	.base = {.name = "gated",
		 .doc = "gated ReLU networks: group lasso over fixed gates, whole paths of "
			"penalties",
		 .cite = "mishkin2022",
		 .options = rows,
		 .size = sizeof(struct options)},
	.makes = &model_gated_relu,
	.kind = kind,
	.takes = takes,
	.multi_output = true,
	.sample_weights = true,
	.relaxed = relaxed,
	.path = goes,
	.freedom = freedom,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = network,
	.certify = certify,
	.violation = violation,
	.facts = facts,
};
