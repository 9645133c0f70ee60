/* Convergence: a column of the traces against time or iterations, one panel per data set. */
#include "harness/report/figure.h"
#include "harness/report/report.h"
#include "harness/report/series.h"
#include "harness/report/stat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	GRID_POINTS = 200, /* of a median curve */
	COLUMNS = 4        /* x, median, low, high */
};

enum scale { SCALE_AUTO, SCALE_LINEAR, SCALE_LOG };

struct convergence_options { /* all zero = the defaults */
	long x, y, scale, settings;
};

static const char *const x_names[] = {"seconds", "iteration", NULL};
static const char *const x_labels[] = {"time of setup and solve in s", "iteration"};
static const char *const y_names[] = {
	"objective_network", "objective",      "gap",           "primal_residual",
	"dual_residual",     "train_accuracy", "test_accuracy", NULL};
static const char *const y_labels[] = {"network objective",
				       "objective",
				       "relative gap",
				       "primal residual (relative)",
				       "dual residual (relative)",
				       "training accuracy",
				       "test accuracy"};
static const char *const scale_names[] = {"auto", "linear", "log", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct convergence_options, x), .initial = "seconds", .names = x_names,
	 .doc = "horizontal axis; evaluation time is not part of seconds"},
	{OPTION_FIELD(struct convergence_options, y), .initial = "objective_network",
	 .names = y_names, .doc = "column of trace.csv on the vertical axis"},
	{OPTION_FIELD(struct convergence_options, scale), .initial = "auto", .names = scale_names,
	 .doc = "of the vertical axis; auto: logarithmic from one decade on"},
	{OPTION_FIELD(struct convergence_options, settings), .initial = "auto",
	 .names = series_settings_names, .doc = SERIES_SETTINGS_DOC},
	{.name = NULL},
};

/* A curve of `count` rows of COLUMNS values. */
struct curve {
	size_t count;
	double *at;
	bool band;
};

/* The known points of one trace, ascending in x. */
struct run {
	size_t count, next;
	double *x, *y;
};

static struct run run_of(const struct record *record, const char *x, const char *y,
			 struct arena *arena)
{
	const struct csv_table *trace = &record->trace;
	int cx = csv_column(trace, x), cy = csv_column(trace, y);
	struct run run = {0};

	run.x = ARENA_ARRAY(arena, double, trace->rows);
	run.y = ARENA_ARRAY(arena, double, trace->rows);
	for (size_t i = 0; i < trace->rows; i++) {
		double vx = csv_value(trace, i, cx), vy = csv_value(trace, i, cy);

		if (!isfinite(vx) || !isfinite(vy))
			continue;
		run.x[run.count] = vx;
		run.y[run.count++] = vy;
	}
	return run;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The x of all runs, ascending, without repeats, thinned to GRID_POINTS by rank. */
static size_t grid_of(const struct run *runs, size_t count, double **grid, struct arena *arena)
{
	size_t total = 0, kept = 0, fill = 0;

	for (size_t i = 0; i < count; i++)
		total += runs[i].count;
	*grid = ARENA_ARRAY(arena, double, total);
	for (size_t i = 0; i < count; i++) {
		memcpy(*grid + fill, runs[i].x, runs[i].count * sizeof **grid);
		fill += runs[i].count;
	}
	qsort(*grid, total, sizeof **grid, by_value);
	for (size_t i = 0; i < total; i++)
		if (kept == 0 || (*grid)[i] > (*grid)[kept - 1])
			(*grid)[kept++] = (*grid)[i];
	if (kept <= GRID_POINTS)
		return kept;
	for (size_t i = 0; i < GRID_POINTS; i++)
		(*grid)[i] = (*grid)[i * (kept - 1) / (GRID_POINTS - 1)];
	return GRID_POINTS;
}

/* A run's value at x: linear between its points, since a trace is thinned; NaN before the first
 * one; a finished run keeps its final value. Calls come with ascending x. */
static double value_at(struct run *run, double x)
{
	size_t i;

	while (run->next < run->count && run->x[run->next] <= x)
		run->next++;
	i = run->next;
	if (i == 0)
		return NAN;
	if (i == run->count)
		return run->y[i - 1];
	return run->y[i - 1] +
	       (run->y[i] - run->y[i - 1]) * (x - run->x[i - 1]) / (run->x[i] - run->x[i - 1]);
}

static struct curve median_curve(struct run *runs, size_t count, struct arena *arena)
{
	double *grid, *values = ARENA_ARRAY(arena, double, count);
	size_t points = grid_of(runs, count, &grid, arena);
	struct curve curve = {.band = count > 1};

