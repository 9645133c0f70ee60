/* Norms of the robust linear classifier, exact and smoothed: with r = sqrt(mu^2 + |v|^2)
 *
 *     N(v) = r - mu - mu log((r + mu) / (2 mu)),  N' = v / (r + mu),
 *     N''  = I / (r + mu) - v v' / (r (r + mu)^2),
 *
 * of every coordinate for the l_1 norm (mu / (r (r + mu)) is then N''), of all at once for l_2;
 * v = s o w with the units s of the threat. */
#include "solvers/robust/linear_robust.h"

#include <math.h>

/* s^2, 0 where nothing is attacked; 1 for the weight decay. */
static double weight(const struct linear *s, ptrdiff_t i, bool attacked)
{
	double unit = (double)threat_scale(&s->threat, i);

	return !attacked ? 1 : threat_frozen(&s->threat, i) ? 0 : unit * unit;
}

double linear_square(const struct linear *s, const real *w, bool attacked)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++)
		sum += weight(s, i, attacked) * (double)w[i] * (double)w[i];
	return sum;
}

double linear_root(double mu, double square)
{
	return sqrt(mu * mu + square);
}

static double smooth_norm(double mu, double square)
{
	double r = linear_root(mu, square);

	return r - mu - mu * log((r + mu) / (2 * mu));
}

static double smooth_1(struct linear *s, const real *w)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++) {
		double unit = sqrt(weight(s, i, true)), v = unit * (double)w[i];

		s->u[i] = (real)(unit * v / (linear_root(s->mu, v * v) + s->mu));
		sum += smooth_norm(s->mu, v * v);
	}
	return sum;
}

/* N'' of one coordinate: s^2 mu / (r (r + mu)) */
static void curve_1(struct linear *s, double c)
{
	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++) {
		double square = weight(s, i, true);
		double r = linear_root(s->mu, square * (double)s->w[i] * (double)s->w[i]);

		mat_set(s->A, i, i,
			mat_get(s->A, i, i) + (real)(square * c * s->mu / (r * (r + s->mu))));
	}
}

static double smooth_2(struct linear *s, const real *w)
{
	double square = linear_square(s, w, true), r = linear_root(s->mu, square);

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++)
		s->u[i] = (real)(weight(s, i, true) * (double)w[i] / (r + s->mu));
	return smooth_norm(s->mu, square);
}

void linear_curve_length(struct linear *s, double c, bool attacked)
{
	double r = linear_root(s->mu, linear_square(s, s->w, attacked));
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

static void curve_2(struct linear *s, double c)
{
	linear_curve_length(s, c, true);
}

const struct linear_norm linear_norms[] = {
	[NORM_LINF] = {smooth_1, curve_1},
	[NORM_L2] = {smooth_2, curve_2},
};
