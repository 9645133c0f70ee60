/* Newton directions of the interior-point method. See ipm.h.
 *
 * A direction starts at dx = 0, where the other parts follow from complementarity alone, and
 * R_j = z + dz + X'E (lambda + dlambda) - sign X'D (a + da) is what it leaves of the dual
 * equations. Each solve of A dx = R adds to dx, and to the other parts what belongs to it:
 *
 *     ds += E o (X dx),  dlambda -= lambda / s o E o (X dx),  dz -= H_cone dx,  da += W df. */
#include "solvers/ipm/ipm.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	CYCLES = 6, /* of conjugate gradients and a new residual */
	ROUNDING = 8
};

/* Of the dual residual, relative to beta, that a direction may leave: a bound loses that share. */
static const double negligible = 1e-9;

/* And of the present one, which a full step would leave. */
static const double corrector_share = 1e-3, predictor_share = 3e-3;

/* Of the residual that one cycle leaves. */
static const double share = 1e-4;

/* dt = (eta^2 (c_t - beta)) / (2 w0^2 - 1), dzeta = beta - zeta,
 * dz = c_x - z + eta^-2 2 w0 dt w1 at dx = 0 */
static void start_cone(struct ipm *s, struct ipm_half *h, ptrdiff_t i, double mu)
{
	struct cones *c = &h->cones;
	const real *w = mat_col(c->w, i), *z = mat_col(c->z, i);
	real *step = mat_col(c->ds, i), *dual = mat_col(c->dz, i);
	double w0 = (double)w[0], along;

	cones_target(c, i, mu, s->target);
	along = ((double)s->target[0] - s->problem->beta) / (2 * w0 * w0 - 1);
	step[0] = (real)((double)c->eta[i] * (double)c->eta[i] * along);
	dual[0] = (real)(s->problem->beta - (double)z[0]);
	for (ptrdiff_t j = 1; j <= h->X.rows; j++) {
		step[j] = 0;
		dual[j] =
			(real)((double)s->target[j] - (double)z[j] + 2 * w0 * along * (double)w[j]);
	}
}

/* |c o x|, so that its product with a row's size bounds sum_j |x_kj x_j| however columns are scaled
 */
static double scaled_norm(const struct ipm *s, const real *x)
{
	double square = 0;

	for (ptrdiff_t j = 0; j < s->q.rows; j++)
		square += pow((double)s->scale[j] * (double)x[j], 2);
	return sqrt(square);
}

/* ds = E o (X x) - s, but for what rounding decides; dlambda = (mu - K - lambda ds) / s - lambda */
static void start_half(struct ipm *s, struct ipm_half *h, double mu)
{
	const real rounding = (real)(ROUNDING * REAL_EPSILON), target = (real)mu;

	blas_gemm(1, s->problem->X, PLAIN, h->X, PLAIN, 0, s->Q);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *slack = mat_col(h->S, i), *minus = mat_col(h->N, i);
		const real *products = mat_col(h->K, i);
		real *q = mat_col(s->Q, i), *ds = mat_col(h->dS, i), *dn = mat_col(h->dN, i);
		real noise = rounding * (real)scaled_norm(s, mat_col(h->X, i));

		gates_flip(gates_col(s->D, i), s->D.rows, q, q);
#pragma omp simd
		for (ptrdiff_t k = 0; k < s->D.rows; k++) {
			real step = q[k] - slack[k], size = noise * s->size[k];

			step = step < size && step > -size ? 0 : step;
			ds[k] = step;
			dn[k] = -(target + minus[k] * step - products[k]) / slack[k] - minus[k];
		}
		start_cone(s, h, i, mu);
	}
}

