/* The Newton system of the interior-point method: d x d blocks and a coupling of order n. */
#include "solvers/convex/ipm.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

/* sqrt(mu^2 + beta^2 |x|^2) */
static double root(double mu, double beta, double norm)
{
	return sqrt(mu * mu + beta * beta * norm * norm);
}

/* B = (beta / t) (I - (y x' + x y') / (2 root)), positive definite for |y| <= beta; lower triangle.
 */
static void norm_block(const struct ipm *s, const real *x, const real *y, double mu, struct mat B)
{
	double beta = s->problem->beta, q = root(mu, beta, blas_norm((size_t)B.rows, x));
	double scale = beta * beta / (mu + q); /* beta / t */

	for (ptrdiff_t b = 0; b < B.cols; b++)
		for (ptrdiff_t a = b; a < B.rows; a++) {
			double mixed = ((double)y[a] * (double)x[b] + (double)x[a] * (double)y[b]) /
				       (2 * q);

			mat_set(B, a, b, (real)(scale * ((a == b) - mixed)));
		}
}

/* beta / t linearised in mu from its current value to `target`: d(1/(mu + q)) = -(1 + mu/q) dmu /
 * (mu + q)^2 */
static double shifted_scale(const struct ipm *s, double norm, double target)
{
	double beta = s->problem->beta, q = root(s->mu, beta, norm);

	return beta * beta / (s->mu + q) * (1 - (1 + s->mu / q) * (target - s->mu) / (s->mu + q));
}

static struct mat factor_of(const struct ipm_half *h, ptrdiff_t i)
{
	ptrdiff_t d = h->X.rows;

	return mat_cols(h->factors, i * d, d);
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

/* to += H_j = B_j + X' diag(lambda / s) X, lower triangle */
static void add_block(struct ipm *s, const struct ipm_half *h, ptrdiff_t i, double mu,
		      struct mat to)
{
	const real *slack = mat_col(h->S, i), *minus = mat_col(h->N, i);
	real *weight = mat_col(s->Q, 0);

	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		weight[k] = (real)sqrt(-(double)minus[k] / (double)slack[k]);
	weighted_features(s, weight, -1, s->G);
	norm_block(s, mat_col(h->X, i), mat_col(h->Y, i), mu, s->B);
	blas_syrk(1, s->G, TRANSPOSED, 1, s->B);
	for (ptrdiff_t b = 0; b < to.cols; b++)
		blas_axpy((size_t)(to.rows - b), 1, mat_col(s->B, b) + b, mat_col(to, b) + b);
}

/* Where block j of a half lies in the assembled system. */
static struct mat diagonal_block(struct ipm *s, int half, ptrdiff_t i)
{
	ptrdiff_t d = s->problem->X.cols, first = (half * s->D.cols + i) * d;

	return mat_rows(mat_cols(s->C, first, d), first, d);
}

/* C = [A -A; -A A] + blockdiag(H_j), A = sum F_i' W F_k; lower triangle. */
static bool factor_assembled(struct ipm *s, double mu)
{
	ptrdiff_t d = s->problem->X.cols, P = s->D.cols, size = d * P;
	struct mat A = mat_rows(mat_cols(s->C, 0, size), 0, size);
	struct mat low = mat_rows(mat_cols(s->C, size, size), size, size);
	struct mat left = mat_rows(mat_cols(s->C, 0, size), size, size);

	for (ptrdiff_t i = 0; i < P; i++)
		weighted_features(s, s->root_w, i, mat_cols(s->T, i * d, d));
	blas_syrk(1, s->T, TRANSPOSED, 0, A);
	for (ptrdiff_t j = 0; j < size; j++)
		for (ptrdiff_t i = j; i < size; i++) {
			real a = mat_get(A, i, j);

			mat_set(low, i, j, a);
			mat_set(left, i, j, -a);
			mat_set(left, j, i, -a);
		}
	for (int half = 0; half < 2; half++)
		for (ptrdiff_t i = 0; i < P; i++)
			add_block(s, &s->half[half], i, mu, diagonal_block(s, half, i));
	return blas_cholesky(s->C);
}

/* Blocks one by one, and the coupling from chunks of W^(1/2) D_i X L_j^-T. */
static bool factor_coupling(struct ipm *s, double mu)
{
	ptrdiff_t d = s->problem->X.cols, filled = 0;

	mat_fill(s->C, 0);
	for (ptrdiff_t k = 0; k < s->C.rows; k++)
		mat_set(s->C, k, k, 1);
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];

