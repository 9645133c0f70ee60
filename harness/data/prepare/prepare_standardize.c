/* Step `standardize`: every column gets mean 0 and variance 1 (divisor n) over the training part.
 *
 * A column that is constant up to rounding becomes 0 (up to rounding) and is not blown up, nor is a
 * value in it that the training part never showed. */
#include "harness/data/data.h"
#include "harness/data/range.h"

static enum status fit(const void *options, const struct rows *train, struct arena *arena,
		       struct stages *stages, struct err *err)
{
	size_t d = train->d;
	double *shift = ARENA_ARRAY(arena, double, d), *size = ARENA_ARRAY(arena, double, d);
	struct arena scratch = {0};
	const struct range_moments *of = range_moments(train, &scratch);

	(void)options;
	(void)err;
	for (size_t j = 0; j < d; j++) {
		shift[j] = of[j].mean;
		size[j] = of[j].size;
	}
	arena_release(&scratch);
	stages_add(stages, STAGE_SHIFT, d, shift, arena);
	range_divide(stages, size, arena);
	return STATUS_OK;
}

const struct prepare prepare_standardize = {
	.base = {.name = "standardize",
		 .doc = "mean 0 and variance 1 per column; a constant column becomes 0",
		 .cite = ""},
	.fit = fit,
	.spread = true,
};
