/* One step of the interior-point method along its central path. See ipm.h. */
#include "solvers/convex/ipm.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	HALVINGS = 12 /* of a step; beyond them it is too short to matter */
};

static const double to_boundary = 0.99; /* of the way to the boundary */

/* Of the centring: a step never aims further than this share of the present products. */
static const double least_sigma = 1e-4;

/* A shorter step is none: rounding has taken over. */
static const double least_step = 1e-6;

/* Relative complementarity at which there is nothing left to gain. */
static const double solved = 100 * REAL_EPSILON;

/* Dual residual, relative to beta, that rounding may leave. */
static const double rounding = 1e-5;

/* Relative complementarity below which a step that raises the dual residual is rounding. */
static const double nearly_solved = 1e-6;

/* f at the current blocks. */
void ipm_outputs(struct ipm *s)
{
	const struct problem *problem = s->problem;
	ptrdiff_t n = problem->X.rows;

	memset(s->f, 0, (size_t)n * sizeof *s->f);
	for (int half = 0; half < 2; half++) {
		blas_gemm(1, problem->X, PLAIN, s->half[half].X, PLAIN, 0, s->Q);
		for (ptrdiff_t i = 0; i < s->D.cols; i++) {
			const real *d = mat_col(s->D, i), *q = mat_col(s->Q, i);
			real sign = (real)s->half[half].sign;

#pragma omp simd
			for (ptrdiff_t k = 0; k < n; k++)
				s->f[k] += sign * d[k] * q[k];
		}
	}
}

/* Norm of sign X'(D o a) - z - X'(E o lambda) over all blocks. */
double ipm_dual_residual(struct ipm *s)
{
	struct mat X = s->problem->X;
	const real *a = interior_loss_dual(s->loss, s->f);
	double square = 0;

	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];
		real sign = (real)h->sign;

		for (ptrdiff_t i = 0; i < s->D.cols; i++) {
			const real *d = mat_col(s->D, i), *minus = mat_col(h->N, i);
			real *q = mat_col(s->Q, i);

#pragma omp simd
			for (ptrdiff_t k = 0; k < X.rows; k++)
				q[k] = sign * d[k] * a[k] + (2 * d[k] - 1) * minus[k];
		}
		mat_copy(h->R, mat_rows(h->cones.z, 1, X.cols));
		blas_gemm(1, X, TRANSPOSED, s->Q, PLAIN, -1, h->R);
		square += pow(blas_mat_norm(h->R), 2);
	}
	return sqrt(square);
}

/* Largest -dx / x over all entries: 1 / step at which one of them vanishes. */
static double exit_rate(struct mat x, struct mat dx)
{
	double most = 0;

	for (ptrdiff_t i = 0; i < x.cols; i++) {
		const real *a = mat_col(x, i), *b = mat_col(dx, i);
		real rate = 0;

#pragma omp simd reduction(max : rate)
		for (ptrdiff_t k = 0; k < x.rows; k++) {
			real r = -b[k] / a[k];

			rate = r > rate ? r : rate;
		}
		most = fmax(most, (double)rate);
	}
	return most;
}

/* Full, or `to_boundary` of the way to the first boundary. */
static double step_length(const struct ipm *s)
{
	double step = fmin(1 / to_boundary, interior_loss_longest(s->loss));

	for (int half = 0; half < 2; half++) {
		const struct ipm_half *h = &s->half[half];
		double rate = fmax(exit_rate(h->S, h->dS), exit_rate(h->N, h->dN));

		step = fmin(step, cones_longest(&h->cones));
		step = rate > 0 ? fmin(step, 1 / rate) : step;
	}
	return to_boundary * step;
}

