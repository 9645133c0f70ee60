/* Sobol points against those of scipy.stats.qmc.Sobol (1.17, unscrambled), and by what makes them
 * even: of the first 2^m one lies in each interval of length 2^-m of every coordinate, shifted or
 * not. */
#include "solvers/tools/sobol.h"

#include "tests/close.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void they_are_those_of_joe_and_kuo(void **state)
{
	static const size_t dimension[] = {0, 1, 2, 9, 20};
	static const struct {
		uint32_t index;
		double at[5];
	} known[] = {
		{1, {0.5, 0.5, 0.5, 0.5, 0.5}},
		{2, {0.75, 0.25, 0.25, 0.75, 0.25}},
		{3, {0.25, 0.75, 0.75, 0.25, 0.75}},
		{7, {0.125, 0.625, 0.375, 0.875, 0.875}},
		{100, {0.4140625, 0.2578125, 0.7734375, 0.6953125, 0.7578125}},
		{1000, {0.2197265625, 0.0966796875, 0.5185546875, 0.0693359375, 0.5224609375}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		for (size_t k = 0; k < 5; k++)
			check_close(sobol_at(known[i].index, dimension[k], 0), known[i].at[k], 0,
				    0);
}

static void each_interval_has_one(void **state)
{
	enum { POINTS = 256 };
	static const uint32_t shifts[] = {0, 0x9e3779b9u};

	(void)state;
	for (size_t d = 0; d < SOBOL_DIMENSIONS; d++)
		for (size_t s = 0; s < 2; s++) {
			int seen[POINTS] = {0};

			for (uint32_t i = 0; i < POINTS; i++)
				seen[(size_t)(sobol_at(i, d, shifts[s]) * POINTS)]++;
			for (size_t i = 0; i < POINTS; i++)
				assert_int_equal(seen[i], 1);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_those_of_joe_and_kuo),
		cmocka_unit_test(each_interval_has_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
