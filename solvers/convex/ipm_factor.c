/* The Newton matrix of the interior-point method: blocks H_j, their parallel sums, and one factor.
 * See ipm.h. */
#include "solvers/convex/ipm.h"

#include "solvers/core/blas.h"

#include <math.h>

/* H += eta^-2 (I - 2 w1 w1' / (2 w0^2 - 1)), the cone of block i, lower triangle */
static void add_cone(const struct cones *c, ptrdiff_t i, struct mat H)
{
	const real *w = mat_col(c->w, i), *w1 = w + 1;
	double scale = 1 / ((double)c->eta[i] * (double)c->eta[i]);
	double factor = 2 * scale / (2 * (double)w[0] * (double)w[0] - 1);

	for (ptrdiff_t b = 0; b < H.cols; b++) {
		blas_axpy((size_t)(H.rows - b), -factor * (double)w1[b], w1 + b, mat_col(H, b) + b);
		mat_set(H, b, b, mat_get(H, b, b) + (real)scale);
	}
}

/* T = diag(weight o d_i) X; without a pattern for i < 0 */
static void weighted_features(const struct ipm *s, const real *weight, ptrdiff_t i, struct mat T)
{
	const real *d = i >= 0 ? mat_col(s->D, i) : NULL;

	for (ptrdiff_t j = 0; j < T.cols; j++) {
		const real *x = mat_col(s->problem->X, j);
		real *t = mat_col(T, j);

		for (ptrdiff_t k = 0; k < T.rows; k++)
			t[k] = weight[k] * x[k];
		for (ptrdiff_t k = 0; d && k < T.rows; k++)
			t[k] *= d[k];
	}
}

/* X' diag(weight) X, lower triangle, from its packed columns or by a product. */
static void weighted_gram(struct ipm *s, ptrdiff_t i, struct mat to)
{
	const real *weight = mat_col(s->Q, i);

	if (s->pairs.cols > 0) {
		const real *packed = mat_col(s->packed, i);

		for (ptrdiff_t b = 0; b < to.cols; b++)
			for (ptrdiff_t a = b; a < to.rows; a++)
				mat_set(to, a, b, *packed++);
		return;
	}
	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->u[k] = (real)sqrt((double)weight[k]);
	weighted_features(s, s->u, -1, s->G);
	blas_syrk(1, s->G, TRANSPOSED, 0, to);
}

/* H_j for all blocks of a half, both triangles. */
static void form_blocks(struct ipm *s, struct ipm_half *h)
{
#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *slack = mat_col(h->S, i), *minus = mat_col(h->N, i);
		real *q = mat_col(s->Q, i);

#pragma omp simd
		for (ptrdiff_t k = 0; k < s->D.rows; k++)
			q[k] = -minus[k] / slack[k];
	}
	if (s->pairs.cols > 0)
		blas_gemm(1, s->pairs, TRANSPOSED, s->Q, PLAIN, 0, s->packed);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		struct mat H = ipm_block(h->H, i);

		weighted_gram(s, i, H);
		add_cone(&h->cones, i, H);
		blas_symmetrize(H);
	}
}

/* With the sum of both blocks factored, S = H_V (H_V + H_W)^-1 H_W, symmetric, in place of B. */
static bool parallel_sum(struct ipm *s, ptrdiff_t i)
{
	struct mat HV = ipm_block(s->half[0].H, i), HW = ipm_block(s->half[1].H, i),
		   L = ipm_block(s->sums, i);

	for (ptrdiff_t b = 0; b < L.cols; b++)
		for (ptrdiff_t a = 0; a < L.rows; a++)
			mat_set(L, a, b, mat_get(HV, a, b) + mat_get(HW, a, b));
	if (!blas_cholesky(L))
		return false;
	mat_copy(s->B, HV);
	mat_copy(s->B2, HW);
	blas_trsm(L, PLAIN, s->B);
	blas_trsm(L, PLAIN, s->B2);
	blas_gemm(1, s->B, TRANSPOSED, s->B2, PLAIN, 0, ipm_block(s->S, i));
	return true;
}

/* C = F'W F + blockdiag(S_i), lower triangle. */
static bool factor_assembled(struct ipm *s)
{
	ptrdiff_t d = s->problem->X.cols, P = s->D.cols;

	if (!s->formed) {
		for (ptrdiff_t i = 0; i < P; i++)
			weighted_features(s, s->root_w, i, mat_cols(s->T, i * d, d));
		blas_syrk(1, s->T, TRANSPOSED, 0, s->C);
		s->formed = s->A.cols > 0;
		if (s->formed)
			mat_copy(s->A, s->C);
	} else {
		mat_copy(s->C, s->A);
	}
	for (ptrdiff_t i = 0; i < P; i++) {
		struct mat to = mat_rows(mat_cols(s->C, i * d, d), i * d, d),
			   S = ipm_block(s->S, i);

		for (ptrdiff_t b = 0; b < d; b++)
			blas_axpy((size_t)(d - b), 1, mat_col(S, b) + b, mat_col(to, b) + b);
	}
	return blas_cholesky(s->C);
}

/* Blocks one by one, and the coupling from chunks of W^(1/2) D_i X L_i^-T, S_i = L_i L_i'. */
static bool factor_coupling(struct ipm *s)
{
	ptrdiff_t d = s->problem->X.cols, filled = 0;

	mat_fill(s->C, 0);
	for (ptrdiff_t k = 0; k < s->C.rows; k++)
		mat_set(s->C, k, k, 1);
	mat_copy(s->factors, s->S);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		struct mat T = mat_cols(s->T, filled, d), L = ipm_block(s->factors, i);

		if (!blas_cholesky(L))
			return false;
		weighted_features(s, s->root_w, i, T);
		blas_trsm_right(L, TRANSPOSED, T);
		filled += d;
		if (filled + d > s->T.cols || i == s->D.cols - 1) {
			blas_syrk(1, mat_cols(s->T, 0, filled), PLAIN, 1, s->C);
			filled = 0;
		}
	}
	return blas_cholesky(s->C);
}

bool ipm_factor(struct ipm *s)
{
	interior_loss_weights(s->loss, s->f, s->root_w);
	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->root_w[k] = (real)sqrt((double)s->root_w[k]);
	for (int half = 0; half < 2; half++)
		form_blocks(s, &s->half[half]);
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		if (!parallel_sum(s, i))
			return false;
	return s->assembled ? factor_assembled(s) : factor_coupling(s);
}
