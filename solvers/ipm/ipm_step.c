/* One step of the interior-point method along its central path. See ipm.h. */
#include "solvers/ipm/ipm.h"

#include "solvers/core/blas.h"
#include "solvers/tools/mehrotra.h"

#include <math.h>
#include <string.h>

enum {
	HALVINGS = 40 /* of a step; beyond them it is too short to matter */
};

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

/* To the first boundary of rows, cones and loss. */
static double longest(const void *state)
{
	const struct ipm *s = state;
	double step = interior_loss_longest(s->loss);

	for (int half = 0; half < 2; half++) {
		const struct ipm_half *h = &s->half[half];
		double rate = fmax(exit_rate(h->S, h->dS), exit_rate(h->N, h->dN));

		step = fmin(step, cones_longest(&h->cones));
		step = rate > 0 ? fmin(step, 1 / rate) : step;
	}
	return step;
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

/* K = ds dlambda, and the same for the cones; or nothing. */
static void second_order(struct ipm_half *h, bool correct)
{
	if (!correct) {
		mat_fill(h->K, 0);
		mat_fill(h->cones.k, 0);
		return;
	}
	for (ptrdiff_t i = 0; i < h->K.cols; i++) {
		const real *ds = mat_col(h->dS, i), *dn = mat_col(h->dN, i);
		real *k = mat_col(h->K, i);

#pragma omp simd
		for (ptrdiff_t j = 0; j < h->K.rows; j++)
			k[j] = -ds[j] * dn[j];
	}
	cones_second_order(&h->cones);
}

static bool aim(void *state, double target, bool correct)
{
	struct ipm *s = state;

	for (int half = 0; half < 2; half++)
		second_order(&s->half[half], correct);
	s->left = ipm_direction(s, target, correct);
	return s->left <= s->enough;
}

/* False where there is no direction, or where the factors can have more digits and need them. */
static bool predict(void *state)
{
	struct ipm *s = state;

	return aim(s, 0, false) || (isfinite(s->left) && (!s->extended || s->long_digits));
}

static double complementarity(const void *state, double step)
{
	return ipm_complementarity(state, step);
}

static const struct mehrotra method = {
	.predict = predict,
	.correct = aim,
	.longest = longest,
	.complementarity = complementarity,
	.to_boundary = 0.99,
	.least_sigma = 1e-4,
	.far_enough = -1, /* always */
};

/* At the factored matrix. Whether the directions solve their equations. */
static bool find_direction(struct ipm *s)
{
	double share = fmax(negligible, fmin(most_share, remaining(s) / 10));

	s->enough = fmax(closed * s->residual, share * s->problem->beta);
	if (!mehrotra_direction(&method, s, s->mu, 0))
		return false;
	if (!(mehrotra_length(&method, s) < short_step))
		return true;
	/* back to the centre first */
	return aim(s, fmax(s->mu, remaining(s) * s->objective / products(s)), false);
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
	return factored && isfinite(s->left) ? advance(s, mehrotra_length(&method, s)) : 0;
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
