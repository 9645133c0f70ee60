/* Trainer `primal_dual_flow`: gradient descent in the primal and ascent in the dual variables of a
 * proximal augmented Lagrangian, all blocks at once, in the place of the minimisation of ADMM
 * (Ozaslan, Patrinos & Jovanovic 2024; Dhingra, Khong & Jovanovic 2019), on the splitting of
 * admm_step.h:
 *
 *     min over u = (V, W) of g(T u),   T u = (V, W, E o (X V), E o (X W), f)
 *     g = beta sum_i (|v1_i| + |w1_i|) + Ind(S >= 0, T >= 0) + L(z)
 *
 * With the Moreau envelope M of g, of penalties R = rho (1, sigma, kappa) for its parts, and scaled
 * duals l, the residual of the proximal map is r = T u + l - prox(T u + l), and the flow
 *
 *     u' = -T' grad M(T u + l) = -T' R r,   l' = c (r - l)
 *
 * comes to rest where r = l, T u = prox(T u + l) and T' R l = 0: at the optimum and its dual. It is
 * followed by explicit Euler steps in the metric rho (I + sigma X'X), in which the parts of T but
 * the outputs f are the identity, so that the flow does not depend on the units of features:
 *
 *     u -= step / norm (I + sigma X'X)^-1 T' (1, sigma, kappa) r,   l += dual (r - l)
 *
 * norm = 1 + 2 kappa |K o (D D')|, K = X (I + sigma X'X)^-1 X', by power iteration. kappa is a
 * multiple of what makes both summands equal. Where g is quadratic or zero the steps are stable for
 * step < 2, dual < 1. */
#include "solvers/core/blas.h"
#include "solvers/cvx/cvx.h"
#include "solvers/cvx/separate.h"
#include "solvers/cvx/violation.h"
#include "solvers/gates/pattern.h"
#include "solvers/model/trainer.h"
#include "solvers/tools/penalty.h"

#include <math.h>
#include <string.h>

enum { POWER_STEPS = 30 }; /* for norm */

struct flow_options {
	struct pattern_options patterns;
	double rho, sigma, kappa, step, dual;
	long output;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct flow_options, patterns), .rows = pattern_rows, .shorthand = "count",
	 .doc = "activation patterns of the convex program"},
	{OPTION_FIELD(struct flow_options, rho), .initial = "1", .range = RANGE_ABOVE(0),
	 .doc = "penalty of V = V1, times beta and the root mean square of the features"},
	{OPTION_FIELD(struct flow_options, sigma), .initial = "0.3", .range = RANGE_ABOVE(0),
	 .doc = "penalty of the sign constraints relative to rho"},
	{OPTION_FIELD(struct flow_options, kappa), .initial = "1", .range = RANGE_ABOVE(0),
	 .doc = "penalty of f = z, times what makes it as stiff as all the others"},
	{OPTION_FIELD(struct flow_options, step), .initial = "1.5", .range = RANGE_BETWEEN(0, 2),
	 .doc = "step of the primal variables, of the largest slope of the envelope's gradient"},
	{OPTION_FIELD(struct flow_options, dual), .initial = "0.9", .range = RANGE_BETWEEN(0, 1),
	 .doc = "step of the dual variables; at 1 they take the residual of the proximal map"},
	{OPTION_FIELD(struct flow_options, output), .initial = "separate", .names = separate_names,
	 .doc = "neurons of several outputs: each output has its own"},
	{0},
};

struct flow {
	const struct problem *problem;
	const struct flow_options *options;
	struct gates D;
	struct cvx cvx;
	struct mat M;             /* d x d: factor of I + sigma X'X */
	double rho, sigma, kappa; /* in the units of the data */
	double tau;               /* step / norm */
	double zero;              /* objective without neurons */
	struct mat U, U1, LU;     /* d x 2P: [V W], [V1 W1], their duals */
	struct mat G;             /* d x 2P: slope */
	struct mat Y, N;          /* n x 2P: X U, then what X' is applied to; duals of the signs */
	real *f, *z, *lz, *r;     /* n: outputs, split, its dual, kappa times its residual */
};

