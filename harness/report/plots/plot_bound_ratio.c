/* Objectives of sampled programs over the best bound of all networks on the same problem, against
 * a size: of n Gaussian samples the ratio is at most C sqrt(log 2n) with high probability (Kim &
 * Pilanci 2024), a line with the least C that no median exceeds, or with one that is given. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/global_bound.h"
#include "harness/report/series/series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ratio_options { /* all zero = the defaults */
	const char *x;
	double constant;
	struct texts methods;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct ratio_options, x), .initial = "null",
	 .doc = "size: patterns, neurons, another column of summary.csv, or the path of a swept "
		"option; unset: n_train"},
	{OPTION_FIELD(struct ratio_options, constant), .initial = "null", .range = RANGE_ABOVE(0),
	 .doc = "C of the line; null: the least that no median exceeds"},
	{OPTION_FIELD(struct ratio_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; by default all whose own bound is of a sample"},
	{.name = NULL},
};

struct ratios {
	const struct ratio_options *o;
	const char *x;
	const struct records *records;
	struct figure *figure;
	bool across; /* x is the size of the data: curves run over data sets */
	size_t most; /* repetitions */
};

static double size_of(const struct ratios *ratios, const struct record *r)
{
	const char *swept = records_swept(r, ratios->x);
	double x = records_number(&r->result, ratios->x);

	return isnan(x) && swept ? strtod(swept, NULL) : x;
}

/* The method and its swept values but x. */
static const char *label_of(const struct ratios *ratios, const struct record *r)
{
	struct arena *arena = ratios->records->arena;
	const char *text = r->result.method;

	for (size_t i = 0; i < r->swept_count; i++) {
		const struct cellfile_swept *swept = &r->swept[i];
		const char *name = records_short(swept->path);

		if (strcmp(swept->path, ratios->x) != 0 && strcmp(name, ratios->x) != 0 &&
		    !(ratios->across && records_of_data(swept)))
			text = arena_format(arena, "%s, %s=%s", text, name, swept->value);
	}
	return text;
}

static struct figure_panel *panel_of(const struct ratios *ratios, const struct record *r)
{
	struct arena *arena = ratios->records->arena;
	const char *key = comparable_key(r, "objective", NULL, arena),
		   *data = ratios->across ? "" : r->result.data, *apart;

	apart = comparable_difference(r, ratios->records, *data ? data : NULL, "objective", arena);
	return figure_panel(
		ratios->figure, arena_format(arena, "%s\n%s", data, key), data,
		arena_format(arena, "%s%s%s", data, *data && *apart ? ": " : "", apart));
}

static void collect(struct ratios *ratios)
{
	const struct records *records = ratios->records;

	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];
		double x = size_of(ratios, r), y = r->result.objective / r->result.global_bound;
		struct figure_curve like = {.columns = "size ratio low high",
					    .layer = FIGURE_LINE,
					    .band = true,
					    .every = true};
		struct figure_panel *panel;
		struct figure_curve *curve;

		if (!records_ok(r) || global_bound_of(r) || !isfinite(x) || !isfinite(y) ||
		    !(r->result.global_bound > 0) ||
		    !records_wanted(&ratios->o->methods, r->result.method))
			continue;
		panel = panel_of(ratios, r);
		like.title = like.label = label_of(ratios, r);
		like.entry = figure_place(ratios->figure, like.label);
		like.style = (struct figure_style){like.entry, like.entry};
		curve = figure_find(panel, like.title);
		if (!curve)
			curve = figure_curve(ratios->figure, panel, &like);
		figure_value(curve, x, y);
		figure_cell(curve, (struct figure_cell){r->id, x, NAN});
	}
}

/* Samples behind a size: itself, or the most that any record of the panel's data has. */
static double samples_at(const struct ratios *ratios, const struct figure_panel *panel, double x)
{
	const struct records *records = ratios->records;
	double most = 0;

	if (strcmp(ratios->x, "n_train") == 0)
		return x;
	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];

		if (!isnan(r->result.global_bound) &&
		    (ratios->across ? size_of(ratios, r) == x
				    : strcmp(r->result.data, panel->name) == 0))
			most = fmax(most, r->result.n_train);
	}
	return most;
}

/* The line through the sizes of a panel, with the label of all lines. */
static void add_line(const struct ratios *ratios, struct figure_panel *panel, double constant,
		     size_t place)
{
	struct arena *arena = ratios->records->arena;
	struct figure_curve *line;
	struct figure_curve like = {.title = "C sqrt(log 2n)",
				    .label = arena_format(arena, "%.3g sqrt(log 2n)", constant),
				    .columns = "size bound",
				    .layer = FIGURE_STROKE,
				    .entry = place,
				    .style = {place, place},
				    .width = 1.5};

	line = figure_curve(ratios->figure, panel, &like);
	for (struct figure_curve *c = panel->first; c != line; c = c->next)
		for (size_t i = 0; i < c->count; i++) {
			double x = c->at[i * figure_numbers(c->layer)];

			figure_row(line,
				   (double[]){x, constant * sqrt(log(2 * samples_at(ratios, panel,
										    x)))});
		}
	figure_pool(line, 1);
}

/* The least C with no median above its line. */
static double least_constant(const struct ratios *ratios)
{
	double least = 0;

	for (struct figure_panel *p = ratios->figure->first; p; p = p->next)
		for (struct figure_curve *c = p->first; c; c = c->next)
			for (size_t i = 0; i < c->count; i++) {
				const double *at = c->at + i * figure_numbers(c->layer);

				least = fmax(least,
					     at[1] / sqrt(log(2 * samples_at(ratios, p, at[0]))));
			}
	return least;
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct ratio_options *o = options;
	struct ratios ratios = {
		.o = o, .x = o->x ? o->x : "n_train", .records = records, .figure = figure};
	bool given = o->constant > 0;
	double constant = o->constant;
	const char *shown;
	size_t place;

	ratios.across = strcmp(ratios.x, "n_train") == 0 || strcmp(ratios.x, "d") == 0 ||
			strncmp(ratios.x, "data.", 5) == 0;
	figure->x = (struct figure_axis){.label = ratios.x, .few = true};
	figure->y =
		(struct figure_axis){.label = "objective / bound of all networks", .ratio = true};
	collect(&ratios);
	for (size_t g = 0; g < records->group_count; g++) {
		size_t ok = records_ok_count(&records->groups[g]);

		ratios.most = ok > ratios.most ? ok : ratios.most;
	}
	shown = figure_repeats(figure, ratios.most);
	for (struct figure_panel *p = figure->first; p; p = p->next)
		for (struct figure_curve *c = p->first; c; c = c->next)
			figure_pool(c, 1);
	if (!figure->first)
		return;
	if (!given)
		constant = least_constant(&ratios);
	place = figure_entries(figure);
	for (struct figure_panel *p = figure->first; p; p = p->next)
		add_line(&ratios, p, constant, place);
	figure->caption = arena_format(
		figure->arena,
		"%s over up to %zu repetitions of the objective over the largest lower bound that "
		"holds for networks of every width on the same data; line: C sqrt(log 2n), C = "
		"%.3g%s",
		shown, ratios.most, constant, !given ? ", the least that no median exceeds" : "");
}

const struct plot plot_bound_ratio = {
	.base = {"bound_ratio",
		 "objectives of sampled programs over the best bound of all networks, with the "
		 "line C sqrt(log 2n)",
		 "kim2024", rows, sizeof(struct ratio_options)},
	.fill = fill,
	.size = true,
};
