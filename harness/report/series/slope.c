/* Rate of the linear phase of a curve on a logarithmic axis. */
#include "harness/report/series/slope.h"

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

struct slope slope_of(const double *rows, size_t count, size_t columns)
{
	struct phase phase = phase_of(rows, count, columns);
	double n = (double)count_of(&phase), mx = 0, my = 0, xx = 0, xy = 0;
	struct slope slope = {NAN, NAN, HUGE_VAL, -HUGE_VAL, false};

	if (n < FEWEST)
		return slope;
	for (size_t i = 0; i < phase.count; i++) {
		const double *row = row_of(&phase, i);

		if (!row)
			continue;
		mx += row[0] / n;
		my += log10(row[1]) / n;
		slope.from = fmin(slope.from, row[0]);
		slope.to = fmax(slope.to, row[0]);
	}
	for (size_t i = 0; i < phase.count; i++) {
		const double *row = row_of(&phase, i);

		xx += row ? (row[0] - mx) * (row[0] - mx) : 0;
		xy += row ? (row[0] - mx) * (log10(row[1]) - my) : 0;
	}
	slope.known = slope.to > slope.from;
	slope.decades = xy / xx;
	slope.offset = my - slope.decades * mx;
	return slope;
}
