/* Step `scalar`: one mean and one standard deviation over all entries of the training part, as
 * published for images: (x - mean) / (deviation + 1e-10). */
#include "harness/data/data.h"
#include "harness/data/range.h"

#include <math.h>

static const double published_offset = 1e-10; /* keeps constant data finite */

static double deviation_of(const struct rows *rows, double mean, double unit)
{
	double sum = 0;

	for (size_t i = 0; i < rows->n; i++) {
		double row = 0;

		for (size_t j = 0; j < rows->d; j++) {
			double z = rows->x[i * rows->d + j] / unit - mean;

			row += z * z;
		}
		sum += row;
	}
	return sqrt(sum / ((double)rows->n * (double)rows->d));
}

static enum status fit(const void *options, const struct rows *train, struct arena *arena,
		       struct stages *stages, struct err *err)
{
	size_t d = train->d;
	double largest = 0, unit, mean, deviation;
	double *shift = ARENA_ARRAY(arena, double, d), *size = ARENA_ARRAY(arena, double, d);
	double sum;

	(void)options;
	(void)err;
	for (size_t i = 0; i < train->n * d; i++)
		largest = fmax(largest, fabs(train->x[i]));
	unit = range_unit(largest); /* the power of two below the largest entry */
	/* In units of `unit`, as the deviation. */
	sum = 0;
	for (size_t i = 0; i < train->n; i++) { /* row by row: shorter sums round less */
		double row = 0;

		for (size_t j = 0; j < train->d; j++)
			row += train->x[i * train->d + j] / unit;
		sum += row;
	}
	mean = sum / ((double)train->n * (double)train->d);
	deviation = unit * deviation_of(train, mean, unit);
	for (size_t j = 0; j < d; j++) {
		shift[j] = unit * mean;
		size[j] = deviation + published_offset;
	}
	stages_add(stages, STAGE_SHIFT, d, shift, arena);
	range_divide(stages, size, arena);
	return STATUS_OK;
}

const struct prepare prepare_scalar = {
	.base = {.name = "scalar",
		 .doc = "one mean and one standard deviation for all columns together",
		 .cite = ""},
	.fit = fit,
};