		for (ptrdiff_t i = 0; i < s->D.cols; i++) {
			struct mat T = mat_cols(s->T, filled, d), L = factor_of(h, i);

			mat_fill(L, 0);
			add_block(s, h, i, mu, L);
			if (!blas_cholesky(L))
				return false;
			weighted_features(s, s->root_w, i, T);
			blas_trsm_right(L, TRANSPOSED, T);
			filled += d;
			if (filled + d > s->T.cols || (half == 1 && i == s->D.cols - 1)) {
				blas_syrk(1, mat_cols(s->T, 0, filled), PLAIN, 1, s->C);
				filled = 0;
			}
		}
	}
	return blas_cholesky(s->C);
}

bool ipm_factor(struct ipm *s, double mu)
{
	return s->assembled ? factor_assembled(s, mu) : factor_coupling(s, mu);
}

/* r_j = -sign X'(D o g) - beta x / t + X'(E o (mu/s - (lambda/s) rp - ds dlambda / s)), rp = E o (X
 * x) - s */
static void right_hand_side(struct ipm *s, struct ipm_half *h, double mu, bool correct)
{
	struct mat X = s->problem->X;

	blas_gemm(1, X, PLAIN, h->X, PLAIN, 0, s->Q);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *d = mat_col(s->D, i), *slack = mat_col(h->S, i),
			   *minus = mat_col(h->N, i);
		const real *ds = mat_col(h->dS, i), *dn = mat_col(h->dN, i);
		real *q = mat_col(s->Q, i);

		for (ptrdiff_t k = 0; k < X.rows; k++) {
			double e = d[k] > 0 ? 1 : -1, rp = e * (double)q[k] - (double)slack[k];
			double products = correct ? -(double)ds[k] * (double)dn[k] : 0;
			double part = (mu + (double)minus[k] * rp - products) / (double)slack[k];

			q[k] = (real)(e * part - h->sign * (double)d[k] * (double)s->g[k]);
		}
	}
	blas_gemm(1, X, TRANSPOSED, s->Q, PLAIN, 0, h->R);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *x = mat_col(h->X, i);
		double scale = shifted_scale(s, blas_norm((size_t)X.cols, x), mu);

		blas_axpy((size_t)X.cols, -scale, x, mat_col(h->R, i));
	}
}

/* R_j = H_j^-1 R_j for all blocks of a half. */
static void solve_blocks(const struct ipm_half *h, struct mat R)
{
	for (ptrdiff_t i = 0; i < R.cols; i++)
		blas_cholesky_solve(factor_of(h, i), mat_cols(R, i, 1));
}

/* f += sum_i sign D_i X x_i */
static void add_outputs(struct ipm *s, const struct ipm_half *h, struct mat x, real *f)
{
	blas_gemm(1, s->problem->X, PLAIN, x, PLAIN, 0, s->Q);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *d = mat_col(s->D, i), *q = mat_col(s->Q, i);

		for (ptrdiff_t k = 0; k < s->D.rows; k++)
			f[k] += (real)h->sign * d[k] * q[k];
	}
}

