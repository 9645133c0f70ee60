/* The power method against the eigenvalues of A'A, and on matrices whose norm is plain. */
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SIZES = 4 };

static const ptrdiff_t sizes[SIZES][2] = {{1, 1}, {4, 7}, {33, 5}, {70, 64}};
static const double slack = 100 * REAL_EPSILON;

static struct arena arena;

static int finish(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* The largest eigenvalue of A'A. */
static double largest(struct mat A)
{
	struct mat H = mat_new(&arena, A.cols, A.cols);
	real *w = ARENA_ARRAY(&arena, real, A.cols);

	blas_syrk(1, A, TRANSPOSED, 0, H);
	assert_true(blas_eigen(H, w));
	return (double)w[A.cols - 1];
}

static void it_nears_the_largest_eigenvalue_from_below(void **state)
{
	struct rng rng = rng_stream(9, "test_squared_norm", 0);

	(void)state;
	for (int s = 0; s < SIZES; s++) {
		struct mat A = mat_new(&arena, sizes[s][0], sizes[s][1]);
		real *v = ARENA_ARRAY(&arena, real, A.cols), *f = ARENA_ARRAY(&arena, real, A.rows);
		double found, truth;

		for (ptrdiff_t j = 0; j < A.cols; j++) {
			for (ptrdiff_t i = 0; i < A.rows; i++)
				mat_set(A, i, j, (real)(2 * rng_uniform(&rng) - 1));
			v[j] = (real)(1 + 0.37 * (double)(j % 7));
		}
		found = blas_squared_norm(A, 300, v, f);
		truth = largest(A);
		check_at_most(found, truth * (1 + slack));
		check_at_least(found, 0.99 * truth);
	}
}

static void of_nothing_it_is_zero(void **state)
{
	struct mat A = mat_new(&arena, 3, 2);
	real v[2] = {1, 2}, f[3];

	(void)state;
	check_equal(blas_squared_norm(A, 30, v, f), 0);
	mat_set(A, 1, 1, 3);
	v[0] = 1;
	v[1] = 1;
	check_close(blas_squared_norm(A, 30, v, f), 9, 0, 9 * slack);
	v[0] = 1;
	v[1] = 0; /* in the kernel */
	check_equal(blas_squared_norm(A, 30, v, f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_nears_the_largest_eigenvalue_from_below),
		cmocka_unit_test(of_nothing_it_is_zero),
	};

	return cmocka_run_group_tests(tests, NULL, finish);
}
