/* Step `bias`: one more column of ones, behind all others. It must be the last step. */
#include "harness/data/data.h"

static void fit(const void *options, const double *x, size_t n, size_t d, double *shift,
		double *scale)
{
	(void)options;
	(void)x;
	(void)n;
	(void)d;
	(void)shift;
	(void)scale;
}

const struct prepare prepare_bias = {
	.base = {.name = "bias", .doc = "add a column of ones, last", .cite = ""},
	.adds_bias = true,
	.fit = fit,
};
