/* The preparation of features as an ordered list of stages: with them a stored network takes raw
 * features. Each stage has one array; a row x of d_in values becomes one of d_out:
 *
 *   select  x[at[j]]             d_out column indices
 *   shift   x - at               d values
 *   scale   x * at               d values
 *   norm    x / |x|_2            one value, the 2 of the norm; a zero row stays zero
 *   map     x' A                 A d_in x d_out, row-major
 *   patches of an image x        a head of PATCHES_HEAD values, see struct patches, then shift and
 *                                weight
 *   bias    x with a 1 behind it one value, the 1 */
#ifndef STORE_STAGES_H
#define STORE_STAGES_H

#include "solvers/core/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum stage_kind {
	STAGE_SELECT,
	STAGE_SHIFT,
	STAGE_SCALE,
	STAGE_NORM,
	STAGE_MAP,
	STAGE_PATCHES,
	STAGE_BIAS,
	STAGE_KINDS
};

struct stage {
	enum stage_kind kind;
	size_t d_in, d_out;
	const double *at;
};

struct stages {
	size_t raw_d, d; /* features before and after; d is that of the last stage */
	size_t count, room;
	struct stage *at;
};

/* A layer of filters on the patches of a square image, pooled. With q the pixels of a patch less
 * their mean, over sqrt(their variance + contrast), and z = q' weight - shift, a region has the
 * means of max(0, z - threshold) and max(0, -z - threshold) over its patches: `filters` of
 * the first and as many of the second, one region behind the other. Pixels of a patch are in the
 * order of channel, row, column. */
struct patches {
	size_t side, channels; /* of an image; d_in = side^2 channels */
	size_t patch, step;    /* pixels of a side of a patch, and from patch to patch */
	size_t pool;           /* regions along a side; d_out = 2 pool^2 filters */
	size_t filters;
	bool interleaved; /* a pixel has its channels together; else an image is one plane each */
	double threshold, contrast;
	const double *shift;  /* filters */
	const double *weight; /* patch^2 channels x filters, row-major */
};

enum { PATCHES_HEAD = 9 }; /* the numbers above in their order */

/* The parts of an array of `count` values; false if it is none of such a layer. */
bool patches_read(const double *at, size_t count, struct patches *out);

/* Along a side of an image: how many patches, and the first one of a region, up to that of the next
 * one. */
size_t patches_across(const struct patches *patches);
size_t patches_first(const struct patches *patches, size_t region);

/* Place in the image of pixel (row, column) of a channel. */
size_t patches_pixel(const struct patches *patches, size_t channel, size_t row, size_t column);

/* As arrays of a stored model and messages name them. */
extern const char *const stage_names[STAGE_KINDS];

/* No stage yet: d raw features pass as they are. */
struct stages stages_none(size_t raw_d);

/* One more stage behind the others, which takes what they deliver; `at` must outlive the list. */
void stages_add(struct stages *stages, enum stage_kind kind, size_t d_out, const double *at,
		struct arena *arena);

/* Elements of the array of a stage. */
size_t stage_size(const struct stage *stage);

/* The largest number of features at any point of the list. */
size_t stages_width(const struct stages *stages);

/* Stages from `first` on, applied to one row in place; x and spare have room for stages_width(). */
void stages_apply(const struct stages *stages, size_t first, double *x, double *spare);

/* Whether the last stage adds the bias column. */
bool stages_bias(const struct stages *stages);

/* Names of the d columns after all stages from those of the raw ones (NULL: none), copied; "bias"
 * for the bias, NULL where a column has no name or mixes others. */
const char **stages_names(const struct stages *stages, const char *const *raw, struct arena *arena);

/* If every stage acts column by column: prepared_j = (raw_column_j - shift_j) scale_j, the bias
 * column left out. */
struct stage_columns {
	size_t count;
	size_t *column;
	double *shift, *scale;
};

/* NULL, or the first stage that mixes columns. */
const struct stage *stages_columns(const struct stages *stages, struct arena *arena,
				   struct stage_columns *out);

#endif
