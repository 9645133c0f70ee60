/* Rate of the linear phase of a curve on a logarithmic axis. */
#ifndef REPORT_SLOPE_H
#define REPORT_SLOPE_H

#include "harness/report/figure/figure.h"

#include <stdbool.h>
#include <stddef.h>

/* log10 y = offset + decades x, for from <= x <= to. */
struct slope {
	double decades, offset, from, to;
	bool known; /* at least three points of different x */
};

/* Least squares over the linear phase of a curve with rows (x, y, ...) of `columns` values, x
 * ascending: of the points from the start to the last one above 3 times the final value, which is
 * taken for the curve's own floor, those in the second half of their range of x; if these are fewer
 * than three, all of them. Points that are not above the floor, or not > 0, do not count. */
struct slope slope_of(const double *rows, size_t count, size_t columns, struct arena *arena);

/* Add to each curve that is of a group, where its axis is logarithmic, the fitted line, and to the
 * labels the slopes, a value for each panel: "-1.2 / -0.8 decades per s after 0.1 s of setup". */
void slope_add(struct figure *figure, bool seconds);

#define SLOPE_DOC                                                                         \
	"least-squares slope of log10 y against x over the linear phase, in the legend "  \
	"and as a thin line, where the vertical axis is logarithmic: the second half in " \
	"x of the points before the curve falls to 3 times its final value"

#endif
