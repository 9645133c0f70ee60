/* Slopes of the convex restriction from a network: for each sample the best bound found.
 *
 *     own:    p = [t > 0];   other:  p = (t + e) / (2e), clipped to [0, 1]     (the chord)
 *
 * and from the better of these and the old slopes projected subgradient steps, because m_k is
 * concave in the slopes of its sample, too:
 *
 *     dm/dS = t - g'a (own),   dm/dS = e (1 - 2 [relu active]) - g'a (other),   g = eps grad |c|_q
 */
#include "solvers/restriction/restriction_renew.h"

#include "solvers/core/blas.h"
#include "solvers/restriction/restriction_outputs.h"

#include <float.h>
#include <string.h>
#include <tgmath.h>

/* A block of samples in a lane. */
struct renewal {
	const struct restriction *r;
	const struct restriction_lane *lane;
	ptrdiff_t rows;
	const real *y;    /* rows */
	struct mat S;     /* rows x m of r->S: the best so far */
	struct mat T;     /* rows x m: t */
	struct mat trial; /* rows x m */
	struct mat Q;     /* rows x m: g'a */
	struct mat C;     /* d x rows */
	real *best;       /* rows: r->margin */
	real *margin;     /* rows: at the trial */
};

/* Margins with slopes S; C becomes the gradients of the blurred norms of c. */
static void margins(const struct renewal *w, struct mat A, struct mat S, real *restrict margin)
{
	const struct restriction *r = w->r;
	double mu = restriction_block_blur / (fmax(r->threat.eps, DBL_MIN) * r->reach), norm;
	const real *restrict y = w->y;

	blas_gemm(1, A, PLAIN, S, TRANSPOSED, 0, w->C); /* d x rows: c_k */
	for (ptrdiff_t k = 0; k < w->rows; k++) {
		threat_envelope(&r->threat, mu, mat_col(w->C, k), w->lane->spare, &norm);
		margin[k] = (real)(-r->threat.eps * norm);
	}
	for (ptrdiff_t j = 0; j < r->m; j++) {
		const real *restrict s = mat_col(S, j), *restrict t = mat_col(w->T, j);
		real e = (real)r->e[j], sigma = r->sigma[j];

#pragma omp simd
		for (ptrdiff_t k = 0; k < w->rows; k++) {
			real p = fabs(s[k]), kink = t[k] + (1 - 2 * p) * e;
			real cost = p * e + (kink > 0 ? kink : 0);

			margin[k] += y[k] * sigma > 0 ? p * t[k] : -cost;
		}
	}
}

/* Where the trial raises the margin it becomes the best; a neuron that is zero keeps its slope. */
static void keep_better(const struct renewal *w, struct mat A)
{
	real *restrict margin = w->margin, *restrict best = w->best;

	margins(w, A, w->trial, margin);
	for (ptrdiff_t j = 0; j < w->r->m; j++) {
		const real *restrict trial = mat_col(w->trial, j);
		real *restrict s = mat_col(w->S, j);

		if (!(w->r->size[j] > 0))
			continue;
#pragma omp simd
		for (ptrdiff_t k = 0; k < w->rows; k++)
			s[k] = margin[k] > best[k] ? trial[k] : s[k];
	}
	for (ptrdiff_t k = 0; k < w->rows; k++)
		best[k] = margin[k] > best[k] ? margin[k] : best[k];
}

/* trial += step rise / max |rise|, projected, sample by sample: the rise is dm/dS, or 0 for a
 * neuron whose sign is fixed on the ball: its slope is exact. The chord lies on the kink of the
 * relu, so that the kink is blurred, too. */
