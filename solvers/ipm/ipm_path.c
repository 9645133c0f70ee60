/* Steps along the central path, and their directions. See ipm_path.h.
 *
 * A direction starts at dx = 0, where the other parts follow from complementarity alone, and
 * R_j = z + dz + X'E (lambda + dlambda) - sign X'D (a + da) is what it leaves of the dual
 * equations. Each solve of A dx = R adds to dx, and to the other parts what belongs to it:
 *
 *     ds += E o (X dx),  dlambda -= lambda / s o E o (X dx),  dz -= H_cone dx,  da += W df. */
#include "solvers/ipm/ipm_path.h"

#include "solvers/core/blas.h"
#include "solvers/ipm/ipm_extended.h"
#include "solvers/ipm/ipm_newton.h"
#include "solvers/tools/mehrotra.h"

#include <math.h>
#include <string.h>

enum {
	HALVINGS = 40, /* of a step; beyond them it is too short to matter */
	CYCLES = 6,    /* of conjugate gradients and a new residual */
	ROUNDING = 8
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

/* Of the dual residual, relative to beta, that a direction may leave: a bound loses that share. */
static const double unnoticed = 1e-9;

/* And of the present one, which a full step would leave. */
static const double corrector_share = 1e-3, predictor_share = 3e-3;

/* Of the residual that one cycle leaves. */
static const double cycle_share = 1e-4;

/* Number of the complementarity products of rows and cones. */
static double products(const struct ipm *s)
{
	return 2 * (double)(s->D.rows + 1) * (double)s->D.cols;
}

/* f at the current blocks. */
void ipm_path_outputs(struct ipm *s)
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

/* Mean complementarity product after a step along the direction. */
static double complementarity(const void *state, double step)
{
	const struct ipm *s = state;
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

double ipm_path_residual(struct ipm *s, bool ahead)
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
	ipm_path_outputs(s);
}

/* L + beta sum |x_j| at the current blocks */
double ipm_path_objective(const struct ipm *s)
{
	const struct problem *problem = s->problem;

	return loss_value(problem->loss, (size_t)s->D.rows, s->f, problem->y.at) +
	       cvx_group_norm(problem->beta, s->half[0].X) +
	       cvx_group_norm(problem->beta, s->half[1].X);
}

/* What is left of the objective, as a share of it: the complementarity products, by what the dual
 * residual scales the bound down, and what f and a disagree by. */
static double remaining(const struct ipm *s)
{
	const struct problem *problem = s->problem;
	double norms =
		s->objective - loss_value(problem->loss, (size_t)s->D.rows, s->f, problem->y.at);
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
	s->residual = ipm_path_residual(s, false);
	for (int halving = 0; !(s->residual <= most); halving++) {
		double next = halving < HALVINGS ? length / 2 : 0;

		move(s, next - length);
		length = next;
		s->residual = ipm_path_residual(s, false);
		if (halving == HALVINGS)
			break;
	}
	s->objective = ipm_path_objective(s);
	if (left < nearly_solved && !(s->objective <= before * (1 + exact + left))) {
		move(s, -length); /* it can rise by what is left only */
		s->residual = ipm_path_residual(s, false);
		s->objective = ipm_path_objective(s);
		return 0;
	}
	s->mu = complementarity(s, 0);
	return length;
}

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

/* ds = E o (X x) - s, but for what rounding decides; dlambda = (mu - K - lambda ds) / s - lambda */
static void start_half(struct ipm *s, struct ipm_half *h, double mu)
{
	const real ulps = (real)(ROUNDING * REAL_EPSILON), target = (real)mu;

	blas_gemm(1, s->problem->X, PLAIN, h->X, PLAIN, 0, s->Q);
	for (ptrdiff_t i = 0; i < s->D.cols; i++) {
		const real *slack = mat_col(h->S, i), *minus = mat_col(h->N, i);
		const real *products = mat_col(h->K, i);
		real *q = mat_col(s->Q, i), *ds = mat_col(h->dS, i), *dn = mat_col(h->dN, i);
		double square = 0;
		real noise;

		for (ptrdiff_t j = 0; j < h->X.rows; j++) /* however columns are scaled */
			square += pow((double)s->scale[j] * (double)mat_get(h->X, j, i), 2);
		noise = ulps * (real)sqrt(square);
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
		ipm_newton_subtract_cone(&h->cones, i, added, mat_col(h->cones.dz, i) + 1);
	}
}

/* Solve for what the direction leaves, R, and move all parts, until it is below what a bound
 * notices or falls no further. */
static double find_step(struct ipm *s, double mu, bool correct)
{
	double part = correct ? corrector_share : predictor_share, before = HUGE_VAL, now;
	double small = fmax(unnoticed * s->problem->beta, part * s->residual);
	const struct ipm_half *v = &s->half[0], *w = &s->half[1];

	interior_loss_offset(s->loss, s->f, s->w, mu, correct, s->da);
	for (int half = 0; half < 2; half++)
		start_half(s, &s->half[half], mu);
	now = ipm_path_residual(s, true);
	for (int cycle = 0; cycle < CYCLES && (cycle == 0 || (now > small && now < before / 2));
	     cycle++) {
		if (s->long_digits) {
			ipm_extended_solve(s);
		} else {
			ipm_newton_solve(s, cycle_share, small / 2);
			mat_copy(s->q, v->added);
			blas_axpy((size_t)(s->q.rows * s->q.cols), -1, w->added.at, s->q.at);
			ipm_newton_outputs(s, s->q, s->u);
			for (ptrdiff_t k = 0; k < s->D.rows; k++)
				s->da[k] += (double)s->w[k] * (double)s->u[k];
		}
		for (int half = 0; half < 2; half++) {
			if (s->long_digits)
				ipm_extended_products(s, half);
			else
				blas_gemm(1, s->problem->X, PLAIN, s->half[half].added, PLAIN, 0,
					  s->Q);
			add_half(s, &s->half[half]);
		}
		before = now;
		now = ipm_path_residual(s, true);
	}
	interior_loss_follow(s->loss, s->f, s->w, s->da, mu, correct);
	return now;
}

/* With K = ds dlambda of the last direction, and the same for the cones, or without. */
static bool aim(void *state, double target, bool correct)
{
	struct ipm *s = state;

	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];
		const real *ds = h->dS.at, *dn = h->dN.at;

