/* Cost against size on logarithmic axes, with the slope of a straight line fitted to it. */
#include "harness/report/figure/plot.h"
#include "harness/report/records/column.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/series.h"
#include "harness/stats/line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct scaling_options {
	const char *x;
	long y;
	struct texts data;
};

static const char *const y_names[] = {"seconds_per_iteration", "solve_s",    "setup_s",     "time",
				      "peak_mem_bytes",        "iterations", "ranks_share", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct scaling_options, x),
	 .doc = "size: n_train, d, patterns, neurons, another column of summary.csv, or the path "
		"of a swept option; ranks: over folders of as many processes a cell"},
	{OPTION_FIELD(struct scaling_options, y), .initial = "seconds_per_iteration",
	 .names = y_names,
	 .doc = "cost; time: setup and solve; ranks_share: of an iteration, in sums over ranks"},
	{OPTION_FIELD(struct scaling_options, data), .initial = "null",
	 .doc = "names of the data sets to take; all by default"},
	{.name = NULL},
};

struct scaling {
	const struct scaling_options *o;
	const struct records *records;
	struct figure *figure;
	bool pooled;              /* other swept options, where the curves were too many */
	struct figure_curve **of; /* of each record its curve, or NULL */
	size_t curves, kept;      /* kept: records of curves with several sizes */
};

static bool is_ranks(const struct scaling_options *o)
{
	return strcmp(o->x, "ranks") == 0;
}

/* The method, its swept values but x and what is minimised, where the cost depends on it, it
 * differs and the swept values do not say it. */
static const char *label_of(const struct scaling *scaling, const struct record *r)
{
	struct arena *arena = scaling->records->arena;
	bool folders = r->origin && is_ranks(scaling->o); /* a curve runs over them */
	const char *x = scaling->o->x, *apart = "";
	const char *text = folders ? r->origin->method : r->result.method;
	const char *data = folders ? r->origin->data : r->result.data;
	/* what n_train and d stand for is the size of the data: curves run over data sets */
	bool across =
		strcmp(x, "n_train") == 0 || strcmp(x, "d") == 0 || strncmp(x, "data.", 5) == 0;
	bool said = comparable_changed_by(x);

	if (!across && scaling->o->data.count != 1 && scaling->records->data_count > 1)
		text = arena_format(arena, "%s, %s", text, data);
	for (size_t i = 0; i < r->swept_count && !scaling->pooled; i++) {
		const struct cellfile_swept *swept = &r->swept[i];
		const char *name = records_short(swept->path);

		said = said || comparable_changed_by(swept->path);
		if (strcmp(swept->path, x) != 0 && strcmp(name, x) != 0 &&
		    !(across && records_of_data(swept)))
			text = arena_format(arena, "%s, %s=%s", text, name, swept->value);
	}
	if (!said && comparable_cost(y_names[scaling->o->y]))
		apart = comparable_difference(r, scaling->records, NULL, "time", arena);
	return *apart ? arena_format(arena, "%s, %s", text, apart) : text;
}

/* The values of all records, in curves by label. */
static void collect(struct scaling *scaling, struct figure_panel *panel)
{
	const struct records *records = scaling->records;
	struct column column = {y_names[scaling->o->y], NULL};

	for (size_t i = 0; i < records->count; i++) {
		const struct record *r = &records->at[i];
		const char *swept = records_swept(r, scaling->o->x);
		double x = records_number(&r->result, scaling->o->x), y = column_value(r, &column);
		struct figure_curve like = {.columns = "size median low high",
					    .layer = FIGURE_RANGES};

		if (isnan(x) && swept)
			x = strtod(swept, NULL);
		if (isnan(x) && is_ranks(scaling->o))
			x = 1; /* a record of one process says nothing of them */
		scaling->of[i] = NULL;
		if (!records_wanted(&scaling->o->data, r->result.data) || !records_ok(r) ||
		    !(x > 0) || !(y > 0) || isinf(y))
			continue;
		like.title = label_of(scaling, r);
		scaling->of[i] = figure_find(panel, like.title);
		if (!scaling->of[i])
			scaling->of[i] = figure_curve(scaling->figure, panel, &like);
		figure_value(scaling->of[i], x, y);
		figure_cell(scaling->of[i], (struct figure_cell){r->id, x, NAN});
	}
}

