/* Step `unit`: divide by a known range, [0, 255] to [0, 1] for images of bytes. Nothing is fitted.
 */
#include "harness/data/data.h"
#include "harness/data/range.h"

struct unit_options {
	double range;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct unit_options, range), .initial = "255", .range = RANGE_ABOVE(0),
	 .doc = "the value that becomes 1"},
	{0},
};

static enum status fit(const void *options, const struct rows *train, struct arena *arena,
		       struct stages *stages, struct err *err)
{
	const struct unit_options *o = options;
	double *size = ARENA_ARRAY(arena, double, train->d);

	(void)err;
	for (size_t j = 0; j < train->d; j++)
		size[j] = o->range;
	range_divide(stages, size, arena);
	return STATUS_OK;
}

const struct prepare prepare_unit = {
	.base = {.name = "unit",
		 .doc = "divide by a known range, 255 for images of bytes",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct unit_options)},
	.fit = fit,
	.spread = true,
};
