/* A column of the results against a swept option: a curve per method, a panel per data set. A
 * method that sweeps nothing of its own is a horizontal level. */
#include "harness/report/figure/figure.h"
#include "harness/report/figure/plot.h"
#include "harness/report/records/column.h"
#include "harness/report/records/comparable.h"
#include "harness/report/series/excess.h"
#include "harness/report/series/series.h"
#include "harness/report/series/swept.h"

#include <math.h>
#include <string.h>

enum {
	COLUMNS = 4 /* x, median, low, high */
};

struct sweep_options {
	const char *x;
	long y, scale_x, scale;
	const char *relative_to;
	struct texts methods;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct sweep_options, x),
	 .doc = "path of the swept option, as in summary.csv: rho, u_update.pcg.rank"},
	{OPTION_FIELD(struct sweep_options, y), .initial = "test_accuracy", .names = column_names,
	 .doc = COLUMN_DOC},
	{OPTION_FIELD(struct sweep_options, scale_x), .initial = "auto",
	 .names = figure_scale_names,
	 .doc = "of the horizontal axis; auto: logarithmic from one decade on if the values are "
		"spaced more evenly there"},
	{OPTION_FIELD(struct sweep_options, scale), .initial = "auto", .names = figure_scale_names,
	 .doc = "of the vertical axis; auto: logarithmic from one decade on"},
	{OPTION_FIELD(struct sweep_options, relative_to), .initial = "null",
	 .doc = "a method: draw by how much y lies above its value on the same problem and "
		"repetition, as a share of it"},
	{OPTION_FIELD(struct sweep_options, methods), .initial = "null",
	 .doc = "names of the methods to draw; all by default"},
	{.name = NULL},
};

struct sweep {
	const struct sweep_options *o;
	struct swept_list swept;
};

/* What a panel shows. */
struct span {
	double low, high;               /* of x */
	double bottom, lowest, highest; /* of the bands: all, those > 0, all */
	double floor;                   /* of what can be drawn */
	size_t count;                   /* distinct values of x, ascending */
	double *x;
};

static void widen(struct span *span, struct spread stat)
{
	const double values[] = {stat.low, stat.median, stat.high};

	for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
		span->bottom = fmin(span->bottom, values[k]);
		span->highest = fmax(span->highest, values[k]);
		if (values[k] > 0)
			span->lowest = fmin(span->lowest, values[k]);
	}
}

static struct span span_of(const struct swept_list *swept, size_t panel)
{
	struct span span = {
		.bottom = HUGE_VAL, .lowest = HUGE_VAL, .highest = -HUGE_VAL, .floor = -HUGE_VAL};
	size_t all = 0;

	span.x = ARENA_ARRAY(swept->y.records->arena, double, swept->count);
	for (size_t i = 0; i < swept->count; i++) {
		const struct swept_point *p = &swept->at[i];
		struct spread stat;

		if (p->panel != panel)
			continue;
		swept_stat(swept, i, &stat);
		widen(&span, stat);
		if (!p->level)
			span.x[all++] = p->x;
	}
	span.count = sample_distinct(span.x, all);
	span.low = span.x[0];
	span.high = span.x[span.count - 1];
	return span;
}

static void name_tics(struct figure *figure, const struct swept_list *swept)
{
	fputs("set xtics (", figure->gp);
	for (size_t i = 0; i < swept->value_count; i++) {
		fputs(i ? ", " : "", figure->gp);
		figure_tic(figure, swept->values[i]);
		fprintf(figure->gp, " %zu", i);
	}
	fputs(") noenhanced\n", figure->gp);
}

static void set_axes(struct figure *figure, const struct sweep *sweep, struct span *span)
{
	enum figure_scale x = (enum figure_scale)sweep->o->scale_x;
	enum figure_scale y = (enum figure_scale)sweep->o->scale;

	if (sweep->swept.values) {
		name_tics(figure, &sweep->swept);
	} else if (figure_is_log(x, span->low, span->high) &&
		   (x == FIGURE_LOGARITHMIC || figure_geometric(span->x, span->count))) {
		figure_log_at(figure, 'x', span->x, span->count);
	} else {
		figure_span(figure, 'x', span->low, span->high);
	}
	figure_span(figure, 'y', span->bottom, span->highest);
	if (!figure_is_log(y, y == FIGURE_AUTO ? span->bottom : span->lowest, span->highest))
		return;
	figure_log(figure, 'y', span->lowest, span->highest);
	span->floor = span->lowest;
}

static void put_row(struct figure *figure, const struct span *span, double x, struct spread stat)
{
	figure_row(figure, COLUMNS,
		   (double[COLUMNS]){x, stat.median < span->floor ? NAN : stat.median,
				     fmax(stat.low, span->floor), fmax(stat.high, span->floor)});
}

/* Median with its band all across the panel. */
static void draw_level(struct figure *figure, size_t block, const struct span *span,
		       struct spread stat, struct figure_style style)
{
	put_row(figure, span, span->low, stat);
	put_row(figure, span, span->high, stat);
	figure_band(figure, block, style);
	figure_item(figure, "data index %zu using 1:2 with lines lc rgb '%s' lw 2 dt %s", block,
		    figure_colour(style), figure_dash(style));
}

