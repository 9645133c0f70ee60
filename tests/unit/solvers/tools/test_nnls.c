/* Nonnegative least squares: the optimality conditions from the definition, the bracket of the
 * value, and the projected gradients against the active set method. */
#include "solvers/cvx/cvx_lanes.h"
#include "solvers/tools/nnls.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

enum { N = 24, D = 5, TRIALS = 100 };

struct fixture {
	struct arena arena;
	struct mat X;
	struct rng rng;
	real d[N], h[D];
	double g[D];
	struct nnls nnls;
};

/* Gaussian rows, some of them twice; a pattern of a direction, and a vector. */
static void make(struct fixture *t, uint64_t index)
{
	memset(t, 0, sizeof *t);
	t->rng = rng_stream(3, "test_nnls", index);
	t->X = mat_new(&t->arena, N, D);
	toy_fill(t->X, &t->rng);
	for (ptrdiff_t j = 0; j < D; j++) {
		mat_set(t->X, 1, j, mat_get(t->X, 0, j));
		mat_set(t->X, 3, j, 2 * mat_get(t->X, 2, j));
		mat_set(t->X, 5, j, 0);
		t->h[j] = (real)rng_normal(&t->rng);
		t->g[j] = rng_normal(&t->rng);
	}
	for (ptrdiff_t k = 0; k < N; k++) {
		double sum = 0;

		for (ptrdiff_t j = 0; j < D; j++)
			sum += (double)mat_get(t->X, k, j) * (double)t->h[j];
		t->d[k] = sum >= 0;
	}
	t->nnls = nnls_new(t->X, &t->arena);
}

/* e_k x_k'u */
static double slack(const struct fixture *t, ptrdiff_t k, const double *u)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < D; j++)
		sum += (double)mat_get(t->X, k, j) * u[j];
	return t->d[k] > 0 ? sum : -sum;
}

/* r is the minimum exactly if eta >= 0, e o (X r) >= 0 and eta o (X r) = 0. */
static void check_optimal(const struct fixture *t, double value)
{
	double r[D], square = 0;

	memcpy(r, t->g, sizeof r);
	for (ptrdiff_t i = 0; i < t->nnls.count; i++) {
		ptrdiff_t k = t->nnls.passive[i];

		check_at_least(t->nnls.eta[i], 0);
		for (ptrdiff_t j = 0; j < D; j++)
			r[j] += (t->d[k] > 0 ? 1 : -1) * t->nnls.eta[i] *
				(double)mat_get(t->X, k, j);
	}
	for (ptrdiff_t k = 0; k < N; k++)
		check_at_least(slack(t, k, r), -1e-9);
	for (ptrdiff_t i = 0; i < t->nnls.count; i++)
		check_close(slack(t, t->nnls.passive[i], r), 0, 0, 1e-9);
	for (ptrdiff_t j = 0; j < D; j++)
		square += r[j] * r[j];
	check_close(sqrt(square), value, 0, 1e-9);
}

static void minima_are_optimal(void **state)
{
	int inside = 0;

	(void)state;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		struct fixture t;
		struct nnls_value v;

		make(&t, trial);
		v = nnls_solve(&t.nnls, (struct nnls_block){t.d, t.h, t.g}, -1, HUGE_VAL);
		check_optimal(&t, v.upper);
		check_at_most(v.upper - v.lower, 1e-9);
		inside += v.upper > 1e-6;
		arena_release(&t.arena);
	}
	assert_in_range(inside, TRIALS / 10, TRIALS); /* not only the trivial value 0 */
}

/* A verdict that comes early is the one of the minimum. */
static void early_verdicts_are_right(void **state)
{
	int early = 0;

	(void)state;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		struct fixture t;
		struct nnls_value v, end;
		double stop;

		make(&t, trial);
		end = nnls_solve(&t.nnls, (struct nnls_block){t.d, t.h, t.g}, -1, HUGE_VAL);
		stop = 1.5 * end.upper * rng_uniform(&t.rng);
		v = nnls_solve(&t.nnls, (struct nnls_block){t.d, t.h, t.g}, stop, stop);
		check_at_most(v.lower, end.upper + 1e-9);
		check_at_least(v.upper, end.upper - 1e-9);
		if (v.upper > stop && v.lower <= stop)
			check_at_most(v.upper - v.lower, 1e-9);
		early += v.upper - v.lower > 1e-6;
		arena_release(&t.arena);
	}
	assert_in_range(early, TRIALS / 10, TRIALS);
}

static void lanes_reach_the_same_minimum(void **state)
{
	enum { STEPS = 400 };

	(void)state;
	for (uint64_t trial = 0; trial < 10; trial++) {
		struct fixture t;
		struct cvx_lanes lanes;
		struct nnls_value v;
		double before;

		make(&t, trial);
		v = nnls_solve(&t.nnls, (struct nnls_block){t.d, t.h, t.g}, -1, HUGE_VAL);
		lanes = cvx_lanes_new(t.X, &t.arena);
		lanes.count = 2;
		lanes.block[0] = lanes.block[1] = (struct cvx_block){.d = t.d};
		for (ptrdiff_t j = 0; j < D; j++) {
			mat_set(lanes.g, j, 0, (real)t.g[j]);
			mat_set(lanes.g, j, 1, 0);
		}
		cvx_lanes_start(&lanes);
		before = lanes.norm[0];
		for (int step = 0; step < STEPS; step++)
			cvx_lanes_step(&lanes);
		check_at_most(lanes.norm[0], before);
		check_equal(lanes.norm[1], 0);
		check_close(lanes.norm[0], v.upper, 0, 1e-5);
		arena_release(&t.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minima_are_optimal),
		cmocka_unit_test(early_verdicts_are_right),
		cmocka_unit_test(lanes_reach_the_same_minimum),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
