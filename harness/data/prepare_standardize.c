/* Step `standardize`: every column gets mean 0 and variance 1 (divisor n) over the training part.
 *
 * A constant column becomes 0 and keeps its scale, so that a value the training part never showed
 * is not blown up. */
#include "harness/data/data.h"

#include <math.h>

struct column {
	double mean, deviation; /* deviation 0: constant */
};

/* Two passes in row order over column j. */
static struct column measure(const double *x, size_t n, size_t d, size_t j)
{
	struct column c = {0};
	double low = x[j], high = x[j], sum = 0;

	for (size_t i = 0; i < n; i++) {
		double v = x[i * d + j];

		c.mean += v;
		low = v < low ? v : low;
		high = v > high ? v : high;
	}
	c.mean /= (double)n;
	if (low == high) { /* exact: the rounded mean would leave a deviation of an ulp */
		c.mean = low;
		return c;
	}
	for (size_t i = 0; i < n; i++) {
		double v = x[i * d + j] - c.mean;

		sum += v * v;
	}
	c.deviation = sqrt(sum / (double)n);
	return c;
}

static enum status fit(const void *options, const struct rows *train, struct arena *arena,
		       struct stages *stages, struct err *err)
{
	size_t d = train->d;
	double *shift = ARENA_ARRAY(arena, double, d), *scale = ARENA_ARRAY(arena, double, d);

	(void)options;
	(void)err;
	for (size_t j = 0; j < d; j++) {
		struct column c = measure(train->x, train->n, d, j);

		shift[j] = c.mean;
		scale[j] = c.deviation > 0 ? 1 / c.deviation : 1;
	}
	stages_add(stages, STAGE_SHIFT, d, shift, arena);
	stages_add(stages, STAGE_SCALE, d, scale, arena);
	return STATUS_OK;
}

const struct prepare prepare_standardize = {
	.base = {.name = "standardize",
		 .doc = "mean 0 and variance 1 per column; a constant column becomes 0",
		 .cite = ""},
	.fit = fit,
};
