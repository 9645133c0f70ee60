/* Each wrapper against a naive twin, on views inside larger matrices: what lies around a view must
 * stay.
 *
 * Entries are in [-1, 1]. A sum of n products of them is off by at most about n^2 eps / 2. */
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { RIM = 2, SIZES = 4 };

static const real MARK = 77;
static const ptrdiff_t sizes[SIZES][3] = {{1, 1, 1}, {4, 7, 3}, {33, 5, 65}, {70, 64, 20}};

static struct arena arena;
static struct rng rng;

static int start(void **state)
{
	(void)state;
	rng = rng_stream(9, "test_blas", 0);
	return 0;
}

static int finish(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static double tolerance(ptrdiff_t n)
{
	return REAL_EPSILON * (double)(n * n + 8);
}

/* A random view with a rim of marks. */
static struct mat view_new(ptrdiff_t rows, ptrdiff_t cols)
{
	struct mat A = mat_new(&arena, rows + 2 * RIM, cols + 2 * RIM);

	mat_fill(A, MARK);
	A = mat_rows(mat_cols(A, RIM, cols), RIM, rows);
	for (ptrdiff_t j = 0; j < cols; j++)
		for (ptrdiff_t i = 0; i < rows; i++)
			mat_set(A, i, j, (real)(2 * rng_uniform(&rng) - 1));
	return A;
}

static void check_rim(struct mat A)
{
	struct mat whole = {A.rows + 2 * RIM, A.cols + 2 * RIM, A.stride,
			    A.at - RIM - RIM * A.stride};

	for (ptrdiff_t j = 0; j < whole.cols; j++)
		for (ptrdiff_t i = 0; i < whole.rows; i++)
			if (i < RIM || i >= RIM + A.rows || j < RIM || j >= RIM + A.cols)
				check_equal(mat_get(whole, i, j), MARK);
}

static struct mat copy_of(struct mat A)
{
	struct mat B = mat_new(&arena, A.rows, A.cols);

	mat_copy(B, A);
	return B;
}

static double get(struct mat A, enum transpose t, ptrdiff_t i, ptrdiff_t j)
{
	return (double)(t == TRANSPOSED ? mat_get(A, j, i) : mat_get(A, i, j));
}

/* (op(A) op(B))_ij */
static double product(struct mat A, enum transpose ta, struct mat B, enum transpose tb, ptrdiff_t i,
		      ptrdiff_t j)
{
	ptrdiff_t inner = ta == TRANSPOSED ? A.rows : A.cols;
	double sum = 0;

	for (ptrdiff_t k = 0; k < inner; k++)
		sum += get(A, ta, i, k) * get(B, tb, k, j);
	return sum;
}

/* The (m, k) matrix of which op makes an m x k one. */
static struct mat operand(enum transpose t, ptrdiff_t rows, ptrdiff_t cols)
{
	return t == TRANSPOSED ? view_new(cols, rows) : view_new(rows, cols);
}

static void check_gemm(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, enum transpose ta, enum transpose tb)
{
	struct mat A = operand(ta, m, k), B = operand(tb, k, n), C = view_new(m, n);
	struct mat before = copy_of(C);

	blas_gemm(0.5, A, ta, B, tb, -2, C);
	for (ptrdiff_t j = 0; j < n; j++)
		for (ptrdiff_t i = 0; i < m; i++) {
			double expected = 0.5 * product(A, ta, B, tb, i, j) -
					  2 * (double)mat_get(before, i, j);

			check_close(mat_get(C, i, j), expected, 0, tolerance(k));
		}
	check_rim(C);
}

static void gemm_is_the_product(void **state)
{
	(void)state;
	for (int s = 0; s < SIZES; s++)
		for (int t = 0; t < 4; t++)
			check_gemm(sizes[s][0], sizes[s][1], sizes[s][2],
				   t & 1 ? TRANSPOSED : PLAIN, t & 2 ? TRANSPOSED : PLAIN);
}

static void empty_products_are_zero(void **state)
{
	struct mat A = view_new(3, 0), B = view_new(0, 4), C = view_new(3, 4),
		   none = view_new(0, 4);
	real x[4] = {1, 1, 1, 1}, y[4] = {3, 3, 3, 3};

	(void)state;
	blas_gemm(1, A, PLAIN, B, PLAIN, 0, C); /* a sum of no products */
	for (ptrdiff_t j = 0; j < 4; j++)
		for (ptrdiff_t i = 0; i < 3; i++)
			check_equal(mat_get(C, i, j), 0);
	blas_gemm(1, none, PLAIN, view_new(4, 4), PLAIN, 0, none);
	blas_gemv(1, none, PLAIN, x, 0, y); /* no outputs */
	check_equal(y[0], 3);
	check_rim(C);
}

static void check_syrk(ptrdiff_t m, ptrdiff_t k, enum transpose t)
{
	struct mat A = operand(t, m, k), C = view_new(m, m), before = copy_of(C);

	blas_syrk(0.5, A, t, -2, C);
	for (ptrdiff_t j = 0; j < m; j++)
		for (ptrdiff_t i = 0; i < m; i++) {
			double old = (double)mat_get(before, i, j);
			double expected =
				i < j ? old
				      : 0.5 * product(A, t, A, t == PLAIN ? TRANSPOSED : PLAIN, i,
						      j) -
						2 * old;

			check_close(mat_get(C, i, j), expected, 0, tolerance(k));
		}
	check_rim(C);
}

static void syrk_writes_the_lower_triangle_only(void **state)
{
	(void)state;
	for (int s = 0; s < SIZES; s++) {
		check_syrk(sizes[s][0], sizes[s][2], PLAIN);
		check_syrk(sizes[s][0], sizes[s][2], TRANSPOSED);
	}
}

static struct mat column(const real *x, ptrdiff_t n)
{
	struct mat A = mat_new(&arena, n, 1);

	for (ptrdiff_t i = 0; i < n; i++)
		mat_set(A, i, 0, x[i]);
	return A;
}

static void check_gemv(ptrdiff_t m, ptrdiff_t n, enum transpose t)
{
	struct mat A = operand(t, m, n), x = view_new(n, 1), y = view_new(m, 1);
	struct mat before = copy_of(y);

	blas_gemv(0.5, A, t, x.at, -2, y.at);
	for (ptrdiff_t i = 0; i < m; i++)
		check_close((double)y.at[i] - 0.5 * product(A, t, x, PLAIN, i, 0) +
				    2 * (double)before.at[i],
			    0, 0, tolerance(n));
	check_rim(y);
}

static void matrix_times_vector(void **state)
{
	(void)state;
	for (int s = 0; s < SIZES; s++) {
		check_gemv(sizes[s][0], sizes[s][1], PLAIN);
		check_gemv(sizes[s][0], sizes[s][1], TRANSPOSED);
	}
}

static void vectors_and_norms(void **state)
{
	enum { LENGTH = 131 };
	struct mat x = view_new(LENGTH, 1), y = view_new(LENGTH, 1), before = copy_of(y);
	struct mat A = view_new(13, 9);
	double square = 0;
	real large[2] = {(real)3e30, (real)4e30}; /* the squares leave the range of a float */

	(void)state;
	check_close(blas_dot(LENGTH, x.at, y.at), product(x, TRANSPOSED, y, PLAIN, 0, 0), 0,
		    tolerance(LENGTH));
	check_close(blas_norm(LENGTH, x.at), sqrt(product(x, TRANSPOSED, x, PLAIN, 0, 0)), 0,
		    tolerance(LENGTH));
	check_close(blas_norm(2, large) / 5e30, 1, 0, tolerance(2));
	blas_axpy(LENGTH, -0.5, x.at, y.at);
	blas_scale(LENGTH, 0.25, x.at);
	for (ptrdiff_t i = 0; i < LENGTH; i++)
		check_close((double)y.at[i] - (double)before.at[i] + 2 * (double)x.at[i], 0, 0,
			    tolerance(1));
	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t i = 0; i < A.rows; i++)
			square += pow((double)mat_get(A, i, j), 2);
	check_close(blas_mat_norm(A), sqrt(square), 0, tolerance(13 * 9));
	check_rim(x);
	check_rim(y);
	check_at_least(blas_threads(), 1);
}

