/* Variance components against the analysis of variance, and against expectations by enumeration. */
#include "harness/stats/components.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH(list) (sizeof(list) / sizeof *(list))

enum { ROWS = 3, COLUMNS = 4 };

static const double table[ROWS][COLUMNS] = {
	{1.2, -0.7, 3.1, 0.4}, {2.9, 1.5, 2.2, 4.8}, {-1.3, 0.1, 0.6, 1.9}};

/* Mean squares of the two-way layout with one value a cell. */
static void complete_tables_have_the_analysis_of_variance(void **state)
{
	double y[ROWS * COLUMNS], a[ROWS * COLUMNS], b[ROWS * COLUMNS], mean = 0;
	double row[ROWS] = {0}, column[COLUMNS] = {0};
	double of_rows = 0, of_columns = 0, of_rest = 0;
	struct components c;

	(void)state;
	for (size_t i = 0; i < ROWS; i++)
		for (size_t j = 0; j < COLUMNS; j++) {
			size_t at = i * COLUMNS + j;

			y[at] = table[i][j];
			a[at] = 10 + (double)i;
			b[at] = -(double)j;
			row[i] += table[i][j] / COLUMNS;
			column[j] += table[i][j] / ROWS;
			mean += table[i][j] / (ROWS * COLUMNS);
		}
	for (size_t i = 0; i < ROWS; i++)
		of_rows += COLUMNS * pow(row[i] - mean, 2) / (ROWS - 1);
	for (size_t j = 0; j < COLUMNS; j++)
		of_columns += ROWS * pow(column[j] - mean, 2) / (COLUMNS - 1);
	for (size_t i = 0; i < ROWS; i++)
		for (size_t j = 0; j < COLUMNS; j++)
			of_rest += pow(table[i][j] - row[i] - column[j] + mean, 2) /
				   ((ROWS - 1) * (COLUMNS - 1));
	c = components_of(y, a, b, ROWS * COLUMNS);
	check_close(c.first, (of_rows - of_rest) / COLUMNS, 1e-12, 0);
	check_close(c.second, (of_columns - of_rest) / ROWS, 1e-12, 0);
	check_close(c.both, of_rest, 1e-12, 0);
}

/* Effects that are +-1 times their deviations: the mean over all signs is the expectation. */
static void estimates_are_unbiased_where_cells_are_missing(void **state)
{
	static const double first[] = {0, 0, 1, 1, 2}, second[] = {0, 1, 0, 2, 1};
	enum { CELLS = LENGTH(first), LEVELS = 3, BITS = 2 * LEVELS + CELLS };
	const double of_first = 0.7, of_second = 2, of_rest = 1.3;
	struct components mean = {0};

	(void)state;
	for (unsigned signs = 0; signs < 1u << BITS; signs++) {
		double y[CELLS];
		struct components c;

		for (size_t k = 0; k < CELLS; k++) {
			unsigned a = signs >> (unsigned)first[k] & 1;
			unsigned b = signs >> (LEVELS + (unsigned)second[k]) & 1;
			unsigned e = signs >> (2 * LEVELS + k) & 1;

			y[k] = 5 + (a ? of_first : -of_first) + (b ? of_second : -of_second) +
			       (e ? of_rest : -of_rest);
		}
		c = components_of(y, first, second, CELLS);
		mean.first += c.first / (1u << BITS);
		mean.second += c.second / (1u << BITS);
		mean.both += c.both / (1u << BITS);
	}
	check_close(mean.first, of_first * of_first, 1e-12, 0);
	check_close(mean.second, of_second * of_second, 1e-12, 0);
	check_close(mean.both, of_rest * of_rest, 1e-12, 0);
}

static void what_moves_together_is_not_separated(void **state)
{
	static const double y[] = {1, 3, 8}, together[] = {0, 1, 2}, fixed[] = {4, 4, 4};
	struct components c = components_of(y, together, together, LENGTH(y));

	(void)state;
	check_nan(c.first);
	check_nan(c.second);
	check_nan(c.both);
	check_nan(c.same_first);
	check_close(c.apart, 13, 1e-14, 0); /* the variance of 1, 3, 8 */
	c = components_of(y, fixed, together, LENGTH(y));
	check_nan(c.apart);
	check_nan(c.same_second);
	check_close(c.same_first, 13, 1e-14, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(complete_tables_have_the_analysis_of_variance),
		cmocka_unit_test(estimates_are_unbiased_where_cells_are_missing),
		cmocka_unit_test(what_moves_together_is_not_separated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