static void climb(const struct renewal *w, struct mat A, double step)
{
	const real *restrict y = w->y;
	real *restrict scale = w->lane->f, eps = (real)w->r->threat.eps;
	real inverse = (real)(1 / restriction_block_blur);

	blas_gemm(1, w->C, TRANSPOSED, A, PLAIN, 0, w->Q); /* rows x m: g'a */
	memset(scale, 0, (size_t)w->rows * sizeof *scale);
	for (ptrdiff_t j = 0; j < w->r->m; j++) {
		const real *restrict t = mat_col(w->T, j), *restrict s = mat_col(w->trial, j);
		real *restrict q = mat_col(w->Q, j), e = (real)w->r->e[j], sigma = w->r->sigma[j];

#pragma omp simd
		for (ptrdiff_t k = 0; k < w->rows; k++) {
			real kink = t[k] + (1 - 2 * fabs(s[k])) * e;
			real active = restriction_block_clipped((real)0.5 + kink * inverse);
			real rise = (y[k] * sigma > 0 ? t[k] : e * (1 - 2 * active)) - eps * q[k];

			rise = fabs(t[k]) >= e ? 0 : rise;
			scale[k] = fabs(rise) > scale[k] ? fabs(rise) : scale[k];
			q[k] = rise;
		}
	}
	for (ptrdiff_t k = 0; k < w->rows; k++)
		scale[k] = scale[k] > 0 ? (real)step / scale[k] : 0;
	for (ptrdiff_t j = 0; j < w->r->m; j++) {
		const real *restrict q = mat_col(w->Q, j);
		real *restrict s = mat_col(w->trial, j), sigma = w->r->sigma[j];

#pragma omp simd
		for (ptrdiff_t k = 0; k < w->rows; k++) {
			real side = y[k] * sigma > 0 ? 1 : -1;

			s[k] = side * restriction_block_clipped(side * (s[k] + scale[k] * q[k]));
		}
	}
}

/* The sum of the losses of a block. */
static double renew_block(const struct restriction *r, const struct restriction_lane *lane,
			  ptrdiff_t first, struct mat A, long steps)
{
	ptrdiff_t rows = restriction_block_rows(r, first);
	struct renewal w = {.r = r,
			    .lane = lane,
			    .rows = rows,
			    .y = r->problem->y.at + first,
			    .S = mat_rows(r->S, first, rows),
			    .T = mat_rows(lane->T, 0, rows),
			    .trial = mat_rows(lane->P, 0, rows),
			    .Q = mat_rows(lane->Q, 0, rows),
			    .C = mat_cols(lane->C, 0, rows),
			    .best = r->margin + first,
			    .margin = lane->margin};
	double step = restriction_block_step;

	blas_gemm(1, mat_rows(r->problem->X, first, rows), PLAIN, A, PLAIN, 0, w.T);
	margins(&w, A, w.S, w.best);
	restriction_slopes(r, first, w.T, w.trial);
	keep_better(&w, A);
	if (steps > 0 && r->threat.eps > 0) {
		mat_copy(w.trial, w.S);
		for (long i = 0; i < steps; i++, step *= restriction_block_decay) {
			keep_better(&w, A);
			climb(&w, A, step);
		}
		keep_better(&w, A);
	}
	for (ptrdiff_t k = 0; k < rows; k++)
		lane->f[k] = w.y[k] * w.best[k];
	return loss_value(restriction_block_loss(r, first), (size_t)rows, lane->f, w.y);
}

double restriction_renew(struct restriction *r, struct mat A, long steps)
{
	size_t d = (size_t)A.rows;
	double value = 0;

	for (ptrdiff_t j = 0; j < r->m; j++) {
		r->e[j] = r->threat.eps * threat_dual(&r->threat, mat_col(A, j));
		r->size[j] = blas_norm(d, mat_col(A, j));
		value += r->problem->beta * r->size[j];
	}
#pragma omp parallel for schedule(static, 1) num_threads(r->lanes)
	for (int l = 0; l < r->lanes; l++) {
		struct restriction_lane *lane = &r->lane[l];

		lane->sum = 0;
		for (ptrdiff_t first = l * r->block; first < r->problem->X.rows;
		     first += r->lanes * r->block)
			lane->sum += r->k > 1 ? restriction_outputs_renew(r, lane, first, A, steps)
					      : renew_block(r, lane, first, A, steps);
	}
	for (int l = 0; l < r->lanes; l++)
		value += r->lane[l].sum;
	return value;
}
