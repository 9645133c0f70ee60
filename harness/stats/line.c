/* Least squares of a straight line. */
#include "harness/stats/line.h"

#include <math.h>

struct line line_fit(const double *x, const double *y, size_t count)
{
	double n = (double)count, mx = 0, my = 0, xx = 0, xy = 0, rest = 0, slope;

	for (size_t i = 0; i < count; i++) {
		mx += x[i] / n;
		my += y[i] / n;
	}
	for (size_t i = 0; i < count; i++) {
		xx += (x[i] - mx) * (x[i] - mx);
		xy += (x[i] - mx) * (y[i] - my);
	}
	slope = xy / xx;
	for (size_t i = 0; i < count; i++) {
		double off = y[i] - my - slope * (x[i] - mx);

		rest += off * off;
	}
	return (struct line){slope, my - slope * mx, count > 2 ? sqrt(rest / (n - 2) / xx) : NAN};
}
