/* Trainer `admm_rbcd`: the ADMM of Bai, Gautam, Sojoudi 2023 (algorithm 3.1) as the code of the
 * published experiments runs it, with the u-step by randomised block coordinate descent (section
 * 3.2; rbcd.h). It is the row that faster ADMMs are compared with: its rules are not ours to
 * improve.
 *
 *     min  L(F U, y) + beta sum_i (|v_i| + |w_i|) + Ind(S >= 0)   s.t.  U = [v w],  G U = S
 *
 *     U       approximately minimises the augmented Lagrangian (inner steps until the decreases are
 *             at the threshold)
 *     threshold, dual step gamma, rho change by their rules
 *     V_i     = group soft threshold of U_i + L_i at beta/rho;  S = (G U + N)_+
 *     L      += gamma (U - V);  N += gamma (G U - S)     (not rescaled when rho grows)
 *
 * X: n x d, D and E = 2 D - 1: n x P; U, V, L: d x 2P; S, N: n x 2P, the halves of v and w side by
 * side. Everything starts at zero. N stays <= 0, because gamma is at most 1. */
#include "solvers/admm/rbcd.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/cvx.h"
#include "solvers/gates/pattern.h"
#include "solvers/model/trainer.h"
#include "solvers/tools/penalty.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct rbcd_options {
	struct pattern_options patterns;
	double rho, rho_growth, dual_step, dual_decay;
	long block, inner_steps;
	double step, decrease, threshold, threshold_decay;
	bool published_slip;
};

#define RANGE_FACTOR                                                                \
	{                                                                           \
		.has_min = true, .has_max = true, .above = true, .min = 0, .max = 1 \
	}

enum { AUTO = -1, PUBLISHED_BLOCK = 3 };

static const char *const block_words[] = {"auto", NULL}; /* AUTO */

static const struct option rows[] = {
	{OPTION_FIELD(struct rbcd_options, patterns), .rows = pattern_rows, .shorthand = "count",
	 .doc = "activation patterns of the convex program"},
	{OPTION_FIELD(struct rbcd_options, rho), .initial = "0.02", .range = RANGE_ABOVE(0),
	 .doc = "first penalty of the augmented Lagrangian"},
	{OPTION_FIELD(struct rbcd_options, rho_growth), .initial = "1e-4", .range = RANGE_FROM(0),
	 .doc = "added to rho in every iteration; the scaled duals stay as they are"},
	{OPTION_FIELD(struct rbcd_options, dual_step), .initial = "0.2", .range = RANGE_FACTOR,
	 .doc = "first step of the duals relative to rho, gamma_a/rho"},
	{OPTION_FIELD(struct rbcd_options, dual_decay), .initial = "0.99", .range = RANGE_FACTOR,
	 .doc = "factor of dual_step in every iteration"},
	{OPTION_FIELD(struct rbcd_options, block), .initial = "auto", .words = block_words,
	 .range = RANGE_FROM(1),
	 .doc = "pairs (u_i, z_i) of an inner step, at most the number of patterns; auto: 3 as "
		"published, or as many as there are patterns"},
	{OPTION_FIELD(struct rbcd_options, step), .initial = "3e-6", .range = RANGE_ABOVE(0),
	 .doc = "first step size of the inner steps; it adapts"},
	{OPTION_FIELD(struct rbcd_options, decrease), .initial = "1e-3", .range = RANGE_FROM(0),
	 .doc = "an inner step must lower the augmented Lagrangian by this times its length"},
	{OPTION_FIELD(struct rbcd_options, threshold), .initial = "0.7", .range = RANGE_FROM(0),
	 .doc = "first mean decrease at which the inner steps stop, in units of the loss: for a "
		"mean over n samples divide the published values by n"},
	{OPTION_FIELD(struct rbcd_options, threshold_decay), .initial = "0.96",
	 .range = RANGE_FACTOR, .doc = "factor of threshold in every iteration"},
	{OPTION_FIELD(struct rbcd_options, inner_steps), .initial = "10000", .range = RANGE_FROM(1),
	 .doc = "most inner steps of an iteration; published settings stay far below"},
	{OPTION_FIELD(struct rbcd_options, published_slip), .initial = "false",
	 .doc = "take the change along an inner step too large by rho |z - w + lambda_2|^2 on the "
		"block, as the code of the published experiments does"},
	{0},
};

