/* Coordinates of full rank: X = Z B', and a program in them has the same optimum. */
#include "solvers/core/blas.h"
#include "solvers/model/rowspace.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct shape {
	ptrdiff_t n, d, r, zeros, rank;
	double spread;
};

/* n x d of rank at most r, columns scaled by powers of ten within +-spread, `zeros` columns of
 * zeros in front. */
static struct mat low_rank(struct arena *arena, struct shape s, uint64_t seed)
{
	struct rng rng = rng_stream(seed, "rowspace", 0);
	struct mat A = mat_new(arena, s.n, s.r), C = mat_new(arena, s.r, s.d),
		   X = mat_new(arena, s.n, s.d);

	toy_fill(A, &rng);
	toy_fill(C, &rng);
	blas_gemm(1, A, PLAIN, C, PLAIN, 0, X);
	for (ptrdiff_t j = 0; j < s.d; j++)
		blas_scale((size_t)s.n,
			   j < s.zeros ? 0 : pow(10, s.spread * (2 * (double)j / (double)s.d - 1)),
			   mat_col(X, j));
	return X;
}

/* Z B' is X column by column, B'B = I. */
static void check(const struct rowspace *r, struct mat X, struct arena *arena)
{
	struct mat E = mat_new(arena, X.rows, X.cols), I = mat_new(arena, r->B.cols, r->B.cols);
	double most = 1e3 * REAL_EPSILON;

	mat_copy(E, X);
	blas_gemm(-1, r->Z, PLAIN, r->B, TRANSPOSED, 1, E);
	for (ptrdiff_t j = 0; j < X.cols; j++)
		check_at_most(blas_norm((size_t)X.rows, mat_col(E, j)),
			      1e3 * most * blas_norm((size_t)X.rows, mat_col(X, j)));
	blas_gemm(1, r->B, TRANSPOSED, r->B, PLAIN, 0, I);
	for (ptrdiff_t i = 0; i < I.rows; i++)
		for (ptrdiff_t j = 0; j < I.cols; j++)
			check_close(mat_get(I, i, j), i == j, 0, most);
}

static void the_rank_is_found(void **state)
{
	static const struct shape cases[] = {
		{40, 12, 5, 0, 5, 0},  {40, 12, 5, 3, 5, 0},  {9, 30, 30, 0, 9, 0},
		{9, 30, 4, 10, 4, 0},  {40, 12, 12, 4, 8, 0}, {40, 12, 1, 0, 1, 3},
		{200, 20, 7, 0, 7, 3}, {1, 6, 6, 0, 1, 0},    {30, 10, 6, 2, 6, 6}};

	(void)state;
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
		for (uint64_t seed = 0; seed < 20; seed++) {
			struct arena arena = {0};
			struct mat X = low_rank(&arena, cases[c], seed);
			struct rowspace r;

			assert_true(rowspace_find(X, NULL, &arena, &r));
			assert_int_equal(r.B.cols, cases[c].rank);
			assert_int_equal(r.kept, 0);
			check(&r, X, &arena);
			arena_release(&arena);
		}
}

static void full_rank_is_left_alone(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++)
		for (int spread = 0; spread <= 8; spread += 4) {
			struct arena arena = {0};
			struct rowspace r = {.kept = -1};
			struct mat X =
				low_rank(&arena, (struct shape){30, 8, 8, 0, 8, spread}, seed);

			assert_false(rowspace_find(X, NULL, &arena, &r));
			assert_int_equal(r.kept, -1);
			/* nearly collinear is not collinear */
			for (ptrdiff_t k = 0; k < X.rows; k++)
				mat_set(X, k, 1,
					(real)((1 + (k == 0 ? 1e-4 : 0)) *
					       (double)mat_get(X, k, 0)));
			assert_false(rowspace_find(X, NULL, &arena, &r));
			arena_release(&arena);
		}
}

/* A column that an attack leaves alone is a coordinate of its own, also where it is collinear. */
static void kept_columns_stay(void **state)
{
	struct arena arena = {0};
	struct mat X = low_rank(&arena, (struct shape){30, 9, 4, 1, 4, 0}, 3);
	bool kept[9] = {[2] = true, [8] = true};
	struct rowspace r;

	(void)state;
	assert_true(rowspace_find(X, kept, &arena, &r));
	assert_int_equal(r.B.cols, 4 + 2);
	assert_int_equal(r.kept, 2);
	check_equal(mat_get(r.B, 2, 4), 1);
	check_equal(mat_get(r.B, 8, 5), 1);
	for (ptrdiff_t j = 0; j < 9; j++)
		for (ptrdiff_t i = 0; i < 4 && kept[j]; i++)
			check_equal(mat_get(r.B, j, i), 0);
	check(&r, X, &arena);
	arena_release(&arena);
}

static void only_zeros_go_where_nothing_may_rotate(void **state)
{
	struct arena arena = {0};
	struct mat X = low_rank(&arena, (struct shape){30, 9, 4, 3, 4, 0}, 3);
	bool kept[9] = {[1] = true}; /* zero, but an attack leaves it alone */
	struct rowspace r;

	(void)state;
	assert_true(rowspace_nonzero(X, kept, &arena, &r));
	assert_int_equal(r.B.cols, 6 + 1);
	assert_int_equal(r.kept, 1);
	for (ptrdiff_t i = 0; i < 7; i++)
		for (ptrdiff_t j = 0; j < 9; j++)
			if (mat_get(r.B, j, i) != 0)
				check_equal(mat_get(r.B, j, i), 1);
	check(&r, X, &arena);
	assert_false(rowspace_nonzero(mat_cols(X, 3, 6), NULL, &arena, &r));
	arena_release(&arena);
}

static void all_zero_features_are_left_alone(void **state)
{
	struct arena arena = {0};
	struct rowspace r;

	(void)state;
	assert_false(rowspace_find(mat_new(&arena, 5, 3), NULL, &arena, &r));
	arena_release(&arena);
}

/* Outputs are the same in both coordinates. */
static void networks_go_both_ways(void **state)
{
	struct arena arena = {0};
	struct mat X = low_rank(&arena, (struct shape){20, 7, 3, 0, 3, 0}, 5);
	struct net net = net_new(&arena, 7, 4), inner = net_new(&arena, 7, 4),
		   back = net_new(&arena, 7, 4);
	struct rng rng = rng_stream(1, "net", 0);
	struct rowspace r;

	(void)state;
	toy_fill(net.U, &rng);
	for (ptrdiff_t i = 0; i < 4; i++)
		net.alpha[i] = (real)((double)i - 1.5);
	assert_true(rowspace_find(X, NULL, &arena, &r));
	inner = net_new(&arena, r.B.cols, 4);
	rowspace_lower(&r, &net.base, &inner.base);
	rowspace_lift(&r, &inner.base, &back.base);
	for (ptrdiff_t k = 0; k < X.rows; k++) {
		double f = toy_output(&net, X, k), most = 1e4 * REAL_EPSILON * (1 + fabs(f));

		check_close(toy_output(&inner, r.Z, k), f, 0, most);
		check_close(toy_output(&back, X, k), f, 0, most);
	}
	check_below(blas_mat_norm(back.U), blas_mat_norm(net.U));
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rank_is_found),
		cmocka_unit_test(full_rank_is_left_alone),
		cmocka_unit_test(kept_columns_stay),
		cmocka_unit_test(only_zeros_go_where_nothing_may_rotate),
		cmocka_unit_test(all_zero_features_are_left_alone),
		cmocka_unit_test(networks_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
