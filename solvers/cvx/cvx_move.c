/* A dual point that breaks a few constraints, moved instead of scaled.
 *
 *     N_b(alpha) <= |r_b|,   r_b = X'(+-d_b o alpha + z_b)
 *     the gradient of |r_b|  w_b = +-d_b o (X r_b) / |r_b|
 *
 * for any multipliers z_b. Scaling by beta / max |r_b| lets every sample pay for one block; the
 * least move that meets the linearised constraints,
 *
 *     min sum_k m_k^2 / (2 h_k)   s.t.  w_b'm <= beta - |r_b| for the largest blocks,
 *     m = -h o (W mu),  mu >= 0
 *
 * costs next to nothing, since |w_b| is large. h is the curvature of the loss, which leaves samples
 * alone whose alpha is at an end of its range. Each move is measured like any other dual point. */
#include "solvers/cvx/cvx.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"

#include <math.h>
#include <string.h>

enum {
	ROUNDS = 8,
	MOST = 32,   /* constraints taken in at once */
	SWEEPS = 100 /* coordinate ascent on their multipliers */
};

/* Share of what matters (cvx->slack) that a round must gain. */
static const double small_gain = 0.1;
/* A move changes an alpha by this share of it at most, where the loss has no box. */
static const double most_change = 0.5;

/* An alpha is at an end of its range up to this share of the range. */
static const double end_rounding = 64 * REAL_EPSILON;

/* The constraints at work. */
struct active {
	ptrdiff_t count, block[MOST];
	double excess[MOST], mu[MOST], gram[MOST][MOST];
};

/* The blocks with the largest norms above beta. */
static void choose(const struct cvx *cvx, struct active *a)
{
	ptrdiff_t blocks = cvx->M.cols;

	a->count = 0;
	for (ptrdiff_t b = 0; b < blocks; b++) {
		ptrdiff_t at = a->count;

		if (!(cvx->norm[b] > cvx->problem->beta))
			continue;
		while (at > 0 && cvx->norm[a->block[at - 1]] < cvx->norm[b])
			at--;
		if (at == MOST)
			continue;
		a->count += a->count < MOST;
		memmove(a->block + at + 1, a->block + at,
			(size_t)(a->count - at - 1) * sizeof *a->block);
		a->block[at] = b;
	}
}

/* W, in the splitting's A, from the r_b that the last measurement left; W'(h o W). */
static void linearise(struct cvx *cvx, struct active *a)
{
	ptrdiff_t d = cvx->problem->X.cols, P = cvx->patterns.D.cols;
	struct mat R = mat_cols(cvx->Z, 0, a->count), W = mat_cols(cvx->split.A, 0, a->count);
	struct mat HW = mat_cols(cvx->split.Y, 0, a->count);

	for (ptrdiff_t c = 0; c < a->count; c++) {
		ptrdiff_t b = a->block[c];
		double sign = b < P ? 1 : -1;

		for (ptrdiff_t j = 0; j < d; j++)
			mat_set(R, j, c, (real)(sign * cvx->wide_z[b * d + j] / cvx->norm[b]));
	}
	blas_gemm(1, cvx->problem->X, PLAIN, R, PLAIN, 0, W);
	for (ptrdiff_t c = 0; c < a->count; c++) {
		real *w = mat_col(W, c), *hw = mat_col(HW, c);

		gates_mask(gates_col(cvx->patterns.D, a->block[c] % P), W.rows, w, w);
		for (ptrdiff_t k = 0; k < W.rows; k++)
			hw[k] = cvx->a[k] * w[k];
		for (ptrdiff_t e = 0; e <= c; e++)
			a->gram[c][e] = a->gram[e][c] = blas_dot((size_t)W.rows, hw, mat_col(W, e));
	}
}

/* mu >= 0 with (gram mu)_c >= excess_c, and equal where mu_c > 0. */
static void solve(const struct cvx *cvx, struct active *a)
{
	for (ptrdiff_t c = 0; c < a->count; c++) {
		a->excess[c] = cvx->norm[a->block[c]] - cvx->problem->beta;
		a->mu[c] = 0;
	}
	for (int sweep = 0; sweep < SWEEPS; sweep++)
		for (ptrdiff_t c = 0; c < a->count; c++) {
			double rest = a->excess[c];

			for (ptrdiff_t e = 0; e < a->count; e++)
				rest -= a->gram[c][e] * a->mu[e];
			if (a->gram[c][c] > 0)
				a->mu[c] = fmax(0, a->mu[c] + rest / a->gram[c][c]);
		}
}

/* h, in a: of the loss at the repaired point's outputs; where its conjugate has a box, 1 inside. */
static void find_curvature(struct cvx *cvx, const real *alpha)
{
	const struct problem *p = cvx->problem;
	size_t n = (size_t)cvx->M.rows;

	if (!p->loss.loss->box) {
		loss_hessian(p->loss, n, cvx->fr, p->y, cvx->a);
		return;
	}
	for (size_t k = 0; k < n; k++) {
		struct loss_box box = loss_box(p->loss, (double)p->y[k]);
		double at = -(double)alpha[k], width = box.high - box.low;
		double near = end_rounding * (isfinite(width) ? width : fabs(at));

		cvx->a[k] = at - box.low > near && box.high - at > near;
	}
}

/* alpha - h o (W mu), inside its range. */
static void move(struct cvx *cvx, const struct active *a)
{
	const struct problem *p = cvx->problem;

	for (ptrdiff_t k = 0; k < cvx->M.rows; k++) {
		double at = (double)cvx->moved[k], by = 0;

		for (ptrdiff_t c = 0; c < a->count; c++)
			by -= (double)mat_get(cvx->split.Y, k, c) * a->mu[c];
		if (p->loss.loss->box) {
			struct loss_box box = loss_box(p->loss, (double)p->y[k]);

			at = -fmin(box.high, fmax(box.low, -(at + by)));
		} else {
			double most = most_change * fabs(at);

			at += fmin(most, fmax(-most, by));
		}
		cvx->moved[k] = (real)at;
	}
}

double cvx_move(struct cvx *cvx, const real *alpha, double bound)
{
	struct active active;

	memcpy(cvx->moved, alpha, (size_t)cvx->M.rows * sizeof *alpha);
	find_curvature(cvx, alpha);
	for (int round = 0; round < ROUNDS; round++) {
		double largest = 0, before = bound;

		choose(cvx, &active);
		if (active.count == 0)
			break;
		linearise(cvx, &active);
		solve(cvx, &active);
		move(cvx, &active);
		cvx_measure(cvx, cvx->moved);
		for (ptrdiff_t b = 0; b < cvx->M.cols; b++)
			largest = fmax(largest, cvx->norm[b]);
		bound = fmax(bound, cvx_mix(cvx, cvx->moved,
					    scaling_best(cvx->problem, cvx->moved, largest).bound));
		if (round > 0 && !(bound > before + small_gain * cvx->slack * bound))
			break;
	}
	return bound;
}