/* ds, dlambda, dy from dx. */
static void complete(struct ipm *s, struct ipm_half *h, double mu, bool correct)
{
	ptrdiff_t n = s->D.rows, d = h->X.rows;
	double beta = s->problem->beta;

	blas_gemm(1, s->problem->X, PLAIN, h->X, PLAIN, 0, s->Q);
	blas_gemm(1, s->problem->X, PLAIN, h->dX, PLAIN, 1, s->Q); /* X (x + dx) */
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *mask = mat_col(s->D, i), *q = mat_col(s->Q, i);
		const real *slack = mat_col(h->S, i), *minus = mat_col(h->N, i);
		const real *x = mat_col(h->X, i), *dx = mat_col(h->dX, i), *y = mat_col(h->Y, i);
		real *ds = mat_col(h->dS, i), *dn = mat_col(h->dN, i), *dy = mat_col(h->dY, i);
		double norm = blas_norm((size_t)d, x), rt = root(s->mu, beta, norm);
		double scale = beta * beta / (s->mu + rt), shifted = shifted_scale(s, norm, mu);
		double xdx = blas_dot((size_t)d, x, dx) / (2 * rt),
		       ydx = blas_dot((size_t)d, y, dx) / (2 * rt);

		for (ptrdiff_t k = 0; k < n;
		     k++) { /* dlambda = mu/s - lambda - (lambda ds + products)/s */
			double products = correct ? -(double)ds[k] * (double)dn[k] : 0;
			double step = (mask[k] > 0 ? 1 : -1) * (double)q[k] - (double)slack[k];

			ds[k] = (real)step;
			dn[k] = (real)(-(mu + (double)minus[k] * step - products) /
					       (double)slack[k] -
				       (double)minus[k]);
		}
		for (ptrdiff_t j = 0; j < d; j++) /* B dx + beta x / t - y */
			dy[j] = (real)(scale * ((double)dx[j] - (double)y[j] * xdx -
						(double)x[j] * ydx) +
				       shifted * (double)x[j] - (double)y[j]);
	}
}

/* dx from the assembled system. */
static void solve_assembled(struct ipm *s)
{
	size_t size = (size_t)(s->problem->X.cols * s->D.cols);

	memcpy(s->z, s->half[0].R.at, size * sizeof *s->z);
	memcpy(s->z + size, s->half[1].R.at, size * sizeof *s->z);
	blas_triangular_solve(s->C, BLAS_SOLVE_BLOCK, s->z);
	memcpy(s->half[0].dX.at, s->z, size * sizeof *s->z);
	memcpy(s->half[1].dX.at, s->z + size, size * sizeof *s->z);
}

/* dx_j = H_j^-1 (r_j - sign X'D_i W df) with df from the coupling. */
static void solve_coupling(struct ipm *s)
{
	ptrdiff_t n = s->D.rows;

	memset(s->df, 0, (size_t)n * sizeof *s->df);
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];

		mat_copy(h->dX, h->R);
		solve_blocks(h, h->dX);
		add_outputs(s, h, h->dX, s->df);
	}
	for (ptrdiff_t k = 0; k < n; k++)
		s->u[k] = s->root_w[k] * s->df[k];
	blas_triangular_solve(s->C, BLAS_SOLVE_BLOCK, s->u);
	for (ptrdiff_t k = 0; k < n; k++) /* W df */
		s->u[k] *= s->root_w[k];
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];

		for (ptrdiff_t i = 0; i < s->D.cols; i++)
			for (ptrdiff_t k = 0; k < n; k++)
				mat_set(s->Q, k, i, mat_get(s->D, k, i) * s->u[k]);
		blas_gemm(-h->sign, s->problem->X, TRANSPOSED, s->Q, PLAIN, 1, h->R);
		mat_copy(h->dX, h->R);
		solve_blocks(h, h->dX);
	}
}

void ipm_direction(struct ipm *s, double mu, bool correct)
{
	for (int half = 0; half < 2; half++)
		right_hand_side(s, &s->half[half], mu, correct);
	if (s->assembled)
		solve_assembled(s);
	else
		solve_coupling(s);
	for (int half = 0; half < 2; half++)
		complete(s, &s->half[half], mu, correct);
}
