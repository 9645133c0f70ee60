/* Panels, curves and their rows. */
#include "harness/report/figure/figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const figure_scale_names[] = {"auto", "linear", "log", NULL};

/* What each number of a row is: x, y, or none of both. The first y is the middle of a range. What
 * follows other curves has no say in the axes. */
static const char *const numbers[FIGURE_LAYERS] = {
	[FIGURE_LINE] = "xyyy",      [FIGURE_STROKE] = "--",   [FIGURE_LEVEL] = "-yyy",
	[FIGURE_STEPS] = "xy",       [FIGURE_BETWEEN] = "xyy", [FIGURE_RANGES] = "xyyy",
	[FIGURE_CROSSES] = "xyxxyy", [FIGURE_BARS] = "xyyy",   [FIGURE_STACK] = "xyy",
	[FIGURE_TILES] = "xy-",      [FIGURE_COUNTS] = "xy--", [FIGURE_SIGNS] = "xy-",
	[FIGURE_REGIONS] = "xy-",    [FIGURE_PIECES] = "xy",   [FIGURE_DOTS] = "xy--",
	[FIGURE_POINTS] = "xy",      [FIGURE_PIXELS] = "xy---"};

struct figure figure_new(struct arena *arena)
{
	const struct style unset = style_unset();
	struct style *look = ARENA_NEW(arena, struct style);

	*look = style_over(&unset, &unset, arena);
	return (struct figure){.arena = arena,
			       .look = look,
			       .caption = "",
			       .x.scale = FIGURE_LINEAR,
			       .y.scale = FIGURE_LINEAR};
}

static struct figure_panel *panel_of(const struct figure *figure, const char *key)
{
	struct figure_panel *panel = figure->first;

	while (panel && strcmp(panel->key, key) != 0)
		panel = panel->next;
	return panel;
}

bool figure_known(const struct figure *figure, const char *key)
{
	return panel_of(figure, key);
}

struct figure_panel *figure_panel(struct figure *figure, const char *key, const char *name,
				  const char *title)
{
	struct figure_panel *panel = panel_of(figure, key);

	if (panel)
		return panel;
	panel = ARENA_NEW(figure->arena, struct figure_panel);
	*panel = (struct figure_panel){
		.key = key, .name = name, .title = title, .x = figure->x, .y = figure->y};
	if (figure->last)
		figure->last->next = panel;
	else
		figure->first = panel;
	figure->last = panel;
	return panel;
}

void figure_drop(struct figure_panel *panel)
{
	panel->first = panel->last = NULL;
	panel->x.names = NULL;
	panel->x.name_count = 0;
}

struct figure_curve *figure_curve(struct figure *figure, struct figure_panel *panel,
				  const struct figure_curve *like)
{
	struct figure_curve *curve = ARENA_NEW(figure->arena, struct figure_curve);

	*curve = *like;
	curve->arena = figure->arena;
	if (panel->last)
		panel->last->next = curve;
	else
		panel->first = curve;
	panel->last = curve;
	return curve;
}

struct figure_curve *figure_find(const struct figure_panel *panel, const char *title)
{
	struct figure_curve *curve = panel->first;

	while (curve && strcmp(curve->title, title) != 0)
		curve = curve->next;
	return curve;
}

size_t figure_entries(const struct figure *figure)
{
	size_t places = 0;

	for (const struct figure_panel *p = figure->first; p; p = p->next)
		for (const struct figure_curve *c = p->first; c; c = c->next)
			places = c->label && c->entry >= places ? c->entry + 1 : places;
	return places;
}

size_t figure_place(const struct figure *figure, const char *label)
{
	for (const struct figure_panel *p = figure->first; p; p = p->next)
		for (const struct figure_curve *c = p->first; c; c = c->next)
			if (c->label && strcmp(c->label, label) == 0)
				return c->entry;
	return figure_entries(figure);
}

size_t figure_marker_step(const struct figure_curve *line, size_t rows)
{
	enum { MARKERS = 8, FEW = 12 };

	return line->every || rows <= FEW ? 1 : rows / MARKERS + 1;
}

size_t figure_numbers(enum figure_layer layer)
{
	return strlen(numbers[layer]);
}

const char *figure_roles(enum figure_layer layer)
{
	return numbers[layer];
}

