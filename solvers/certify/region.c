/* Linear minimisation and projection by one search in the multiplier of the ball.
 *
 * Both have solutions of one form, whose length grows with t: l_2 clip(t v) and l_1
 * clip(sign(v) max(|v| - (1 - t) max |v|, 0)), clip to the box. */
#include "solvers/certify/region.h"

#include <math.h>

enum {
	HALVINGS = 40, /* of the search: 1e-12 */
	DOUBLINGS = 40 /* beyond that a linear minimum lies in a corner of the box */
};

struct region_side region_side_of(const struct threat *threat, ptrdiff_t i, double x)
{
	double eps = threat_frozen(threat, i) ? 0 : threat->eps;
	double under = fmin(0, (double)threat_lower(threat, i) - x);
	double over = fmax(0, (double)threat_upper(threat, i) - x);

	return (struct region_side){fmax(-eps, under), fmin(eps, over)};
}

static inline real clip(const struct region *r, ptrdiff_t i, real v)
{
	real low = r->low[i], high = r->high[i], above = v > low ? v : low;

	return above < high ? above : high;
}

/* sum_i (g_i > 0 ? g_i low_i : g_i high_i) */
static double corner(const struct region *r, const real *restrict g)
{
	const real *restrict low = r->low, *restrict high = r->high;
	double sum = 0;

#pragma omp simd reduction(+ : sum)
	for (ptrdiff_t i = 0; i < r->d; i++)
		sum += (double)(g[i] * (g[i] > 0 ? low[i] : high[i]));
	return sum;
}

/* sum of v_i^2, or the largest |v_i|, over free coordinates */
static double squares(const struct region *r, const real *restrict v)
{
	const real *restrict low = r->low, *restrict high = r->high;
	double sum = 0;

#pragma omp simd reduction(+ : sum)
	for (ptrdiff_t i = 0; i < r->d; i++)
		sum += high[i] > low[i] ? (double)v[i] * (double)v[i] : 0;
	return sum;
}

static double largest(const struct region *r, const real *v)
{
	double most = 0;

	for (ptrdiff_t i = 0; i < r->d; i++)
		if (r->high[i] > r->low[i])
			most = fmax(most, fabs((double)v[i]));
	return most;
}

/* delta(t)_i = clip(t v_i) */
static real scaled(const struct region *r, ptrdiff_t i, real v, double t, double peak)
{
	(void)peak;
	return clip(r, i, (real)(t * (double)v));
}

/* delta(t)_i = clip(sign(v_i) max(|v_i| - (1 - t) peak, 0)) */
static real shrunk(const struct region *r, ptrdiff_t i, real v, double t, double peak)
{
	double left = fmax(0, fabs((double)v) - (1 - t) * peak);

	return clip(r, i, (real)(v > 0 ? left : -left));
}

static double square(double v)
{
	return v * v;
}

/* How each norm measures and shortens; l_inf is a box and needs neither. */
static const struct form {
	real (*point)(const struct region *r, ptrdiff_t i, real v, double t, double peak);
	double (*size)(double v);
} forms[] = {[NORM_L2] = {scaled, square}, [NORM_L1] = {shrunk, fabs}};

static double size_at(const struct region *r, const real *v, double t, double peak)
{
	const struct form *form = &forms[r->norm];
	double sum = 0;

	for (ptrdiff_t i = 0; i < r->d; i++)
		sum += form->size((double)form->point(r, i, v[i], t, peak));
	return sum;
}

void region_project(const struct region *r, real *v)
{
	double inside = 0, outside = 1, peak, limit;

	if (r->norm == NORM_LINF) {
#pragma omp simd
		for (ptrdiff_t i = 0; i < r->d; i++)
			v[i] = clip(r, i, v[i]);
		return;
	}
	peak = largest(r, v);
	limit = forms[r->norm].size(r->eps);
	if (size_at(r, v, 1, peak) <= limit) {
		inside = 1;
	} else if (r->norm == NORM_L2 && !r->boxed) {
		inside = r->eps / sqrt(squares(r, v));
	} else {
		for (int s = 0; s < HALVINGS; s++) {
			double t = (inside + outside) / 2;
			bool fits = size_at(r, v, t, peak) <= limit;

			inside = fits ? t : inside;
			outside = fits ? outside : t;
		}
	}
	for (ptrdiff_t i = 0; i < r->d; i++)
		v[i] = forms[r->norm].point(r, i, v[i], inside, peak);
}

/* l_2 dual at mu = 1 / t: sum_i g_i delta_i + (mu / 2) (|delta|^2 - eps^2), delta = clip(-t g).
 * excess returns |delta|^2 - eps^2. */
static double dual_l2(const struct region *r, const real *g, double t, double *excess)
{
	double linear = 0, size = 0;

	for (ptrdiff_t i = 0; i < r->d; i++) {
		double delta = (double)clip(r, i, (real)(-t * (double)g[i]));

		linear += (double)g[i] * delta;
		size += delta * delta;
	}
	*excess = size - r->eps * r->eps;
	return linear + *excess / (2 * t);
}

/* The dual is concave in mu = 1 / t and its slope is the excess over the ball. */
static double minimum_l2(const struct region *r, const real *g)
{
	double length = sqrt(squares(r, g)), excess, best = corner(r, g), low, high;

	if (!(length > 0))
		return 0;
	if (!r->boxed)
		return -r->eps * length;
	low = high = r->eps / length; /* without the box this t is the answer */
	best = fmax(best, dual_l2(r, g, low, &excess));
	for (int s = 0; s < DOUBLINGS && excess < 0; s++) {
		low = high;
		high *= 2;
		best = fmax(best, dual_l2(r, g, high, &excess));
	}
	for (int s = 0; s < HALVINGS && excess != 0; s++) {
		double t = (low + high) / 2;

		best = fmax(best, dual_l2(r, g, t, &excess));
		low = excess < 0 ? t : low;
		high = excess < 0 ? high : t;
	}
	return best;
}

/* l_1 dual: -mu eps - sum_i room_i max(|g_i| - mu, 0), room_i the way to the end of the box. used
 * returns the length of the steps it asks for. */
static double dual_l1(const struct region *r, const real *g, double mu, double *used)
{
	double sum = 0;

	*used = 0;
	for (ptrdiff_t i = 0; i < r->d; i++) {
		double room = (double)(g[i] > 0 ? -r->low[i] : r->high[i]);
		double over = fabs((double)g[i]) - mu;

		*used += over > 0 ? room : 0;
		sum += over > 0 ? room * over : 0;
	}
	return -mu * r->eps - sum;
}

static double minimum_l1(const struct region *r, const real *g)
{
	double low = 0, high = largest(r, g), used, best = dual_l1(r, g, high, &used);

	for (int s = 0; s < HALVINGS && r->boxed; s++) {
		double mu = (low + high) / 2;

		best = fmax(best, dual_l1(r, g, mu, &used));
		low = used > r->eps ? mu : low;
		high = used > r->eps ? high : mu;
	}
	return best;
}

double region_minimum(const struct region *region, const real *g)
{
	static double (*const minimum[])(const struct region *, const real *) = {
		[NORM_LINF] = corner, [NORM_L2] = minimum_l2, [NORM_L1] = minimum_l1};

	return minimum[region->norm](region, g);
}
