/* The primal side of the convex program: objective and feasibility of a point, and a feasible point
 * near it.
 *
 * A block v_i outside its cone K_i = {u : e_i o (X u) >= 0} becomes the nearest of
 *
 *     v_i + t h_i,   r + t h_i with r = the projection of v_i on K_i,   0
 *
 * t the least step along the interior direction h_i that makes it feasible. By Moreau's
 * decomposition r = v_i + X'(e_i o eta) at the minimum of |r| over eta >= 0. The repaired point is
 * then scaled, which keeps it feasible: min over c in [0, 2] of L(c f, y) + c beta sum |.|. */
#include "solvers/core/cvx.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	PROJECT_STEPS = 10, /* projected gradients; more do not pay, as `h` does the rest */
	SCALE_STEPS = 30    /* golden section on [0, 2]: 1e-6, and the minimum is flat */
};

/* What one half (V or W) adds up to. */
struct half {
	double violation, largest;    /* of E o (X V) and of |X V| */
	double norms, repaired_norms; /* beta sum |v_i|, and after the repair */
};

/* The least t with e o (y + t yh) >= 0; HUGE_VAL if there is none. */
static double repair_step(ptrdiff_t n, const real *d, const real *y, const real *yh)
{
	double step = 0;

	for (ptrdiff_t k = 0; k < n; k++) {
		double e = d[k] > 0 ? 1 : -1, slack = e * (double)y[k], push = e * (double)yh[k];

		if (slack < 0)
			step = fmax(step, push > 0 ? -slack / push : HUGE_VAL);
	}
	return step;
}

/* Block i of Y = X V: extent, and f += sign * (d o y). Returns whether it is feasible. */
static bool add_block(struct cvx *cvx, ptrdiff_t i, double sign, struct half *half)
{
	const real *d = mat_col(cvx->patterns.D, i), *y = mat_col(cvx->Y, i);
	double violation = 0;

	for (ptrdiff_t k = 0; k < cvx->Y.rows; k++) {
		double slack = d[k] > 0 ? (double)y[k] : -(double)y[k];

		half->largest = fmax(half->largest, fabs(slack));
		violation = fmax(violation, -slack);
		cvx->f[k] += (real)sign * d[k] * y[k];
	}
	half->violation = fmax(half->violation, violation);
	return violation == 0;
}

/* r = base + t h if that is nearer to v than `distance`; returns the smaller distance. */
static double offer(struct mat r, const real *v, const real *base, double t, const real *h,
		    double distance)
{
	double square = 0;

	if (!isfinite(t))
		return distance;
	for (ptrdiff_t j = 0; j < r.rows; j++) {
		double x = (double)base[j] + t * (double)h[j] - (double)v[j];

		square += x * x;
	}
	if (!(sqrt(square) < distance))
		return distance;
	for (ptrdiff_t j = 0; j < r.rows; j++)
		r.at[j] = (real)((double)base[j] + t * (double)h[j]);
	return sqrt(square);
}

/* Offer the projection of v_i, to the end. */
static void project_each(struct cvx *cvx, struct mat V, struct mat R, ptrdiff_t i, double distance)
{
	const real *h = mat_col(cvx->patterns.H, i), *v = mat_col(V, i);
	real *base = mat_col(cvx->Z, i);
	struct nnls_value value;

	for (ptrdiff_t j = 0; j < V.rows; j++)
		cvx->g[j] = (double)v[j];
	value = nnls_solve(&cvx->nnls, (struct nnls_block){mat_col(cvx->patterns.D, i), h, cvx->g},
			   -1, HUGE_VAL);
	for (ptrdiff_t j = 0; j < V.rows; j++)
		base[j] = (real)cvx->nnls.r[j];
	offer(mat_cols(R, i, 1), v, base, value.step, h, distance);
}

/* Offer those of the `count` blocks i[.], by a few steps. */
static void project_lanes(struct cvx *cvx, struct mat V, struct mat R, const ptrdiff_t *i,
			  const double *distance)
{
	struct cvx_lanes *lanes = &cvx->lanes;
	struct mat D = cvx->patterns.D, G;

	for (ptrdiff_t l = 0; l < lanes->count; l++) {
		lanes->block[l] = (struct cvx_block){.d = mat_col(D, i[l])};
		mat_copy(mat_cols(lanes->g, l, 1), mat_cols(V, i[l], 1));
	}
	cvx_lanes_start(lanes);
	for (int step = 0; step < PROJECT_STEPS; step++)
		cvx_lanes_step(lanes);
	G = mat_cols(lanes->G, 0, lanes->count);
	blas_gemm(1, lanes->X, PLAIN, mat_cols(lanes->R, 0, lanes->count), PLAIN, 0, G);
	for (ptrdiff_t l = 0; l < lanes->count; l++)
		offer(mat_cols(R, i[l], 1), mat_col(V, i[l]), mat_col(lanes->R, l),
		      repair_step(D.rows, mat_col(D, i[l]), mat_col(G, l), mat_col(cvx->YH, i[l])),
		      mat_col(cvx->patterns.H, i[l]), distance[l]);
	lanes->count = 0;
}

