/* The median of the traces of a group. */
#include "harness/report/series/curve.h"
#include "harness/stats/sample.h"

#include <math.h>
#include <string.h>

enum {
	GRID_POINTS = 200 /* of a median curve */
};

/* The known points of one trace, ascending in x. */
struct run {
	size_t count, next;
	double *x, *y;
};

static bool needs_certificate(const char *y)
{
	return strncmp(y, "gap", strlen("gap")) == 0 || strcmp(y, "lower_bound") == 0;
}

double curve_seconds(const struct record *record, size_t i, const char *y)
{
	const struct csv_table *trace = &record->trace;
	double seconds = csv_value(trace, i, csv_column(trace, "seconds"));

	if (needs_certificate(y))
		seconds += csv_value(trace, i, csv_column(trace, "certificate_s"));
	return seconds;
}

bool curve_untimed(const struct record *record, const char *y)
{
	int column = csv_column(&record->trace, y);

	for (size_t i = 0; records_ok(record) && i < record->trace.rows; i++)
		if (!isnan(csv_value(&record->trace, i, column)) &&
		    isnan(curve_seconds(record, i, y)))
			return true;
	return false;
}

const char *curve_time_label(const char *y)
{
	return needs_certificate(y) ? "time of setup, solve and certificates in s"
				    : "time of setup and solve in s";
}

static struct run run_of(const struct record *record, const char *x, const char *y,
			 struct arena *arena)
{
	const struct csv_table *trace = &record->trace;
	int cx = csv_column(trace, x), cy = csv_column(trace, y);
	bool seconds = strcmp(x, "seconds") == 0, gap = strncmp(y, "gap", strlen("gap")) == 0;
	struct run run = {0};

	run.x = ARENA_ARRAY(arena, double, trace->rows);
	run.y = ARENA_ARRAY(arena, double, trace->rows);
	for (size_t i = 0; i < trace->rows; i++) {
		double vx = seconds ? curve_seconds(record, i, y) : csv_value(trace, i, cx);
		double vy = csv_value(trace, i, cy);

		if (!isfinite(vx) || !isfinite(vy))
			continue;
		run.x[run.count] = vx;
		run.y[run.count++] = gap ? fmax(0, vy) : vy;
	}
	return run;
}

/* The x of all runs, ascending, without repeats, thinned to GRID_POINTS by rank. */
static size_t grid_of(const struct run *runs, size_t count, double **grid, struct arena *arena)
{
	size_t total = 0, kept, fill = 0;

	for (size_t i = 0; i < count; i++)
		total += runs[i].count;
	*grid = ARENA_ARRAY(arena, double, total);
	for (size_t i = 0; i < count; i++) {
		memcpy(*grid + fill, runs[i].x, runs[i].count * sizeof **grid);
		fill += runs[i].count;
	}
	kept = sample_distinct(*grid, total);
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

	curve.at = ARENA_ARRAY(arena, double, points *CURVE_COLUMNS);
	for (size_t p = 0; p < points; p++) {
		double *row = curve.at + CURVE_COLUMNS * curve.count;
		struct spread stat;

		for (size_t i = 0; i < count; i++)
			values[i] = value_at(&runs[i], grid[p]);
		stat = sample_spread(values, count);
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

struct curve curve_of(const struct group *group, const char *x, const char *y, struct arena *arena)
{
	struct run *runs = ARENA_ARRAY(arena, struct run, group->count);
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++) {
		if (!records_ok(group->member[i]))
			continue;
		runs[count] = run_of(group->member[i], x, y, arena);
		count += runs[count].count > 0;
	}
	return median_curve(runs, count, arena);
}
