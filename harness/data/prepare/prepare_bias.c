/* Step `bias`: one more column of ones, behind all others. It must be the last step. */
#include "harness/data/data.h"

static enum status fit(const void *options, const struct rows *train, struct arena *arena,
		       struct stages *stages, struct err *err)
{
	static const double one[] = {1};

	(void)options;
	(void)train;
	(void)err;
	stages_add(stages, STAGE_BIAS, stages->d + 1, one, arena);
	return STATUS_OK;
}

static enum status width(const void *options, size_t n, size_t *d, struct err *err)
{
	(void)options;
	(void)n;
	(void)err;
	++*d;
	return STATUS_OK;
}

const struct prepare prepare_bias = {
	.base = {.name = "bias", .doc = "add a column of ones, last", .cite = ""},
	.fit = fit,
	.spread = true,
	.width = width,
	.freezes = true,
};
