/* Substitution against products by plain loops: sizes on both sides of a block and of a strip, even
 * and odd numbers of right-hand sides, any number of threads. */
#include "solvers/core/rng.h"
#include "solvers/core/substitution.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <omp.h>

/* A lower factor of a good condition; above the diagonal is what nobody may read. */
static struct mat factor(ptrdiff_t n, struct arena *arena)
{
	struct rng rng = rng_stream(7, "factor", (uint64_t)n);
	struct mat L = mat_new(arena, n, n);

	toy_fill(L, &rng);
	for (ptrdiff_t j = 0; j < n; j++)
		for (ptrdiff_t i = 0; i < n; i++) {
			double x = (double)mat_get(L, i, j) / (double)n;

			mat_set(L, i, j, (real)(i < j ? NAN : i == j ? 1 + fabs(x) : x));
		}
	return L;
}

/* The largest |L L'X - B| */
static double residual(struct mat L, struct mat X, struct mat B)
{
	double largest = 0;

	for (ptrdiff_t c = 0; c < B.cols; c++) {
		struct arena arena = {0};
		double *t = ARENA_ARRAY(&arena, double, L.rows);

		for (ptrdiff_t j = 0; j < L.rows; j++)
			for (ptrdiff_t i = j; i < L.rows; i++)
				t[j] += (double)mat_get(L, i, j) * (double)mat_get(X, i, c);
		for (ptrdiff_t i = 0; i < L.rows; i++) {
			double sum = -(double)mat_get(B, i, c);

			for (ptrdiff_t j = 0; j <= i; j++)
				sum += (double)mat_get(L, i, j) * t[j];
			largest = fmax(largest, isnan(sum) ? HUGE_VAL : fabs(sum));
		}
		arena_release(&arena);
	}
	return largest;
}

static void it_solves_the_system(void **state)
{
	static const ptrdiff_t sizes[] = {0, 1, 5, 127, 128, 129, 256, 300, 1400};
	static const ptrdiff_t sides[] = {1, 2, 3, 10};

	(void)state;
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
		for (size_t k = 0; k < sizeof sides / sizeof *sides; k++) {
			struct arena arena = {0};
			struct mat L = factor(sizes[s], &arena);
			struct mat B = mat_new(&arena, sizes[s], sides[k]);
			struct mat X = mat_new(&arena, sizes[s], sides[k]);
			struct rng rng = rng_stream(8, "sides", 0);

			toy_fill(B, &rng);
			for (int threads = 1; threads <= 3; threads += 2) {
				mat_copy(X, B);
				omp_set_num_threads(threads);
				substitution_solve(L, X);
				check_at_most(residual(L, X, B), 1e3 * REAL_EPSILON);
			}
			omp_set_num_threads(1);
			arena_release(&arena);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_solves_the_system),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
