/* Trust region problems by their secular equation. See trust_region.h. */
#include "solvers/semidefinite/trust_region.h"

#include <math.h>

enum { STEPS = 60 };

static const double accurate = 1e-14; /* relative, of the length */

/* How far beyond l the bound is looked for, relative to the numbers that make it: at the end of
 * the interval of l the quotients are rounding. */
static const double beyond[] = {0, 1e-15, 1e-13, 1e-11};

static double least_of(const struct trust_region *t)
{
	double least = HUGE_VAL;

	for (ptrdiff_t i = 0; i < t->d; i++)
		least = fmin(least, t->sign * t->e[i]);
	return least;
}

/* |u(l)|^2, and in *slope half of its derivative with the other sign. */
static double square_at(const struct trust_region *t, double l, double *slope)
{
	double square = 0, bend = 0;

	for (ptrdiff_t i = 0; i < t->d; i++) {
		double width = t->sign * t->e[i] + l, u = t->g[i] / width;

		if (!(fabs(t->g[i]) > 0))
			continue;
		square += u * u;
		bend += u * u / width;
	}
	*slope = bend;
	return square;
}

static double bound_at(const struct trust_region *t, double l)
{
	double sum = -l * t->radius * t->radius;

	for (ptrdiff_t i = 0; i < t->d; i++)
		if (fabs(t->g[i]) > 0)
			sum -= t->g[i] * t->g[i] / fmax(0, t->sign * t->e[i] + l);
	return sum;
}

/* l with |u(l)| = radius in (low, low + |g| / radius]; low where all of these are shorter. */
static double multiplier(const struct trust_region *t, double low)
{
	double size = 0, high, l, slope;

	for (ptrdiff_t i = 0; i < t->d; i++)
		size += t->g[i] * t->g[i];
	high = low + sqrt(size) / t->radius;
	l = low + 1e-13 * fmax(fabs(low), high - low);
	if (!(sqrt(square_at(t, l, &slope)) > t->radius))
		return low;
	for (int step = 0; step < STEPS; step++) {
		double length = sqrt(square_at(t, l, &slope)), next;

		if (fabs(length - t->radius) <= accurate * t->radius)
			break;
		if (length > t->radius)
			low = fmax(low, l);
		else
			high = fmin(high, l);
		next = l + (length - t->radius) / t->radius * length * length / slope;
		if (!(next > low && next < high))
			next = low + (high - low) / 2;
		if (!(next > l || next < l))
			break;
		l = next;
	}
	return l;
}

/* u(l), of length radius or less; what it lacks along the least e, if it may be longer. */
static void place(const struct trust_region *t, double l, double least, double *u)
{
	double square = 0, rest, scale = fmax(fabs(l), fabs(least));
	ptrdiff_t flat = 0;
	bool longer = t->sphere || l > 0;

	for (ptrdiff_t i = 0; i < t->d; i++) {
		double width = t->sign * t->e[i] + l;

		if (t->sign * t->e[i] <= least)
			flat = i;
		u[i] = width > 1e-12 * scale ? -t->sign * t->g[i] / width : 0;
		square += u[i] * u[i];
	}
	square -= longer ? u[flat] * u[flat] : 0;
	rest = t->radius * t->radius - square;
	if (longer && rest > 0) {
		u[flat] = copysign(sqrt(rest), -t->sign * t->g[flat]);
		return;
	}
	square += longer ? u[flat] * u[flat] : 0;
	for (ptrdiff_t i = 0; i < t->d && square > t->radius * t->radius; i++)
		u[i] *= t->radius / sqrt(square);
}

double trust_region_least(const struct trust_region *t, double *u)
{
	double least = least_of(t), low = t->sphere ? -least : fmax(0, -least), slope;
	double best = -HUGE_VAL, scale, l = low;

	if (t->sphere || least <= 0 || square_at(t, 0, &slope) > t->radius * t->radius)
		l = multiplier(t, low);
	scale = fmax(fabs(l), fabs(least));
	for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++)
		best = fmax(best, bound_at(t, l + beyond[i] * scale));
	place(t, l, least, u);
	return best;
}