/* y = scale x^slope, by least squares of the logarithms over all values. */
static void add_fit(struct scaling *scaling, struct figure_panel *panel, struct figure_curve *curve)
{
	struct arena *arena = scaling->records->arena;
	double *x = ARENA_ARRAY(arena, double, curve->count),
	       *y = ARENA_ARRAY(arena, double, curve->count);
	size_t columns = figure_numbers(curve->layer), place = scaling->curves++;
	const struct figure_curve like = {.title = arena_format(arena, "%s: fit", curve->title),
					  .columns = "size fit",
					  .layer = FIGURE_STROKE,
					  .style = {place, place},
					  .width = 1.5};
	struct figure_curve *fit = figure_curve(scaling->figure, panel, &like);
	struct line line;

	for (size_t i = 0; i < curve->count; i++) {
		x[i] = log(curve->at[i * columns]);
		y[i] = log(curve->at[i * columns + 1]);
	}
	line = line_fit(x, y, curve->count);
	curve->label = arena_format(arena, "%s: slope %.2f", curve->title, line.slope);
	if (!isnan(line.error))
		curve->label = arena_format(arena, "%s \xc2\xb1 %.2f", curve->label, line.error);
	curve->entry = curve->style.colour = curve->style.dash = place;
	figure_pool(curve, 1);
	for (size_t i = 0; i < curve->count; i += curve->count - 1) { /* the first and the last */
		double size = curve->at[i * columns];

		figure_row(fit, (double[]){size, exp(line.offset) * pow(size, line.slope)});
	}
}

/* The sizes that all cells share: "d = 32, P = 16"; else the number of cells. */
static const char *title_of(const struct scaling *scaling)
{
	static const char *const sizes[] = {"n_train", "d", "patterns"};
	static const char *const forms[] = {"n = %.0f", "d = %.0f", "P = %.0f"};
	const struct records *records = scaling->records;
	const char *title = "";

	for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		double first = NAN;
		char text[32];
		bool same = true;

		for (size_t i = 0; i < records->count; i++) {
			double here = records_number(&records->at[i].result, sizes[k]);

			if (!scaling->of[i])
				continue;
			first = isnan(first) ? here : first;
			same = same && here == first;
		}
		if (!same)
			continue;
		stat_format(text, sizeof text, forms[k], first);
		title = arena_format(records->arena, "%s%s%s", title, *title ? ", " : "", text);
	}
	return *title ? title : arena_format(records->arena, "%zu cells", scaling->kept);
}

static void fill(const void *options, const struct records *records, struct figure *figure)
{
	const struct scaling_options *o = options;
	struct scaling scaling = {.o = o, .records = records, .figure = figure};
	bool memory = strcmp(y_names[o->y], "peak_mem_bytes") == 0;
	struct figure_panel *panel;
	const char *shown;
	size_t most = 0;

	if (!o->x)
		return;
	figure->x = (struct figure_axis){.label = o->x, .scale = FIGURE_LOGARITHMIC, .few = true};
	figure->y = (struct figure_axis){.label = column_label(y_names[o->y], records->arena),
					 .scale = FIGURE_LOGARITHMIC};
	scaling.of = ARENA_ARRAY(records->arena, struct figure_curve *, records->count);
	for (int pass = 0; pass < 2 && (pass == 0 || scaling.pooled); pass++) {
		struct figure_curve *curve, *last;

		figure->first = figure->last = NULL;
		scaling.curves = scaling.kept = 0;
		panel = figure_panel(figure, "", "", "");
		collect(&scaling, panel);
		curve = panel->first;
		last = panel->last; /* before the fits */
		for (bool more = curve; more; curve = curve->next) {
			const double *at = curve->at;

			more = curve != last;
			figure_order(curve, 1);
			if (at[0] < at[(curve->count - 1) * figure_numbers(curve->layer)])
				add_fit(&scaling, panel, curve);
			else
				curve->count = 0; /* one size only */
		}
		for (size_t i = 0; i < records->count; i++) {
			if (scaling.of[i] && scaling.of[i]->count == 0)
				scaling.of[i] = NULL;
			scaling.kept += scaling.of[i] != NULL;
		}
		scaling.pooled = pass == 1 || scaling.curves > SERIES_READABLE;
	}
	panel->title = title_of(&scaling);
	for (size_t g = 0; g < records->group_count; g++)
		most = records_ok_count(&records->groups[g]) > most
			       ? records_ok_count(&records->groups[g])
			       : most;
	shown = figure_repeats(figure, scaling.pooled ? records->count : most);
	figure->caption = arena_format(
		records->arena,
		"%s, %zu cells%s; lines: least squares of the logarithms over all "
		"cells, slope with its standard error%s",
		shown, scaling.kept, scaling.pooled ? ", other swept options pooled" : "",
		memory ? "; the memory is that of the whole process, so that slopes are low where "
			 "it is small"
		       : "");
}

const struct plot plot_scaling = {
	.base = {"scaling", "cost against size with a fitted slope", "", rows,
		 sizeof(struct scaling_options)},
	.fill = fill,
	.size = true,
};
