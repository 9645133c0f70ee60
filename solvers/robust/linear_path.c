/* Newton's method on the path of smooth problems, and the smoothed norms. See linear_path.h. */
#include "solvers/robust/linear_path.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum {
	HALVINGS = 40, /* of a step: below single and double rounding */
	FINAL = 40     /* steps at the last mu: the rest is rounding */
};

/* The path: mu falls by this factor once a Newton step promises less than `settled` of mu. */
static const double shrink = 0.2, settled = 0.25;

/* And down to this, where the error is about mu per sample, of several outputs per margin, and
 * rounding is still below it. */
static double least_of(const struct linear_path *s)
{
	double outputs = (double)s->problem->y.k;

	return fmax(1e-8 / outputs, 10 * REAL_EPSILON);
}

/* Certified share of the objective at which an end counts as solved. */
static const double solved_gap = 1e-6 > 64 * REAL_EPSILON ? 1e-6 : 64 * REAL_EPSILON;

/* s^2, 0 where nothing is attacked; 1 for the weight decay. */
static double weight(const struct linear_path *s, ptrdiff_t i, bool attacked)
{
	double unit = (double)threat_scale(&s->threat, i);

	return !attacked ? 1 : threat_frozen(&s->threat, i) ? 0 : unit * unit;
}

/* |w|^2, or |s o w|^2 over the attacked coordinates. */
static double square_of(const struct linear_path *s, const real *w, bool attacked)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++)
		sum += weight(s, i, attacked) * (double)w[i] * (double)w[i];
	return sum;
}

/* sqrt(mu^2 + square) */
static double root_of(double mu, double square)
{
	return sqrt(mu * mu + square);
}

static double smooth_norm(double mu, double square)
{
	double r = root_of(mu, square);

	return r - mu - mu * log((r + mu) / (2 * mu));
}

static double smooth_1(struct linear_path *s, const real *w)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++) {
		double unit = sqrt(weight(s, i, true)), v = unit * (double)w[i];

		s->u[i] = (real)(unit * v / (root_of(s->mu, v * v) + s->mu));
		sum += smooth_norm(s->mu, v * v);
	}
	return sum;
}

/* N'' of one coordinate: s^2 mu / (r (r + mu)) */
static void curve_1(struct linear_path *s, double c)
{
	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++) {
		double square = weight(s, i, true);
		double r = root_of(s->mu, square * (double)s->w[i] * (double)s->w[i]);

		mat_set(s->A, i, i,
			mat_get(s->A, i, i) + (real)(square * c * s->mu / (r * (r + s->mu))));
	}
}

static double smooth_2(struct linear_path *s, const real *w)
{
	double square = square_of(s, w, true), r = root_of(s->mu, square);

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++)
		s->u[i] = (real)(weight(s, i, true) * (double)w[i] / (r + s->mu));
	return smooth_norm(s->mu, square);
}

/* A += c (I / (r + mu) - w w' / (r (r + mu)^2)), lower triangle, or on the attacked coordinates the
 * same of s o w: c N'' of that length. */
void linear_path_curve_length(struct linear_path *s, double c, bool attacked)
{
	double r = root_of(s->mu, square_of(s, s->w, attacked));
	double flat = c / (r + s->mu), bend = c / (r * (r + s->mu) * (r + s->mu));

	for (ptrdiff_t j = 0; j < s->A.cols; j++) {
		double square = weight(s, j, attacked);
		real *A = mat_col(s->A, j);

		if (!(square > 0))
			continue;
		A[j] += (real)(square * flat);
		for (ptrdiff_t i = j; i < s->A.rows; i++)
			A[i] -= (real)(bend * (weight(s, i, attacked) * (double)s->w[i]) *
				       (square * (double)s->w[j]));
	}
}

static void curve_2(struct linear_path *s, double c)
{
	linear_path_curve_length(s, c, true);
}

const struct linear_path_norm linear_path_norms[] = {
	[NORM_LINF] = {smooth_1, curve_1}, [NORM_L2] = {smooth_2, curve_2}};

/* w += length dw, the length halved until the slope along dw is no more than half of what it was at
 * the start; false if none is found */
static bool search(struct linear_path *s, double decrement)
{
	size_t count = (size_t)s->count;
	double length = 1;

	for (int i = 0; i < HALVINGS; i++, length /= 2) {
		memcpy(s->trial, s->w, count * sizeof *s->w);
		blas_axpy(count, length, s->dw, s->trial);
		s->program->evaluate(s, s->trial);
		if (blas_dot(count, s->g, s->dw) <= decrement / 2) {
			memcpy(s->w, s->trial, count * sizeof *s->w);
			return true;
		}
	}
	s->program->evaluate(s, s->w);
	return false;
}

static double direction(struct linear_path *s)
{
	size_t count = (size_t)s->count;
	struct mat dw = {s->count, 1, s->count, s->dw};

	memcpy(s->dw, s->g, count * sizeof *s->g);
	blas_cholesky_solve(s->A, dw);
	blas_scale(count, -1, s->dw);
	return -blas_dot(count, s->g, s->dw);
}

double linear_path_newton_direction(struct linear_path *s)
{
	return s->program->factor(s) ? direction(s) : NAN;
}

void linear_path_certify(void *state, struct certificate *out)
{
	struct linear_path *s = state;
	double lower = s->program->bound(s), upper = s->program->objective(s);

	*out = (struct certificate){
		.objective = upper, .upper = upper, .lower_bound = lower, .scope = "linear"};
	s->program->evaluate(s, s->w);
}

/* One Newton step, and the next mu once it was short, also where it had nowhere to go. At the last
 * mu it ends where steps no longer get shorter. */
void linear_path_step(void *state, struct progress *progress)
{
	struct linear_path *s = state;
	double least = least_of(s);
	double unit = s->mu * s->problem->loss.weight, decrement = linear_path_newton_direction(s);
	bool good = decrement > 0 && search(s, decrement), near = decrement <= settled * unit;
	enum outcome end = OUTCOME_RUNNING;

	if (near && s->mu > least) {
		/* Along the path to the next mu: A of the old one makes the step a tangent, where A
		 * of the new one would see curvature that is gone or not yet there. */
		double tangent;

		s->mu = fmax(least, shrink * s->mu);
		s->program->evaluate(s, s->w);
		tangent = direction(s);
		if (tangent > 0)
			search(s, tangent);
	} else {
		s->final_steps += s->mu <= least;
		s->solved = !good || (near && decrement >= s->last / 2) || s->final_steps >= FINAL;
	}
	s->last = decrement;
	if (s->solved) { /* or at an end that rounding makes: by the certificate */
		struct certificate c;

		linear_path_certify(s, &c);
		end = c.upper - c.lower_bound <= solved_gap * c.upper ? OUTCOME_CONVERGED
								      : OUTCOME_STALLED;
	}
	*progress = (struct progress){
		.objective = s->program->objective(s),
		.primal_residual = NAN,
		.dual_residual = NAN,
		.end = end,
	};
}
