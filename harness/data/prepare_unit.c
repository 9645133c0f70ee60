/* Step `unit`: divide by a known range, [0, 255] to [0, 1] for images of bytes. Nothing is fitted.
 */
#include "harness/data/data.h"

struct unit_options {
	double range;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct unit_options, range), .initial = "255", .range = RANGE_ABOVE(0),
	 .doc = "the value that becomes 1"},
	{0},
};

static void fit(const void *options, const double *x, size_t n, size_t d, double *shift,
		double *scale)
{
	const struct unit_options *o = options;

	(void)x;
	(void)n;
	(void)shift;
	for (size_t j = 0; j < d; j++)
		scale[j] /= o->range;
}

const struct prepare prepare_unit = {
	.base = {.name = "unit",
		 .doc = "divide by a known range, 255 for images of bytes",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct unit_options)},
	.fit = fit,
};
