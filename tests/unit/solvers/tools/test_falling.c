/* Roots of falling functions: smooth, kinked, flat and jumping ones, and brackets that end in a
 * root. */
#include "solvers/tools/falling.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct probe {
	double (*f)(double x);
	int calls;
	double last;
};

static double call(void *context, double x)
{
	struct probe *probe = context;

	probe->calls++;
	probe->last = x;
	return probe->f(x);
}

static double smooth(double x)
{
	return exp(-x) - 1e-3;
}

static double kinked(double x)
{
	return x < 3 ? 1e-6 * (3 - x) : 1e6 * (3 - x);
}

static double flat(double x)
{
	return x < 2 ? 1 : fmax(-1, 3 - x) - 0.5;
}

static double jumping(double x)
{
	return x < 7.25 ? 1 : -5;
}

static double solve(struct probe *probe, double low, double high)
{
	struct falling falling = {.f = call, .context = probe, .low = low, .high = high};

	falling.at_low = call(probe, low);
	falling.at_high = call(probe, high);
	return falling_root(falling);
}

static void roots_are_found(void **state)
{
	const struct {
		double (*f)(double x);
		double low, high, root;
	} cases[] = {{smooth, 0, 100, 6.907755278982137},
		     {kinked, 0, 4, 3},
		     {flat, -1e6, 1e6, 2.5},
		     {jumping, 0, 1000, 7.25}};

	(void)state;
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct probe probe = {.f = cases[c].f};
		double root = solve(&probe, cases[c].low, cases[c].high);

		if (!(fabs(root - cases[c].root) <= 1e-14 * (1 + cases[c].root)))
			fail_msg("case %zu: %.17g after %d calls", c, root, probe.calls);
		check_at_least(probe.last, root);
		check_at_most(probe.last, root); /* evaluated there last */
		check_below(probe.calls, 155);
	}
}

static void an_end_may_be_the_root(void **state)
{
	struct probe probe = {.f = smooth};

	(void)state;
	check_at_most(solve(&probe, 8, 9), 8);  /* below zero already */
	check_at_least(solve(&probe, 1, 2), 2); /* above zero still */
	assert_int_equal(probe.calls, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_found),
		cmocka_unit_test(an_end_may_be_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
