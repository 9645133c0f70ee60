/* Anderson acceleration and the Nystrom preconditioner on linear operators whose answers are known.
 */
#include "solvers/admm/nystrom.h"
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "solvers/tools/anderson.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 30 };

/* F(x) = c + T (x - c), T diagonal with entries up to 0.99: c is the fixed point. */
static void contract(real *x)
{
	for (int k = 0; k < N; k++) {
		real c = (real)(1 + 0.1 * k), rate = (real)(0.99 * (k + 1) / N);

		x[k] = c + rate * (x[k] - c);
	}
}

static double distance(const real *x)
{
	double square = 0;

	for (int k = 0; k < N; k++)
		square += pow((double)x[k] - (1 + 0.1 * k), 2);
	return sqrt(square);
}

static int iterations_to(double accuracy, long memory)
{
	struct arena arena = {0};
	struct anderson *a =
		memory > 0 ? anderson_new(&arena, N, (struct anderson_memory){memory, 1, NULL}, 1)
			   : NULL;
	real x[N] = {0};
	int i = 0;

	for (; i < 10000 && distance(x) > accuracy; i++) {
		if (a)
			anderson_before(a, x);
		contract(x);
		if (a)
			anderson_after(a, x);
	}
	arena_release(&arena);
	return i;
}

static void linear_iterations_end_sooner(void **state)
{
	int plain = iterations_to(1e-8, 0);

	(void)state;
	check_above(plain, 1000);
	check_below(iterations_to(1e-8, 5), plain / 4);
	check_below(iterations_to(1e-8, 20), plain / 15);
}

/* Three rates: three differences are enough for the fixed point itself. */
static void few_rates_end_at_once(void **state)
{
	struct arena arena = {0};
	struct anderson *a = anderson_new(&arena, N, (struct anderson_memory){5, 1, NULL}, 1);
	real x[N] = {0};

	(void)state;
	for (int i = 0; i < 6; i++) {
		anderson_before(a, x);
		for (int k = 0; k < N; k++) {
			real c = (real)(1 + 0.1 * k), rate = (real)(0.3 * (k % 3 + 1));

			x[k] = c + rate * (x[k] - c);
		}
		anderson_after(a, x);
	}
	check_below(distance(x), 1e-6);
	arena_release(&arena);
}

/* A map that has nothing to do with the differences: the guard goes back to plain iterates. */
static void a_grown_residual_is_given_up(void **state)
{
	struct arena arena = {0};
	struct anderson *a = anderson_new(&arena, N, (struct anderson_memory){3, 1, NULL}, 1);
	real x[N], before[N];

	(void)state;
	memset(x, 0, sizeof x);
	for (int i = 0; i < 4; i++) {
		anderson_before(a, x);
		contract(x);
		memcpy(before, x, sizeof x);
		anderson_after(a, x);
	}
	assert_memory_not_equal(before, x, sizeof x); /* extrapolated */
	anderson_before(a, x);
	for (int k = 0; k < N; k++)
		x[k] += 1e6;
	assert_true(anderson_after(a, x));
	assert_memory_equal(before, x, sizeof x);
	arena_release(&arena);
}

static void a_fixed_point_stays(void **state)
{
	struct arena arena = {0};
	struct anderson *a = anderson_new(&arena, N, (struct anderson_memory){3, 1, NULL}, 1);
	real x[N];

	(void)state;
	for (int k = 0; k < N; k++)
		x[k] = (real)(1 + 0.1 * k);
	for (int i = 0; i < 5; i++) {
		anderson_before(a, x);
		contract(x);
		anderson_after(a, x);
		check_below(distance(x), 1e-13);
	}
	arena_release(&arena);
}

/* A shift by the same small step towards far fixed points, with residuals that differ by rounding
 * alone: what thresholds do to a point that can fall along a flat direction. */
static void shift(real *x, int iteration)
{
	for (int k = 0; k < N; k++) {
		double noise = 1e-13 * ((iteration * 7 + k * 13) % 5 - 2);

		x[k] = (real)((double)x[k] + (x[k] > 1 ? -1e-3 : 1 - (double)x[k]) * (1 + noise));
	}
}

static void constant_residuals_do_not_drive_it_away(void **state)
{
	struct arena arena = {0};
	struct anderson *a = anderson_new(&arena, N, (struct anderson_memory){10, 1, NULL}, 1);
	real x[N];
	double farthest = 0;

	(void)state;
	for (int k = 0; k < N; k++)
		x[k] = 3;
	for (int i = 0; i < 300; i++) {
		anderson_before(a, x);
		shift(x, i);
		anderson_after(a, x);
		for (int k = 0; k < N; k++)
			farthest = fmax(farthest, fabs((double)x[k] - 1));
	}
	check_at_most(farthest, 2 + 1e-9);
	arena_release(&arena);
}

