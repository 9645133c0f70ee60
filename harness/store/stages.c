/* Plain loops over one row: the process that reports evaluates networks without starting BLAS. */
#include "harness/store/stages.h"

#include <math.h>
#include <string.h>

enum { FIRST_ROOM = 8 };

const char *const stage_names[STAGE_KINDS] = {
	[STAGE_SELECT] = "select", [STAGE_SHIFT] = "shift", [STAGE_SCALE] = "scale",
	[STAGE_NORM] = "norm",     [STAGE_MAP] = "map",     [STAGE_PATCHES] = "patches",
	[STAGE_BIAS] = "bias",
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

/* Whole numbers of the head, as counts; false if one is none from 1 on. */
static bool read_counts(const double *at, size_t *const *to, size_t count)
{
	const double most = 1 << 14; /* their products are counts too */

	for (size_t i = 0; i < count; i++) {
		if (!(at[i] >= 1 && at[i] <= most && !(at[i] > floor(at[i]))))
			return false;
		*to[i] = (size_t)at[i];
	}
	return true;
}

static bool read_head(const double *at, struct patches *out)
{
	size_t *const counts[] = {&out->side, &out->channels, &out->patch,
				  &out->step, &out->pool,     &out->filters};
	enum { COUNTS = sizeof counts / sizeof *counts };

	if (!read_counts(at, counts, COUNTS))
		return false;
	out->interleaved = at[COUNTS] > 0;
	out->threshold = at[COUNTS + 1];
	out->contrast = at[COUNTS + 2];
	out->shift = at + PATCHES_HEAD;
	out->weight = out->shift + out->filters;
	return out->patch <= out->side && out->pool <= patches_across(out) && out->contrast > 0;
}

/* Values of the array behind such a head. */
static size_t patches_size(const struct patches *p)
{
	return PATCHES_HEAD + p->filters + p->patch * p->patch * p->channels * p->filters;
}

bool patches_read(const double *at, size_t count, struct patches *out)
{
	return count >= PATCHES_HEAD && read_head(at, out) && patches_size(out) == count;
}

size_t patches_across(const struct patches *p)
{
	return (p->side - p->patch) / p->step + 1;
}

size_t patches_first(const struct patches *p, size_t region)
{
	return (region * patches_across(p) + p->pool - 1) / p->pool;
}

size_t patches_pixel(const struct patches *p, size_t channel, size_t row, size_t column)
{
	return p->interleaved ? (row * p->side + column) * p->channels + channel
			      : (channel * p->side + row) * p->side + column;
}

size_t stage_size(const struct stage *stage)
{
	if (stage->kind == STAGE_PATCHES) {
		struct patches p;

		return read_head(stage->at, &p) ? patches_size(&p) : 0;
	}
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

/* q' w of the patch at (row, column) for filter k, w its weights, and what q is made of. */
struct pixels {
	const struct patches *p;
	const double *x;
	size_t row, column;
	double mean, size;
};

static double pixel(const struct pixels *q, size_t i)
{
	const size_t square = q->p->patch * q->p->patch, at = i % square;

	return q->x[patches_pixel(q->p, i / square, q->row + at / q->p->patch,
				  q->column + at % q->p->patch)];
}

static struct pixels pixels_at(const struct patches *p, const double *x, size_t row, size_t column)
{
	const size_t count = p->patch * p->patch * p->channels;
	struct pixels q = {p, x, row, column, 0, 0};
	double squares = 0;

	for (size_t i = 0; i < count; i++)
		q.mean += pixel(&q, i) / (double)count;
	for (size_t i = 0; i < count; i++)
		squares += (pixel(&q, i) - q.mean) * (pixel(&q, i) - q.mean);
	q.size = sqrt(squares / (double)count + p->contrast);
	return q;
}

static void add_patch(const struct pixels *q, double share, double *z)
{
	const struct patches *p = q->p;
	const size_t count = p->patch * p->patch * p->channels;

	for (size_t k = 0; k < p->filters; k++) {
		double f = -p->shift[k];

		for (size_t i = 0; i < count; i++)
			f += (pixel(q, i) - q->mean) / q->size * p->weight[i * p->filters + k];
		z[k] += share * fmax(0, f - p->threshold);
		z[p->filters + k] += share * fmax(0, -f - p->threshold);
	}
}

static void apply_patches(const struct stage *stage, const double *x, double *z)
{
	struct patches p;

	memset(z, 0, stage->d_out * sizeof *z);
	if (!read_head(stage->at, &p))
		return;
	for (size_t region = 0; region < p.pool * p.pool; region++) {
		size_t down = region / p.pool, right = region % p.pool;
		size_t top = patches_first(&p, down), bottom = patches_first(&p, down + 1);
		size_t left = patches_first(&p, right), end = patches_first(&p, right + 1);

		for (size_t at = 0; at < (bottom - top) * (end - left); at++) {
			struct pixels q = pixels_at(&p, x, (top + at / (end - left)) * p.step,
						    (left + at % (end - left)) * p.step);

			add_patch(&q, 1 / (double)((bottom - top) * (end - left)),
				  z + 2 * p.filters * region);
		}
	}
}

static void apply_bias(const struct stage *stage, const double *x, double *z)
{
	memcpy(z, x, stage->d_in * sizeof *z);
	z[stage->d_in] = 1;
}

static apply_function *const apply[STAGE_KINDS] = {
	[STAGE_SELECT] = apply_select, [STAGE_SHIFT] = apply_shift, [STAGE_SCALE] = apply_scale,
	[STAGE_NORM] = apply_norm,     [STAGE_MAP] = apply_map,     [STAGE_PATCHES] = apply_patches,
	[STAGE_BIAS] = apply_bias,
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
			else if (stage->kind == STAGE_MAP || stage->kind == STAGE_PATCHES)
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
		if (stage->kind == STAGE_NORM || stage->kind == STAGE_MAP ||
		    stage->kind == STAGE_PATCHES)
			return stage;
		compose(stage, out, &next);
		done = *out;
		*out = next;
		next = done;
	}
	return NULL;
}
