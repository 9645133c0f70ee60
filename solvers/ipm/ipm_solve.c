/* The Newton system of the interior-point method: preconditioned conjugate gradients. See ipm.h.
 *
 *     A dx = R,  A_jj = X' diag(lambda_j / s_j) X + H_cone + X'D_i W D_i X  and so on,
 *
 * applied through X, so that no entry of A is ever formed; the factored matrix is its inverse but
 * for rounding, for rows left out of H_j, and for what keeps a factor alive. */
#include "solvers/ipm/ipm.h"

#include "solvers/core/blas.h"

#include <math.h>

enum {
	ROUNDS = 25 /* of conjugate gradients before the residual is computed anew */
};

void ipm_outputs_of(struct ipm *s, struct mat q, real *to)
{
	blas_gemm(1, s->problem->X, PLAIN, q, PLAIN, 0, s->Q);
	gates_outputs(s->D, s->Q, to);
}

void ipm_subtract_cone(const struct cones *c, ptrdiff_t i, const real *x, real *to)
{
	const real *w = mat_col(c->w, i);
	ptrdiff_t d = c->w.rows - 1;
	double w0 = (double)w[0], scale = 1 / ((double)c->eta[i] * (double)c->eta[i]);
	double along = 2 * blas_dot((size_t)d, w + 1, x) / (2 * w0 * w0 - 1);

	for (ptrdiff_t j = 0; j < d; j++)
		to[j] -= (real)(scale * ((double)x[j] - along * (double)w[j + 1]));
}

static double inner(const struct ipm *s, struct mat a, struct mat b, struct mat c, struct mat d)
{
	size_t count = (size_t)(s->q.rows * s->q.cols);

	return blas_dot(count, a.at, b.at) + blas_dot(count, c.at, d.at);
}

/* q = x_v - x_w */
static void difference(struct ipm *s, struct mat v, struct mat w)
{
	mat_copy(s->q, v);
	blas_axpy((size_t)(s->q.rows * s->q.cols), -1, w.at, s->q.at);
}

/* Z = H^-1 Z for all blocks of a half */
static void solve_blocks(struct ipm *s, struct ipm_half *h)
{
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		blas_cholesky_solve(ipm_block(h->L, i), mat_cols(h->Z, i, 1));
}

/* u = W F (S + F'W F)^-1 S q, S_i = (N_i N_i')^-1 */
static void solve_difference(struct ipm *s)
{
	ptrdiff_t n = s->D.rows;

	if (s->assembled) {
		for (ptrdiff_t i = 0; i < s->D.cols; i++)
			blas_trsm(ipm_block(s->N, i), PLAIN, mat_cols(s->q, i, 1));
		blas_triangular_solve(s->C, BLAS_SOLVE_BLOCK, s->q.at);
		blas_gemv(1, s->T, PLAIN, s->q.at, 0, s->u);
	} else {
		ipm_outputs_of(s, s->q, s->u);
		for (ptrdiff_t k = 0; k < n; k++)
			s->u[k] *= s->root_w[k];
		blas_triangular_solve(s->C, BLAS_SOLVE_BLOCK, s->u);
	}
	for (ptrdiff_t k = 0; k < n; k++)
		s->u[k] *= s->root_w[k];
}

/* Z = the inverse of the factored matrix times R: with u = W df,
 * Z_j = H_j^-1 (R_j - sign X'(D o u)). */
static void precondition(struct ipm *s)
{
	for (int half = 0; half < 2; half++) {
		mat_copy(s->half[half].Z, s->half[half].R);
		solve_blocks(s, &s->half[half]);
	}
	difference(s, s->half[0].Z, s->half[1].Z);
	solve_difference(s);
	gates_spread(s->D, s->u, s->Q);
	blas_gemm(1, s->problem->X, TRANSPOSED, s->Q, PLAIN, 0, s->q);
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];

		mat_copy(h->Z, h->R);
		blas_axpy((size_t)(s->q.rows * s->q.cols), -h->sign, s->q.at, h->Z.at);
		solve_blocks(s, h);
	}
}

/* product = A along */
static void multiply(struct ipm *s)
{
	ptrdiff_t n = s->D.rows;

	difference(s, s->half[0].along, s->half[1].along);
	ipm_outputs_of(s, s->q, s->u);
	for (ptrdiff_t k = 0; k < n; k++)
		s->u[k] *= s->w[k];
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];
		real sign = (real)h->sign;

		blas_gemm(1, s->problem->X, PLAIN, h->along, PLAIN, 0, s->Q);
		for (ptrdiff_t i = 0; i < s->D.cols; i++) {
			const real *minus = mat_col(h->N, i), *slack = mat_col(h->S, i);
			real *q = mat_col(s->Q, i);

			gates_mask(gates_col(s->D, i), n, s->u, s->masked);
#pragma omp simd
			for (ptrdiff_t k = 0; k < n; k++)
				q[k] = -minus[k] / slack[k] * q[k] + sign * s->masked[k];
		}
		mat_fill(h->product, 0);
		for (ptrdiff_t i = 0; i < s->D.cols; i++)
			ipm_subtract_cone(&h->cones, i, mat_col(h->along, i),
					  mat_col(h->product, i));
		blas_gemm(1, s->problem->X, TRANSPOSED, s->Q, PLAIN, -1, h->product);
	}
}

static double residual_norm(const struct ipm *s)
{
	return hypot(blas_mat_norm(s->half[0].R), blas_mat_norm(s->half[1].R));
}

/* added += length along, R -= length product */
static void move(struct ipm *s, double length)
{
	size_t count = (size_t)(s->q.rows * s->q.cols);

	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];

		blas_axpy(count, length, h->along.at, h->added.at);
		blas_axpy(count, -length, h->product.at, h->R.at);
	}
}

/* along = Z + share along */
static void turn(struct ipm *s, double share)
{
	size_t count = (size_t)(s->q.rows * s->q.cols);

	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];

		blas_scale(count, share, h->along.at);
		blas_axpy(count, 1, h->Z.at, h->along.at);
	}
}

void ipm_solve(struct ipm *s, double share, double small)
{
	struct ipm_half *v = &s->half[0], *w = &s->half[1];
	double enough = fmax(share * residual_norm(s), small), size = 1, curvature, before;

	for (int half = 0; half < 2; half++) {
		mat_fill(s->half[half].added, 0);
		mat_fill(s->half[half].along, 0);
	}
	for (int round = 0; round < ROUNDS; round++) {
		precondition(s);
		before = size;
		size = inner(s, v->R, v->Z, w->R, w->Z);
		turn(s, round > 0 ? size / before : 0);
		multiply(s);
		curvature = inner(s, v->along, v->product, w->along, w->product);
		s->rounds++;
		if (!(size > 0 && curvature > 0 && isfinite(curvature)))
			return;
		move(s, size / curvature);
		if (residual_norm(s) <= enough)
			return;
	}
}