/* What a column of an outer iteration adds up to for the residuals; see admm.c. */
enum { PRIMAL, CHANGE, SIZE, DUAL, SUMS };

struct admm_rbcd {
	const struct problem *problem;
	const struct rbcd_options *options;
	struct cvx cvx;
	struct rbcd u;        /* the u-step: U, R, rho, f */
	struct mat V, L;      /* d x 2P */
	struct mat S, N;      /* n x 2P */
	struct mat Y;         /* n x 2P: X U, then E o (S - N) */
	double (*sums)[SUMS]; /* 2P */
	double dual_step, threshold;
	uint64_t iteration;
	char note[160];
};

static double block_of(const struct rbcd_options *o, double patterns)
{
	return o->block == AUTO ? fmin(PUBLISHED_BLOCK, patterns) : (double)o->block;
}

/* The number of inner steps depends on the data; the least is what fills the window once. */
static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct rbcd_options *o = options;
	double n = (double)shape.n, d = (double)shape.d,
	       P = pattern_most(&o->patterns, shape.n, shape.d);
	double block = fmin(block_of(o, P), P);

	out->setup_flops = n * d * d + 2 * n * d * P;
	out->iteration_flops =
		8 * sqrt(P / block) * rbcd_step_flops(n, d, block) + 8 * n * d * P + 4 * d * d * P;
	cvx_forecast(n, d, P, out);
	pattern_forecast(&o->patterns, shape, out);
}

static void allocate(struct admm_rbcd *a, struct arena *arena)
{
	ptrdiff_t n = a->problem->X.rows, d = a->problem->X.cols, P = a->u.D.cols;
	struct mat *small[] = {&a->V, &a->L, &a->u.U, &a->u.R}, *large[] = {&a->S, &a->N, &a->Y};

	for (size_t m = 0; m < sizeof small / sizeof small[0]; m++)
		*small[m] = mat_new(arena, d, 2 * P);
	for (size_t m = 0; m < sizeof large / sizeof large[0]; m++)
		*large[m] = mat_new(arena, n, 2 * P);
	if (a->options->published_slip)
		a->u.T = mat_new(arena, d, P);
	a->u.f = ARENA_ARRAY(arena, real, n);
	a->sums = arena_alloc(arena, (size_t)(2 * P), sizeof *a->sums);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct admm_rbcd *a = ARENA_NEW(arena, struct admm_rbcd);
	const struct rbcd_options *o = options;
	struct patterns sampled;

	TRY(pattern_sample(&o->patterns, problem, NULL, arena, &sampled, err));
	if (o->block > sampled.D.cols)
		return err_set(err, STATUS_SPEC,
			       "admm_rbcd: block: expected at most the number of patterns, %td, "
			       "got %ld",
			       sampled.D.cols, o->block);
	*a = (struct admm_rbcd){.problem = problem,
				.options = o,
				.dual_step = o->dual_step,
				.threshold = o->threshold};
	a->u = (struct rbcd){.X = problem->X,
			     .y = problem->y.at,
			     .loss = problem->loss,
			     .D = sampled.D,
			     .block = (ptrdiff_t)block_of(o, (double)sampled.D.cols),
			     .decrease = o->decrease,
			     .base_step = o->step,
			     .most_steps = (size_t)o->inner_steps,
			     .slip = o->published_slip,
			     .rho = o->rho};
	a->cvx = cvx_new(problem, &sampled, arena);
	allocate(a, arena);
	rbcd_new(&a->u, arena);
	*state = a;
	if (!arena_counts(arena))
		rbcd_start(&a->u);
	return STATUS_OK;
}

