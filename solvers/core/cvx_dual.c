/* The dual side of the convex program: which multiple of alpha is feasible.
 *
 *     s alpha is dual feasible  <=>  s min over eta_i >= 0 |g_i + X'(e_i o eta_i)| <= beta,
 *     g_i = X'(sign d_i o alpha), for every pattern i and both signs
 *
 * Any eta gives a valid s. The solver's multipliers come first; where they bind, those of the
 * largest norms are improved, so that a bound never gets worse by it. */
#include "solvers/core/cvx.h"

#include "solvers/core/blas.h"
#include "solvers/core/scaling.h"

#include <math.h>
#include <stdlib.h>

enum {
	/* Projected gradients per certificate: twice as many raise the bound of the image problem
	   (n = 12000, d = 784) by another third, and cost six iterations of ADMM instead of three
	 */
	TIGHTEN_STEPS = 20
};

/* One of the 2 P blocks: pattern index % P, V before W. */
struct cvx_order {
	double norm;
	ptrdiff_t index;
};

struct cvx_order *cvx_order_new(ptrdiff_t P, struct arena *arena)
{
	return ARENA_ARRAY(arena, struct cvx_order, 2 * P);
}

static struct cvx_block block_at(const struct cvx *cvx, const struct cvx_dual *dual,
				 ptrdiff_t index)
{
	ptrdiff_t P = cvx->patterns.D.cols, i = index % P;

	return (struct cvx_block){.d = mat_col(cvx->patterns.D, i),
				  .nu = mat_col(index < P ? dual->NV : dual->NW, i),
				  .sign = index < P ? 1 : -1,
				  .scale = dual->scale};
}

/* |X'(+-d_i o alpha) + X'(e_i o eta_i)| of one half, eta = scale max(0, -N) */
static void measure_half(struct cvx *cvx, const struct cvx_dual *dual, ptrdiff_t first)
{
	struct mat D = cvx->patterns.D;

	for (ptrdiff_t i = 0; i < D.cols; i++) {
		struct cvx_block b = block_at(cvx, dual, first + i);
		real s = (real)b.sign, scale = (real)b.scale;
		real *q = mat_col(cvx->Y, i);

		for (ptrdiff_t k = 0; k < D.rows; k++) {
			real eta = b.nu[k] < 0 ? -scale * b.nu[k] : 0;

			q[k] = s * b.d[k] * dual->alpha[k] + (2 * b.d[k] - 1) * eta;
		}
	}
	blas_gemm(1, cvx->problem->X, TRANSPOSED, cvx->Y, PLAIN, 0, cvx->Z);
	for (ptrdiff_t i = 0; i < D.cols; i++)
		cvx->order[first + i] = (struct cvx_order){
			blas_norm((size_t)cvx->Z.rows, mat_col(cvx->Z, i)), first + i};
}

/* Descending; ties by the index, so that the order is one. */
static int by_norm(const void *a, const void *b)
{
	const struct cvx_order *x = a, *y = b;

	if (x->norm != y->norm)
		return x->norm < y->norm ? 1 : -1;
	return (x->index > y->index) - (x->index < y->index);
}

/* One block after the other to its minimum, from the largest norm on. Only the largest minimum
 * counts, so a block is left as soon as it is below the largest one so far. */
static double tighten_each(struct cvx *cvx, const struct cvx_dual *dual, double target)
{
	struct mat X = cvx->problem->X;
	ptrdiff_t count = 2 * cvx->patterns.D.cols;

	for (ptrdiff_t i = 0; i < count && cvx->order[i].norm > target; i++) {
		ptrdiff_t index = cvx->order[i].index;
		struct cvx_block b = block_at(cvx, dual, index);
		const real *h = mat_col(cvx->patterns.H, index % cvx->patterns.D.cols);
		struct nnls_value value;

		nnls_gradient(X, b.d, dual->alpha, b.sign, cvx->g);
		value = nnls_solve(&cvx->nnls, (struct nnls_block){b.d, h, cvx->g}, target,
				   HUGE_VAL);
		target = fmax(target, fmin(value.upper, cvx->order[i].norm));
	}
	return target;
}

/* A few steps for as many blocks as there are lanes, from the largest norms on. */
static double tighten_lanes(struct cvx *cvx, const struct cvx_dual *dual, double target)
{
	struct cvx_lanes *lanes = &cvx->lanes;
	ptrdiff_t count = 2 * cvx->patterns.D.cols, i = 0;
	int steps = 0;

	while (i < count && cvx->order[i].norm > target) {
		for (lanes->count = 0; lanes->count < CVX_LANES && i < count; i++)
			lanes->block[lanes->count++] = block_at(cvx, dual, cvx->order[i].index);
		cvx_lanes_gradients(lanes, dual->alpha);
		cvx_lanes_start(lanes);
		for (; steps < TIGHTEN_STEPS && cvx_lanes_largest(lanes) > target; steps++)
			cvx_lanes_step(lanes);
		target = fmax(target, cvx_lanes_largest(lanes));
	}
	return target;
}

void cvx_bound(struct cvx *cvx, const struct cvx_dual *dual, struct certificate *out)
{
	ptrdiff_t P = cvx->patterns.D.cols;
	const struct problem *problem = cvx->problem;
	double best = scaling_best(problem, dual->alpha, 0).scale, target, largest;

	measure_half(cvx, dual, 0);
	measure_half(cvx, dual, P);
	qsort(cvx->order, (size_t)(2 * P), sizeof *cvx->order, by_norm);
	largest = cvx->order[0].norm;
	target = problem->beta / best; /* a smaller norm would gain nothing */
	if (largest > target)
		largest = cvx->exact ? tighten_each(cvx, dual, target)
				     : tighten_lanes(cvx, dual, target);
	out->lower_bound = scaling_best(problem, dual->alpha, largest).bound;
	out->scope = cvx->patterns.all ? "all" : "sampled";
}
