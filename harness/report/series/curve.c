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
	size_t points, total = 0, fill = 0;
	struct curve curve = {.band = count > 1, .runs = count};

	/* the x of all runs, ascending, without repeats, thinned by rank */
	for (size_t i = 0; i < count; i++)
		total += runs[i].count;
	grid = ARENA_ARRAY(arena, double, total);
	for (size_t i = 0; i < count; i++) {
		memcpy(grid + fill, runs[i].x, runs[i].count * sizeof *grid);
		fill += runs[i].count;
	}
	total = sample_distinct(grid, total);
	points = total > GRID_POINTS ? GRID_POINTS : total;

	curve.at = ARENA_ARRAY(arena, double, points *CURVE_COLUMNS);
	curve.value = ARENA_ARRAY(arena, double, points *count);
	for (size_t p = 0; p < points; p++) {
		double x = grid[total > points ? p * (total - 1) / (points - 1) : p];
		double *row = curve.at + CURVE_COLUMNS * curve.count;
		struct spread stat;

		for (size_t i = 0; i < count; i++)
			values[i] = value_at(&runs[i], x);
		memcpy(curve.value + curve.count * count, values, count * sizeof *values);
		stat = sample_spread(values, count);
		if (stat.count < count) /* some run has not begun */
			continue;
		row[0] = x;
		row[1] = stat.median;
		row[2] = stat.low;
		row[3] = stat.high;
		curve.count++;
	}
	return curve;
}

struct curve curve_of(const struct group *group, const char *x, const char *y,
		      const struct floors *floors, struct arena *arena)
{
	struct run *runs = ARENA_ARRAY(arena, struct run, group->count);
	bool seconds = strcmp(x, "seconds") == 0, gap = strncmp(y, "gap", strlen("gap")) == 0;
	size_t count = 0;

	for (size_t i = 0; i < group->count; i++) {
		const struct record *record = group->member[i];
		const struct csv_table *trace = &record->trace;
		int cx = csv_column(trace, x),
		    cy = floors ? floors_column(record) : csv_column(trace, y);
		double floor = floors ? floors_at(floors, record) : 0;
		struct run *run = &runs[count];

		if (!records_ok(record))
			continue;
		run->x = ARENA_ARRAY(arena, double, trace->rows);
		run->y = ARENA_ARRAY(arena, double, trace->rows);
		for (size_t k = 0; k < trace->rows; k++) {
			double vx = seconds ? curve_seconds(record, k, y) : csv_value(trace, k, cx);
			double vy = csv_value(trace, k, cy);

			if (!isfinite(vx) || !isfinite(vy))
				continue;
			run->x[run->count] = vx;
			run->y[run->count++] = gap ? fmax(0, vy) : vy - floor;
		}
		count += run->count > 0;
	}
	return median_curve(runs, count, arena);
}