static enum freedom freedom(const void *options)
{
	return pattern_freedom(&((const struct flow_options *)options)->patterns,
			       FREEDOM_ROTATIONS);
}

static void forecast_one(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct flow_options *o = options;
	double n = (double)shape.n, d = (double)shape.d;
	double P = pattern_most(&o->patterns, shape.n, shape.d);

	out->setup_flops = n * d * d + d * d * d / 3 + 2 * n * d * P * (1 + 2 * POWER_STEPS);
	out->iteration_flops = 8 * n * d * P + 4 * d * d * P + 20 * n * P;
	cvx_forecast(n, d, P, out);
	pattern_forecast(&o->patterns, shape, out);
}

/* The products of one half: Y = X U. */
static void preactivations(struct flow *s, ptrdiff_t columns)
{
	blas_gemm(1, s->problem->X, PLAIN, mat_cols(s->U, 0, columns), PLAIN, 0,
		  mat_cols(s->Y, 0, columns));
}

/* |K o (D D')| from below, to about 1 %: an eigenvalue more does no harm, as `step` has room. */
static double coupling(struct flow *s)
{
	ptrdiff_t n = s->Y.rows, P = s->D.cols;
	struct mat Y = mat_cols(s->Y, 0, P), U = mat_cols(s->U, 0, P);
	double norm = 0;

	for (ptrdiff_t k = 0; k < n; k++)
		s->f[k] = (real)(1 + 0.1 * (double)(k % 7)); /* no symmetry to be orthogonal to */
	for (int i = 0; i < POWER_STEPS; i++) {
		double length = blas_norm((size_t)n, s->f);

		if (!(length > 0))
			break;
		blas_scale((size_t)n, 1 / length, s->f);
		gates_spread(s->D, s->f, Y);
		blas_gemm(1, s->problem->X, TRANSPOSED, Y, PLAIN, 0, U);
		blas_cholesky_solve(s->M, U);
		preactivations(s, P);
		gates_outputs(s->D, Y, s->f);
		norm = blas_norm((size_t)n, s->f);
	}
	memset(s->f, 0, (size_t)n * sizeof *s->f);
	mat_fill(s->U, 0);
	return norm;
}

static enum status begin(struct flow *s, struct err *err)
{
	const struct flow_options *o = s->options;
	double square = penalty_unit(s->problem->X, NULL), norm;

	s->sigma = o->sigma / square;
	blas_syrk(s->sigma, s->problem->X, TRANSPOSED, 0, s->M);
	for (ptrdiff_t j = 0; j < s->M.rows; j++)
		mat_set(s->M, j, j, mat_get(s->M, j, j) + 1);
	if (!blas_cholesky(s->M))
		return err_set(err, STATUS_FAILED,
			       "primal_dual_flow: I + sigma X'X is not positive definite in %s "
			       "precision",
			       REAL_NAME);
	norm = coupling(s);
	s->kappa = norm > 0 ? o->kappa / (2 * norm) : o->kappa;
	s->tau = o->step / (1 + o->kappa);
	s->rho = o->rho * s->problem->beta * sqrt(square);
	s->zero = loss_value(s->problem->loss, (size_t)s->Y.rows, s->f, s->problem->y.at);
	return STATUS_OK;
}

static enum status setup_one(const struct problem *problem, const void *options,
			     struct arena *arena, void **state, struct err *err)
{
	struct flow *s = ARENA_NEW(arena, struct flow);
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, P;
	struct mat *small[] = {&s->U, &s->U1, &s->LU, &s->G}, *large[] = {&s->Y, &s->N};
	real **vectors[] = {&s->f, &s->z, &s->lz, &s->r};
	struct patterns sampled;

