/* Statistics against their definitions in plain loops. */
#include "harness/stats/line.h"
#include "harness/stats/sample.h"
#include "harness/stats/student.h"
#include "harness/stats/wilson.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH(list) (sizeof(list) / sizeof *(list))

/* The value of rank k: as many are smaller as k. */
static double ranked(const double *values, size_t count, size_t k)
{
	for (size_t i = 0; i < count; i++) {
		size_t below = 0, same = 0;

		for (size_t j = 0; j < count; j++) {
			below += values[j] < values[i];
			same += values[j] == values[i];
		}
		if (below <= k && k < below + same)
			return values[i];
	}
	return NAN;
}

static double quantile(const double *values, size_t count, double q)
{
	double h = q * (double)(count - 1);
	double a = ranked(values, count, (size_t)floor(h)),
	       b = ranked(values, count, (size_t)ceil(h));

	return a + (h - floor(h)) * (b - a);
}

static void quantiles_interpolate_between_ranks(void **state)
{
	static const double given[] = {2.385, -1.25, 7.5, 0.125, 2.385, 3.75, -4.5};

	(void)state;
	for (size_t n = 1; n <= LENGTH(given); n++) {
		double values[LENGTH(given) + 1] = {0};
		struct spread spread;

		for (size_t i = 0; i < n; i++)
			values[i + 1] = given[i];
		values[0] = NAN; /* is not counted */
		spread = sample_spread(values, n + 1);
		check_equal(spread.count, n);
		check_close(spread.median, quantile(given, n, 0.5), 1e-14, 0);
		check_close(spread.low, quantile(given, n, 0.1), 1e-14, 0);
		check_close(spread.high, quantile(given, n, 0.9), 1e-14, 0);
		for (double q = 0; q <= 1; q += 0.125)
			check_close(sample_quantile(values, n, q), quantile(given, n, q), 1e-14, 0);
	}
	check_nan(sample_quantile(given, 0, 0.5));
	check_nan(sample_spread(NULL, 0).median);
}

static void infinite_values_have_quantiles(void **state)
{
	double values[] = {HUGE_VAL, 1, HUGE_VAL, HUGE_VAL};
	struct spread spread = sample_spread(values, LENGTH(values));

	(void)state;
	check_equal(spread.median, HUGE_VAL);
	check_equal(spread.high, HUGE_VAL);
}

static void distinct_values_ascend(void **state)
{
	double values[] = {3, 1, 3, 2, 1};

	(void)state;
	check_equal(sample_distinct(values, LENGTH(values)), 3);
	for (size_t i = 0; i < 3; i++)
		check_equal(values[i], i + 1);
	check_equal(sample_distinct(NULL, 0), 0);
}

static void mean_is_of_what_is_known(void **state)
{
	const double values[] = {1.5, (double)NAN, 2.25, -7};
	size_t known;

	(void)state;
	check_close(sample_mean(values, LENGTH(values), &known), (1.5 + 2.25 - 7) / 3, 1e-15, 0);
	check_equal(known, 3);
	check_nan(sample_mean(values + 1, 1, &known));
	check_equal(known, 0);
}

/* Simpson's rule over the density
 *
 *     Gamma((v + 1) / 2) / (sqrt(v pi) Gamma(v / 2)) (1 + x^2 / v)^(-(v + 1) / 2). */
static double share_of(double t, double v)
{
	enum { STEPS = 4000 };
	double front = exp(lgamma((v + 1) / 2) - lgamma(v / 2)) / sqrt(v * acos(-1)), sum = 0;

	for (int i = 0; i <= STEPS; i++) {
		double x = -t + 2 * t * i / STEPS;
		double weight = i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2;

		sum += weight * pow(1 + x * x / v, -(v + 1) / 2);
	}
	return front * sum * 2 * t / STEPS / 3;
}

