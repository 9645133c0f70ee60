/* Rank correlations against the formula for distinct values and against values by hand. */
#include "harness/stats/sample.h"
#include "tests/close.h"
#include "tests/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena *const arena = &room_of_tests.arena;

static void equal_values_share_their_ranks(void **state)
{
	const double values[] = {2.5, -1, 7, 2.5, 2.5}, want[] = {3, 1, 5, 3, 3};
	double rank[5];

	(void)state;
	sample_ranks(values, 5, rank);
	for (size_t i = 0; i < 5; i++)
		check_close(rank[i], want[i], 0, 0);
}

/* Ranks 3 1 4 2 5 and 2 1 5 3 4: squares of the differences are 1 0 1 1 1. */
static void distinct_values_have_the_coefficient_of_the_differences(void **state)
{
	const double x[] = {0.3, -2, 0.31, 0, 1e9}, y[] = {5, -7, 90, 6, 7};

	(void)state;
	check_close(sample_rank_correlation(x, y, 5, arena), 1 - 6 * 4 / (5 * 24.0), 1e-14, 0);
}

/* Ranks 1.5 1.5 3 4 and 1 2.5 2.5 4, each less 2.5: 4.5 / sqrt(4.5 4.5) less what the ties cost. */
static void ties_follow_pearson(void **state)
{
	const double x[] = {1, 1, 2, 3}, y[] = {0, 4, 4, 8};

	(void)state;
	check_close(sample_rank_correlation(x, y, 4, arena), (1.5 + 0 + 0 + 2.25) / 4.5, 1e-14, 0);
}

static void without_an_order_there_is_none(void **state)
{
	const double flat[] = {1, 1, 1}, rising[] = {1, 2, 3};

	(void)state;
	check_nan(sample_rank_correlation(flat, rising, 3, arena));
	check_nan(sample_rank_correlation(rising, flat, 3, arena));
	check_nan(sample_rank_correlation(flat, flat, 0, arena));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_values_share_their_ranks),
		cmocka_unit_test(distinct_values_have_the_coefficient_of_the_differences),
		cmocka_unit_test(ties_follow_pearson),
		cmocka_unit_test(without_an_order_there_is_none),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