void figure_row(struct figure_curve *curve, const double *row)
{
	size_t columns = figure_numbers(curve->layer), count = curve->count;

	if ((count & (count - 1)) == 0) { /* full: it doubles */
		double *at = ARENA_ARRAY(curve->arena, double, (count ? 2 * count : 1) * columns);

		if (count)
			memcpy(at, curve->at, count * columns * sizeof *at);
		curve->at = at;
	}
	memcpy(curve->at + curve->count++ * columns, row, columns * sizeof *row);
}

void figure_cell(struct figure_curve *curve, struct figure_cell cell)
{
	size_t n = curve->cell_count++;

	if ((n & (n - 1)) == 0) { /* full at powers of 2 */
		struct figure_cell *more =
			ARENA_ARRAY(curve->arena, struct figure_cell, n ? 2 * n : 1);

		if (n)
			memcpy(more, curve->cells, n * sizeof *more);
		curve->cells = more;
	}
	curve->cells[n] = cell;
}

void figure_point(struct figure_curve *curve, double x, double y)
{
	if (!isfinite(x) || !isfinite(y))
		return;
	if (!curve->points) {
		curve->points = ARENA_NEW(curve->arena, struct figure_curve);
		*curve->points = (struct figure_curve){
			.title = arena_format(curve->arena, "%s, repetitions", curve->title),
			.columns = "x y",
			.layer = FIGURE_POINTS,
			.behind = curve,
			.arena = curve->arena};
	}
	figure_row(curve->points, (double[]){x, y});
}

bool figure_shows_points(const struct figure *figure)
{
	const size_t few = 3;
	long band = figure->look->band;

	return band == STYLE_BAND_POINTS ||
	       (band == STYLE_BAND_AUTO && figure->repeats > 1 && figure->repeats <= few);
}

bool figure_shows_range(const struct figure *figure)
{
	return !figure_shows_points(figure) && figure->look->band != STYLE_BAND_NONE;
}

const char *figure_repeats(struct figure *figure, size_t most)
{
	figure->repeats = most;
	if (figure_shows_points(figure))
		return "Median and single values (points)";
	return figure_shows_range(figure) ? "Median and 10\xe2\x80\x93"
					    "90 % range"
					  : "Median";
}

void figure_spread(struct figure_curve *curve, double x, struct spread spread)
{
	figure_row(curve, (double[]){x, spread.median, spread.low, spread.high});
}

void figure_value(struct figure_curve *curve, double x, double value)
{
	figure_row(curve, (double[]){x, value, NAN, NAN});
}

/* By the first number, and by the second one where that is a key too. */
static int by_one(const void *a, const void *b)
{
	const double *p = a, *q = b;

	return (p[0] > q[0]) - (p[0] < q[0]);
}

static int by_two(const void *a, const void *b)
{
	const double *p = a, *q = b;
	int first = by_one(a, b);

	return first ? first : (p[1] > q[1]) - (p[1] < q[1]);
}

void figure_order(struct figure_curve *curve, size_t keys)
{
	size_t bytes = figure_numbers(curve->layer) * sizeof *curve->at;

	if (curve->count)
		qsort(curve->at, curve->count, bytes, keys == 1 ? by_one : by_two);
}

void figure_pool(struct figure_curve *curve, size_t keys)
{
	int (*order)(const void *, const void *) = keys == 1 ? by_one : by_two;
	size_t columns = figure_numbers(curve->layer), kept = 0;
	double *values = ARENA_ARRAY(curve->arena, double, curve->count), *to = curve->at;

	figure_order(curve, keys);
	for (size_t i = 0; columns == 4 && i < curve->count; i++)
		figure_point(curve, curve->at[i * columns], curve->at[i * columns + 1]);
	for (size_t i = 0; i < curve->count;) {
		const double *row = curve->at + i * columns;
		size_t here = 0;
		struct spread spread;

		for (; i < curve->count && order(row, curve->at + i * columns) == 0; i++)
			values[here++] = curve->at[i * columns + keys];
		spread = sample_spread(values, here);
		if (spread.count == 0)
			continue;
		memmove(to, row, keys * sizeof *to);
		memcpy(to + keys, (double[]){spread.median, spread.low, spread.high},
		       (columns - keys) * sizeof *to);
		to += columns;
		kept++;
	}
	curve->count = kept;
}