/* All parts of a half move by what belongs to `added`, Q = X added. */
static void add_half(struct ipm *s, struct ipm_half *h)
{
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *slack = mat_col(h->S, i), *minus = mat_col(h->N, i);
		const real *w = mat_col(h->cones.w, i), *added = mat_col(h->added, i);
		real *q = mat_col(s->Q, i), *ds = mat_col(h->dS, i), *dn = mat_col(h->dN, i);
		double w0 = (double)w[0];

		gates_flip(gates_col(s->D, i), s->D.rows, q, q);
#pragma omp simd
		for (ptrdiff_t k = 0; k < s->D.rows; k++) {
			ds[k] += q[k];
			dn[k] -= minus[k] / slack[k] * q[k];
		}
		mat_col(h->cones.ds, i)[0] +=
			(real)(2 * w0 * blas_dot((size_t)h->X.rows, w + 1, added) /
			       (2 * w0 * w0 - 1));
		blas_axpy((size_t)h->X.rows, 1, added, mat_col(h->dX, i));
		ipm_subtract_cone(&h->cones, i, added, mat_col(h->cones.dz, i) + 1);
	}
}

/* Solve for R to a share of it, or to the norm `small`, and move all parts. */
static void add_all(struct ipm *s, double small)
{
	if (s->long_digits) {
		ipm_extended_solve(s);
		for (int half = 0; half < 2; half++) {
			ipm_extended_products(s, half);
			add_half(s, &s->half[half]);
		}
		return;
	}
	ipm_solve(s, share, small);
	mat_copy(s->q, s->half[0].added);
	blas_axpy((size_t)(s->q.rows * s->q.cols), -1, s->half[1].added.at, s->q.at);
	ipm_outputs_of(s, s->q, s->u);
	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->da[k] += (double)s->w[k] * (double)s->u[k];
	for (int half = 0; half < 2; half++) {
		blas_gemm(1, s->problem->X, PLAIN, s->half[half].added, PLAIN, 0, s->Q);
		add_half(s, &s->half[half]);
	}
}

double ipm_dual_residual(struct ipm *s, bool ahead)
{
	struct mat X = s->problem->X;
	double square = 0;

	for (ptrdiff_t k = 0; k < X.rows; k++)
		s->u[k] = ahead ? (real)((double)s->a[k] + s->da[k]) : s->a[k];
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];
		real sign = (real)h->sign, share_of = ahead ? 1 : 0;

		for (ptrdiff_t i = 0; i < s->D.cols; i++) {
			const uint64_t *d = gates_col(s->D, i);
			const real *minus = mat_col(h->N, i), *dn = mat_col(h->dN, i);
			const real *z = mat_col(h->cones.z, i), *dz = mat_col(h->cones.dz, i);
			real *q = mat_col(s->Q, i), *r = mat_col(h->R, i);

			gates_mask(d, X.rows, s->u, s->masked);
#pragma omp simd
			for (ptrdiff_t k = 0; k < X.rows; k++)
				q[k] = minus[k] + share_of * dn[k];
			gates_flip(d, X.rows, q, q);
#pragma omp simd
			for (ptrdiff_t k = 0; k < X.rows; k++)
				q[k] = -sign * s->masked[k] - q[k];
			for (ptrdiff_t j = 0; j < X.cols; j++)
				r[j] = z[j + 1] + share_of * dz[j + 1];
		}
		blas_gemm(1, X, TRANSPOSED, s->Q, PLAIN, 1, h->R);
		square += pow(blas_mat_norm(h->R), 2);
	}
	return sqrt(square);
}

/* Solve for what the direction leaves, until it is below what a bound notices or falls no further.
 */
double ipm_direction(struct ipm *s, double mu, bool correct)
{
	double part = correct ? corrector_share : predictor_share, before = HUGE_VAL, now;
	double small = fmax(negligible * s->problem->beta, part * s->residual);

	interior_loss_offset(s->loss, s->f, s->w, mu, correct, s->da);
	for (int half = 0; half < 2; half++)
		start_half(s, &s->half[half], mu);
	now = ipm_dual_residual(s, true);
	for (int cycle = 0; cycle < CYCLES && (cycle == 0 || (now > small && now < before / 2));
	     cycle++) {
		add_all(s, small / 2);
		before = now;
		now = ipm_dual_residual(s, true);
	}
	interior_loss_follow(s->loss, s->f, s->w, s->da, mu, correct);
	return now;
}