	s->problem = problem;
	s->options = options;
	TRY(pattern_sample(&s->options->patterns, problem, NULL, arena, &sampled, err));
	s->D = sampled.D;
	P = s->D.cols;
	s->cvx = cvx_new(problem, &sampled, arena);
	s->M = mat_lower(arena, d);
	for (size_t a = 0; a < sizeof small / sizeof small[0]; a++)
		*small[a] = mat_new(arena, d, 2 * P);
	for (size_t a = 0; a < sizeof large / sizeof large[0]; a++)
		*large[a] = mat_new(arena, n, 2 * P);
	for (size_t a = 0; a < sizeof vectors / sizeof vectors[0]; a++)
		*vectors[a] = ARENA_ARRAY(arena, real, n);
	*state = s;
	return arena_counts(arena) ? STATUS_OK : begin(s, err);
}

/* Of a number of T u, its dual l and prox(T u + l): the residual of the map; l moves towards it. */
static double follow(const struct flow *s, double side, double split, real *l,
		     struct penalty_sums *sums)
{
	double dual = (double)*l, residual = side + dual - split;

	*l = (real)(dual + s->options->dual * (residual - dual));
	sums->primal += (side - split) * (side - split);
	sums->size += split * split;
	sums->dual += residual * residual;
	return residual;
}

/* z and its dual from the outputs; r; L(z). */
static double loss_part(struct flow *s, struct penalty_sums *sums)
{
	struct loss_term loss = s->problem->loss;
	size_t n = (size_t)s->Y.rows;
	ptrdiff_t P = s->D.cols;
	struct penalty_sums part = {0};

	gates_outputs(s->D, mat_cols(s->Y, P, P), s->r);
	gates_outputs(s->D, mat_cols(s->Y, 0, P), s->f);
	for (size_t k = 0; k < n; k++) {
		s->f[k] -= s->r[k];
		s->r[k] = s->f[k] + s->lz[k];
	}
	loss_prox(loss, n, 1 / (s->rho * s->kappa), s->r, s->problem->y.at, s->z);
	for (size_t k = 0; k < n; k++)
		s->r[k] = (real)(s->kappa *
				 follow(s, (double)s->f[k], (double)s->z[k], &s->lz[k], &part));
	penalty_add(sums, s->kappa, part);
	return loss_value(loss, n, s->z, s->problem->y.at);
}

/* S, T and their duals; Y = sigma E o residual +- D o r. */
static void sign_part(struct flow *s, struct penalty_sums *sums)
{
	ptrdiff_t n = s->Y.rows, P = s->D.cols;
	struct penalty_sums part = {0};

	for (ptrdiff_t i = 0; i < 2 * P; i++) {
		const uint64_t *d = gates_col(s->D, i % P);
		real *y = mat_col(s->Y, i), *l = mat_col(s->N, i);
		real side = i < P ? 1 : -1;

		gates_flip(d, n, y, y);
		for (ptrdiff_t k = 0; k < n; k++) {
			double split = fmax(0, (double)y[k] + (double)l[k]);

			y[k] = (real)(s->sigma * follow(s, (double)y[k], split, &l[k], &part));
		}
		gates_flip(d, n, y, y);
		for (ptrdiff_t k = 0; k < n; k++)
			y[k] += gates_bit(d, k) ? side * s->r[k] : 0;
	}
	penalty_add(sums, s->sigma, part);
}

/* V1, W1 and their duals; G += residual; beta sum_i (|v1_i| + |w1_i|). */
static double group_part(struct flow *s, struct penalty_sums *sums)
{
	ptrdiff_t d = s->U.rows;
	double norms = 0;

	for (ptrdiff_t i = 0; i < s->U.cols; i++) {
		const real *u = mat_col(s->U, i);
		real *u1 = mat_col(s->U1, i), *l = mat_col(s->LU, i), *g = mat_col(s->G, i);
		double norm, scale;

		for (ptrdiff_t j = 0; j < d; j++)
			u1[j] = u[j] + l[j];
		norm = blas_norm((size_t)d, u1);
		scale = penalty_threshold(norm, s->problem->beta, s->rho);
		for (ptrdiff_t j = 0; j < d; j++) {
			u1[j] = (real)(scale * (double)u1[j]);
			g[j] += (real)follow(s, (double)u[j], (double)u1[j], &l[j], sums);
		}
		norms += scale * norm;
	}
	return s->problem->beta * norms;
}