/* Mean complementarity product after a step. */
static double complementarity(const struct ipm *s, double step)
{
	double count = 2 * (double)(s->D.rows + 1) * (double)s->D.cols;
	double sum = interior_loss_products(s->loss, step, &count);
	real l = (real)step;

	for (int half = 0; half < 2; half++) {
		const struct ipm_half *h = &s->half[half];

		sum += cones_products(&h->cones, step);
		for (ptrdiff_t i = 0; i < s->D.cols; i++) {
			const real *a = mat_col(h->S, i), *da = mat_col(h->dS, i);
			const real *b = mat_col(h->N, i), *db = mat_col(h->dN, i);
			real part = 0;

#pragma omp simd reduction(+ : part)
			for (ptrdiff_t k = 0; k < s->D.rows; k++)
				part -= (a[k] + l * da[k]) * (b[k] + l * db[k]);
			sum += (double)part;
		}
	}
	return sum / count;
}

static void move(struct ipm *s, double length)
{
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];
		struct mat *to[] = {&h->cones.s, &h->cones.z, &h->S, &h->N},
			   *by[] = {&h->cones.ds, &h->cones.dz, &h->dS, &h->dN};

		for (int m = 0; m < 4; m++)
			blas_axpy((size_t)(to[m]->rows * to[m]->cols), length, by[m]->at,
				  to[m]->at);
	}
	interior_loss_move(s->loss, length);
	ipm_outputs(s);
}

/* Sum of the complementarity products, relative: how far the path still goes. */
static double remaining(const struct ipm *s)
{
	double count = 2 * (double)(s->D.rows + 1) * (double)s->D.cols;

	return s->mu * count /
	       fmax(1, loss_value(s->problem->loss, (size_t)s->D.rows, s->f, s->problem->y));
}

/* Take the step, shortened until the dual residual does not grow by the curvature of the loss; on
 * the way it may, up to a tenth of beta. Returns the length taken, 0 if rounding leaves no step. */
static double advance(struct ipm *s, double length)
{
	double share = remaining(s) > nearly_solved ? 0.1 : rounding;
	double most = fmax(s->residual, share * s->problem->beta);

	move(s, length);
	s->residual = ipm_dual_residual(s);
	for (int halving = 0; s->residual > most; halving++) {
		double next = halving < HALVINGS ? length / 2 : 0;

		move(s, next - length);
		length = next;
		s->residual = ipm_dual_residual(s);
		if (halving == HALVINGS)
			break;
	}
	s->mu = complementarity(s, 0);
	return length;
}

/* K = ds dlambda, and the same for the cones; or nothing before a predictor. */
static void second_order(struct ipm_half *h)
{
	for (ptrdiff_t i = 0; i < h->K.cols; i++) {
		const real *ds = mat_col(h->dS, i), *dn = mat_col(h->dN, i);
		real *k = mat_col(h->K, i);

#pragma omp simd
		for (ptrdiff_t j = 0; j < h->K.rows; j++)
			k[j] = -ds[j] * dn[j];
	}
	cones_second_order(&h->cones);
}

/* Predictor, corrector (Mehrotra 1992); the length taken, 0 if no step is left. */
static double newton_step(struct ipm *s)
{
	double sigma;

	for (int half = 0; half < 2; half++) {
		cones_scale(&s->half[half].cones);
		mat_fill(s->half[half].K, 0);
	}
	if (!ipm_factor(s))
		return 0;
	ipm_direction(s, 0, false);
	sigma = pow(fmax(0, complementarity(s, step_length(s))) / s->mu, 3);
	sigma = fmin(1, fmax(sigma, least_sigma));
	for (int half = 0; half < 2; half++)
		second_order(&s->half[half]);
	ipm_direction(s, sigma * s->mu, true);
	return advance(s, step_length(s));
}

enum outcome ipm_step(struct ipm *s)
{
	double length = newton_step(s), left = remaining(s);

	if (left < solved)
		return OUTCOME_CONVERGED;
	if (length > least_step)
		return OUTCOME_RUNNING;
	return left <= nearly_solved ? OUTCOME_CONVERGED : OUTCOME_STALLED;
}