/* v = soft threshold of u + l at beta/rho, l += gamma (u - v), r = v - l; returns |v|. */
static double group_column(const struct admm_rbcd *a, ptrdiff_t i, double sums[SUMS])
{
	const real *u = mat_col(a->u.U, i);
	real *v = mat_col(a->V, i), *l = mat_col(a->L, i), *r = mat_col(a->u.R, i);
	double gamma = a->dual_step, norm = 0, scale;

	for (ptrdiff_t k = 0; k < a->V.rows; k++)
		norm += ((double)u[k] + (double)l[k]) * ((double)u[k] + (double)l[k]);
	norm = sqrt(norm);
	scale = penalty_threshold(norm, a->problem->beta, a->u.rho);
	for (ptrdiff_t k = 0; k < a->V.rows; k++) {
		double next = scale * ((double)u[k] + (double)l[k]), primal = (double)u[k] - next,
		       change = next - (double)v[k];

		sums[PRIMAL] += primal * primal;
		sums[CHANGE] += change * change;
		sums[SIZE] += next * next;
		v[k] = (real)next;
		l[k] = (real)((double)l[k] + gamma * primal);
		r[k] = v[k] - l[k];
		sums[DUAL] += (double)l[k] * (double)l[k];
	}
	return scale * norm;
}

/* s = (e o y + nu)_+, nu += gamma (e o y - s), y = e o (s - nu) */
static void sign_column(const struct admm_rbcd *a, ptrdiff_t i, double sums[SUMS])
{
	ptrdiff_t P = a->u.D.cols;
	const uint64_t *d = gates_col(a->u.D, i % P);
	real *restrict y = mat_col(a->Y, i), *restrict s = mat_col(a->S, i),
		       *restrict nu = mat_col(a->N, i);
	real gamma = (real)a->dual_step, primal = 0, change = 0, size = 0, dual = 0;

	gates_flip(d, a->Y.rows, y, y);
#pragma omp simd reduction(+ : primal, change, size, dual)
	for (ptrdiff_t k = 0; k < a->Y.rows; k++) {
		real g = y[k], sum = g + nu[k], next = sum > 0 ? sum : 0;

		primal += (g - next) * (g - next);
		change += (next - s[k]) * (next - s[k]);
		size += next * next;
		s[k] = next;
		nu[k] += gamma * (g - next);
		dual += nu[k] * nu[k];
		y[k] = next - nu[k];
	}
	gates_flip(d, a->Y.rows, y, y);
	sums[PRIMAL] += (double)primal;
	sums[CHANGE] += (double)change;
	sums[SIZE] += (double)size;
	sums[DUAL] += (double)dual;
}

/* V, S, the duals and R of the next u-step; returns beta sum (|v_i| + |w_i|). */
static double other_steps(struct admm_rbcd *a, double total[SUMS])
{
	ptrdiff_t P = a->u.D.cols;
	double norms = 0;

	memset(a->sums, 0, (size_t)(2 * P) * sizeof *a->sums);
#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < 2 * P; i++)
		sign_column(a, i, a->sums[i]);
	for (ptrdiff_t i = 0; i < 2 * P; i++) {
		norms += group_column(a, i, a->sums[i]);
		for (int s = 0; s < SUMS; s++)
			total[s] += a->sums[i][s];
	}
	if (a->options->published_slip)
		mat_copy(a->u.T, mat_cols(a->u.R, P, P)); /* W - L2 so far */
	blas_gemm(1, a->problem->X, TRANSPOSED, a->Y, PLAIN, 1, a->u.R);
	return a->problem->beta * norms;
}

