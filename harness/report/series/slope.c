/* Rate of the linear phase of a curve on a logarithmic axis. */
#include "harness/report/series/slope.h"
#include "harness/stats/line.h"

#include <math.h>

enum { FEWEST = 3 /* points of a fit that could fail to be straight */ };

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
