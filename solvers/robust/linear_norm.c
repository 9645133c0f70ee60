/* Norms of the robust linear classifier, exact and smoothed: with r = sqrt(mu^2 + |v|^2)
 *
 *     N(v) = r - mu - mu log((r + mu) / (2 mu)),  N' = v / (r + mu),
 *     N''  = I / (r + mu) - v v' / (r (r + mu)^2),
 *
 * of every coordinate for the l_1 norm (mu / (r (r + mu)) is then N''), of all at once for l_2. */
#include "solvers/robust/linear_robust.h"

#include <math.h>

static bool is_free(const struct linear *s, ptrdiff_t i)
{
	return !(s->problem->frozen && s->problem->frozen[i]);
}

double linear_square(const struct linear *s, const real *w, bool free_only)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++)
		sum += free_only && !is_free(s, i) ? 0 : (double)w[i] * (double)w[i];
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

static double exact_1(const struct linear *s, const real *w)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++)
		sum += is_free(s, i) ? fabs((double)w[i]) : 0;
	return sum;
}

static double smooth_1(struct linear *s, const real *w)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++) {
		double v = is_free(s, i) ? (double)w[i] : 0;

		s->u[i] = (real)(v / (linear_root(s->mu, v * v) + s->mu));
		sum += smooth_norm(s->mu, v * v);
	}
	return sum;
}

/* N'' of one coordinate: mu / (r (r + mu)) */
static void curve_1(struct linear *s, double c)
{
	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++) {
		double r = linear_root(s->mu, (double)s->w[i] * (double)s->w[i]);

		if (is_free(s, i))
			mat_set(s->A, i, i,
				mat_get(s->A, i, i) + (real)(c * s->mu / (r * (r + s->mu))));
	}
}

static void beyond_1(const struct linear *s, double radius, real *v)
{
	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++)
		if (is_free(s, i))
			v[i] = (real)(v[i] > 0 ? fmax(0, (double)v[i] - radius)
					       : fmin(0, (double)v[i] + radius));
}

static double exact_2(const struct linear *s, const real *w)
{
	return sqrt(linear_square(s, w, true));
}

static double smooth_2(struct linear *s, const real *w)
{
	double square = linear_square(s, w, true), r = linear_root(s->mu, square);

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++)
		s->u[i] = is_free(s, i) ? (real)((double)w[i] / (r + s->mu)) : 0;
	return smooth_norm(s->mu, square);
}

void linear_curve_length(struct linear *s, double c, bool free_only)
{
	double r = linear_root(s->mu, linear_square(s, s->w, free_only));
	double flat = c / (r + s->mu), bend = c / (r * (r + s->mu) * (r + s->mu));

	for (ptrdiff_t j = 0; j < s->A.cols; j++) {
		real *A = mat_col(s->A, j);

		if (free_only && !is_free(s, j))
			continue;
		A[j] += (real)flat;
		for (ptrdiff_t i = j; i < s->A.rows; i++)
			if (!free_only || is_free(s, i))
				A[i] -= (real)(bend * (double)s->w[i] * (double)s->w[j]);
	}
}

static void curve_2(struct linear *s, double c)
{
	linear_curve_length(s, c, true);
}

static void beyond_2(const struct linear *s, double radius, real *v)
{
	double length = sqrt(linear_square(s, v, true));
	double keep = length > radius ? 1 - radius / length : 0;

	for (ptrdiff_t i = 0; i < s->problem->X.cols; i++)
		if (is_free(s, i))
			v[i] = (real)(keep * (double)v[i]);
}

const struct linear_norm linear_norms[] = {
	[NORM_LINF] = {exact_1, smooth_1, curve_1, beyond_1},
	[NORM_L2] = {exact_2, smooth_2, curve_2, beyond_2},
};
