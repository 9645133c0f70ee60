/* Step `minmax`: every column from [min, max] over the training part to [0, 1]. A constant column
 * becomes 0 and keeps its scale; other parts may leave [0, 1]. */
#include "harness/data/data.h"

#include <math.h>

static void fit(const void *options, const double *x, size_t n, size_t d, double *shift,
		double *scale)
{
	(void)options;
	for (size_t j = 0; j < d; j++) {
		double low = x[j], high = x[j];

		for (size_t i = 1; i < n; i++) {
			low = fmin(low, x[i * d + j]);
			high = fmax(high, x[i * d + j]);
		}
		shift[j] = scale[j] < 0 ? high : low;
		if (high > low)
			scale[j] = copysign(1 / (high - low), scale[j]);
	}
}

const struct prepare prepare_minmax = {
	.base = {.name = "minmax",
		 .doc = "from the range of each column over the training part to [0, 1]",
		 .cite = ""},
	.fit = fit,
};
