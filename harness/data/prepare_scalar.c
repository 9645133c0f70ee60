/* Step `scalar`: one mean and one standard deviation over all entries of the training part, as
 * published for images: (x - mean) / (deviation + 1e-10). */
#include "harness/data/data.h"

#include <math.h>

static const double published_offset = 1e-10; /* keeps constant data finite */

static double mean_of(const struct rows *rows)
{
	double sum = 0;

	for (size_t i = 0; i < rows->n; i++) { /* row by row: shorter sums round less */
		double row = 0;

		for (size_t j = 0; j < rows->d; j++)
			row += rows->x[i * rows->d + j];
		sum += row;
	}
	return sum / ((double)rows->n * (double)rows->d);
}

static double deviation_of(const struct rows *rows, double mean)
{
	double sum = 0;

	for (size_t i = 0; i < rows->n; i++) {
		double row = 0;

		for (size_t j = 0; j < rows->d; j++) {
			double z = rows->x[i * rows->d + j] - mean;

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
	double mean = mean_of(train), deviation = deviation_of(train, mean);
	double *shift = ARENA_ARRAY(arena, double, d), *scale = ARENA_ARRAY(arena, double, d);

	(void)options;
	(void)err;
	for (size_t j = 0; j < d; j++) {
		shift[j] = mean;
		scale[j] = 1 / (deviation + published_offset);
	}
	stages_add(stages, STAGE_SHIFT, d, shift, arena);
	stages_add(stages, STAGE_SCALE, d, scale, arena);
	return STATUS_OK;
}

const struct prepare prepare_scalar = {
	.base = {.name = "scalar",
		 .doc = "one mean and one standard deviation for all columns together",
		 .cite = ""},
	.fit = fit,
};
