/* Mean and order statistics. */
#include "harness/stats/sample.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void sample_sort(double *values, size_t count)
{
	if (count) /* qsort takes no NULL */
		qsort(values, count, sizeof *values, by_value);
}

size_t sample_distinct(double *values, size_t count)
{
	size_t kept = 0;

	sample_sort(values, count);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || values[i] > values[kept - 1])
			values[kept++] = values[i];
	return kept;
}

double sample_quantile(const double *sorted, size_t count, double q)
{
	double place, below;
	size_t i;

	if (count == 0)
		return NAN;
	place = q * (double)(count - 1);
	below = floor(place);
	i = (size_t)below;
	if (i + 1 >= count || place == below || sorted[i] == sorted[i + 1]) /* also infinite ones */
		return sorted[i];
	return sorted[i] + (place - below) * (sorted[i + 1] - sorted[i]);
}

struct spread sample_spread(double *values, size_t count)
{
	size_t known = 0;

	for (size_t i = 0; i < count; i++)
		if (!isnan(values[i]))
			values[known++] = values[i];
	sample_sort(values, known);
	return (struct spread){sample_quantile(values, known, 0.5),
			       sample_quantile(values, known, 0.1),
			       sample_quantile(values, known, 0.9), known};
}

double sample_mean(const double *values, size_t count, size_t *known)
{
	double sum = 0;

	*known = 0;
	for (size_t i = 0; i < count; i++) {
		if (isnan(values[i]))
			continue;
		sum += values[i];
		(*known)++;
	}
	return *known ? sum / (double)*known : NAN;
}

void sample_ranks(const double *values, size_t count, double *rank)
{
	for (size_t i = 0; i < count; i++) {
		double below = 0, equal = 0;

		for (size_t j = 0; j < count; j++) {
			below += values[j] < values[i];
			equal += !(values[j] < values[i]) && !(values[j] > values[i]);
		}
		rank[i] = below + (equal + 1) / 2;
	}
}

double sample_rank_correlation(const double *x, const double *y, size_t count, struct arena *arena)
{
	double *a = ARENA_ARRAY(arena, double, count + 1),
	       *b = ARENA_ARRAY(arena, double, count + 1);
	double middle = ((double)count + 1) / 2, aa = 0, bb = 0, ab = 0;

	sample_ranks(x, count, a);
	sample_ranks(y, count, b);
	for (size_t i = 0; i < count; i++) {
		aa += (a[i] - middle) * (a[i] - middle);
		bb += (b[i] - middle) * (b[i] - middle);
		ab += (a[i] - middle) * (b[i] - middle);
	}
	return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}
