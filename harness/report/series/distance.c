/* Distances of samples to the decision boundary. */
#include "harness/report/series/distance.h"

#include <math.h>

struct distance distance_new(size_t n, struct arena *arena)
{
	struct distance out = {.n = n,
			       .broken = ARENA_ARRAY(arena, double, n),
			       .certified = ARENA_ARRAY(arena, double, n)};

	for (size_t k = 0; k < n; k++)
		out.broken[k] = HUGE_VAL;
	return out;
}

void distance_learn(struct distance *d, const struct margins *found)
{
	for (size_t k = 0; k < d->n; k++) {
		if (found->upper[k] <= 0)
			d->broken[k] = fmin(d->broken[k],
					    found->distance ? found->distance[k] : found->eps);
		if (found->lower && found->lower[k] > 0)
			d->certified[k] = fmax(d->certified[k], found->eps);
	}
	d->wrong = round((1 - found->accuracy) * (double)d->n);
	d->attacked = fmax(d->attacked, found->eps);
	d->proven = found->lower ? fmax(d->proven, found->eps) : d->proven;
}

double distance_least(const struct distance *distance, size_t count, double radius)
{
	double near = 0, all = 0;

	for (const struct distance *d = distance; d < distance + count; d++) {
		double found = 0;

		for (size_t k = 0; k < d->n; k++)
			found += d->broken[k] <= radius;
		near += fmax(d->wrong, found);
		all += (double)d->n;
	}
	return near / all;
}

double distance_most(const struct distance *distance, size_t count, double radius)
{
	double near = 0, all = 0;

	for (const struct distance *d = distance; d < distance + count; d++) {
		for (size_t k = 0; k < d->n; k++)
			near += d->certified[k] < radius;
		all += (double)d->n;
	}
	return near / all;
}
