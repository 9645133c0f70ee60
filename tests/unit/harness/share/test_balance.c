/* Shared-out loads against brute force over all ways to share them. */
#include "harness/share/balance.h"
#include "tests/close.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

enum { MOST = 8, PARTS = 3 };

static double largest(const double *load, size_t count, const size_t *part)
{
	double sum[PARTS] = {0}, most = 0;

	for (size_t i = 0; i < count; i++)
		sum[part[i]] += load[i];
	for (size_t p = 0; p < PARTS; p++)
		most = fmax(most, sum[p]);
	return most;
}

static double best(const double *load, size_t count)
{
	double least = HUGE_VAL;
	size_t ways = 1, part[MOST];

	for (size_t i = 0; i < count; i++)
		ways *= PARTS;
	for (size_t way = 0; way < ways; way++) {
		size_t rest = way;

		for (size_t i = 0; i < count; i++, rest /= PARTS)
			part[i] = rest % PARTS;
		least = fmin(least, largest(load, count, part));
	}
	return least;
}

static void keeps_the_bound_of_graham(void **state)
{
	uint32_t seed = 1;
	double load[MOST];
	size_t part[MOST];

	(void)state;
	for (int trial = 0; trial < 40; trial++) {
		double bound;

		for (size_t i = 0; i < MOST; i++) {
			seed = seed * 1664525u + 1013904223u;
			load[i] = (double)(seed >> 24) + (i == 0 ? 200 : 0);
		}
		balance_split(load, MOST, PARTS, part);
		for (size_t i = 0; i < MOST; i++)
			assert_in_range(part[i], 0, PARTS - 1);
		bound = (4.0 / 3 - 1.0 / (3 * PARTS)) * best(load, MOST);
		check_at_most(largest(load, MOST, part), bound + 1e-9);
	}
}

static void equal_loads_go_round(void **state)
{
	const double load[] = {1, 1, 1, 1, 1};
	size_t part[5];

	(void)state;
	balance_split(load, 5, 2, part);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(part[i], i % 2);
	balance_split(load, 0, 2, part);
	balance_split(load, 5, 7, part); /* some parts get nothing */
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(part[i], i);
}

static void the_largest_comes_first(void **state)
{
	const double load[] = {1, 3, 2, 3};
	size_t order[4];

	(void)state;
	balance_order(load, 4, order);
	assert_int_equal(order[0], 1);
	assert_int_equal(order[1], 3);
	assert_int_equal(order[2], 2);
	assert_int_equal(order[3], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_bound_of_graham),
		cmocka_unit_test(equal_loads_go_round),
		cmocka_unit_test(the_largest_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
