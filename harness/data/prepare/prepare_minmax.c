/* Step `minmax`: every column from [min, max] over the training part to [0, 1]. A column that
 * is constant up to rounding becomes 0 (up to rounding); other parts may leave [0, 1]. */
#include "harness/data/data.h"
#include "harness/data/range.h"

#include <math.h>

static enum status fit(const void *options, const struct rows *train, struct arena *arena,
		       struct stages *stages, struct err *err)
{
	size_t d = train->d;
	double *size = ARENA_ARRAY(arena, double, d);
	struct range_ends ends = range_ends(train, arena);

	(void)options;
	for (size_t j = 0; j < d; j++) {
		double low = ends.low[j], high = ends.high[j];

		size[j] =
			range_is_constant(low, high) ? range_constant_size(low, high) : high - low;
		if (!isfinite(size[j]))
			return err_set(err, STATUS_ENV,
				       "prepare: minmax: the range of feature %zu, %g to %g, is no "
				       "finite number",
				       j, low, high);
	}
	stages_add(stages, STAGE_SHIFT, d, ends.low, arena);
	range_divide(stages, size, arena);
	return STATUS_OK;
}

const struct prepare prepare_minmax = {
	.base = {.name = "minmax",
		 .doc = "from the range of each column over the training part to [0, 1]",
		 .cite = ""},
	.fit = fit,
	.spread = true,
};
