/* A straight line through points. */
#ifndef STATS_LINE_H
#define STATS_LINE_H

#include <stddef.h>

/* y = offset + slope x */
struct line {
	double slope, offset;
	double error; /* standard error of the slope; NaN for fewer than three points */
};

/* Least squares: with the means mx and my, Sxx = sum_i (x_i - mx)^2 and Sxy alike,
 *
 *     slope = Sxy / Sxx,  offset = my - slope mx,
 *     error^2 = sum_i (y_i - offset - slope x_i)^2 / ((n - 2) Sxx)
 *
 * (Draper and Smith, Applied Regression Analysis, 1.4). The x must not all be equal. */
struct line line_fit(const double *x, const double *y, size_t count);

#endif
