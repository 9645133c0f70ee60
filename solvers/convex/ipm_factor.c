/* The factored matrix of the interior-point method: blocks H_j, and one system that joins them. See
 * ipm.h. */
#include "solvers/convex/ipm.h"

#include "solvers/core/blas.h"

#include <math.h>

enum {
	TRIALS = 4 /* of a factor, each with more on the diagonal */
};

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
	weighted_features(s, s->u, -1, mat_rows(s->G, 0, s->D.rows));
	blas_syrk(1, mat_rows(s->G, 0, s->D.rows), TRANSPOSED, 0, to);
}

/* Lower factor of the matrix B (lower triangle); its diagonal grows until there is one. */
static bool factor_entries(struct mat B, struct mat L)
{
	double more = 0;

	for (int trial = 0; trial < TRIALS; trial++) {
		mat_copy(L, B);
		for (ptrdiff_t j = 0; j < L.cols; j++)
			mat_set(L, j, j, (real)((1 + more) * (double)mat_get(L, j, j)));
		if (blas_cholesky(L))
			return true;
		more = fmax(100 * more, 100 * REAL_EPSILON);
	}
	return false;
}

/* Factors of H_j for all blocks of a half. */
static bool factor_blocks(struct ipm *s, struct ipm_half *h)
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
		weighted_gram(s, i, s->B);
		add_cone(&h->cones, i, s->B);
		if (!factor_entries(s->B, ipm_block(h->L, i)))
			return false;
	}
	return true;
}

/* N_i N_i' = H_V^-1 + H_W^-1 */
static bool factor_inverses(struct ipm *s, ptrdiff_t i)
{
	struct mat N = ipm_block(s->N, i);

	mat_copy(s->B, ipm_block(s->half[0].L, i));
	mat_copy(N, ipm_block(s->half[1].L, i));
	if (!blas_cholesky_inverse(s->B) || !blas_cholesky_inverse(N))
		return false;
	for (ptrdiff_t j = 0; j < N.cols; j++)
		blas_axpy((size_t)(N.rows - j), 1, mat_col(N, j) + j, mat_col(s->B, j) + j);
	return factor_entries(s->B, N);
}

/* T_i = W^(1/2) D_i X N_i */
static void join(struct ipm *s, ptrdiff_t i, struct mat T)
{
	weighted_features(s, s->root_w, i, T);
	blas_trmm_right(ipm_block(s->N, i), T);
}

/* C = I */
static void start_join(struct mat C)
{
	mat_fill(C, 0);
	for (ptrdiff_t k = 0; k < C.rows; k++)
		mat_set(C, k, k, 1);
}

/* I + T'T */
static bool factor_assembled(struct ipm *s)
{
	ptrdiff_t d = s->problem->X.cols;

	start_join(s->C);
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		join(s, i, mat_cols(s->T, i * d, d));
	blas_syrk(1, s->T, TRANSPOSED, 1, s->C);
	return blas_cholesky(s->C);
}

/* I + T T', T by chunks of columns */
static bool factor_coupling(struct ipm *s)
{
	ptrdiff_t d = s->problem->X.cols, filled = 0;

	start_join(s->C);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		join(s, i, mat_cols(s->T, filled, d));
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
	interior_loss_weights(s->loss, s->f, s->w);
	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->root_w[k] = (real)sqrt((double)s->w[k]);
	if (s->long_digits)
		return ipm_extended_factor(s);
	for (int half = 0; half < 2; half++)
		if (!factor_blocks(s, &s->half[half]))
			return false;
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		if (!factor_inverses(s, i))
			return false;
	return s->assembled ? factor_assembled(s) : factor_coupling(s);
}
