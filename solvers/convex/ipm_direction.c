/* Newton directions of the interior-point method from the factored matrix. See ipm.h. */
#include "solvers/convex/ipm.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	REFINEMENTS = 3 /* of a direction; the first takes off four digits or more */
};

/* Dual residual, relative to beta, that a direction may leave: a bound loses that share. */
static const double negligible = 1e-7;

/* The part of r_j that comes from the cone: c_x + (c_t - beta) 2 w0 w1 / (2 w0^2 - 1), c its
 * target. */
static void add_cone_target(struct ipm *s, struct ipm_half *h, ptrdiff_t i, double mu)
{
	const real *w = mat_col(h->cones.w, i), *c = s->target;
	real *r = mat_col(h->R, i);
	double w0 = (double)w[0], along;

	cones_target(&h->cones, i, mu, s->target);
	along = ((double)c[0] - s->problem->beta) * 2 * w0 / (2 * w0 * w0 - 1);
	for (ptrdiff_t j = 0; j < h->R.rows; j++)
		r[j] += c[j + 1] + (real)along * w[j + 1];
}

/* r_j = -sign X'(D o g) + X'(E o ((mu - lambda rp - K) / s)) + the cone's, rp = E o (X x) - s */
static void right_hand_side(struct ipm *s, struct ipm_half *h, double mu)
{
	struct mat X = s->problem->X;

	blas_gemm(1, X, PLAIN, h->X, PLAIN, 0, s->Q);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *d = mat_col(s->D, i), *slack = mat_col(h->S, i);
		const real *minus = mat_col(h->N, i), *products = mat_col(h->K, i);
		real *q = mat_col(s->Q, i), sign = (real)h->sign, target = (real)mu;

#pragma omp simd
		for (ptrdiff_t k = 0; k < X.rows; k++) {
			real e = 2 * d[k] - 1, rp = e * q[k] - slack[k];
			real part = (target + minus[k] * rp - products[k]) / slack[k];

			q[k] = e * part - sign * d[k] * s->g[k];
		}
	}
	blas_gemm(1, X, TRANSPOSED, s->Q, PLAIN, 0, h->R);
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		add_cone_target(s, h, i, mu);
}

/* df = sum_i D_i X q_i */
static void outputs_of(struct ipm *s, struct mat q)
{
	memset(s->df, 0, (size_t)s->D.rows * sizeof *s->df);
	blas_gemm(1, s->problem->X, PLAIN, q, PLAIN, 0, s->Q);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *d = mat_col(s->D, i), *y = mat_col(s->Q, i);

#pragma omp simd
		for (ptrdiff_t k = 0; k < s->D.rows; k++)
			s->df[k] += d[k] * y[k];
	}
}

/* to -= X'(D o (u 1')) */
static void subtract_spread(struct ipm *s, const real *u, struct mat to)
{
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *d = mat_col(s->D, i);
		real *q = mat_col(s->Q, i);

#pragma omp simd
		for (ptrdiff_t k = 0; k < s->D.rows; k++)
			q[k] = d[k] * u[k];
	}
	blas_gemm(-1, s->problem->X, TRANSPOSED, s->Q, PLAIN, 1, to);
}

/* dt = (eta^2 (c_t - beta) + 2 w0 w1'dx) / (2 w0^2 - 1), dzeta = beta - zeta,
 * dz = c_x - z + eta^-2 (2 w1 (w0 dt - w1'dx) - dx) */
static void complete_cone(struct ipm *s, struct ipm_half *h, ptrdiff_t i, double mu)
{
	struct cones *c = &h->cones;
	ptrdiff_t d = h->X.rows;
	const real *w = mat_col(c->w, i), *z = mat_col(c->z, i);
	real *step = mat_col(c->ds, i), *dual = mat_col(c->dz, i);
	double w0 = (double)w[0], square = (double)c->eta[i] * (double)c->eta[i];
	double inner = blas_dot((size_t)d, w + 1, step + 1), along;

	cones_target(c, i, mu, s->target);
	along = square * ((double)s->target[0] - s->problem->beta) + 2 * w0 * inner;
	step[0] = (real)(along / (2 * w0 * w0 - 1));
	dual[0] = (real)(s->problem->beta - (double)z[0]);
	along = 2 * (w0 * (double)step[0] - inner);
	for (ptrdiff_t j = 1; j <= d; j++)
		dual[j] = (real)((double)s->target[j] - (double)z[j] +
				 (along * (double)w[j] - (double)step[j]) / square);
}

/* ds = E o (X (x + dx)) - s, dlambda = (mu - K - lambda ds) / s - lambda, and the cones. */
static void complete(struct ipm *s, struct ipm_half *h, double mu)
{
	blas_gemm(1, s->problem->X, PLAIN, h->X, PLAIN, 0, s->Q);
	blas_gemm(1, s->problem->X, PLAIN, h->dX, PLAIN, 1, s->Q);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *mask = mat_col(s->D, i), *q = mat_col(s->Q, i);
		const real *slack = mat_col(h->S, i), *minus = mat_col(h->N, i);
		const real *products = mat_col(h->K, i);
		real *ds = mat_col(h->dS, i), *dn = mat_col(h->dN, i), target = (real)mu;

#pragma omp simd
		for (ptrdiff_t k = 0; k < s->D.rows; k++) {
			real step = (2 * mask[k] - 1) * q[k] - slack[k];

			ds[k] = step;
			dn[k] = -(target + minus[k] * step - products[k]) / slack[k] - minus[k];
		}
		complete_cone(s, h, i, mu);
	}
}

