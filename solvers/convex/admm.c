/* ADMM for the convex program over sampled patterns (Bai, Gautam, Sojoudi 2023, algorithm 3.1),
 * with an exchangeable exact u-step and, for losses that are not quadratic, the further split f =
 * z.
 *
 *     min  L(z, y) + beta sum_i (|v1_i| + |w1_i|) + Ind(S >= 0, T >= 0)
 *     s.t. V = V1, W = W1, E o (X V) = S, E o (X W) = T, (D o (X (V - W))) 1 = z
 *
 * Penalties: rho on the first pair, rho sigma on the sign constraints, rho kappa on z; scaled duals
 * L1, L2, N1, N2, mu. X: n x d, D and E = 2 D - 1: n x P, V and W: d x P.
 *
 *     R_V = V1 - L1 + sigma X'(E o (S - N1)), R_W likewise
 *     M A = R_V + R_W,  M B + 2 kappa X'(D o ((f(B) - z + mu) 1')) = R_V - R_W,  M = I + sigma X'X
 *     V = (A + B)/2, W = (A - B)/2
 *     V1 = group soft threshold of V + L1 at beta/rho, S = (E o (X V) + N1)_+, z = prox_{L/(rho
 * kappa)}(f + mu) duals += differences, with over-relaxation
 *
 * S and N1 share one array: with a = E o (X V) + N1 they are its positive and its negative part,
 * and S - N1 = |a|. The squared loss needs no z: 2 kappa becomes 2 w / rho and z - mu becomes y. */
#include "solvers/convex/u_update.h"
#include "solvers/core/blas.h"
#include "solvers/core/cvx.h"
#include "solvers/core/pattern.h"
#include "solvers/core/trainer.h"

#include <math.h>
#include <string.h>

struct admm_options {
	struct pattern_options patterns;
	struct choice u_update;
	double rho, sigma, kappa, relaxation;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct admm_options, patterns), .rows = pattern_rows, .shorthand = "count",
	 .doc = "activation patterns of the convex program"},
	{OPTION_FIELD(struct admm_options, u_update), .initial = "dual", .kind = KIND_U_UPDATE,
	 .doc = "how the linear system of the u-step is solved; the iterates do not depend on it"},
	{OPTION_FIELD(struct admm_options, rho), .initial = "0.1", .range = RANGE_ABOVE(0),
	 .doc = "penalty of V = V1; beta/rho is the threshold of the group soft thresholding"},
	{OPTION_FIELD(struct admm_options, sigma), .initial = "1", .range = RANGE_ABOVE(0),
	 .doc = "penalty of the sign constraints relative to rho"},
	{OPTION_FIELD(struct admm_options, kappa), .initial = "1", .range = RANGE_ABOVE(0),
	 .doc = "penalty of f = z relative to rho; not used by the squared loss"},
	{OPTION_FIELD(struct admm_options, relaxation), .initial = "1.6",
	 .range = RANGE_BETWEEN(0, 2), .doc = "over-relaxation; 1 = none"},
	{0},
};

struct admm {
	const struct problem *problem;
	const struct admm_options *options;
	const struct u_update *u_update;
	void *u_state;
	struct u_system system;
	struct cvx cvx;
	bool split; /* z is split off */
	double kappa;
	struct mat V1, L1, W1, L2; /* d x P */
	struct mat U;              /* d x 2P: right-hand sides, then [A B] */
	struct mat aV, aW;         /* n x P: positive part S, T; negative part N1, N2 */
	struct mat Y;              /* n x 2P: X [A B], then [QV + QW, QV - QW] with Q = E o |a| */
	real *f, *z, *mu, *p;      /* n; p = z - mu, or y */
	double (*block_sums)[4];
};

enum {
	ROWS = 512 /* rows of a block of the fused pass: the residual sums do not depend on the
		      thread count */
};

static ptrdiff_t block_count(ptrdiff_t n)
{
	return (n + ROWS - 1) / ROWS;
}

static const struct pattern_options *patterns(const void *options)
{
	return &((const struct admm_options *)options)->patterns;
}

static void forecast(const void *options, ptrdiff_t rows_, ptrdiff_t cols_, struct forecast *out)
{
	const struct admm_options *o = options;
	const struct u_update *update = (const struct u_update *)(const void *)o->u_update.item;
	double most = pattern_most(&o->patterns, rows_, cols_);
	struct u_shape shape = {rows_, cols_, (ptrdiff_t)most};
	double n = (double)rows_, d = (double)cols_, P = most;

	update->forecast(o->u_update.options, shape, out);
	out->bytes += (7 * n * P + 9 * d * P + d * d + 8 * n) * sizeof(real);
	out->setup_flops += n * d * d + d * d * d / 3 + 2 * n * d * P;
}

