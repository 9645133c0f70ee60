/* Products in double against plain sums. */
#include "solvers/cvx/wide.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 700, D = 5, M = 3 }; /* more than one block of rows */

static void products_are_sums_in_double(void **state)
{
	struct arena arena = {0};
	struct rng rng = rng_stream(1, "test_wide", 0);
	struct mat X = mat_new(&arena, N, D), Q = mat_new(&arena, N, M);
	struct wide wide = wide_new(D, M, &arena);
	double Z[D * M], L[D * M];

	(void)state;
	toy_fill(X, &rng);
	toy_fill(Q, &rng);
	wide_transposed(&wide, X, Q, Z);
	for (ptrdiff_t c = 0; c < M; c++)
		wide_transposed_twice(X, mat_col(Q, c), L + c * D);
	for (ptrdiff_t c = 0; c < D * M; c++) {
		double sum = 0;

		for (ptrdiff_t k = 0; k < N; k++)
			sum += (double)mat_get(X, k, c % D) * (double)mat_get(Q, k, c / D);
		check_close(sum, Z[c], 0, 1e-12 * N);
		check_close(sum, L[c], 0, 1e-12 * N);
	}
	check_close(wide_norm(2, (double[]){3, 4}), 5, 0, 1e-15);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products_are_sums_in_double),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
