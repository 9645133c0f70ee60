/* See dual.h. */
#include "solvers/bound/dual.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { SEARCH = 60 }; /* golden section: 0.618^60 is below double rounding */

/* Roundings in the conjugate of one sample, of the size of it and of s alpha (1 + |y|): a
 * quadratic, or p log p with p = 1 - q next to 1. */
static const double roundings = 64;

/* Share of its range that the argument of an entropy keeps from both ends. */
static const double inside = 1e-9;

static double weight(const struct problem *p, ptrdiff_t k)
{
	return loss_of(p->loss, k).weight;
}

static void spread(const struct dual *d, const double *nu, real *alpha)
{
	const struct problem *p = d->problem;

	for (ptrdiff_t k = 0; k < p->X.rows; k++) {
		ptrdiff_t i = d->rows->of[k];
		double f = i < 0 ? 0 : d->mean[i] - nu[i] / d->mass[i];

		if (p->loss.loss->quadratic)
			alpha[k] = (real)(weight(p, k) * ((double)p->y.at[k] - f));
		else
			alpha[k] = i < 0 ? d->rest[k] : (real)nu[i];
	}
}

/* Means and masses of rows, whose sums of nu are 0 in rest. */
static void take_squares(struct dual *d)
{
	const struct problem *p = d->problem;

	for (ptrdiff_t k = 0; k < p->X.rows; k++) {
		ptrdiff_t i = d->rows->of[k];

		if (i < 0)
			continue;
		d->mass[i] += weight(p, k);
		d->mean[i] += weight(p, k) * (double)p->y.at[k];
	}
	for (ptrdiff_t i = 0; i < d->rows->n; i++)
		d->mean[i] /= d->mass[i];
	spread(d, d->sum, d->rest); /* sums of 0 */
}

/* The conjugates, at -nu, and rest. Where samples share a row the last one stands for it. */
static void take_samples(struct dual *d)
{
	const struct problem *p = d->problem;

	for (ptrdiff_t k = 0; k < p->X.rows; k++) {
		struct loss_term loss = loss_of(p->loss, k);
		double y = (double)p->y.at[k];
		ptrdiff_t i = d->rows->of[k];
		struct loss_box range = loss_range(loss, y);
		const real zero = 0;

		if (i < 0) {
			loss_gradient(loss, 1, &zero, p->y.at + k, d->rest + k);
			d->rest[k] = -d->rest[k];
			continue;
		}
		d->mean[i] = y;
		d->mass[i] = 1 / range.quadratic;
		d->low[i] = -range.high;
		d->high[i] = -range.low;
		if (!loss.loss->box)
			d->factor[i] = loss_entropy(loss, y).factor;
	}
}

struct dual dual_new(const struct problem *problem, const struct distinct *rows,
		     struct arena *arena)
{
	ptrdiff_t n = problem->X.rows;
	struct dual d = {.problem = problem, .rows = rows};

	d.rest = ARENA_ARRAY(arena, real, n);
	d.mixed = ARENA_ARRAY(arena, real, n);
	d.mean = ARENA_ARRAY(arena, double, n);
	d.mass = ARENA_ARRAY(arena, double, n);
	d.low = ARENA_ARRAY(arena, double, n);
	d.high = ARENA_ARRAY(arena, double, n);
	d.factor = ARENA_ARRAY(arena, double, n);
	d.sum = ARENA_ARRAY(arena, double, n);
	if (arena_counts(arena))
		return d;
	for (ptrdiff_t i = 0; i < rows->n; i++) {
		d.low[i] = -HUGE_VAL;
		d.high[i] = HUGE_VAL;
	}
	if (problem->loss.loss->quadratic)
		take_squares(&d);
	else
		take_samples(&d);
	return d;
}

double dual_slope(const struct dual *d, ptrdiff_t i, double nu)
{
	double at;

	if (!(d->factor[i] > 0))
		return d->mean[i] - nu / d->mass[i];
	at = (d->high[i] - nu) / (d->high[i] - d->low[i]);
	at = fmin(1 - inside, fmax(inside, at));
	return d->factor[i] * log(at / (1 - at));
}

double dual_place(struct dual *d, const double *nu, real *alpha)
{
	double slack;

	spread(d, nu, alpha);
	slack = distinct_gather(d->rows, d->problem, alpha, d->sum);
	for (ptrdiff_t i = 0; i < d->rows->n; i++)
		slack += fabs(d->sum[i] - nu[i]) * d->rows->size[i];
	return slack;
}

/* What rounding adds to kappa of the mixed point: that of its numbers, and sums of alpha0 that are
 * not 0. */
static double slack_of(struct dual *d, const real *alpha)
{
	double all = 0, left = distinct_gather(d->rows, d->problem, d->rest, d->sum);

	for (ptrdiff_t i = 0; i < d->rows->n; i++)
		left += fabs(d->sum[i]) * d->rows->size[i];
	for (ptrdiff_t k = 0; k < d->problem->X.rows; k++)
		if (d->rows->of[k] >= 0)
			all += (fabs((double)alpha[k]) + 2 * fabs((double)d->rest[k])) *
			       d->rows->size[d->rows->of[k]];
	return left + 4 * REAL_EPSILON * all;
}

static double value(struct dual *d, const real *alpha, double s)
{
	const struct problem *p = d->problem;

	for (ptrdiff_t k = 0; k < p->X.rows; k++)
		d->mixed[k] =
			(real)((double)d->rest[k] + s * ((double)alpha[k] - (double)d->rest[k]));
	return -loss_conjugate(p->loss, (size_t)p->X.rows, -1, d->mixed, p->y.at);
}

/* Of the value at the mixed point. */
static double rounding_of(const struct dual *d)
{
	const struct problem *p = d->problem;
	double sum = 0, single = 0;

	for (ptrdiff_t k = 0; k < p->X.rows; k++) {
		const real *a = d->mixed + k, *y = p->y.at + k;

		sum += fabs(loss_conjugate(loss_of(p->loss, k), 1, -1, a, y));
		single += fabs((double)*a) * (1 + fabs((double)*y));
	}
	return DBL_EPSILON * ((double)p->X.rows * sum + roundings * (sum + single));
}

/* The value is concave in s; beyond the domain it is -inf, so that a tie goes down. */
double dual_bound(struct dual *d, const real *alpha, double K)
{
	const double ratio = 0.6180339887498949, most = 16;
	double room = d->problem->beta - slack_of(d, alpha), low = 0, high, best = 0, found;

	if (!(K < HUGE_VAL && room > 0))
		return 0;
	high = K > 0 ? fmin(most, room / (K * (1 + 8 * DBL_EPSILON))) : most;
	found = value(d, alpha, high);
	best = found > -HUGE_VAL ? high : 0;
	for (int step = 0; step < SEARCH; step++) {
		double a = high - ratio * (high - low), b = low + ratio * (high - low);

		double left = value(d, alpha, a);

		if (left >= value(d, alpha, b))
			high = b;
		else
			low = a;
		if (left > found) {
			best = a;
			found = left;
		}
	}
	found = value(d, alpha, best);
	return fmax(0, found - rounding_of(d));
}
