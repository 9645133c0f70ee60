/* Step `row_normalize`: every sample to Euclidean length 1. A zero row stays zero. Nothing is
 * fitted. */
#include "harness/data/data.h"

static enum status fit(const void *options, const struct rows *train, struct arena *arena,
		       struct stages *stages, struct err *err)
{
	static const double order[] = {2};

	(void)options;
	(void)err;
	stages_add(stages, STAGE_NORM, train->d, order, arena);
	return STATUS_OK;
}

const struct prepare prepare_row_normalize = {
	.base = {.name = "row_normalize", .doc = "every sample to l2 norm 1", .cite = ""},
	.fit = fit,
	.spread = true,
	.mixes = true,
};
