/* The projection on the simplex by its conditions: x >= 0, sum 1, and one level that the positive
 * parts fell by and the others are below. */
#include "solvers/tools/simplex.h"

#include "solvers/core/rng.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 37, DRAWS = 17 };

static void check_projection(const real *from, const real *x)
{
	double sum = 0, low = -HUGE_VAL, high = HUGE_VAL;

	for (int k = 0; k < N; k++) {
		double fall = (double)from[k] - (double)x[k];

		check_at_least(x[k], 0);
		sum += (double)x[k];
		if (x[k] > 0) {
			low = fmax(low, fall);
			high = fmin(high, fall);
		}
	}
	check_close(sum, 1, 0, 1e2 * REAL_EPSILON);
	check_close(low, high, 0, 1e2 * REAL_EPSILON);
	for (int k = 0; k < N; k++)
		if (!(x[k] > 0))
			check_at_most(from[k], low + 1e2 * REAL_EPSILON);
}

static void projections_meet_their_conditions(void **state)
{
	(void)state;
	for (uint64_t draw = 0; draw < DRAWS; draw++) {
		struct rng rng = rng_stream(11, "test_simplex", draw);
		real from[N], x[N];

		for (int k = 0; k < N; k++)
			x[k] = from[k] = (real)(pow(4, (double)draw - 10) * rng_normal(&rng));
		simplex_project(N, x);
		check_projection(from, x);
	}
}

static void points_of_the_simplex_stay(void **state)
{
	real x[] = {(real)0.5, 0, (real)0.25, (real)0.25};

	(void)state;
	simplex_project(4, x);
	check_equal(x[0], 0.5);
	check_equal(x[1], 0);
	check_equal(x[2], 0.25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(projections_meet_their_conditions),
		cmocka_unit_test(points_of_the_simplex_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
