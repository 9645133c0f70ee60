/* Rate of the linear phase of a curve on a logarithmic axis. */
#include "harness/report/plots/slope.h"
#include "harness/report/records/stat.h"
#include "harness/stats/line.h"

#include <math.h>

enum {
	FEWEST = 3, /* points of a fit that could fail to be straight */
	POINTS = 40 /* of a fitted line, which is curved where x is logarithmic */
};

struct slope slope_of(const double *rows, size_t count, size_t columns, struct arena *arena)
{
	const double above = 3; /* the floor bends a curve that is closer to it than this */
	double floor_y = count ? fmax(0, above * rows[(count - 1) * columns + 1]) : 0,
	       from = -HUGE_VAL;
	double *x = ARENA_ARRAY(arena, double, count), *y = ARENA_ARRAY(arena, double, count);
	size_t n = 0;
	struct line line;

	while (count > 0 && !(rows[(count - 1) * columns + 1] > floor_y))
		count--;
	if (count > 0)
		from = (rows[0] + rows[(count - 1) * columns]) / 2;
	for (int pass = 0; pass < 2 && n < FEWEST; pass++) {
		n = 0;
		for (const double *row = rows; row < rows + count * columns; row += columns) {
			if (row[0] < from || !(row[1] > floor_y))
				continue;
			x[n] = row[0];
			y[n++] = log10(row[1]);
		}
		from = -HUGE_VAL; /* too few: all */
	}
	if (n < FEWEST)
		return (struct slope){.known = false};
	line = line_fit(x, y, n);
	return (struct slope){line.slope, line.offset, x[0], x[n - 1], x[n - 1] > x[0]};
}

/* What has been found of one label. */
struct rates {
	const char *rates, *setups, *gap;
};

static void find_rates(struct figure *figure, struct figure_panel *panel,
		       const struct figure_curve *curve, bool seconds, struct rates *out)
{
	struct arena *arena = figure->arena;
	const struct figure_curve like = {.title = arena_format(arena, "%s: slope", curve->title),
					  .columns = "x fit",
					  .layer = FIGURE_STROKE,
					  .style = {6, 0}, /* black */
					  .width = 0.8};
	struct slope slope = {.known = false};
	const char *gap = out->gap;
	struct figure_curve *line;

	if (figure_log_y(panel))
		slope = slope_of(curve->at, curve->count, figure_numbers(curve->layer), arena);
	out->setups = arena_format(arena, "%s%s%.2g", out->setups, gap,
				   stat_group(curve->of, stat_column, "setup_s", arena).median);
	out->gap = " / ";
	if (!slope.known) {
		out->rates = arena_format(arena, "%s%s?", out->rates, gap);
		return;
	}
	out->rates = arena_format(arena, "%s%s%.3g", out->rates, gap,
				  slope.decades * (seconds ? 1 : 1000));
	line = figure_curve(figure, panel, &like);
	for (size_t i = 0; i < POINTS; i++) { /* y = 10^(offset + decades x) */
		double x = slope.from + (slope.to - slope.from) * (double)i / (POINTS - 1);

		figure_row(line, (double[]){x, pow(10, slope.offset + slope.decades * x)});
	}
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