/* R = V with its infeasible blocks repaired, where Y = X V; f += sign * the outputs of V. */
static void repair_half(struct cvx *cvx, struct mat V, struct mat R, double sign, struct half *half)
{
	ptrdiff_t index[CVX_LANES], n = cvx->Y.rows;
	double distance[CVX_LANES];

	mat_copy(R, V);
	cvx->lanes.count = 0;
	for (ptrdiff_t i = 0; i < V.cols; i++) {
		const real *v = mat_col(V, i), *h = mat_col(cvx->patterns.H, i);
		double best = blas_norm((size_t)V.rows, v);

		if (add_block(cvx, i, sign, half))
			continue;
		mat_fill(mat_cols(R, i, 1), 0);
		best = offer(mat_cols(R, i, 1), v, v,
			     repair_step(n, mat_col(cvx->patterns.D, i), mat_col(cvx->Y, i),
					 mat_col(cvx->YH, i)),
			     h, best);
		if (cvx->exact) {
			project_each(cvx, V, R, i, best);
			continue;
		}
		index[cvx->lanes.count] = i;
		distance[cvx->lanes.count++] = best;
		if (cvx->lanes.count == CVX_LANES)
			project_lanes(cvx, V, R, index, distance);
	}
	if (cvx->lanes.count > 0)
		project_lanes(cvx, V, R, index, distance);
}

/* Outputs and norms of one half and of its repaired version. */
static void evaluate_half(struct cvx *cvx, struct mat V, struct mat R, double sign,
			  struct half *half)
{
	double beta = cvx->problem->beta;

	blas_gemm(1, cvx->problem->X, PLAIN, V, PLAIN, 0, cvx->Y);
	repair_half(cvx, V, R, sign, half);
	blas_gemm(1, cvx->problem->X, PLAIN, R, PLAIN, 0, cvx->Y);
	for (ptrdiff_t i = 0; i < R.cols; i++) {
		const real *d = mat_col(cvx->patterns.D, i), *y = mat_col(cvx->Y, i);

		for (ptrdiff_t k = 0; k < cvx->Y.rows; k++)
			cvx->fr[k] += (real)sign * d[k] * y[k];
	}
	half->norms = cvx_group_norm(beta, V);
	half->repaired_norms = cvx_group_norm(beta, R);
}

/* L(c f, y) + c norms */
static double scaled_value(struct cvx *cvx, double c, double norms)
{
	size_t n = (size_t)cvx->Y.rows;

	for (size_t k = 0; k < n; k++)
		cvx->f[k] = (real)c * cvx->fr[k];
	return loss_value(cvx->problem->loss, n, cvx->f, cvx->problem->y) + c * norms;
}

/* The least value over c in [0, 2], never above that of c = 0 and c = 1; *c is its place. */
static double best_scale(struct cvx *cvx, double norms, double *c)
{
	const double ratio = 0.6180339887498949; /* golden section */
	double low = 0, high = 2, value, best = scaled_value(cvx, 1, norms);

	*c = 1;
	for (int step = 0; step < SCALE_STEPS; step++) {
		double a = high - ratio * (high - low), b = low + ratio * (high - low);
		bool left = scaled_value(cvx, a, norms) <= scaled_value(cvx, b, norms);

		*(left ? &high : &low) = left ? b : a;
	}
	value = scaled_value(cvx, (low + high) / 2, norms);
	if (value < best) {
		best = value;
		*c = (low + high) / 2;
	}
	value = scaled_value(cvx, 0, norms);
	if (value < best || !isfinite(best)) {
		best = value;
		*c = 0;
	}
	return best;
}

void cvx_primal(struct cvx *cvx, struct mat V, struct mat W, struct certificate *out)
{
	const struct problem *problem = cvx->problem;
	size_t n = (size_t)problem->X.rows, d = (size_t)problem->X.cols;
	struct half v = {0}, w = {0};
	double largest, c;

	memset(cvx->f, 0, n * sizeof *cvx->f);
	memset(cvx->fr, 0, n * sizeof *cvx->fr);
	blas_gemm(1, problem->X, PLAIN, cvx->patterns.H, PLAIN, 0, cvx->YH);
	evaluate_half(cvx, V, cvx->RV, 1, &v);
	evaluate_half(cvx, W, cvx->RW, -1, &w);
	largest = fmax(v.largest, w.largest);
	out->objective = loss_value(problem->loss, n, cvx->f, problem->y) + v.norms + w.norms;
	out->feasibility = largest > 0 ? fmax(v.violation, w.violation) / largest : 0;
	out->upper = best_scale(cvx, v.repaired_norms + w.repaired_norms, &c);
	blas_scale(d * (size_t)cvx->RV.cols, c, cvx->RV.at);
	blas_scale(d * (size_t)cvx->RW.cols, c, cvx->RW.at);
}