static void step_one(void *state, struct progress *progress)
{
	struct flow *s = state;
	struct penalty_sums sums = {0};
	size_t size = (size_t)(s->U.rows * s->U.cols);

	preactivations(s, s->U.cols);
	progress->objective = loss_part(s, &sums);
	sign_part(s, &sums);
	blas_gemm(1, s->problem->X, TRANSPOSED, s->Y, PLAIN, 0, s->G);
	progress->objective += group_part(s, &sums);
	blas_cholesky_solve(s->M, s->G);
	blas_axpy(size, -s->tau, s->G.at, s->U.at);
	progress->primal_residual = penalty_relative(
		sums.primal, penalty_size(sums.size, progress->objective, s->zero));
	progress->dual_residual = penalty_relative(blas_dot(size, s->G.at, s->G.at), sums.dual);
}

static ptrdiff_t width_one(const void *state)
{
	return 2 * ((const struct flow *)state)->D.cols;
}

static void model_one(const void *state, struct model *model)
{
	const struct flow *s = state;
	ptrdiff_t P = s->D.cols;

	cvx_network(mat_cols(s->U1, 0, P), mat_cols(s->U1, P, P), net_of(model));
}

/* alpha = -grad L, which -rho kappa times the dual of z is in the limit; eta = rho sigma (-N). */
static void certify_one(void *state, struct certificate *certificate)
{
	struct flow *s = state;
	ptrdiff_t P = s->D.cols;
	const struct cvx_dual dual = {.alpha = s->cvx.alpha,
				      .NV = mat_cols(s->N, 0, P),
				      .NW = mat_cols(s->N, P, P),
				      .scale = s->rho * s->sigma};

	for (ptrdiff_t k = 0; k < s->N.rows; k++)
		s->cvx.alpha[k] = (real)(-s->rho * s->kappa * (double)s->lz[k]);
	cvx_certify(&s->cvx, mat_cols(s->U1, 0, P), mat_cols(s->U1, P, P), &dual, certificate);
}

static void repaired_one(const void *state, struct model *model)
{
	const struct cvx *cvx = &((const struct flow *)state)->cvx;

	cvx_network(cvx->RV, cvx->RW, net_of(model));
}

static void violation_one(void *state, long draws, struct violation *out)
{
	violation_patterns(&((const struct flow *)state)->cvx, draws, out);
}

static void facts_one(const void *state, struct facts *facts)
{
	const struct flow *s = state;

	pattern_facts(&s->options->patterns, s->D.cols, facts);
}

static const struct trainer one = {
	.setup = setup_one,
	.forecast = forecast_one,
	.step = step_one,
	.width = width_one,
	.model = model_one,
	.certify = certify_one,
	.repaired = repaired_one,
	.facts = facts_one,
	.violation = violation_one,
};

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	(void)options;
	return separate_takes(problem, wanted);
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	separate_forecast(&one, options, shape, out);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	return separate_setup((struct separate_plan){.one = &one, .divides = problem->y.k > 1},
			      problem, options, arena, state, err);
}

const struct trainer trainer_primal_dual_flow = {
	.base = {.name = "primal_dual_flow",
		 .doc = "primal-dual gradient flow on the convex program over sampled patterns",
		 .cite = "ozaslan2024",
		 .options = rows,
		 .size = sizeof(struct flow_options)},
	.makes = &model_relu,
	.multi_output = true,
	.takes = takes,
	.freedom = freedom,
	.sample_weights = true,
	.forecast = forecast,
	.setup = setup,
	.step = separate_step,
	.width = separate_width,
	.model = separate_model,
	.certify = separate_certify,
	.repaired = separate_repaired,
	.facts = separate_facts,
	.violation = separate_violation,
};