/* M = I + sigma X'X, factored. sigma may be folded into X without a copy: it scales the product. */
static enum status factor_M(struct admm *a, struct arena *arena, struct err *err)
{
	ptrdiff_t d = a->problem->X.cols;

	a->system.M = mat_new(arena, d, d);
	blas_syrk(a->options->sigma, a->problem->X, TRANSPOSED, 0, a->system.M);
	for (ptrdiff_t j = 0; j < d; j++)
		mat_set(a->system.M, j, j, mat_get(a->system.M, j, j) + 1);
	if (!blas_cholesky(a->system.M))
		return err_set(err, STATUS_FAILED,
			       "admm: I + sigma X'X is not positive definite in %s precision",
			       REAL_NAME);
	return STATUS_OK;
}

static void allocate(struct admm *a, struct arena *arena)
{
	ptrdiff_t n = a->problem->X.rows, d = a->problem->X.cols, P = a->system.D.cols;

	a->V1 = mat_new(arena, d, P);
	a->L1 = mat_new(arena, d, P);
	a->W1 = mat_new(arena, d, P);
	a->L2 = mat_new(arena, d, P);
	a->U = mat_new(arena, d, 2 * P);
	a->aV = mat_new(arena, n, P);
	a->aW = mat_new(arena, n, P);
	a->Y = mat_new(arena, n, 2 * P);
	a->f = ARENA_ARRAY(arena, real, n);
	a->z = ARENA_ARRAY(arena, real, n);
	a->mu = ARENA_ARRAY(arena, real, n);
	a->p = ARENA_ARRAY(arena, real, n);
	a->block_sums = arena_alloc(arena, (size_t)block_count(n), sizeof *a->block_sums);
}

/* Start from zero weights, and from the z and mu of that start. */
static void initialise(struct admm *a)
{
	const struct problem *problem = a->problem;
	size_t n = (size_t)problem->X.rows;

	if (!a->split) {
		memcpy(a->p, problem->y, n * sizeof *a->p);
		return;
	}
	loss_prox(problem->loss, n, 1 / (a->options->rho * a->kappa), a->f, problem->y, a->z);
	for (size_t k = 0; k < n; k++) {
		a->mu[k] = -a->z[k];
		a->p[k] = a->z[k] - a->mu[k];
	}
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct admm *a = ARENA_NEW(arena, struct admm);
	const struct admm_options *o = options;
	struct patterns sampled;

	a->problem = problem;
	a->options = o;
	a->u_update = (const struct u_update *)(const void *)o->u_update.item;
	a->split = !problem->loss.loss->quadratic;
	a->kappa = a->split ? o->kappa : problem->loss.weight / o->rho;
	TRY(pattern_sample(&o->patterns, problem, arena, &sampled, err));
	a->system.X = problem->X;
	a->system.D = sampled.D;
	a->system.c = 2 * a->kappa;
	a->cvx = cvx_new(problem, &sampled, arena);
	TRY(factor_M(a, arena, err));
	allocate(a, arena);
	TRY(a->u_update->setup(&a->system, o->u_update.options, arena, &a->u_state, err));
	initialise(a);
	*state = a;
	return STATUS_OK;
}

/* What the fused pass and the other splits add up for the residuals: squares of (u-side - split
 * side), of the change of the split side, of the split side, and of the duals. */
enum { PRIMAL, CHANGE, SIZE, DUAL };

/* One column segment: a = theta E o Y + (1 - theta) S + N for both halves, Y = [QV + QW, QV - QW].
 */