	curve.at = ARENA_ARRAY(arena, double, points *COLUMNS);
	for (size_t p = 0; p < points; p++) {
		double *row = curve.at + COLUMNS * curve.count;
		struct stat stat;

		for (size_t i = 0; i < count; i++)
			values[i] = value_at(&runs[i], grid[p]);
		stat = stat_of(values, count);
		if (stat.count < count) /* some run has not begun */
			continue;
		row[0] = grid[p];
		row[1] = stat.median;
		row[2] = stat.low;
		row[3] = stat.high;
		curve.count++;
	}
	return curve;
}

static struct curve curve_of(const struct group *group, const struct convergence_options *o,
			     struct arena *arena)
{
	struct run *runs = ARENA_ARRAY(arena, struct run, group->count);
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++) {
		if (!records_ok(group->member[i]))
			continue;
		runs[count] = run_of(group->member[i], x_names[o->x], y_names[o->y], arena);
		count += runs[count].count > 0;
	}
	return median_curve(runs, count, arena);
}

/* Smallest and largest finite value of a column over the curves of a panel. */
static void extent(const struct curve *curves, size_t count, size_t column, double *low,
		   double *high)
{
	*low = HUGE_VAL;
	*high = -HUGE_VAL;
	for (size_t c = 0; c < count; c++)
		for (size_t i = 0; i < curves[c].count; i++) {
			double value = curves[c].at[COLUMNS * i + column];

			if (column == 0 && value == 0)
				continue; /* the start has no place on a logarithmic axis */
			*low = fmin(*low, value);
			*high = fmax(*high, value);
		}
}

/* A logarithmic axis has no place for the start at 0. */
static void drop_start(struct curve *curves, size_t count)
{
	for (size_t c = 0; c < count; c++)
		while (curves[c].count > 0 && curves[c].at[0] <= 0) {
			curves[c].at += COLUMNS;
			curves[c].count--;
		}
}

/* An accuracy ends at 1: no tick above, and at least a tenth below it to look at. */
static void accuracy_axis(struct figure *figure, double low)
{
	fprintf(figure->gp, "set yrange [%.3f:1.01]\nset offsets graph 0.02, graph 0.02, 0, 0\n",
		fmin(0.9, fmax(0, low - 0.02)));
}

static void draw_panel(struct figure *figure, const struct convergence_options *o, const char *data,
		       const struct series_list *list, const struct records *records)
{
	struct arena *arena = records->arena;
	struct curve *curves = ARENA_ARRAY(arena, struct curve, list->count);
	const char *columns = arena_format(arena, "%s %s low high", x_names[o->x], y_names[o->y]);
	double low, high;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->at[i].group->data, data) == 0)
			curves[i] = curve_of(list->at[i].group, o, arena);
	figure_panel(figure, series_title(records, data), x_labels[o->x], y_labels[o->y]);
	extent(curves, list->count, 0, &low, &high);
	if (figure_wants_log(low, high)) {
		figure_log(figure, 'x', low, high);
		drop_start(curves, list->count);
	}
	extent(curves, list->count, 1, &low, &high);
	if (o->scale == SCALE_LOG || (o->scale == SCALE_AUTO && figure_wants_log(low, high)))
		figure_log(figure, 'y', low, high);
	else if (strstr(y_names[o->y], "accuracy")) {
		extent(curves, list->count, 2, &low, &high); /* of the lower ends of the bands */
		accuracy_axis(figure, low);
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct series *s = &list->at[i];
		size_t block;

		if (curves[i].count == 0)
			continue;
		block = figure_block(figure, arena_format(arena, "%s: %s", data, s->label),
				     columns);
		for (size_t p = 0; p < curves[i].count; p++)
			figure_row(figure, COLUMNS, curves[i].at + COLUMNS * p);
		figure_curve(figure, block, curves[i].count, curves[i].band,
			     (struct figure_style){s->colour, s->entry});
	}
	figure_plot(figure);
}

/* Keep the series that have something to draw. */
static void drop_empty(struct series_list *list, const struct convergence_options *o,
		       struct arena *arena)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (curve_of(list->at[i].group, o, arena).count > 0)
			list->at[kept++] = list->at[i];
	list->count = kept;
}

static enum status write_plot(const void *options, const struct records *records, const char *stem,
			      bool *written, struct err *err)
{
	const struct convergence_options *o = options;
	struct arena *arena = records->arena;
	struct series_list list = series_of(records, (enum series_settings)o->settings, 1);
	struct figure_plan plan = {.caption = series_caption(&list, arena)};
	struct figure figure;

	drop_empty(&list, o, arena);
	plan.entries = series_entries(&list, &plan.entry_count, arena);
	for (size_t i = 0; i < records->data_count; i++)
		plan.panels += series_count(&list, records->data[i]) > 0;
	*written = plan.panels > 0;
	if (!*written)
		return STATUS_OK;
	TRY(figure_open(&figure, records, stem, &plan, err));
	for (size_t i = 0; i < records->data_count; i++)
		if (series_count(&list, records->data[i]) > 0)
			draw_panel(&figure, o, records->data[i], &list, records);
	return figure_close(&figure, err);
}

const struct plot plot_convergence = {
	.base = {"convergence", "trace against time or iterations, a panel per data set", "", rows,
		 sizeof(struct convergence_options)},
	.write = write_plot,
};
