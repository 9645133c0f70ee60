/* Adam against its definition, with a scaled gradient, decay of either kind, bias corrections. */
#include "solvers/tools/adam.h"

#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 5, STEPS = 7 };

static void steps_are_those_of_the_definition(void **state)
{
	struct adam adam = adam_new();
	real w[N], p[N] = {0}, q[N] = {0}, gradient[N];
	double x[N], mean[N] = {0}, square[N] = {0};

	(void)state;
	adam.scale = (real)0.5;
	adam.decay = (real)0.25;
	adam.shrink = (real)0.75;
	for (int i = 0; i < N; i++)
		x[i] = w[i] = (real)(i - 1.5);
	for (int t = 1; t <= STEPS; t++) {
		double rate = 0.1 / t;

		for (int i = 0; i < N; i++) {
			double g;

			gradient[i] = (real)sin(3 * t + i);
			g = 0.5 * (double)gradient[i] + 0.25 * x[i];
			mean[i] = 0.9 * mean[i] + 0.1 * g;
			square[i] = 0.999 * square[i] + 0.001 * g * g;
			x[i] = 0.75 * x[i] - rate * mean[i] / (1 - pow(0.9, t)) /
						     (sqrt(square[i] / (1 - pow(0.999, t))) + 1e-8);
		}
		adam_begin(&adam, rate);
		adam_update(&adam, N, gradient, w, p, q);
		for (int i = 0; i < N; i++)
			check_close(w[i], x[i], 1e3 * REAL_EPSILON, 1e3 * REAL_EPSILON);
	}
	assert_int_equal(adam.t, STEPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_those_of_the_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
