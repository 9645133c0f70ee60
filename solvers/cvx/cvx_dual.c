/* The dual side of the convex program: which multiple of alpha is feasible.
 *
 *     s alpha is dual feasible  <=>  s min over eta_i >= 0 |g_i + X'(e_i o eta_i)| <= beta,
 *     g_i = X'(sign d_i o alpha), for every pattern i and both signs
 *
 * Any eta gives a valid s. The solver's multipliers or those of the certificate before come first;
 * where they bind, those of the largest norms are improved, so that a bound never gets worse by it.
 * The minimum is the norm of the projection of g_i on the cone of its pattern, so that every
 * feasible v next to it tells how far the norm can fall: g'v / |v|. Blocks that can no longer be
 * the largest are left. */
#include "solvers/cvx/cvx.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	TIGHTEN_EACH = 20,  /* steps of the splitting, on the average of all blocks */
	TIGHTEN_STEPS = 80, /* for those that are left in the end */
	CHECK_EVERY = 10,
	SMALL = 1000000 /* entries of X: 1 ms for a column in twice the digits */
};

/* Share of a norm that a bound may lose to rounding. */
static const double noticed = 1e-8;

/* 1 / rho of the splitting: large at first, so that it stays next to the multipliers that it starts
 * from, and less by this factor at each check. */
static const double penalty = 50, softening = 0.7;

/* One of the 2 P blocks. */
struct cvx_order {
	double norm;
	ptrdiff_t index;
};

struct cvx_order *cvx_order_new(ptrdiff_t P, struct arena *arena)
{
	return ARENA_ARRAY(arena, struct cvx_order, 2 * P);
}

static const uint64_t *pattern(const struct cvx *cvx, ptrdiff_t b)
{
	return gates_col(cvx->patterns.D, b % cvx->patterns.D.cols);
}

static real sign_of(const struct cvx *cvx, ptrdiff_t b)
{
	return b < cvx->patterns.D.cols ? 1 : -1;
}

/* e o eta of the solver for block b, eta = scale max(0, -N) */
static void take_multipliers(const struct cvx *cvx, const struct cvx_dual *dual, ptrdiff_t b,
			     real *z)
{
	ptrdiff_t P = cvx->patterns.D.cols;
	const real *nu = mat_col(b < P ? dual->NV : dual->NW, b % P);
	real scale = (real)dual->scale;

	for (ptrdiff_t k = 0; k < dual->NV.rows; k++)
		z[k] = nu[k] < 0 ? -scale * nu[k] : 0;
	gates_flip(pattern(cvx, b), dual->NV.rows, z, z);
}

/* q = +-d o alpha + z. A sum is rounded to a number on the same side of +-alpha, so that q is exact
 * for some z of the right sign. */
static void add_alpha(const struct cvx *cvx, const real *alpha, ptrdiff_t b, const real *z, real *q)
{
	real sign = sign_of(cvx, b);

	gates_mask(pattern(cvx, b), cvx->M.rows, alpha, cvx->d);
	for (ptrdiff_t k = 0; k < cvx->M.rows; k++)
		q[k] = sign * cvx->d[k] + z[k];
}

/* |X'q| of column c from above, where its sums are wrong by `rounding` |x| |q| at most. */
static double from_above(const struct cvx *cvx, ptrdiff_t c, const real *q, double rounding)
{
	ptrdiff_t n = cvx->M.rows, d = cvx->problem->X.cols;

	return wide_norm(d, cvx->wide_z + c * d) * (1 + (double)(d + 4) * DBL_EPSILON) +
	       rounding * cvx->size * blas_norm((size_t)n, q);
}

/* norm[.] = |X'q| of the first `count` columns of the splitting's Y, from above: sums of n products
 * are wrong by no more than n eps |x| |q| (Higham 2002, section 3.1). Where that is more than a
 * bound may lose, as beside a tiny beta, and the problem is small, by sums in twice the digits. */