static void pass_column(const struct admm *a, ptrdiff_t i, ptrdiff_t first, ptrdiff_t count,
			double sums[4])
{
	ptrdiff_t P = a->aV.cols;
	const real *restrict d = mat_col(a->system.D, i) + first;
	real *restrict av = mat_col(a->aV, i) + first, *restrict aw = mat_col(a->aW, i) + first;
	real *restrict ya = mat_col(a->Y, i) + first, *restrict yb = mat_col(a->Y, P + i) + first;
	real theta = (real)a->options->relaxation, rest = 1 - theta;
	real primal = 0, change = 0, size = 0, dual = 0;

#pragma omp simd reduction(+ : primal, change, size, dual)
	for (ptrdiff_t k = 0; k < count; k++) {
		real e = 2 * d[k] - 1;
		real yv = e * (ya[k] + yb[k]) / 2, yw = e * (ya[k] - yb[k]) / 2;
		real sv = av[k] > 0 ? av[k] : 0, sw = aw[k] > 0 ? aw[k] : 0;
		real v = theta * yv + rest * sv + (av[k] - sv),
		     w = theta * yw + rest * sw + (aw[k] - sw);
		real pv = v > 0 ? v : 0, pw = w > 0 ? w : 0; /* the new S and T */

		primal += (yv - pv) * (yv - pv) + (yw - pw) * (yw - pw);
		change += (pv - sv) * (pv - sv) + (pw - sw) * (pw - sw);
		size += pv * pv + pw * pw;
		dual += (v - pv) * (v - pv) + (w - pw) * (w - pw);
		av[k] = v;
		aw[k] = w;
		v = e * (2 * pv - v); /* e |a| */
		w = e * (2 * pw - w);
		ya[k] = v + w;
		yb[k] = v - w;
	}
	sums[PRIMAL] += (double)primal;
	sums[CHANGE] += (double)change;
	sums[SIZE] += (double)size;
	sums[DUAL] += (double)dual;
}

/* S, T, N1, N2 and the next products in one pass over the n x P arrays. */
static void sign_step(struct admm *a, double sums[4])
{
	ptrdiff_t n = a->aV.rows, blocks = block_count(n);
	double sigma = a->options->sigma;

#pragma omp parallel for schedule(static)
	for (ptrdiff_t b = 0; b < blocks; b++) {
		ptrdiff_t first = b * ROWS, count = first + ROWS < n ? ROWS : n - first;

		memset(a->block_sums[b], 0, sizeof a->block_sums[b]);
		for (ptrdiff_t i = 0; i < a->aV.cols; i++)
			pass_column(a, i, first, count, a->block_sums[b]);
	}
	for (ptrdiff_t b = 0; b < blocks; b++)
		for (int s = 0; s < 4; s++)
			sums[s] += sigma * a->block_sums[b][s];
}

/* One block: v1 = soft threshold of theta v + (1 - theta) v1 + l, l += the difference. */
static double threshold_block(const struct admm *a, ptrdiff_t d, const real *v, real *v1, real *l,
			      double sums[4])
{
	real theta = (real)a->options->relaxation;
	double norm = 0, scale;

	for (ptrdiff_t j = 0; j < d; j++) {
		real x = theta * v[j] + (1 - theta) * v1[j] + l[j];

		l[j] = x;
		norm += (double)x * (double)x;
	}
	norm = sqrt(norm);
	scale = norm > 0 ? fmax(0, 1 - a->problem->beta / (a->options->rho * norm)) : 0;
	for (ptrdiff_t j = 0; j < d; j++) {
		double next = scale * (double)l[j], primal = (double)v[j] - next,
		       change = next - (double)v1[j];

		sums[PRIMAL] += primal * primal;
		sums[CHANGE] += change * change;
		sums[SIZE] += next * next;
		v1[j] = (real)next;
		l[j] = (real)((double)l[j] - next);
		sums[DUAL] += (double)l[j] * (double)l[j];
	}
	return scale * norm;
}

/* V1, W1, L1, L2 from U = [A B]; returns beta sum (|v1_i| + |w1_i|). U is overwritten by [V W]. */
static double group_step(struct admm *a, double sums[4])
{
	ptrdiff_t d = a->V1.rows, P = a->V1.cols;
	double norms = 0;

	for (ptrdiff_t i = 0; i < P; i++) {
		real *v = mat_col(a->U, i), *w = mat_col(a->U, P + i);

		for (ptrdiff_t j = 0; j < d; j++) {
			real sum = v[j], difference = w[j];

			v[j] = (sum + difference) / 2;
			w[j] = (sum - difference) / 2;
		}
		norms += threshold_block(a, d, v, mat_col(a->V1, i), mat_col(a->L1, i), sums);
		norms += threshold_block(a, d, w, mat_col(a->W1, i), mat_col(a->L2, i), sums);
	}
	return a->problem->beta * norms;
}