/* A random symmetric matrix with eigenvalues above n, its upper triangle NaN if `half`. */
static struct mat definite_new(ptrdiff_t n, bool half)
{
	struct mat A = view_new(n, n);

	blas_symmetrize(A);
	for (ptrdiff_t j = 0; j < n; j++) {
		mat_set(A, j, j, (real)(2 * n));
		for (ptrdiff_t i = 0; half && i < j; i++)
			mat_set(A, i, j, (real)NAN);
	}
	return A;
}

/* L L' = A */
static void check_factor(struct mat L, struct mat A)
{
	ptrdiff_t n = A.rows;

	for (ptrdiff_t j = 0; j < n; j++)
		for (ptrdiff_t i = j; i < n; i++) {
			double sum = 0;

			for (ptrdiff_t k = 0; k <= j; k++)
				sum += (double)mat_get(L, i, k) * (double)mat_get(L, j, k);
			check_close(sum, mat_get(A, i, j), 0, 2 * (double)n * tolerance(n));
		}
}

static void cholesky_multiplies_back(void **state)
{
	(void)state;
	for (int s = 0; s < SIZES; s++) {
		struct mat A = definite_new(sizes[s][0], true), L = copy_of(A);

		assert_true(blas_cholesky(L));
		check_factor(L, A);
	}
}

