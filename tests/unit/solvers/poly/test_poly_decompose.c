/* Neurons of a matrix: they give it back, and their directions have length 1. */
#include "solvers/poly/poly_decompose.h"

#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { D = 6 };

/* Z = sum of `rank` neurons' matrices, of weights that differ by 1e4. */
static struct mat make(int rank, struct rng *rng, struct arena *arena)
{
	struct mat Z = mat_new(arena, D + 1, D + 1), P = mat_new(arena, D + 1, rank);

	toy_fill(P, rng);
	for (ptrdiff_t j = 0; j < rank; j++) {
		double size = pow(10, -4.0 * (double)j / rank);

		mat_set(P, D, j, (real)blas_norm(D, mat_col(P, j)));
		for (ptrdiff_t i = 0; i <= D; i++)
			mat_set(P, i, j, (real)size * mat_get(P, i, j));
	}
	blas_gemm(1, P, PLAIN, P, TRANSPOSED, 0, Z);
	return Z;
}

/* (a, b) of the sum of the neurons' matrices. */
static double entry_of(struct mat U, const real *weight, ptrdiff_t count, ptrdiff_t a, ptrdiff_t b)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < count; j++)
		sum += (double)weight[j] * (a < D ? (double)mat_get(U, a, j) : 1) *
		       (b < D ? (double)mat_get(U, b, j) : 1);
	return sum;
}

static void neurons_give_the_matrix_back(void **state)
{
	struct rng rng = rng_stream(8, "test_poly_decompose", 0);

	(void)state;
	for (int rank = 1; rank <= D + 1; rank++) {
		struct arena arena = {0};
		struct mat Z = make(rank, &rng, &arena), U = mat_new(&arena, D, D + 1);
		struct poly_decompose self = poly_decompose_new(D + 1, &arena);
		real weight[D + 1];
		double largest = 0;
		ptrdiff_t count = poly_decompose(&self, Z, 100 * REAL_EPSILON, U, -1, weight);

		assert_int_equal(count, rank);
		for (ptrdiff_t i = 0; i <= D; i++)
			largest = fmax(largest, (double)mat_get(Z, i, i));
		for (ptrdiff_t j = 0; j < count; j++) {
			check_below(weight[j], 0);
			check_close(blas_norm(D, mat_col(U, j)), 1, 1e2 * REAL_EPSILON, 0);
		}
		for (ptrdiff_t a = 0; a < (D + 1) * (D + 1); a++)
			check_close(-entry_of(U, weight, count, a / (D + 1), a % (D + 1)),
				    mat_get(Z, a / (D + 1), a % (D + 1)), 0,
				    1e3 * REAL_EPSILON * largest);
		arena_release(&arena);
	}
}

/* A matrix that lacks tr Z1 = Z4 leaves no partner for its last column, and no NaN. */
static void what_lacks_the_trace_is_rescaled(void **state)
{
	struct arena arena = {0};
	struct mat Z = mat_new(&arena, 3, 3), U = mat_new(&arena, 2, 3);
	struct poly_decompose self = poly_decompose_new(3, &arena);
	real weight[3];
	ptrdiff_t count;

	(void)state;
	mat_set(Z, 0, 0, 1);
	mat_set(Z, 1, 1, (real)0.001);
	mat_set(Z, 2, 2, 1);
	count = poly_decompose(&self, Z, 0, U, 1, weight);
	check_at_least(count, 1);
	for (ptrdiff_t j = 0; j < count; j++) {
		check_close(blas_norm(2, mat_col(U, j)), 1, 1e-5, 0);
		check_finite(weight[j]);
	}
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neurons_give_the_matrix_back),
		cmocka_unit_test(what_lacks_the_trace_is_rescaled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
