/* One step of the interior-point method along its central path. See ipm.h. */
#include "solvers/ipm/ipm.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	HALVINGS = 40 /* of a step; beyond them it is too short to matter */
};

static const double to_boundary = 0.99; /* of the way to the boundary */

/* Of the centring: a step never aims further than this share of the present products. */
static const double least_sigma = 1e-4;

/* A shorter step is none: rounding has taken over. */
static const double least_step = 1e-9;

/* Relative complementarity at which there is nothing left to gain; single digits end before. */
static const double solved = REAL_EPSILON > 1e-10 ? 10 * REAL_EPSILON : 1e-10;

/* A step that is shorter is none towards the end of the path. */
static const double short_step = 0.02;

/* Relative rise of the objective near the end that is none. */
static const double exact = 1e-12;

/* What a direction may leave of the dual residual; and relative to beta: a tenth of what is left of
 * the path, between these. */
static const double closed = 1e-2, negligible = 1e-7, most_share = 1e-4;

/* Dual residual, relative to beta, that rounding may leave. */
static const double rounding = 1e-5;

/* Relative complementarity below which a step that raises the dual residual is rounding. */
static const double nearly_solved = 1e-6;

/* Number of the complementarity products of rows and cones. */
static double products(const struct ipm *s)
{
	return 2 * (double)(s->D.rows + 1) * (double)s->D.cols;
}

/* f at the current blocks. */
void ipm_outputs(struct ipm *s)
{
	const struct problem *problem = s->problem;
	ptrdiff_t n = problem->X.rows;

	memset(s->f, 0, (size_t)n * sizeof *s->f);
	for (int half = 0; half < 2; half++) {
		blas_gemm(s->half[half].sign, problem->X, PLAIN, s->half[half].X, PLAIN, 0, s->Q);
		for (ptrdiff_t i = 0; i < s->D.cols; i++)
			gates_add(gates_col(s->D, i), n, mat_col(s->Q, i), s->f);
	}
	interior_loss_sync(s->loss, s->f);
	interior_loss_variable(s->loss, s->f, s->a);
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

double ipm_complementarity(const struct ipm *s, double step)
{
	double count = products(s), sum = interior_loss_products(s->loss, step, &count);
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

/* L + beta sum |x_j| at the current blocks */
double ipm_objective(const struct ipm *s)
{
	const struct problem *problem = s->problem;

	return loss_value(problem->loss, (size_t)s->D.rows, s->f, problem->y) +
	       cvx_group_norm(problem->beta, s->half[0].X) +
	       cvx_group_norm(problem->beta, s->half[1].X);
}

/* What is left of the objective, as a share of it: the complementarity products, by what the dual
 * residual scales the bound down, and what f and a disagree by. */
static double remaining(const struct ipm *s)
{
	const struct problem *problem = s->problem;
	double norms =
		s->objective - loss_value(problem->loss, (size_t)s->D.rows, s->f, problem->y);
	double link = interior_loss_residual(s->loss, s->f) * blas_norm((size_t)s->D.rows, s->a);

	return (s->mu * products(s) + fmin(1, s->residual / problem->beta) * fmax(0, norms) +
		link) /
	       s->objective;
}

/* Take the step, shortened until the dual residual does not grow by the curvature of the loss; on
 * the way it may, up to a tenth of beta. Returns the length taken, 0 if rounding leaves no step. */
static double advance(struct ipm *s, double length)
{
	double share = remaining(s) > nearly_solved ? 0.1 : rounding;
	double most = fmax(s->residual, share * s->problem->beta), before = s->objective;
	double left = remaining(s);

	move(s, length);
	s->residual = ipm_dual_residual(s, false);
	for (int halving = 0; !(s->residual <= most); halving++) {
		double next = halving < HALVINGS ? length / 2 : 0;

		move(s, next - length);
		length = next;
		s->residual = ipm_dual_residual(s, false);
		if (halving == HALVINGS)
			break;
	}
	s->objective = ipm_objective(s);
	if (left < nearly_solved && !(s->objective <= before * (1 + exact + left))) {
		move(s, -length); /* it can rise by what is left only */
		s->residual = ipm_dual_residual(s, false);
		s->objective = ipm_objective(s);
		return 0;
	}
	s->mu = ipm_complementarity(s, 0);
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

/* Predictor, corrector (Mehrotra 1992), at the factored matrix. Whether the directions solve their
 * equations. */
static bool find_direction(struct ipm *s)
{
	double share = fmax(negligible, fmin(most_share, remaining(s) / 10));
	double enough = fmax(closed * s->residual, share * s->problem->beta), left, sigma;

	for (int half = 0; half < 2; half++)
		mat_fill(s->half[half].K, 0);
	for (int half = 0; half < 2; half++)
		mat_fill(s->half[half].cones.k, 0);
	left = ipm_direction(s, 0, false);
	s->left = left;
	if (!(left <= enough) && (!isfinite(left) || (s->extended && !s->long_digits)))
		return false;
	sigma = pow(fmax(0, ipm_complementarity(s, step_length(s))) / s->mu, 3);
	sigma = fmin(1, fmax(sigma, least_sigma));
	for (int half = 0; half < 2; half++)
		second_order(&s->half[half]);
	left = ipm_direction(s, sigma * s->mu, true);
	if (left <= enough && step_length(s) < short_step) { /* back to the centre first */
		for (int half = 0; half < 2; half++) {
			mat_fill(s->half[half].K, 0);
			mat_fill(s->half[half].cones.k, 0);
		}
		left = ipm_direction(s, fmax(s->mu, remaining(s) * s->objective / products(s)),
				     false);
	}
	s->left = left;
	return left <= enough;
}

/* The length taken, 0 if no step is left. Once double digits do not do, the factors have twice as
 * many, where they are affordable. */
static double newton_step(struct ipm *s)
{
	bool factored, solved_well;

	for (int half = 0; half < 2; half++)
		cones_scale(&s->half[half].cones);
	factored = ipm_factor(s);
	solved_well = factored && find_direction(s);
	if (!solved_well && s->extended && !s->long_digits) {
		s->long_digits = true;
		factored = ipm_factor(s);
		if (factored)
			find_direction(s);
	}
	return factored && isfinite(s->left) ? advance(s, step_length(s)) : 0;
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