static void student_is_the_area_under_its_density(void **state)
{
	(void)state;
	for (size_t freedom = 1; freedom <= 12; freedom++) {
		double t = student_quantile(0.95, freedom);

		check_close(student_share(1.375, freedom), share_of(1.375, (double)freedom), 1e-9,
			    0);
		check_close(share_of(t, (double)freedom), 0.95, 1e-7, 0);
	}
}

static void intervals_are_as_wide_as_values_depend(void **state)
{
	static const double values[] = {2.5, 3.125, 2.25, 4.75, 3.5};
	double mean = 0, squares = 0, overlap = 0.25, n = LENGTH(values), t = 2.7764451051977987;
	struct student apart = student_interval(values, LENGTH(values), 0);
	struct student split = student_interval(values, LENGTH(values), overlap);

	(void)state;
	for (size_t i = 0; i < LENGTH(values); i++)
		mean += values[i] / n;
	for (size_t i = 0; i < LENGTH(values); i++)
		squares += (values[i] - mean) * (values[i] - mean) / (n - 1);
	check_close(apart.mean, mean, 1e-14, 0);
	check_close(apart.high - apart.low, 2 * t * sqrt(squares / n), 1e-12, 0);
	check_close(split.high - split.low, 2 * t * sqrt(squares / n + overlap * squares), 1e-12,
		    0);
	check_close((split.high + split.low) / 2, mean, 1e-14, 0);
	check_nan(student_interval(values, 1, 0).low);
	check_equal(student_interval(values, 1, 0).mean, values[0]);
	check_nan(student_interval(values, 0, 0).mean);
}

/* The ends p of the interval are those for which the share lies z standard errors away. */
static void wilson_solves_its_equation(void **state)
{
	const double z = 1.959963984540054;

	(void)state;
	for (double n = 1; n < 200; n *= 3)
		for (double k = 0; k <= n; k += ceil(n / 7)) {
			double ends[2];

			wilson_interval(k, n, &ends[0], &ends[1]);
			for (size_t i = 0; i < 2; i++) {
				double off = k / n - ends[i];

				check_close(off * off, z * z * ends[i] * (1 - ends[i]) / n, 1e-9,
					    1e-15);
				check_at_least(i == 0 ? off : -off, -1e-15);
			}
		}
}

/* Cramer's rule for the normal equations, and residuals of the line itself. */
static void lines_solve_the_normal_equations(void **state)
{
	static const double x[] = {0.5, 1.25, 2, 4.5, 7}, y[] = {1.75, 2.5, 2.25, 5.5, 6.125};
	double n = LENGTH(x), sx = 0, sy = 0, sxx = 0, sxy = 0, rest = 0, slope, offset;
	struct line line = line_fit(x, y, LENGTH(x));

	(void)state;
	for (size_t i = 0; i < LENGTH(x); i++) {
		sx += x[i];
		sy += y[i];
		sxx += x[i] * x[i];
		sxy += x[i] * y[i];
	}
	slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
	offset = (sy * sxx - sx * sxy) / (n * sxx - sx * sx);
	for (size_t i = 0; i < LENGTH(x); i++)
		rest += pow(y[i] - offset - slope * x[i], 2);
	check_close(line.slope, slope, 1e-13, 0);
	check_close(line.offset, offset, 1e-13, 0);
	check_close(line.error, sqrt(rest / (n - 2) / (sxx - sx * sx / n)), 1e-12, 0);
	check_nan(line_fit(x, y, 2).error);
	check_close(line_fit(x, y, 2).slope, (2.5 - 1.75) / 0.75, 1e-14, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_interpolate_between_ranks),
		cmocka_unit_test(infinite_values_have_quantiles),
		cmocka_unit_test(distinct_values_ascend),
		cmocka_unit_test(mean_is_of_what_is_known),
		cmocka_unit_test(student_is_the_area_under_its_density),
		cmocka_unit_test(intervals_are_as_wide_as_values_depend),
		cmocka_unit_test(wilson_solves_its_equation),
		cmocka_unit_test(lines_solve_the_normal_equations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
