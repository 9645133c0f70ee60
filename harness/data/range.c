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

struct range_ends range_ends(const struct rows *rows, struct arena *arena)
{
	struct ranks *ranks = rows->shared ? rows->shared->ranks : NULL;
	const size_t d = rows->d, count = (size_t)ranks_count(ranks);
	double *at = ARENA_ARRAY(arena, double, 2 * d), *high = at + d;
	double *room = ranks ? ARENA_ARRAY(arena, double, 2 * d * count) : NULL;

	for (size_t j = 0; j < d; j++)
		at[j] = high[j] = -HUGE_VAL;
	for (size_t i = 0; i < rows->n; i++)
		for (size_t j = 0; j < d; j++) {
			at[j] = fmax(at[j], -rows->x[i * d + j]);
			high[j] = fmax(high[j], rows->x[i * d + j]);
		}
	ranks_largest_all(ranks, at, 2 * d, room);
	for (size_t j = 0; j < d; j++)
		at[j] = -at[j];
	return (struct range_ends){at, high};
}

/* What is summed over the rows, in units of each column. */
struct sums {
	const struct rows *rows;
	const double *unit, *mean; /* d; mean NULL: of the values, else of squared deviations */
};

static void add_rows(void *context, double *at)
{
	const struct sums *s = context;
	const size_t d = s->rows->d;

	for (size_t i = 0; i < s->rows->n; i++)
		for (size_t j = 0; j < d; j++) {
			double v = s->rows->x[i * d + j] / s->unit[j];

			if (s->mean)
				v = (v - s->mean[j]) * (v - s->mean[j]);
			at[j] += v;
		}
}

struct range_moments *range_moments(const struct rows *rows, struct arena *arena)
{
	struct ranks *ranks = rows->shared ? rows->shared->ranks : NULL;
	const double n = (double)(ranks ? rows->shared->all.n : rows->n);
	const size_t d = rows->d;
	struct range_moments *out = ARENA_ARRAY(arena, struct range_moments, d);
	double *unit = ARENA_ARRAY(arena, double, d), *mean = ARENA_ARRAY(arena, double, d);
	double *square = ARENA_ARRAY(arena, double, d);
	struct range_ends ends = range_ends(rows, arena);
	struct sums sums = {rows, unit, NULL};

	for (size_t j = 0; j < d; j++)
		unit[j] = range_unit(fmax(-ends.low[j], ends.high[j]));
	ranks_in_turn(ranks, add_rows, &sums, mean, d);
	for (size_t j = 0; j < d; j++)
		mean[j] /= n;
	sums.mean = mean;
	ranks_in_turn(ranks, add_rows, &sums, square, d);
	for (size_t j = 0; j < d; j++) {
		double low = ends.low[j], high = ends.high[j];
		double deviation = unit[j] * sqrt(square[j] / n);

		out[j] = (struct range_moments){unit[j] * mean[j], deviation,
						deviation > 0 ? deviation : 1};
		if (range_is_constant(low, high)) /* the rounded mean would leave an ulp */
			out[j] = (struct range_moments){low, 0, range_constant_size(low, high)};
	}
	return out;
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

enum status range_check(const struct part *part, struct mat X, ptrdiff_t first, ptrdiff_t k,
			struct err *err)
{
	/* solvers multiply up to four features, as in squares of sums of squares */
	const double most = sqrt(sqrt(REAL_LARGEST));

	for (ptrdiff_t j = 0; j < X.cols; j++)
		for (ptrdiff_t i = 0; i < X.rows; i++) {
			double x = (double)mat_get(X, i, j);

			if (!(fabs(x) <= most))
				return err_set(
					err, STATUS_ENV,
					"row %td, column %td: expected a prepared value up to "
					"%.1e, whose fourth power is finite in %s precision, got "
					"%g; `prepare: [standardize]` brings columns to size 1",
					first + i, j, most, REAL_NAME, x);
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
