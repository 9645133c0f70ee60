/* Kernels of bit patterns against plain loops over 0 and 1. */
#include "solvers/core/rng.h"
#include "solvers/gates/gates.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 1100, P = 5 };

static const ptrdiff_t rows[] = {1,   31,  32,  33,  63,  64,   65,  127,
				 128, 129, 511, 512, 513, 1025, MOST};

enum { SHAPES = sizeof rows / sizeof *rows };

/* Bits, the same as reals, and numbers of both signs. */
struct fixture {
	struct arena arena;
	struct gates D;
	struct mat one, Y; /* n x cols */
	real x[MOST], y[MOST], f[MOST];
	ptrdiff_t n;
};

enum fill { RANDOM, ALL, NONE, FILLS };

static void make(struct fixture *t, ptrdiff_t n, ptrdiff_t cols, enum fill fill)
{
	struct rng rng = rng_stream(3, "test_gates", (uint64_t)(n + cols));

	memset(t, 0, sizeof *t);
	t->n = n;
	t->D = gates_new(&t->arena, n, cols);
	t->one = mat_new(&t->arena, n, cols);
	t->Y = mat_new(&t->arena, n, cols);
	for (ptrdiff_t k = 0; k < n; k++) {
		t->x[k] = (real)rng_normal(&rng);
		t->f[k] = (real)rng_normal(&rng);
	}
	for (ptrdiff_t j = 0; j < cols; j++)
		for (ptrdiff_t k = 0; k < n; k++) {
			bool on = fill == RANDOM ? rng_uniform(&rng) < 0.5 : fill == ALL;

			gates_set(t->D, k, j, !on);
			gates_set(t->D, k, j, on);
			mat_set(t->one, k, j, on);
			mat_set(t->Y, k, j, (real)rng_normal(&rng));
		}
}

/* For all numbers of rows, one and several columns, mixed, full and empty patterns. */
static void for_all(void (*check)(struct fixture *t))
{
	for (int shape = 0; shape < SHAPES; shape++)
		for (int fill = 0; fill < FILLS; fill++)
			for (ptrdiff_t cols = 1; cols <= P; cols += P - 1) {
				struct fixture t;

				make(&t, rows[shape], cols, (enum fill)fill);
				check(&t);
				arena_release(&t.arena);
			}
}

static void check_columns(struct fixture *t)
{
	for (ptrdiff_t j = 0; j < t->D.cols; j++) {
		const uint64_t *d = gates_col(t->D, j);
		const real *one = mat_col(t->one, j);
		real e[MOST], f[MOST];

		memcpy(f, t->f, sizeof f);
		gates_unpack(d, t->n, t->y);
		gates_signs(d, t->n, e);
		for (ptrdiff_t k = 0; k < t->n; k++) {
			assert_int_equal(gates_get(t->D, k, j), one[k] > 0);
			check_equal(t->y[k], one[k]);
			check_equal(e[k], 2 * one[k] - 1);
		}
		gates_mask(d, t->n, t->x, t->y);
		gates_flip(d, t->n, t->x, e);
		gates_add(d, t->n, t->x, f);
		for (ptrdiff_t k = 0; k < t->n; k++) {
			check_equal(t->y[k], one[k] * t->x[k]);
			check_equal(e[k], (2 * one[k] - 1) * t->x[k]);
			check_equal(f[k], t->f[k] + one[k] * t->x[k]);
		}
		for (ptrdiff_t k = t->n; k < MOST; k++)
			check_equal(t->y[k], 0); /* nothing behind the end is written */
	}
}

static void columns_are_masked_and_flipped_as_by_products(void **state)
{
	(void)state;
	for_all(check_columns);
}

static void check_sums(struct fixture *t)
{
	struct mat Y = mat_new(&t->arena, t->n, t->D.cols);

	gates_outputs(t->D, t->Y, t->f);
	for (ptrdiff_t k = 0; k < t->n; k++) {
		real sum = 0;

		for (ptrdiff_t j = 0; j < t->D.cols; j++)
			sum += mat_get(t->one, k, j) * mat_get(t->Y, k, j);
		check_equal(t->f[k], sum); /* in the same order */
	}
	gates_spread(t->D, t->x, Y);
	for (ptrdiff_t j = 0; j < t->D.cols; j++)
		for (ptrdiff_t k = 0; k < t->n; k++)
			check_equal(mat_get(Y, k, j), mat_get(t->one, k, j) * t->x[k]);
}

static void forward_and_adjoint_are_those_of_the_definition(void **state)
{
	(void)state;
	for_all(check_sums);
}

static void check_counts(struct fixture *t)
{
	struct gates T = gates_transpose(t->D, &t->arena), packed = gates_pack(t->one, &t->arena);
	struct mat back = gates_matrix(t->D, &t->arena);

	for (ptrdiff_t i = 0; i < t->D.cols; i++) {
		assert_true(gates_same(packed, i, t->D, i));
		for (ptrdiff_t j = 0; j < t->D.cols; j++) {
			double shared = 0, same = 0;

			for (ptrdiff_t k = 0; k < t->n; k++) {
				shared += (double)(mat_get(t->one, k, i) * mat_get(t->one, k, j));
				same += mat_get(t->one, k, i) == mat_get(t->one, k, j);
			}
			check_equal(gates_overlap(t->D, i, j), shared);
			assert_int_equal(gates_same(t->D, i, t->D, j), same == (double)t->n);
		}
		check_equal(gates_active(t->D, i), gates_overlap(t->D, i, i));
		for (ptrdiff_t k = 0; k < t->n; k++) {
			assert_int_equal(gates_get(T, i, k), gates_get(t->D, k, i));
			check_equal(mat_get(back, k, i), mat_get(t->one, k, i));
		}
	}
}

static void counts_overlaps_and_copies_are_those_of_the_bits(void **state)
{
	(void)state;
	for_all(check_counts);
}

static void check_threshold(struct fixture *t)
{
	struct gates sign = gates_new(&t->arena, t->n, 2);

	memset(sign.at, 0xff, (size_t)(2 * sign.stride) * sizeof *sign.at);
	t->x[0] = 0;
	t->x[t->n / 2] = (real)-0.0;
	t->x[t->n - 1] = (real)NAN;
	gates_threshold(sign, 0, t->x);
	gates_copy(sign, 1, sign, 0);
	for (ptrdiff_t k = 0; k < t->n; k++)
		assert_int_equal(gates_get(sign, k, 1), t->x[k] >= 0);
	for (ptrdiff_t k = t->n; k < sign.stride * GATES_WORD; k++)
		assert_false(gates_get(sign, k, 0)); /* what gates_same and gates_overlap rest on */
}

static void thresholds_are_the_signs_and_clear_the_end(void **state)
{
	(void)state;
	for_all(check_threshold);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_are_masked_and_flipped_as_by_products),
		cmocka_unit_test(forward_and_adjoint_are_those_of_the_definition),
		cmocka_unit_test(counts_overlaps_and_copies_are_those_of_the_bits),
		cmocka_unit_test(thresholds_are_the_signs_and_clear_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
