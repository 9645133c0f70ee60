/* Plain loops over one row: the process that reports evaluates networks without starting BLAS. */
#include "harness/store/stages.h"

#include <math.h>
#include <string.h>

enum { FIRST_ROOM = 8 };

const char *const stage_names[STAGE_KINDS] = {
	[STAGE_SELECT] = "select", [STAGE_SHIFT] = "shift", [STAGE_SCALE] = "scale",
	[STAGE_NORM] = "norm",     [STAGE_MAP] = "map",     [STAGE_BIAS] = "bias",
};

struct stages stages_none(size_t raw_d)
{
	return (struct stages){.raw_d = raw_d, .d = raw_d};
}

void stages_add(struct stages *stages, enum stage_kind kind, size_t d_out, const double *at,
		struct arena *arena)
{
	struct stage *old = stages->at;

	if (stages->count == stages->room) {
		stages->room = stages->room ? 2 * stages->room : FIRST_ROOM;
		stages->at = ARENA_ARRAY(arena, struct stage, stages->room);
		if (old)
			memcpy(stages->at, old, stages->count * sizeof *old);
	}
	stages->at[stages->count++] =
		(struct stage){.kind = kind, .d_in = stages->d, .d_out = d_out, .at = at};
	stages->d = d_out;
}

size_t stage_size(const struct stage *stage)
{
	if (stage->kind == STAGE_NORM || stage->kind == STAGE_BIAS)
		return 1;
	return stage->kind == STAGE_MAP ? stage->d_in * stage->d_out : stage->d_out;
}

size_t stages_width(const struct stages *stages)
{
	size_t width = stages->raw_d;

	for (size_t i = 0; i < stages->count; i++)
		if (stages->at[i].d_out > width)
			width = stages->at[i].d_out;
	return width;
}

bool stages_bias(const struct stages *stages)
{
	return stages->count > 0 && stages->at[stages->count - 1].kind == STAGE_BIAS;
}

/* z = stage(x); z and x do not overlap. */
typedef void apply_function(const struct stage *stage, const double *x, double *z);

static void apply_select(const struct stage *stage, const double *x, double *z)
{
	for (size_t j = 0; j < stage->d_out; j++)
		z[j] = x[(size_t)stage->at[j]];
}

static void apply_shift(const struct stage *stage, const double *x, double *z)
{
	for (size_t j = 0; j < stage->d_out; j++)
		z[j] = x[j] - stage->at[j];
}

static void apply_scale(const struct stage *stage, const double *x, double *z)
{
	for (size_t j = 0; j < stage->d_out; j++)
		z[j] = x[j] * stage->at[j];
}

/* Scaled by the largest entry first, so that squares neither overflow nor vanish. */
static void apply_norm(const struct stage *stage, const double *x, double *z)
{
	double largest = 0, square = 0;

	for (size_t j = 0; j < stage->d_in; j++)
		largest = fmax(largest, fabs(x[j]));
	for (size_t j = 0; j < stage->d_in && largest > 0; j++)
		square += x[j] / largest * (x[j] / largest);
	for (size_t j = 0; j < stage->d_in; j++)
		z[j] = largest > 0 ? x[j] / largest / sqrt(square) : 0;
}

static void apply_map(const struct stage *stage, const double *x, double *z)
{
	memset(z, 0, stage->d_out * sizeof *z);
	for (size_t i = 0; i < stage->d_in; i++) {
		const double *row = stage->at + i * stage->d_out;

		for (size_t j = 0; j < stage->d_out; j++)
			z[j] += x[i] * row[j];
	}
}

static void apply_bias(const struct stage *stage, const double *x, double *z)
{
	memcpy(z, x, stage->d_in * sizeof *z);
	z[stage->d_in] = 1;
}

static apply_function *const apply[STAGE_KINDS] = {
	[STAGE_SELECT] = apply_select, [STAGE_SHIFT] = apply_shift, [STAGE_SCALE] = apply_scale,
	[STAGE_NORM] = apply_norm,     [STAGE_MAP] = apply_map,     [STAGE_BIAS] = apply_bias,
};

void stages_apply(const struct stages *stages, size_t first, double *x, double *spare)
{
	for (size_t i = first; i < stages->count; i++) {
		const struct stage *stage = &stages->at[i];

		apply[stage->kind](stage, x, spare);
		memcpy(x, spare, stage->d_out * sizeof *x);
	}
}

const char **stages_names(const struct stages *stages, const char *const *raw, struct arena *arena)
{
	size_t width = stages_width(stages);
	const char **names = ARENA_ARRAY(arena, const char *, width);
	const char **next = ARENA_ARRAY(arena, const char *, width), **done;

	for (size_t j = 0; j < stages->raw_d; j++)
		names[j] = raw && raw[j] ? arena_text(arena, raw[j]) : NULL;
	for (size_t i = 0; i < stages->count; i++) {
		const struct stage *stage = &stages->at[i];

		for (size_t j = 0; j < stage->d_out; j++)
			if (stage->kind == STAGE_SELECT)
				next[j] = names[(size_t)stage->at[j]];
			else if (stage->kind == STAGE_MAP)
				next[j] = NULL;
			else
				next[j] = stage->kind == STAGE_BIAS && j == stage->d_in ? "bias"
											: names[j];
		done = names;
		names = next;
		next = done;
	}
	return names;
}

/* One more stage behind (raw - a) s. A scale of 0 leaves nothing of the column to shift. */
static void compose(const struct stage *stage, const struct stage_columns *c,
		    struct stage_columns *out)
{
	for (size_t j = 0; j < stage->d_out; j++) {
		size_t from = stage->kind == STAGE_SELECT ? (size_t)stage->at[j] : j;

		out->column[j] = c->column[from];
		out->shift[j] = c->shift[from];
		out->scale[j] = c->scale[from];
		if (stage->kind == STAGE_SHIFT && out->scale[j] != 0)
			out->shift[j] += stage->at[j] / out->scale[j];
		if (stage->kind == STAGE_SCALE)
			out->scale[j] *= stage->at[j];
	}
	out->count = stage->d_out;
}

const struct stage *stages_columns(const struct stages *stages, struct arena *arena,
				   struct stage_columns *out)
{
	size_t width = stages_width(stages);
	struct stage_columns next = {0}, done, *both[] = {&next, out};

	for (size_t i = 0; i < 2; i++)
		*both[i] = (struct stage_columns){.column = ARENA_ARRAY(arena, size_t, width),
						  .shift = ARENA_ARRAY(arena, double, width),
						  .scale = ARENA_ARRAY(arena, double, width)};
	out->count = stages->raw_d;
	for (size_t j = 0; j < stages->raw_d; j++) {
		out->column[j] = j;
		out->scale[j] = 1;
	}
	for (size_t i = 0; i < stages->count; i++) {
		const struct stage *stage = &stages->at[i];

		if (stage->kind == STAGE_BIAS)
			break;
		if (stage->kind == STAGE_NORM || stage->kind == STAGE_MAP)
			return stage;
		compose(stage, out, &next);
		done = *out;
		*out = next;
		next = done;
	}
	return NULL;
}