static void cholesky_refuses_what_is_not_definite(void **state)
{
	struct mat A = definite_new(6, false), zero = mat_new(&arena, 3, 3);

	(void)state;
	mat_set(A, 4, 4, -1);
	assert_false(blas_cholesky(A));
	assert_false(blas_cholesky(zero));
	A = definite_new(4, false);
	mat_set(A, 2, 1, (real)NAN);
	assert_false(blas_cholesky(A));
}

static double lower(struct mat L, enum transpose t, ptrdiff_t i, ptrdiff_t j)
{
	if (t == TRANSPOSED)
		return j >= i ? (double)mat_get(L, j, i) : 0;
	return i >= j ? (double)mat_get(L, i, j) : 0;
}

/* op(L) B = C or, right, B op(L) = C; L is diagonally dominant. Solutions are below 1, entries of L
 * below 2 n. */
static void check_triangular(struct mat L, enum transpose t, struct mat B, struct mat C, bool right)
{
	for (ptrdiff_t j = 0; j < C.cols; j++)
		for (ptrdiff_t i = 0; i < C.rows; i++) {
			double sum = 0;

			for (ptrdiff_t k = 0; k < L.rows; k++)
				sum += right ? (double)mat_get(B, i, k) * lower(L, t, k, j)
					     : lower(L, t, i, k) * (double)mat_get(B, k, j);
			check_close(sum, mat_get(C, i, j), 0,
				    2 * (double)L.rows * tolerance(L.rows));
		}
	check_rim(B);
}

static void triangular_systems_are_solved_on_both_sides(void **state)
{
	(void)state;
	for (int s = 0; s < 2 * SIZES; s++) {
		enum transpose t = s % 2 ? TRANSPOSED : PLAIN;
		ptrdiff_t n = sizes[s / 2][0], m = sizes[s / 2][1];
		struct mat L = definite_new(n, true), B = view_new(n, m), C = copy_of(B);
		struct mat R = view_new(m, n), S = copy_of(R);

		blas_trsm(L, t, B);
		check_triangular(L, t, B, C, false);
		blas_trsm_right(L, t, R);
		check_triangular(L, t, R, S, true);
		if (t == PLAIN) { /* R L is S again, and R was below 1 */
			struct mat again = copy_of(R);

			blas_trmm_right(L, again);
			check_triangular(L, t, R, again, true);
		}
	}
}

/* Residual of A X = B. */
static void check_solution(struct mat A, struct mat X, struct mat B)
{
	for (ptrdiff_t j = 0; j < B.cols; j++)
		for (ptrdiff_t i = 0; i < B.rows; i++)
			check_close(product(A, PLAIN, X, PLAIN, i, j), mat_get(B, i, j), 0,
				    4 * (double)A.rows * tolerance(A.rows));
}

/* A times its inverse is the unit matrix. */
static void cholesky_inverts(void **state)
{
	(void)state;
	for (int s = 0; s < SIZES; s++) {
		ptrdiff_t n = sizes[s][0];
		struct mat A = definite_new(n, false), L = copy_of(A), I = view_new(n, n);

		assert_true(blas_cholesky(L));
		assert_true(blas_cholesky_inverse(L));
		blas_symmetrize(L);
		for (ptrdiff_t j = 0; j < n; j++)
			for (ptrdiff_t i = 0; i < n; i++)
				mat_set(I, i, j, i == j);
		check_solution(A, L, I);
	}
}

static void cholesky_solves(void **state)
{
	(void)state;
	for (int s = 0; s < SIZES; s++) {
		ptrdiff_t n = sizes[s][0], blocks[] = {1, 3, n, n + 5, 32};
		struct mat A = definite_new(n, false), L = copy_of(A);
		struct mat B = view_new(n, sizes[s][1]), X = copy_of(B);

		assert_true(blas_cholesky(L));
		blas_cholesky_solve(L, X);
		check_solution(A, X, B);
		for (int b = 0; b < 5; b++) {
			struct mat x = column(mat_col(B, 0), n);

			blas_triangular_solve(L, blocks[b], x.at);
			check_solution(A, x, mat_cols(B, 0, 1));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gemm_is_the_product),
		cmocka_unit_test(empty_products_are_zero),
		cmocka_unit_test(syrk_writes_the_lower_triangle_only),
		cmocka_unit_test(matrix_times_vector),
		cmocka_unit_test(vectors_and_norms),
		cmocka_unit_test(cholesky_multiplies_back),
		cmocka_unit_test(cholesky_refuses_what_is_not_definite),
		cmocka_unit_test(triangular_systems_are_solved_on_both_sides),
		cmocka_unit_test(cholesky_solves),
		cmocka_unit_test(cholesky_inverts),
	};

	return cmocka_run_group_tests(tests, start, finish);
}
