/* Step `stride`: down-sampling of square images to every k-th pixel of each row and column.
 *
 * planar: a sample is one plane of side x side pixels per channel, as in the CIFAR-10 files, and so
 * is what is kept. interleaved: a sample is read as side x side pixels with their channels
 * together. Published experiments applied the latter to the planes of CIFAR-10, which keeps values
 * that are no grid of pixels; it is here to repeat them. */
#include "harness/data/data.h"

struct stride_options {
	long side, channels, step;
	long layout;
};

enum layout { LAYOUT_PLANAR, LAYOUT_INTERLEAVED };

static const char *const layout_names[] = {"planar", "interleaved", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct stride_options, side), .range = RANGE_FROM(1),
	 .doc = "pixels per row and per column of an image"},
	{OPTION_FIELD(struct stride_options, channels), .initial = "1", .range = RANGE_FROM(1),
	 .doc = "values per pixel, 3 for colour"},
	{OPTION_FIELD(struct stride_options, step), .range = RANGE_FROM(1),
	 .doc = "keep pixels 0, step, 2 step, ... of each row and column"},
	{OPTION_FIELD(struct stride_options, layout), .initial = "planar", .names = layout_names,
	 .doc = "planar: one plane per channel; interleaved: the channels of a pixel side by side"},
	{0},
};

static enum status width(const void *options, size_t n, size_t *d, struct err *err)
{
	const struct stride_options *o = options;
	double pixels = (double)o->side * (double)o->side * (double)o->channels;
	size_t kept = ((size_t)o->side - 1) / (size_t)o->step + 1;

	(void)n;
	if (pixels != (double)*d)
		return err_set(
			err, STATUS_SPEC,
			"prepare: stride: images of %ld x %ld pixels and %ld channel%s have %g "
			"features, got %zu",
			o->side, o->side, o->channels, o->channels == 1 ? "" : "s", pixels, *d);
	*d = kept * kept * (size_t)o->channels;
	return STATUS_OK;
}

static enum status fit(const void *options, const struct rows *train, struct arena *arena,
		       struct stages *stages, struct err *err)
{
	const struct stride_options *o = options;
	long planes = o->layout == LAYOUT_PLANAR ? o->channels : 1;
	long together = o->layout == LAYOUT_PLANAR ? 1 : o->channels, row = o->side * together;
	size_t columns = train->d, count = 0;
	double *index; /* pixels kept, in the order of the sample */

	TRY(width(options, train->n, &columns, err));
	index = ARENA_ARRAY(arena, double, train->d);
	for (long at = 0; at < planes * o->side * row; at++)
		if (at / row % o->side % o->step == 0 && at % row / together % o->step == 0)
			index[count++] = (double)at;
	stages_add(stages, STAGE_SELECT, count, index, arena);
	return STATUS_OK;
}

const struct prepare prepare_stride = {
	.base = {.name = "stride",
		 .doc = "down-sample images: every k-th pixel of each row and column",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct stride_options)},
	.fit = fit,
	.spread = true,
	.width = width,
};