static void measure(struct cvx *cvx, ptrdiff_t count, double *norm)
{
	struct mat Q = mat_cols(cvx->split.Y, 0, count), X = cvx->problem->X;
	const double rounding = ((double)X.rows + 4) * DBL_EPSILON; /* gamma_n, and room */

	wide_transposed(&cvx->wide, X, Q, cvx->wide_z);
	for (ptrdiff_t c = 0; c < count; c++) {
		const real *q = mat_col(Q, c);
		double exact = wide_norm(X.cols, cvx->wide_z + c * X.cols);

		norm[c] = from_above(cvx, c, q, rounding);
		if (norm[c] <= (1 + noticed) * exact || X.rows * X.cols > SMALL)
			continue;
		wide_transposed_twice(X, q, cvx->wide_z + c * X.cols);
		norm[c] = from_above(cvx, c, q, rounding * rounding);
	}
}

void cvx_measure(struct cvx *cvx, const real *alpha)
{
	for (ptrdiff_t b = 0; b < cvx->M.cols; b++)
		add_alpha(cvx, alpha, b, mat_col(cvx->M, b), mat_col(cvx->split.Y, b));
	measure(cvx, cvx->M.cols, cvx->norm);
}

/* The better of the solver's multipliers and those of the certificate before, for each block. */
static void first_multipliers(struct cvx *cvx, const struct cvx_dual *dual)
{
	ptrdiff_t count = cvx->M.cols;
	double *kept = cvx->norm;

	if (cvx->warm) {
		for (ptrdiff_t b = 0; b < count; b++)
			add_alpha(cvx, dual->alpha, b, mat_col(cvx->M, b),
				  mat_col(cvx->split.Y, b));
		measure(cvx, count, kept);
		for (ptrdiff_t b = 0; b < count; b++)
			cvx->order[b].norm = kept[b];
	}
	for (ptrdiff_t b = 0; b < count; b++) {
		real *q = mat_col(cvx->split.Y, b);

		take_multipliers(cvx, dual, b, q);
		add_alpha(cvx, dual->alpha, b, q, q);
	}
	measure(cvx, count, cvx->norm);
	for (ptrdiff_t b = 0; b < count; b++)
		if (cvx->warm && cvx->order[b].norm < cvx->norm[b])
			cvx->norm[b] = cvx->order[b].norm;
		else
			take_multipliers(cvx, dual, b, mat_col(cvx->M, b));
	cvx->warm = true;
}

/* Descending; ties by the index, so that the order is one. */
static int by_norm(const void *a, const void *b)
{
	const struct cvx_order *x = a, *y = b;

	if (x->norm != y->norm)
		return x->norm < y->norm ? 1 : -1;
	return (x->index > y->index) - (x->index < y->index);
}

static void sort(struct cvx *cvx)
{
	for (ptrdiff_t b = 0; b < cvx->M.cols; b++)
		cvx->order[b] = (struct cvx_order){cvx->norm[b], b};
	qsort(cvx->order, (size_t)cvx->M.cols, sizeof *cvx->order, by_norm);
}

/* Measure block b with the multipliers z (n), and take them if they are better. */
static void offer(struct cvx *cvx, const real *alpha, ptrdiff_t b, const real *z)
{
	double norm;

	add_alpha(cvx, alpha, b, z, mat_col(cvx->split.Y, 0));
	measure(cvx, 1, &norm);
	if (!(norm < cvx->norm[b]))
		return;
	cvx->norm[b] = norm;
	memcpy(mat_col(cvx->M, b), z, (size_t)cvx->M.rows * sizeof *z);
}