static void step(void *state, struct progress *progress)
{
	struct admm_rbcd *a = state;
	struct rng rng = rng_stream(a->problem->seed, "rbcd", a->iteration++);
	size_t before = a->u.steps;
	double sums[SUMS] = {0};
	ptrdiff_t n;
	ptrdiff_t P;

	rbcd_minimise(&a->u, a->threshold, &rng);
	a->threshold *= a->options->threshold_decay;
	a->dual_step *= a->options->dual_decay;
	a->u.rho += a->options->rho_growth;
	blas_gemm(1, a->problem->X, PLAIN, a->u.U, PLAIN, 0, a->Y);
	/* f = (D o (Y_u - Y_z)) 1 */
	n = a->Y.rows;
	P = a->u.D.cols;
#pragma omp parallel for schedule(static)
	for (ptrdiff_t first = 0; first < n; first += GATES_BLOCK) {
		ptrdiff_t count = first + GATES_BLOCK < n ? GATES_BLOCK : n - first;
		real *restrict f = a->u.f + first, y[GATES_BLOCK];

		memset(f, 0, (size_t)count * sizeof *f);
		for (ptrdiff_t i = 0; i < P; i++) {
			const real *u = mat_col(a->Y, i) + first, *z = mat_col(a->Y, P + i) + first;

			for (ptrdiff_t k = 0; k < count; k++)
				y[k] = u[k] - z[k];
			gates_add(gates_from(a->u.D, i, first), count, y, f);
		}
	}
	progress->objective = other_steps(a, sums);
	rbcd_start(&a->u);
	progress->objective += a->u.value;
	progress->primal_residual = sums[SIZE] > 0 ? sqrt(sums[PRIMAL] / sums[SIZE]) : NAN;
	progress->dual_residual = sums[DUAL] > 0 ? sqrt(sums[CHANGE] / sums[DUAL]) : NAN;
	snprintf(a->note, sizeof a->note,
		 "%zu inner steps, %.1f an iteration, %zu in the last one; %zu trial steps refused",
		 a->u.steps, (double)a->u.steps / (double)a->iteration, a->u.steps - before,
		 a->u.refused);
}

static ptrdiff_t width(const void *state)
{
	return 2 * ((const struct admm_rbcd *)state)->u.D.cols;
}

static struct mat half(struct mat A, ptrdiff_t which)
{
	return mat_cols(A, which * A.cols / 2, A.cols / 2);
}

static void network(const void *state, struct model *model)
{
	const struct admm_rbcd *a = state;

	cvx_network(half(a->V, 0), half(a->V, 1), net_of(model));
}

/* alpha = -grad L at the outputs of U; eta = -rho N */
static void certify(void *state, struct certificate *certificate)
{
	struct admm_rbcd *a = state;
	size_t n = (size_t)a->problem->X.rows;
	struct cvx_dual dual = {
		.alpha = a->cvx.alpha, .NV = half(a->N, 0), .NW = half(a->N, 1), .scale = a->u.rho};

	loss_gradient(a->problem->loss, n, a->u.f, a->problem->y.at, a->cvx.alpha);
	blas_scale(n, -1, a->cvx.alpha);
	cvx_certify(&a->cvx, half(a->V, 0), half(a->V, 1), &dual, certificate);
}

static void repaired(const void *state, struct model *model)
{
	const struct cvx *cvx = &((const struct admm_rbcd *)state)->cvx;

	cvx_network(cvx->RV, cvx->RW, net_of(model));
}

static void facts(const void *state, struct facts *facts)
{
	const struct admm_rbcd *a = state;

	pattern_facts(&a->options->patterns, a->u.D.cols, facts);
	facts_note(facts, a->note);
}

const struct trainer trainer_admm_rbcd = {
	.base = {.name = "admm_rbcd",
		 .doc = "ADMM with a u-step by randomised block coordinate descent, as published",
		 .cite = "bai2023",
		 .options = rows,
		 .size = sizeof(struct rbcd_options)},
	.makes = &model_relu,
	.takes = trainer_curved,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = network,
	.certify = certify,
	.repaired = repaired,
	.facts = facts,
};
