/* Convergence: a column of the traces against time or iterations; a panel per data set and, where
 * objectives or gaps are drawn, per loss, beta and threat (comparable.h). */
#include "harness/report/figure/figure.h"
#include "harness/report/figure/plot.h"
#include "harness/report/records/comparable.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/curve.h"
#include "harness/report/series/series.h"
#include "harness/report/series/slope.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLOPE_POINTS = 40 /* of a fitted line, which is curved where x is logarithmic */
};

enum { X_SECONDS, X_ITERATION };

struct convergence_options { /* all zero = the defaults */
	long x, y, scale, scale_x;
	bool slope;
	long settings;
	struct texts methods;
};

static const char *const x_names[] = {"seconds", "iteration", NULL};
static const char *const y_names[] = {
	"objective_network", "objective",     "gap",      "primal_residual",   "dual_residual",
	"train_accuracy",    "test_accuracy", "gap_zero", "objective_iterate", NULL};
static const char *const y_labels[] = {"network objective",
				       "objective",
				       "relative gap",
				       "primal residual (relative)",
				       "dual residual (relative)",
				       "training accuracy",
				       "test accuracy",
				       "gap / objective of the zero network",
				       "objective of the iterate's own program"};

static const struct option rows[] = {
	{OPTION_FIELD(struct convergence_options, x), .initial = "seconds", .names = x_names,
	 .doc = "horizontal axis; seconds are those of setup and solve and, for a gap, of the "
		"certificates"},
	{OPTION_FIELD(struct convergence_options, y), .initial = "objective_network",
	 .names = y_names, .doc = "column of trace.csv on the vertical axis"},
	{OPTION_FIELD(struct convergence_options, scale), .initial = "auto",
	 .names = figure_scale_names,
	 .doc = "of the vertical axis; auto: logarithmic from one decade on"},
	{OPTION_FIELD(struct convergence_options, scale_x), .initial = "auto",
	 .names = figure_scale_names,
	 .doc = "of the horizontal axis; auto: logarithmic from one decade on"},
	{OPTION_FIELD(struct convergence_options, slope), .initial = "false", .doc = SLOPE_DOC},
	{OPTION_FIELD(struct convergence_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{OPTION_FIELD(struct convergence_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; all by default"},
	{.name = NULL},
};

/* Curves that can be compared: of one data set and, of an objective, of one key. */
struct panel {
	const char *data, *key, *title;
};

/* What is drawn. */
struct chart {
	const struct convergence_options *o;
	const struct records *records;
	struct series_list list;
	size_t panels;
	struct panel *panel;
	size_t *place;       /* of each series: its panel */
	struct curve *curve; /* of each series */
	struct slope *slope; /* known only if asked for */
	size_t untimed;      /* cells whose trace does not say when it had its values */
};

/* The n-th curve if it belongs to the panel. */
static struct curve *curve_in(const struct chart *chart, size_t n, size_t panel)
{
	return chart->place[n] == panel ? &chart->curve[n] : NULL;
}

struct extent {
	double bottom, low, high; /* smallest, smallest > 0, largest */
};

/* Of a column over the curves of a panel. */
static struct extent extent_of(const struct chart *chart, size_t panel, size_t column)
{
	struct extent e = {HUGE_VAL, HUGE_VAL, -HUGE_VAL};

	for (size_t c = 0; c < chart->list.count; c++) {
		const struct curve *curve = curve_in(chart, c, panel);

		for (size_t i = 0; curve && i < curve->count; i++) {
			double value = curve->at[CURVE_COLUMNS * i + column];

			e.bottom = fmin(e.bottom, value);
			e.high = fmax(e.high, value);
			if (value > 0)
				e.low = fmin(e.low, value);
		}
	}
	return e;
}

static bool log_y(const struct chart *chart, struct extent e)
{
	enum figure_scale scale = (enum figure_scale)chart->o->scale;

	return figure_is_log(scale, scale == FIGURE_AUTO ? e.bottom : e.low, e.high);
}

/* A logarithmic axis has no place for the start at 0. */
static void drop_start(const struct chart *chart, size_t panel)
{
	for (size_t c = 0; c < chart->list.count; c++) {
		struct curve *curve = curve_in(chart, c, panel);

		while (curve && curve->count > 0 && curve->at[0] <= 0) {
			curve->at += CURVE_COLUMNS;
			curve->count--;
		}
	}
}

/* An accuracy ends at 1: no tick above, and at least a tenth below it to look at. */
static void accuracy_axis(struct figure *figure, double low)
{
	fprintf(figure->gp, "set yrange [%.3f:1.01]\nset offsets graph 0.02, graph 0.02, 0, 0\n",
		fmin(0.9, fmax(0, low - 0.02)));
}

static void set_axes(struct figure *figure, const struct chart *chart, size_t panel)
{
	struct extent x = extent_of(chart, panel, 0), y = extent_of(chart, panel, 1);

	if (figure_is_log((enum figure_scale)chart->o->scale_x, x.low, x.high)) {
		figure_log(figure, 'x', x.low, x.high);
		drop_start(chart, panel);
		y = extent_of(chart, panel, 1);
	}
	figure_span(figure, 'y', extent_of(chart, panel, 2).bottom,
		    extent_of(chart, panel, 3).high);
	if (log_y(chart, y))
		figure_log(figure, 'y', y.low, y.high);
	else if (strstr(y_names[chart->o->y], "accuracy"))
		accuracy_axis(figure, extent_of(chart, panel, 2).bottom); /* of the bands */
}

/* The fitted line y = 10^(offset + decades x). */
static void draw_slope(struct figure *figure, const struct slope *slope, const char *title)
{
	size_t block;

	if (!slope->known)
		return;
	block = figure_block(figure, title, "x fit");
	for (size_t i = 0; i < SLOPE_POINTS; i++) {
		double x = slope->from + (slope->to - slope->from) * (double)i / (SLOPE_POINTS - 1);

		figure_row(figure, 2, (double[2]){x, pow(10, slope->offset + slope->decades * x)});
	}
	figure_item(figure, "data index %zu using 1:2 with lines lc rgb '#000000' lw 0.8", block);
}

static void draw_panel(struct figure *figure, const struct chart *chart, size_t panel)
{
	struct arena *arena = chart->records->arena;
	const struct convergence_options *o = chart->o;
	const struct panel *in = &chart->panel[panel];
	const char *y = y_names[o->y];
	const char *columns = arena_format(arena, "%s %s low high", x_names[o->x], y);

	figure_panel(figure, in->title, o->x == X_SECONDS ? curve_time_label(y) : "iteration",
		     y_labels[o->y]);
	set_axes(figure, chart, panel);
	for (size_t i = 0; i < chart->list.count; i++) {
		const struct curve *curve = curve_in(chart, i, panel);
		const struct series *s = &chart->list.at[i];
		const char *title = arena_format(arena, "%s: %s", in->data, s->label);
		size_t block;

		if (!curve || curve->count == 0)
			continue;
		block = figure_block(figure, title, columns);
		for (size_t p = 0; p < curve->count; p++)
			figure_row(figure, CURVE_COLUMNS, curve->at + CURVE_COLUMNS * p);
		figure_curve(figure, block, curve->count, curve->band,
			     (struct figure_style){s->colour, s->entry});
		draw_slope(figure, &chart->slope[i], arena_format(arena, "%s: slope", title));
	}
	figure_plot(figure);
}

/* Slopes of the curves whose panel has a logarithmic axis. */
static void set_slopes(const struct chart *chart)
{
	for (size_t i = 0; i < chart->list.count; i++) {
		struct curve *curve = &chart->curve[i];

		if (log_y(chart, extent_of(chart, chart->place[i], 1)))
			chart->slope[i] = slope_of(curve->at, curve->count, CURVE_COLUMNS,
						   chart->records->arena);
	}
}

/* "-1.2 / -0.8 decades per s after 0.1 / 0.3 s of setup": a value for each panel. */
static const char *slope_text(const struct chart *chart, size_t entry)
{
	struct arena *arena = chart->records->arena;
	bool seconds = chart->o->x == X_SECONDS;
	const char *rates = "", *setups = "", *gap = "";

	for (size_t p = 0; p < chart->panels; p++)
		for (size_t i = 0; i < chart->list.count; i++) {
			const struct series *s = &chart->list.at[i];
			const struct slope *slope = &chart->slope[i];
			double setup = stat_group(s->group, stat_column, "setup_s", arena).median;

			if (s->entry != entry || !curve_in(chart, i, p))
				continue;
			rates = slope->known ? arena_format(arena, "%s%s%.3g", rates, gap,
							    slope->decades * (seconds ? 1 : 1000))
					     : arena_format(arena, "%s%s?", rates, gap);
			setups = arena_format(arena, "%s%s%.2g", setups, gap, setup);
			gap = " / ";
		}
	return seconds ? arena_format(arena, "%s decades per s after %s s of setup", rates, setups)
		       : arena_format(arena, "%s decades per 1000 iterations", rates);
}

static const struct figure_entry *entries_of(const struct chart *chart, size_t *count)
{
	struct arena *arena = chart->records->arena;
	const struct figure_entry *plain = series_entries(&chart->list, count, arena);
	struct figure_entry *entries = ARENA_ARRAY(arena, struct figure_entry, *count);

	if (!chart->o->slope)
		return plain;
	for (size_t e = 0; e < *count; e++) {
		entries[e] = plain[e];
		entries[e].label = arena_format(arena, "%s: %s", plain[e].label,
						slope_text(chart, plain[e].style.dash));
	}
	return entries;
}

static const char *title_of(const struct chart *chart, const struct group *group)
{
	const struct records *records = chart->records;
	const char *title = series_title(records, group->data), *apart;

	if (!comparable_objective(y_names[chart->o->y]))
		return title;
	apart = comparable_difference(group->member[0], records, group->data, y_names[chart->o->y],
				      records->arena);
	return *apart ? arena_format(records->arena, "%s: %s", group->data, apart) : title;
}

static size_t panel_of(struct chart *chart, const struct group *group)
{
	const char *key =
		comparable_key(group->member[0], y_names[chart->o->y], NULL, chart->records->arena);
	size_t p = 0;

	while (p < chart->panels && (strcmp(chart->panel[p].data, group->data) != 0 ||
				     strcmp(chart->panel[p].key, key) != 0))
		p++;
	if (p == chart->panels)
		chart->panel[chart->panels++] =
			(struct panel){group->data, key, title_of(chart, group)};
	return p;
}

/* Every series as one for each objective of its cells. */
static void split_series(struct chart *chart)
{
	struct arena *arena = chart->records->arena;
	struct series_list *list = &chart->list;
	struct series *at = ARENA_ARRAY(arena, struct series, chart->records->count);
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		size_t count;
		struct group *parts = comparable_split(list->at[i].group, y_names[chart->o->y],
						       NULL, arena, &count);

		for (size_t k = 0; k < count; k++) {
			at[kept] = list->at[i];
			at[kept++].group = &parts[k];
		}
	}
	list->at = at;
	list->count = kept;
}

static size_t untimed_of(const struct chart *chart, const struct group *group)
{
	size_t count = 0;

	for (size_t i = 0; chart->o->x == X_SECONDS && i < group->count; i++)
		count += curve_untimed(group->member[i], y_names[chart->o->y]);
	return count;
}

/* The series that have something to draw, their curves and panels. */
static void collect(struct chart *chart)
{
	struct arena *arena = chart->records->arena;
	struct series_list *list = &chart->list;
	size_t kept = 0;

	split_series(chart);
	chart->curve = ARENA_ARRAY(arena, struct curve, list->count);
	chart->slope = ARENA_ARRAY(arena, struct slope, list->count);
	chart->place = ARENA_ARRAY(arena, size_t, list->count);
	chart->panel = ARENA_ARRAY(arena, struct panel, list->count);
	for (size_t i = 0; i < list->count; i++) {
		const struct group *group = list->at[i].group;

		chart->untimed += untimed_of(chart, group);
		chart->curve[kept] =
			curve_of(group, x_names[chart->o->x], y_names[chart->o->y], arena);
		list->at[kept] = list->at[i];
		if (chart->curve[kept].count > 0)
			chart->place[kept++] = panel_of(chart, group);
	}
	list->count = kept;
	if (chart->o->slope)
		set_slopes(chart);
}

static const char *caption_of(const struct chart *chart)
{
	struct arena *arena = chart->records->arena;
	const char *text = series_caption(&chart->list, arena), *y = y_names[chart->o->y];

	if (comparable_objective(y) && chart->panels > chart->records->data_count)
		text = arena_format(arena, "%s; a panel for each loss, beta and threat", text);
	if (strncmp(y, "gap", strlen("gap")) == 0)
		text = arena_format(arena, "%s; each gap is of the method's own program", text);
	if (chart->o->x == X_SECONDS)
		text = arena_format(arena, "%s; %s", text, curve_time_label(y));
	if (chart->untimed)
		text = arena_format(arena,
				    "%s; left out: %zu cells whose trace has no time of the "
				    "certificates",
				    text, chart->untimed);
	if (!chart->o->slope)
		return text;
	return arena_format(
		arena,
		"%s; thin lines: slope of the linear phase, in the legend%s (?: none found)%s",
		text, chart->panels > 1 ? " for the panels in turn" : "",
		chart->o->x == X_SECONDS ? "; a curve begins when its setup is done" : "");
}

static enum status write_plot(const void *options, const struct records *records, const char *stem,
			      bool *written, struct err *err)
{
	const struct convergence_options *o = options;
	struct chart chart = {
		.o = o,
		.records = records,
		.list = series_of_methods(records, (enum series_settings)o->settings, o->methods)};
	struct figure_plan plan = {0};
	struct figure figure;

	collect(&chart);
	plan.entries = entries_of(&chart, &plan.entry_count);
	plan.caption = caption_of(&chart);
	plan.panels = chart.panels;
	*written = plan.panels > 0;
	if (!*written)
		return STATUS_OK;
	TRY(figure_open(&figure, records, stem, &plan, err));
	for (size_t i = 0; i < chart.panels; i++)
		draw_panel(&figure, &chart, i);
	return figure_close(&figure, err);
}

const struct plot plot_convergence = {
	.base = {"convergence", "trace against time or iterations, a panel per data set", "", rows,
		 sizeof(struct convergence_options)},
	.write = write_plot,
};