/* One block to its minimum. */
static void solve_block(struct cvx *cvx, const real *alpha, ptrdiff_t b, double target)
{
	struct nnls *nnls = &cvx->nnls;
	const real *d = cvx->d;
	real *z = mat_col(cvx->split.A, 0);

	gates_unpack(pattern(cvx, b), cvx->M.rows, cvx->d);
	nnls_gradient(cvx->cone.B, d, cvx->a, (double)sign_of(cvx, b), cvx->g);
	nnls_solve(nnls, (struct nnls_block){d, NULL, cvx->g}, target, HUGE_VAL);
	memset(z, 0, (size_t)cvx->M.rows * sizeof *z);
	for (ptrdiff_t i = 0; i < nnls->count; i++) {
		ptrdiff_t k = nnls->passive[i];

		z[k] = (2 * d[k] - 1) * (real)(nnls->eta[i] / (double)cvx->cone.length[k]);
	}
	offer(cvx, alpha, b, z);
}

/* One block after the other to its minimum, from the largest norm on. Only the largest minimum
 * counts, so a block is left as soon as it is below the largest one so far. */
static void tighten_each(struct cvx *cvx, const real *alpha, double target)
{
	for (ptrdiff_t i = 0; i < cvx->M.cols && cvx->order[i].norm > target; i++) {
		ptrdiff_t b = cvx->order[i].index;

		solve_block(cvx, alpha, b, target);
		target = fmax(target, cvx->norm[b]);
	}
}

/* The blocks above `target` into the splitting: g = B'(|x| o +-d o alpha); of multipliers a = -nu,
 * and elsewhere the positive part of the slack at g + B'(e o eta). */
static void start_splitting(struct cvx *cvx, const real *alpha, double target)
{
	struct splitting *s = &cvx->split;
	const real *length = cvx->cone.length;
	struct mat V, Y;

	splitting_start(s, 0, penalty);
	while (s->count < cvx->M.cols && cvx->order[s->count].norm > target) {
		ptrdiff_t c = s->count++, b = cvx->at[c] = cvx->order[c].index;
		real *y = mat_col(s->Y, c);

		s->d[c] = pattern(cvx, b);
		add_alpha(cvx, alpha, b, mat_col(cvx->M, b), y);
		for (ptrdiff_t k = 0; k < s->Y.rows; k++)
			y[k] *= length[k];
	}
	V = mat_cols(s->V, 0, s->count);
	Y = mat_cols(s->Y, 0, s->count);
	blas_gemm(1, cvx->cone.B, TRANSPOSED, Y, PLAIN, 0, V);
	blas_gemm(1, cvx->cone.B, PLAIN, V, PLAIN, 0, Y);
	for (ptrdiff_t c = 0; c < s->count; c++) {
		const real *d = cvx->d, *z = mat_col(cvx->M, cvx->at[c]);
		real sign = sign_of(cvx, cvx->at[c]), *a = mat_col(s->A, c), *y = mat_col(s->Y, c);

		gates_unpack(s->d[c], s->A.rows, cvx->d);
		for (ptrdiff_t k = 0; k < s->A.rows; k++) {
			real e = 2 * d[k] - 1, slack = e * y[k];
			real eta = e * z[k] * length[k];

			a[k] = eta > 0 ? -(real)penalty * eta : slack > 0 ? slack : 0;
			y[k] = sign * d[k] * cvx->a[k];
		}
	}
	blas_gemm(1, cvx->cone.B, TRANSPOSED, Y, PLAIN, 0, mat_cols(s->G, 0, s->count));
}

/* g'u / |u| at the feasible u = v + t h of column c: no more than the minimum. */
static double feasible_value(const struct cvx *cvx, ptrdiff_t c)
{
	const struct splitting *s = &cvx->split;
	ptrdiff_t i = cvx->at[c] % cvx->patterns.D.cols;
	const real *y = mat_col(s->Y, c), *push = mat_col(cvx->push, i);
	const real *v = mat_col(s->V, c), *g = mat_col(s->G, c), *h = mat_col(cvx->interior.U, i);
	double step = 0, square = 0, along = 0;

	if (!(cvx->interior.margin[i] > 0))
		return 0;
	gates_flip(s->d[c], s->Y.rows, y, cvx->d);
	for (ptrdiff_t k = 0; k < s->Y.rows; k++)
		if (cvx->d[k] < 0 && cvx->cone.length[k] > 0)
			step = fmax(step, fabs((double)y[k] * (double)cvx->cone.length[k] /
					       (double)push[k]));
	for (ptrdiff_t j = 0; j < s->V.rows; j++) {
		double u = (double)v[j] + step * (double)h[j];

		square += u * u;
		along += u * (double)g[j];
	}
	return square > 0 && isfinite(step) ? along / sqrt(square) : 0;
}

