/* Rate of the linear phase of a curve on a logarithmic axis. */
#include "harness/report/plots/slope.h"
#include "harness/report/records/stat.h"
#include "harness/stats/line.h"

#include <math.h>

enum {
	FEWEST = 3, /* points of a fit that could fail to be straight */
	POINTS = 40 /* of a fitted line, which is curved where x is logarithmic */
};

struct phase {
	const double *rows;
	size_t count, columns; /* rows up to the end of the phase */
	double floor, from;
};

static const double *row_of(const struct phase *phase, size_t i)
{
	const double *row = phase->rows + i * phase->columns;

	return row[0] >= phase->from && row[1] > phase->floor ? row : NULL;
}

static size_t count_of(const struct phase *phase)
{
	size_t count = 0;

	for (size_t i = 0; i < phase->count; i++)
		count += row_of(phase, i) != NULL;
	return count;
}

static struct phase phase_of(const double *rows, size_t count, size_t columns)
{
	const double above = 3; /* the floor bends a curve that is closer to it than this */
	struct phase phase = {rows, count, columns, 0, -HUGE_VAL};

	if (count == 0)
		return phase;
	phase.floor = fmax(0, above * rows[(count - 1) * columns + 1]);
	while (phase.count > 0 && !row_of(&phase, phase.count - 1))
		phase.count--;
	if (phase.count == 0)
		return phase;
	phase.from = (rows[0] + rows[(phase.count - 1) * columns]) / 2;
	if (count_of(&phase) < FEWEST)
		phase.from = -HUGE_VAL;
	return phase;
}

struct slope slope_of(const double *rows, size_t count, size_t columns, struct arena *arena)
{
	struct phase phase = phase_of(rows, count, columns);
	double *x = ARENA_ARRAY(arena, double, phase.count),
	       *y = ARENA_ARRAY(arena, double, phase.count);
	size_t n = 0;
	struct line line;

	for (size_t i = 0; i < phase.count; i++) {
		const double *row = row_of(&phase, i);

		if (!row)
			continue;
		x[n] = row[0];
		y[n++] = log10(row[1]);
	}
	if (n < FEWEST)
		return (struct slope){.known = false};
	line = line_fit(x, y, n);
	return (struct slope){line.slope, line.offset, x[0], x[n - 1], x[n - 1] > x[0]};
}

/* The fitted line y = 10^(offset + decades x). */
static void add_line(struct figure *figure, struct figure_panel *panel,
		     const struct figure_curve *curve, const struct slope *slope)
{
	const struct figure_curve like = {
		.title = arena_format(figure->arena, "%s: slope", curve->title),
		.columns = "x fit",
		.layer = FIGURE_STROKE,
		.style = {6, 0}, /* black */
		.width = 0.8};
	struct figure_curve *line = figure_curve(figure, panel, &like);

	for (size_t i = 0; i < POINTS; i++) {
		double x = slope->from + (slope->to - slope->from) * (double)i / (POINTS - 1);

		figure_row(line, (double[]){x, pow(10, slope->offset + slope->decades * x)});
	}
}

/* What has been found of one label. */
struct rates {
	const char *rates, *setups, *gap;
};

static void find_rates(struct figure *figure, struct figure_panel *panel,
		       const struct figure_curve *curve, bool seconds, struct rates *out)
{
	struct arena *arena = figure->arena;
	struct slope slope = {.known = false};

	if (figure_log_y(panel))
		slope = slope_of(curve->at, curve->count, figure_numbers(curve->layer), arena);
	if (slope.known)
		out->rates = arena_format(arena, "%s%s%.3g", out->rates, out->gap,
					  slope.decades * (seconds ? 1 : 1000));
	else
		out->rates = arena_format(arena, "%s%s?", out->rates, out->gap);
	out->setups = arena_format(arena, "%s%s%.2g", out->setups, out->gap,
				   stat_group(curve->of, stat_column, "setup_s", arena).median);
	out->gap = " / ";
	if (slope.known)
		add_line(figure, panel, curve, &slope);
}

void slope_add(struct figure *figure, bool seconds)
{
	struct arena *arena = figure->arena;
	size_t entries = figure_entries(figure);
	struct rates *found = ARENA_ARRAY(arena, struct rates, entries);

	for (size_t e = 0; e < entries; e++)
		found[e] = (struct rates){"", "", ""};
	for (struct figure_panel *p = figure->first; p; p = p->next)
		for (struct figure_curve *c = p->first; c; c = c->next)
			if (c->of)
				find_rates(figure, p, c, seconds, &found[c->entry]);
	for (struct figure_panel *p = figure->first; p; p = p->next)
		for (struct figure_curve *c = p->first; c; c = c->next) {
			const struct rates *r = &found[c->entry];

			if (!c->of)
				continue;
			c->label =
				seconds ? arena_format(arena,
						       "%s: %s decades per s after %s s of setup",
						       c->label, r->rates, r->setups)
					: arena_format(arena, "%s: %s decades per 1000 iterations",
						       c->label, r->rates);
		}
}
