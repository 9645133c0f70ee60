/* L-BFGS directions on a quadratic function: the secant equation of the latest step, and exactness
 * once all directions have been seen; what is not learnt. */
#include "solvers/tools/lbfgs.h"
#include "tests/close.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 3 };

static const double A[N][N] = {{4, 1, 0.5}, {1, 3, -0.3}, {0.5, -0.3, 2}};

static void gradient(const real *x, real *g)
{
	for (int i = 0; i < N; i++) {
		double sum = -1 - i;

		for (int j = 0; j < N; j++)
			sum += A[i][j] * (double)x[j];
		g[i] = (real)sum;
	}
}

/* A step along the direction to the minimum on the line; learns it. */
static void descend(struct lbfgs *l, real *x, real *g)
{
	real next[N], next_g[N], p[N];
	double slope = 0, curve = 0;

	lbfgs_direction(l, g, p);
	for (int i = 0; i < N; i++) {
		slope += (double)g[i] * (double)p[i];
		for (int j = 0; j < N; j++)
			curve += A[i][j] * (double)p[i] * (double)p[j];
	}
	check_below(slope, 0);
	for (int i = 0; i < N; i++)
		next[i] = x[i] - (real)(slope / curve) * p[i];
	gradient(next, next_g);
	lbfgs_learn(l, x, next, g, next_g);
	for (int i = 0; i < N; i++) {
		x[i] = next[i];
		g[i] = next_g[i];
	}
}

/* -H y = -s for the pair learnt last, whatever was learnt before; the memory is a ring. */
static void the_latest_step_is_remembered(void **state)
{
	struct arena arena = {0};
	struct lbfgs l = lbfgs_new(N, 2, &arena);

	(void)state;
	for (int k = 0; k < 5; k++) {
		real zero[N] = {0}, s[N], y[N], p[N];

		for (int i = 0; i < N; i++)
			s[i] = (real)((i + k) % 3 == 0 ? 1 : 0.2 * (k + 1) - 0.5 * i);
		gradient(s, y);
		for (int i = 0; i < N; i++)
			y[i] += (real)(1 + i);
		lbfgs_learn(&l, zero, s, zero, y);
		lbfgs_direction(&l, y, p);
		for (int i = 0; i < N; i++)
			check_close(p[i], -s[i], 0, 1e-12);
	}
	arena_release(&arena);
}

static void a_quadratic_ends_in_n_steps(void **state)
{
	struct arena arena = {0};
	struct lbfgs l = lbfgs_new(N, N, &arena);
	real x[N] = {5, -7, 2}, g[N];

	(void)state;
	gradient(x, g);
	for (int k = 0; k < N; k++)
		descend(&l, x, g);
	for (int i = 0; i < N; i++)
		check_close(g[i], 0, 0, 1e-10);
	arena_release(&arena);
}

/* A gradient that has changed by rounding says nothing: the direction stays the gradient. */
static void rounding_is_not_learnt(void **state)
{
	struct arena arena = {0};
	struct lbfgs l = lbfgs_new(N, 2, &arena);
	const real x[N] = {0}, step[N] = {-1, -1, -1}, g[N] = {1, 1, 1};
	real next[N], p[N];

	(void)state;
	for (int i = 0; i < N; i++)
		next[i] = g[i] - (real)(2 * REAL_EPSILON);
	lbfgs_learn(&l, x, step, g, next);
	lbfgs_direction(&l, g, p);
	for (int i = 0; i < N; i++)
		check_equal(p[i], -g[i]);
	for (int i = 0; i < N; i++) /* and ten thousand times as much does */
		next[i] = g[i] - (real)(2e4 * REAL_EPSILON);
	lbfgs_learn(&l, x, step, g, next);
	lbfgs_direction(&l, g, p);
	check_below(p[0], -1e3);
	lbfgs_forget(&l);
	lbfgs_direction(&l, g, p);
	for (int i = 0; i < N; i++)
		check_equal(p[i], -g[i]);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_latest_step_is_remembered),
		cmocka_unit_test(a_quadratic_ends_in_n_steps),
		cmocka_unit_test(rounding_is_not_learnt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