/* q = (S + F'W F)^-1 q through the coupling: S^-1 (q - F'W^(1/2) C^-1 W^(1/2) F S^-1 q). */
static void solve_coupling(struct ipm *s)
{
	mat_copy(s->Z, s->q);
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		blas_cholesky_solve(ipm_block(s->factors, i), mat_cols(s->Z, i, 1));
	outputs_of(s, s->Z);
	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->u[k] = s->root_w[k] * s->df[k];
	blas_triangular_solve(s->C, BLAS_SOLVE_BLOCK, s->u);
	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->u[k] *= s->root_w[k];
	subtract_spread(s, s->u, s->q);
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		blas_cholesky_solve(ipm_block(s->factors, i), mat_cols(s->q, i, 1));
}

/* R0 = H_W (H_V + H_W)^-1 r_v - H_V (H_V + H_W)^-1 r_w; then dv = (H_V + H_W)^-1 (r_v + r_w + H_W
 * q), dw likewise with - H_V q: neither is a difference of large numbers. */
static void solve_steps(struct ipm *s)
{
	struct ipm_half *v = &s->half[0], *w = &s->half[1];

	mat_copy(v->dX, v->R);
	mat_copy(w->dX, w->R);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		blas_cholesky_solve(ipm_block(s->sums, i), mat_cols(v->dX, i, 1));
		blas_cholesky_solve(ipm_block(s->sums, i), mat_cols(w->dX, i, 1));
		blas_gemv(1, ipm_block(w->H, i), PLAIN, mat_col(v->dX, i), 0, mat_col(s->q, i));
		blas_gemv(-1, ipm_block(v->H, i), PLAIN, mat_col(w->dX, i), 1, mat_col(s->q, i));
	}
	if (s->assembled)
		blas_triangular_solve(s->C, BLAS_SOLVE_BLOCK, s->q.at);
	else
		solve_coupling(s);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		for (int half = 0; half < 2; half++) {
			real *to = mat_col(s->half[half].dX, i);

			for (ptrdiff_t j = 0; j < s->q.rows; j++)
				to[j] = mat_get(v->R, j, i) + mat_get(w->R, j, i);
		}
		blas_gemv(1, ipm_block(w->H, i), PLAIN, mat_col(s->q, i), 1, mat_col(v->dX, i));
		blas_gemv(-1, ipm_block(v->H, i), PLAIN, mat_col(s->q, i), 1, mat_col(w->dX, i));
		blas_cholesky_solve(ipm_block(s->sums, i), mat_cols(v->dX, i, 1));
		blas_cholesky_solve(ipm_block(s->sums, i), mat_cols(w->dX, i, 1));
	}
}

/* R_j = z + dz + X'E (lambda + dlambda) - sign X'D (g + W df), what the direction leaves of the
 * dual equations; its norm over all blocks. */
static double linear_residual(struct ipm *s)
{
	struct mat X = s->problem->X;
	double square = 0;

	for (ptrdiff_t k = 0; k < X.rows; k++)
		s->u[k] = s->g[k] + s->root_w[k] * s->root_w[k] * s->df[k];
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];
		real sign = (real)h->sign;

		for (ptrdiff_t i = 0; i < s->D.cols; i++) {
			const real *d = mat_col(s->D, i), *minus = mat_col(h->N, i);
			const real *dn = mat_col(h->dN, i);
			real *q = mat_col(s->Q, i);

#pragma omp simd
			for (ptrdiff_t k = 0; k < X.rows; k++)
				q[k] = -sign * d[k] * s->u[k] - (2 * d[k] - 1) * (minus[k] + dn[k]);
			for (ptrdiff_t j = 0; j < X.cols; j++)
				mat_set(h->R, j, i,
					mat_get(h->cones.z, j + 1, i) +
						mat_get(h->cones.dz, j + 1, i));
		}
		blas_gemm(1, X, TRANSPOSED, s->Q, PLAIN, 1, h->R);
		square += pow(blas_mat_norm(h->R), 2);
	}
	return sqrt(square);
}

/* Everything else of the direction from dx. */
static void complete_all(struct ipm *s, double mu)
{
	for (int half = 0; half < 2; half++)
		complete(s, &s->half[half], mu);
	for (ptrdiff_t i = 0; i < s->D.cols; i++)
		for (ptrdiff_t j = 0; j < s->q.rows; j++)
			mat_set(s->q, j, i,
				mat_get(s->half[0].dX, j, i) - mat_get(s->half[1].dX, j, i));
	outputs_of(s, s->q);
}

/* Solve for what the direction leaves of the dual equations, until it is below what a bound notices
 * or falls no further: the reduction loses digits where H is large. */
static void refine(struct ipm *s, double mu)
{
	double small = negligible * s->problem->beta, before = HUGE_VAL, now = linear_residual(s);

	for (int round = 0; round < REFINEMENTS && now > small && now < before / 2; round++) {
		before = now;
		for (int half = 0; half < 2; half++)
			mat_copy(s->half[half].shown, s->half[half].dX);
		solve_steps(s);
		for (int half = 0; half < 2; half++)
			for (ptrdiff_t i = 0; i < s->D.cols; i++)
				blas_axpy((size_t)s->q.rows, 1, mat_col(s->half[half].shown, i),
					  mat_col(s->half[half].dX, i));
		complete_all(s, mu);
		now = linear_residual(s);
	}
}

void ipm_direction(struct ipm *s, double mu, bool correct)
{
	interior_loss_gradient(s->loss, s->f, mu, correct, s->g);
	for (int half = 0; half < 2; half++)
		right_hand_side(s, &s->half[half], mu);
	solve_steps(s);
	complete_all(s, mu);
	if (correct)
		refine(s, mu);
	interior_loss_direction(s->loss, s->f, s->df, mu, correct);
}