/* The curve or level that begins at point `first`; how many points it has. */
static size_t draw_curve(struct figure *figure, const struct sweep *sweep, size_t first,
			 const struct span *span)
{
	const struct swept_list *swept = &sweep->swept;
	const struct swept_point *p = &swept->at[first];
	struct arena *arena = swept->y.records->arena;
	size_t i = first, block;
	struct spread stat;

	block = figure_block(
		figure, arena_format(arena, "%s: %s", p->data, p->label),
		arena_format(arena, "%s %s low high", swept->x, column_names[sweep->o->y]));
	if (p->level) {
		i += swept_stat(swept, i, &stat);
		draw_level(figure, block, span, stat, p->style);
		return i - first;
	}
	while (i < swept->count && swept_same_curve(p, &swept->at[i])) {
		size_t points = swept_stat(swept, i, &stat);

		put_row(figure, span, swept->at[i].x, stat);
		i += points;
	}
	figure_curve(figure, block, 1, true, p->style); /* a marker at every value */
	return i - first;
}

/* The data set and, where its objectives have several panels, what is minimised in this one. */
static const char *title_of(const struct swept_list *swept, const struct swept_point *point)
{
	const struct records *records = swept->y.records;
	bool several = false;

	for (size_t i = 0; i < swept->count; i++)
		several = several || (strcmp(swept->at[i].data, point->data) == 0 &&
				      swept->at[i].panel != point->panel);
	if (!several)
		return series_title(records, point->data);
	return arena_format(records->arena, "%s: %s", point->data,
			    comparable_difference(point->group->member[0], records, point->data,
						  swept->column, records->arena));
}

/* The panel of `first`; how many points it has. */
static size_t draw_panel(struct figure *figure, const struct sweep *sweep, size_t first)
{
	const struct swept_list *swept = &sweep->swept;
	struct arena *arena = swept->y.records->arena;
	const char *base = sweep->o->relative_to;
	size_t panel = swept->at[first].panel;
	const char *label = column_label(column_names[sweep->o->y], arena);
	struct span span = span_of(swept, panel);
	size_t i = first;

	if (base)
		label = arena_format(arena, "(%s - %s) / %s", label, base, base);
	figure_panel(figure, title_of(swept, &swept->at[first]), swept->x, label);
	set_axes(figure, sweep, &span);
	while (i < swept->count && swept->at[i].panel == panel)
		i += draw_curve(figure, sweep, i, &span);
	figure_plot(figure);
	return i - first;
}

static const char *caption_of(const struct sweep *sweep)
{
	const struct swept_list *swept = &sweep->swept;
	struct arena *arena = swept->y.records->arena;
	const char *base = sweep->o->relative_to, *left = "";
	size_t most = 0;

	for (size_t i = 0; i < swept->count; i++) {
		size_t ok = records_ok_count(swept->at[i].group);

		most = ok > most ? ok : most;
	}
	if (swept->other)
		left = arena_format(arena,
				    "; left out: %zu methods whose objective is not the one that "
				    "%s makes it",
				    swept->other, swept->x);
	return arena_format(arena,
			    "Median and 10\xe2\x80\x93"
			    "90 %% band over repetitions (up to %zu)%s%s%s%s%s%s",
			    most, swept->pooled ? " and over the other swept options" : "",
			    base ? ", each relative to " : "", base ? base : "",
			    base ? ", without medians at or below 0 on a logarithmic axis" : "",
			    swept->level_count ? "; horizontal: methods that do not sweep x" : "",
			    left);
}

static enum status write_plot(const void *options, const struct records *records, const char *stem,
			      bool *written, struct err *err)
{
	const struct sweep_options *o = options;
	struct attack_kinds kinds = attacks_of(records, NULL);
	struct column column = {column_names[o->y], &kinds};
	struct sweep sweep = {o, {.x = o->x, .column = column_names[o->y], .methods = &o->methods}};
	struct figure_plan plan = {0};
	struct figure figure;

	*written = false;
	if (!o->x)
		return STATUS_OK;
	sweep.swept.y = (struct excess){records, excess_of(records, &column, o->relative_to)};
	swept_collect(&sweep.swept);
	*written = sweep.swept.count > 0;
	if (!*written)
		return STATUS_OK;
	plan.entries = sweep.swept.entries;
	plan.entry_count = sweep.swept.entry_count;
	plan.panels = sweep.swept.panel_count;
	plan.caption = caption_of(&sweep);
	TRY(figure_open(&figure, records, stem, &plan, err));
	for (size_t i = 0; i < sweep.swept.count;)
		i += draw_panel(&figure, &sweep, i);
	return figure_close(&figure, err);
}

const struct plot plot_sweep = {
	.base = {"sweep", "a result column against a swept option", "", rows,
		 sizeof(struct sweep_options)},
	.write = write_plot,
};
