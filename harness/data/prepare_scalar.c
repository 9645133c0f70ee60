/* Step `scalar`: one mean and one standard deviation over all entries of the training part, as
 * published for images: (z - mean) / (deviation + 1e-10), z the entries as earlier steps leave
 * them. */
#include "harness/data/data.h"

#include <math.h>

static const double published_offset = 1e-10; /* keeps constant data finite */

static double mean_of(const double *x, size_t n, size_t d, const double *shift, const double *scale)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		double row = 0;

		for (size_t j = 0; j < d; j++)
			row += (x[i * d + j] - shift[j]) * scale[j];
		sum += row;
	}
	return sum / ((double)n * (double)d);
}

static double deviation_of(const double *x, size_t n, size_t d, const double *shift,
			   const double *scale, double mean)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		double row = 0;

		for (size_t j = 0; j < d; j++) {
			double z = (x[i * d + j] - shift[j]) * scale[j] - mean;

			row += z * z;
		}
		sum += row;
	}
	return sqrt(sum / ((double)n * (double)d));
}

static void fit(const void *options, const double *x, size_t n, size_t d, double *shift,
		double *scale)
{
	double mean = mean_of(x, n, d, shift, scale);
	double by = deviation_of(x, n, d, shift, scale, mean) + published_offset;

	(void)options;
	for (size_t j = 0; j < d; j++) {
		shift[j] += mean / scale[j];
		scale[j] /= by;
	}
}

const struct prepare prepare_scalar = {
	.base = {.name = "scalar",
		 .doc = "one mean and one standard deviation for all columns together",
		 .cite = ""},
	.fit = fit,
};