/* z = prox of L at theta f + (1 - theta) z + mu, mu += the difference, p = z - mu; returns L(z). */
static double loss_step(struct admm *a, double sums[4])
{
	const struct problem *problem = a->problem;
	size_t n = (size_t)problem->X.rows;
	real theta = (real)a->options->relaxation;

	if (!a->split)
		return loss_value(problem->loss, n, a->f, problem->y);
	for (size_t k = 0; k < n; k++)
		a->mu[k] += theta * a->f[k] + (1 - theta) * a->z[k];
	loss_prox(problem->loss, n, 1 / (a->options->rho * a->kappa), a->mu, problem->y, a->p);
	for (size_t k = 0; k < n; k++) {
		double next = (double)a->p[k], primal = (double)a->f[k] - next,
		       change = next - (double)a->z[k];

		a->mu[k] -= a->p[k];
		a->z[k] = a->p[k];
		a->p[k] -= a->mu[k];
		sums[PRIMAL] += a->kappa * primal * primal;
		sums[CHANGE] += a->kappa * change * change;
		sums[SIZE] += a->kappa * next * next;
		sums[DUAL] += a->kappa * (double)a->mu[k] * (double)a->mu[k];
	}
	return loss_value(problem->loss, n, a->z, problem->y);
}

/* U = [R_V + R_W, R_V - R_W] from Y = [QV + QW, QV - QW] */
static void right_hand_sides(struct admm *a)
{
	ptrdiff_t d = a->V1.rows, P = a->V1.cols;

	blas_gemm(a->options->sigma, a->problem->X, TRANSPOSED, a->Y, PLAIN, 0, a->U);
	for (ptrdiff_t i = 0; i < P; i++) {
		const real *v1 = mat_col(a->V1, i), *l1 = mat_col(a->L1, i);
		const real *w1 = mat_col(a->W1, i), *l2 = mat_col(a->L2, i);
		real *ra = mat_col(a->U, i), *rb = mat_col(a->U, P + i);

		for (ptrdiff_t j = 0; j < d; j++) {
			real v = v1[j] - l1[j], w = w1[j] - l2[j];

			ra[j] += v + w;
			rb[j] += v - w;
		}
	}
}

static void step(void *state, struct progress *progress)
{
	struct admm *a = state;
	double sums[4] = {0};

	right_hand_sides(a);
	a->u_update->solve(a->u_state, a->p, a->U, a->Y, a->f);
	sign_step(a, sums);
	progress->objective = group_step(a, sums);
	progress->objective += loss_step(a, sums);
	progress->primal_residual = sums[SIZE] > 0 ? sqrt(sums[PRIMAL] / sums[SIZE]) : NAN;
	progress->dual_residual = sums[DUAL] > 0 ? sqrt(sums[CHANGE] / sums[DUAL]) : NAN;
}

static ptrdiff_t width(const void *state)
{
	return 2 * ((const struct admm *)state)->V1.cols;
}

static void network(const void *state, struct net *net)
{
	const struct admm *a = state;

	cvx_network(a->V1, a->W1, net);
}

/* alpha = -grad L: of the prox at z, -rho kappa mu exactly; eta = rho sigma (-N). */
static void certify(void *state, struct certificate *certificate)
{
	struct admm *a = state;
	size_t n = (size_t)a->problem->X.rows;
	real scale = (real)(-a->options->rho * a->kappa);
	struct cvx_dual dual = {.alpha = a->cvx.alpha, .NV = a->aV, .NW = a->aW};

	dual.scale = a->options->rho * a->options->sigma;
	if (a->split) {
		for (size_t k = 0; k < n; k++)
			a->cvx.alpha[k] = scale * a->mu[k];
	} else {
		loss_gradient(a->problem->loss, n, a->f, a->problem->y, a->cvx.alpha);
		blas_scale(n, -1, a->cvx.alpha);
	}
	cvx_certify(&a->cvx, a->V1, a->W1, &dual, certificate);
}

static void violation(void *state, long draws, struct violation *out)
{
	cvx_violation(&((const struct admm *)state)->cvx, draws, out);
}

static ptrdiff_t patterns_used(const void *state)
{
	return ((const struct admm *)state)->V1.cols;
}

const struct trainer trainer_admm = {
	.base = {.name = "admm",
		 .doc = "ADMM on the convex program over sampled activation patterns",
		 .cite = "bai2023",
		 .options = rows,
		 .size = sizeof(struct admm_options)},
	.patterns = patterns,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.network = network,
	.certify = certify,
	.patterns_used = patterns_used,
	.violation = violation,
};