void figure_level(struct figure_panel *panel, struct figure_curve *curve, struct spread spread)
{
	struct figure_extent x = figure_extent(panel, FIGURE_X);

	figure_spread(curve, x.bottom, spread);
	figure_spread(curve, x.high, spread);
	for (size_t i = 0; curve->points && i < curve->points->count; i++)
		curve->points->at[2 * i] = x.high;
}

void figure_steps(struct figure_panel *panel, struct figure_curve *curve, double *values,
		  size_t count, size_t total)
{
	double share = 0;

	sample_sort(values, count);
	if (count == 0 || values[0] > panel->x.low)
		figure_row(curve, (double[]){panel->x.low, 0});
	for (size_t i = 0; i < count; i++) {
		if (i + 1 < count && values[i + 1] == values[i])
			continue;
		share = (double)(i + 1) / (double)total;
		figure_row(curve, (double[]){values[i], share});
	}
	figure_row(curve, (double[]){panel->x.high, share});
}

bool figure_drawn(const struct figure_panel *panel)
{
	for (const struct figure_curve *curve = panel->first; curve; curve = curve->next)
		if (curve->count)
			return true;
	return false;
}

struct figure_extent figure_extent(const struct figure_panel *panel, enum figure_values values)
{
	struct figure_extent e = {HUGE_VAL, HUGE_VAL, -HUGE_VAL};

	for (const struct figure_curve *curve = panel->first; curve; curve = curve->next) {
		const char *roles = numbers[curve->layer], role = values == FIGURE_X ? 'x' : 'y';
		size_t columns = strlen(roles);
		bool ranged = values != FIGURE_MIDDLE && curve->spread != STYLE_BAND_NONE &&
			      curve->spread != STYLE_BAND_POINTS;

		if (curve->layer == FIGURE_POINTS && values == FIGURE_MIDDLE)
			continue;
		for (size_t k = 0; k < curve->count * columns; k++) {
			bool end = strchr(roles, role) < roles + k % columns; /* of a range */
			double value = curve->at[k];

			if (roles[k % columns] != role || (end && !ranged) || !isfinite(value))
				continue;
			e.bottom = fmin(e.bottom, value);
			e.high = fmax(e.high, value);
			if (value > 0)
				e.low = fmin(e.low, value);
		}
	}
	return e;
}

bool figure_wants_log(double low, double high)
{
	const double decade = 10; /* less than one looks the same on both scales */

	return low > 0 && isfinite(high) && high / low >= decade;
}

bool figure_is_log(enum figure_scale scale, double low, double high)
{
	if (scale == FIGURE_AUTO)
		return figure_wants_log(low, high);
	return scale == FIGURE_LOGARITHMIC && low > 0 && isfinite(high) && high > 0;
}

bool figure_log_y(const struct figure_panel *panel)
{
	struct figure_extent middle = figure_extent(panel, FIGURE_MIDDLE);

	return figure_is_log(panel->y.scale,
			     panel->y.scale == FIGURE_AUTO ? middle.bottom : middle.low,
			     middle.high);
}

double figure_share(double value, struct figure_extent e, bool logarithmic)
{
	if (logarithmic)
		return value > 0 ? log(value / e.low) / log(e.high / e.low) : 0;
	return e.high > e.bottom ? (value - e.bottom) / (e.high - e.bottom) : 0.5;
}

void figure_corner(const struct figure *figure, bool *right, bool *bottom)
{
	static const size_t preferred[] = {1, 0, 3, 2}; /* upper right, upper left, ... */
	const struct figure_panel *panel = figure->first;
	struct figure_extent x, y;
	size_t in[4] = {0}, least = preferred[0];
	bool log_x, log_y;

	while (!figure_drawn(panel))
		panel = panel->next;
	x = figure_extent(panel, FIGURE_X);
	y = figure_extent(panel, FIGURE_MIDDLE);
	log_x = figure_is_log(panel->x.scale, x.bottom, x.high);
	log_y = figure_log_y(panel);
	for (const struct figure_curve *c = panel->first; c; c = c->next) {
		size_t columns = figure_numbers(c->layer);

		for (size_t i = 0; numbers[c->layer][0] == 'x' && i < c->count; i++) {
			const double *row = c->at + i * columns;

			in[(figure_share(row[0], x, log_x) > 0.5) +
			   2 * (figure_share(row[1], y, log_y) < 0.5)]++;
		}
	}
	for (size_t k = 1; k < 4; k++)
		least = in[preferred[k]] < in[least] ? preferred[k] : least;
	*right = least & 1;
	*bottom = least & 2;
}
