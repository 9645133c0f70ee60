/* Scale before squaring. See range.h. */
#include "harness/data/range.h"

#include <float.h>
#include <math.h>

static const double rounding = 16 * DBL_EPSILON; /* of a few operations on equal values */

double range_unit(double largest)
{
	return largest > 0 && isfinite(largest) ? ldexp(1, ilogb(largest)) : 1;
}

bool range_is_constant(double low, double high)
{
	/* halves: the difference of the largest doubles is no double */
	return high / 2 - low / 2 <= rounding * fmax(fabs(low), fabs(high)) / 2;
}

double range_constant_size(double low, double high)
{
	return low == high ? 1 : fmax(1, fmax(fabs(low), fabs(high)));
}

struct range_moments range_moments(const double *x, size_t n, size_t stride)
{
	double low = x[0], high = x[0], sum = 0, square = 0, unit, mean, deviation;

	for (size_t i = 0; i < n; i++) {
		low = fmin(low, x[i * stride]);
		high = fmax(high, x[i * stride]);
	}
	if (range_is_constant(low, high)) /* the rounded mean would leave a deviation of an ulp */
		return (struct range_moments){low, 0, range_constant_size(low, high)};
	unit = range_unit(fmax(-low, high));
	for (size_t i = 0; i < n; i++)
		sum += x[i * stride] / unit;
	mean = sum / (double)n;
	for (size_t i = 0; i < n; i++) {
		double v = x[i * stride] / unit - mean;

		square += v * v;
	}
	deviation = unit * sqrt(square / (double)n);
	return (struct range_moments){unit * mean, deviation, deviation > 0 ? deviation : 1};
}

void range_divide(struct stages *stages, const double *size, struct arena *arena)
{
	size_t d = stages->d;
	double *first = ARENA_ARRAY(arena, double, d), *second = ARENA_ARRAY(arena, double, d);
	bool both = false;

	for (size_t j = 0; j < d; j++) {
		bool far = !isnormal(1 / size[j]);

		first[j] = far ? ldexp(1, -ilogb(size[j]) / 2) : 1 / size[j];
		second[j] = far ? 1 / (size[j] * first[j]) : 1;
		both = both || far;
	}
	stages_add(stages, STAGE_SCALE, d, first, arena);
	if (both)
		stages_add(stages, STAGE_SCALE, d, second, arena);
}

enum status range_check(const struct part *part, ptrdiff_t k, struct err *err)
{
	/* solvers multiply up to four features, as in squares of sums of squares */
	const double most = sqrt(sqrt(REAL_LARGEST));

	for (ptrdiff_t j = 0; j < part->X.cols; j++)
		for (ptrdiff_t i = 0; i < part->X.rows; i++) {
			double x = (double)mat_get(part->X, i, j);

			if (!(fabs(x) <= most))
				return err_set(
					err, STATUS_ENV,
					"row %td, column %td: expected a prepared value up to "
					"%.1e, whose fourth power is finite in %s precision, got "
					"%g; `prepare: [standardize]` brings columns to size 1",
					i, j, most, REAL_NAME, x);
		}
	for (ptrdiff_t i = 0; i < part->X.rows * k; i++)
		if (!(fabs((double)part->y[i]) <= most))
			return err_set(
				err, STATUS_ENV,
				"row %td: expected a target up to %.1e, whose fourth power is "
				"finite in %s precision, got %g; `target: standardize` brings "
				"targets to size 1",
				i % part->X.rows, most, REAL_NAME, (double)part->y[i]);
	return STATUS_OK;
}