/* Norms with the multipliers of the splitting, which are kept where they are better; V is used up.
 * They steer only: the bound is measured at the end. */
static void keep_better(struct cvx *cvx)
{
	struct splitting *s = &cvx->split;
	struct mat V = mat_cols(s->V, 0, s->count), Y = mat_cols(s->Y, 0, s->count);

	splitting_multipliers(s, Y);
	mat_copy(V, mat_cols(s->G, 0, s->count));
	blas_gemm(1, cvx->cone.B, TRANSPOSED, Y, PLAIN, 1, V);
	for (ptrdiff_t c = 0; c < s->count; c++) {
		ptrdiff_t b = cvx->at[c];
		double norm = blas_norm((size_t)V.rows, mat_col(V, c));
		real *z = mat_col(cvx->M, b), *y = mat_col(Y, c);

		if (!(norm < cvx->norm[b]))
			continue;
		cvx->norm[b] = norm;
		for (ptrdiff_t k = 0; k < Y.rows; k++)
			z[k] = cvx->cone.length[k] > 0 ? y[k] / cvx->cone.length[k] : 0;
	}
}

/* Blocks that the largest proved norm, `least`, makes harmless are done. */
static void drop_harmless(struct cvx *cvx, double least)
{
	struct splitting *s = &cvx->split;

	for (ptrdiff_t c = s->count - 1; c >= 0; c--)
		if (cvx->norm[cvx->at[c]] <= least * (1 + cvx->slack)) {
			splitting_drop(s, c);
			cvx->at[c] = cvx->at[s->count];
		}
}

/* All blocks above the target at once. */
static void tighten_together(struct cvx *cvx, const real *alpha, double target)
{
	struct splitting *s = &cvx->split;
	ptrdiff_t work = TIGHTEN_EACH * cvx->M.cols;

	start_splitting(cvx, alpha, target);
	for (int step = 1; step <= TIGHTEN_STEPS && s->count > 0 && work > 0; step++) {
		splitting_step(s);
		work -= s->count;
		if (step % CHECK_EVERY > 0)
			continue;
		for (ptrdiff_t c = 0; c < s->count; c++)
			target = fmax(target, feasible_value(cvx, c));
		keep_better(cvx);
		drop_harmless(cvx, target);
		splitting_penalty(s, softening * s->delta);
	}
	cvx_measure(cvx, alpha);
}

void cvx_bound(struct cvx *cvx, const struct cvx_dual *dual, struct certificate *out)
{
	const struct problem *problem = cvx->problem;
	double best = scaling_best(problem, dual->alpha, 0).scale, target, largest = 0;

	first_multipliers(cvx, dual);
	sort(cvx);
	target = problem->beta / best; /* a smaller norm would gain nothing */
	if (cvx->order[0].norm > target) {
		cvx_prepare(cvx);
		for (ptrdiff_t k = 0; k < cvx->M.rows; k++)
			cvx->a[k] = cvx->cone.length[k] * dual->alpha[k];
		if (cvx->exact)
			tighten_each(cvx, dual->alpha, target);
		else
			tighten_together(cvx, dual->alpha, target);
	}
	for (ptrdiff_t b = 0; b < cvx->M.cols; b++)
		largest = fmax(largest, cvx->norm[b]);
	out->lower_bound =
		cvx_mix(cvx, dual->alpha, scaling_best(problem, dual->alpha, largest).bound);
	if (largest > problem->beta) {
		cvx_measure(cvx, dual->alpha);
		out->lower_bound = cvx_move(cvx, dual->alpha, out->lower_bound);
	}
	out->scope = cvx->patterns.all ? "all" : "sampled";
}