		mat_fill(h->K, 0);
		mat_fill(h->cones.k, 0);
		if (!correct)
			continue;
#pragma omp simd
		for (ptrdiff_t k = 0; k < h->K.rows * h->K.cols; k++)
			h->K.at[k] = -ds[k] * dn[k];
		cones_second_order(&h->cones);
	}
	s->left = find_step(s, target, correct);
	return s->left <= s->enough;
}

/* False where there is no direction, or where the factors can have more digits and need them. */
static bool predict(void *state)
{
	struct ipm *s = state;

	return aim(s, 0, false) || (isfinite(s->left) && (!s->extended || s->long_digits));
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

/* Once double digits do not do, the factors have twice as many, where they are affordable. */
enum outcome ipm_path_step(struct ipm *s)
{
	bool factored, solved_well;
	double length, left;

	for (int half = 0; half < 2; half++)
		cones_scale(&s->half[half].cones);
	factored = ipm_newton_factor(s);
	solved_well = factored && find_direction(s);
	if (!solved_well && s->extended && !s->long_digits) {
		s->long_digits = true;
		factored = ipm_newton_factor(s);
		if (factored)
			find_direction(s);
	}
	length = factored && isfinite(s->left) ? advance(s, mehrotra_length(&method, s)) : 0;
	left = remaining(s);
	if (left < solved)
		return OUTCOME_CONVERGED;
	if (length > least_step)
		return OUTCOME_RUNNING;
	return left <= nearly_solved ? OUTCOME_CONVERGED : OUTCOME_STALLED;
}