/* A part in other units, with the weight that undoes them: the same points. */
static void weights_undo_units(void **state)
{
	const double unit = 1024;
	const struct anderson_part parts[] = {{N / 3, 1, false},
					      {N - N / 3, 1 / (unit * unit), false}};
	struct arena arena = {0};
	struct anderson *one = anderson_new(&arena, N, (struct anderson_memory){5, 1, NULL}, 1),
			*other = anderson_new(&arena, N, (struct anderson_memory){5, 1, NULL}, 1);
	real x[N] = {0}, y[N] = {0};

	(void)state;
	anderson_weigh(other, parts, 2);
	for (int i = 0; i < 60; i++) {
		anderson_before(one, x);
		anderson_before(other, y);
		contract(x);
		for (int k = N / 3; k < N; k++)
			y[k] /= (real)unit;
		contract(y);
		for (int k = N / 3; k < N; k++)
			y[k] *= (real)unit;
		anderson_after(one, x);
		anderson_after(other, y);
		for (int k = 0; k < N; k++)
			check_close(x[k], (double)y[k] / (k < N / 3 ? 1 : unit), 0, 1e-12);
	}
	arena_release(&arena);
}

/* H = diag(100, 10, 1, 0, ..) in a rotated basis: G = Q Q', columns of Q orthonormal. */
static void low_rank(void *context, const real *g, real *h)
{
	const struct mat *Q = context;
	real c[3];

	blas_gemv(1, *Q, TRANSPOSED, g, 0, c);
	c[0] *= 100;
	c[1] *= 10;
	blas_gemv(1, *Q, PLAIN, c, 0, h);
}

/* The approximation of rank 5 of an operator of rank 3 is exact, and its preconditioner the inverse
 * up to the factor lambda_1 + mu. */
static void nystrom_is_exact_on_low_rank(void **state)
{
	const double mu = 0.3;
	struct arena arena = {0};
	struct mat Q = mat_new(&arena, N, 3), C = mat_new(&arena, 3, 3);
	struct rng rng = rng_stream(3, "test_nystrom", 0);
	struct nystrom nystrom = {0};
	real g[N], h[N];

	(void)state;
	for (int k = 0; k < N; k++)
		for (int j = 0; j < 3; j++)
			mat_set(Q, k, j, (real)rng_normal(&rng));
	blas_syrk(1, Q, TRANSPOSED, 0, C);
	assert_true(blas_cholesky(C));
	blas_trsm_right(C, TRANSPOSED, Q);
	assert_true(nystrom_new(&nystrom, N, 5, low_rank, &Q, &arena));
	check_close(nystrom.lambda[4], 100, 0, 1e-6);
	check_close(nystrom.lambda[3], 10, 0, 1e-6);
	check_close(nystrom.lambda[2], 1, 0, 1e-6);
	check_close(nystrom.lambda[1], 0, 0, 1e-6);
	for (int k = 0; k < N; k++)
		g[k] = (real)rng_normal(&rng);
	low_rank(&Q, g, h);
	for (int k = 0; k < N; k++)
		h[k] += (real)mu * g[k];
	nystrom_solve(&nystrom, mu, h);
	for (int k = 0; k < N; k++)
		check_close(h[k], mu * (double)g[k], 0, 1e-5);
	arena_release(&arena);
}

/* A run of `steps` iterations holds x, r and g, and pairs of differences as it comes to them. */
static void short_runs_hold_few_differences(void **state)
{
	enum { SIZE = 100000 };
	static const struct {
		double steps, vectors;
	} cases[] = {{1, 3}, {10, 3}, {11, 5}, {20, 5}, {21, 7}, {40, 9}, {41, 11}, {HUGE_VAL, 11}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena_tally tally = {.real_size = sizeof(real), .steps = cases[i].steps};
		struct arena arena = arena_counting(&tally);

		anderson_new(&arena, SIZE, (struct anderson_memory){4, 10, NULL}, 1);
		check_close((double)tally.held / (SIZE * sizeof(real)), cases[i].vectors, 0, 0.02);
		arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(linear_iterations_end_sooner),
		cmocka_unit_test(few_rates_end_at_once),
		cmocka_unit_test(a_grown_residual_is_given_up),
		cmocka_unit_test(a_fixed_point_stays),
		cmocka_unit_test(constant_residuals_do_not_drive_it_away),
		cmocka_unit_test(weights_undo_units),
		cmocka_unit_test(nystrom_is_exact_on_low_rank),
		cmocka_unit_test(short_runs_hold_few_differences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
