/* The register tiles of backprop against loops by the definition, in both precisions. */
#include "baselines/tile.h"
#include "solvers/core/rng.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct shape {
	ptrdiff_t d, m, samples;
};

/* Below, at and above the sizes of tiles, vectors and depths, in both precisions. */
static const struct shape shapes[] = {
	{1, 1, 1},    {2, 3, 5},      {8, 8, 6},       {9, 17, 7},     {16, 33, 13},
	{31, 32, 64}, {33, 50, 129},  {127, 100, 130}, {128, 12, 11},  {129, 31, 300},
	{257, 65, 4}, {300, 144, 37}, {700, 7, 520},   {64, 200, 128},
};

struct fixture {
	struct arena arena;
	struct shape shape;
	struct mat B, U, S; /* d x samples, d x m, m x samples */
	const real **x;     /* samples, in another order than in memory */
};

static void fill(struct mat A, struct rng *rng)
{
	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t i = 0; i < A.rows; i++)
			mat_set(A, i, j, (real)rng_normal(rng));
}

static struct fixture make(struct shape s)
{
	struct fixture t = {.shape = s};
	struct rng rng = rng_stream(5, "test_tile", (uint64_t)(s.d * 1000 + s.m));

	t.B = mat_rows(mat_new(&t.arena, tile_stride(s.d), s.samples), 0, s.d);
	t.U = mat_new(&t.arena, s.d, s.m);
	t.S = mat_rows(mat_new(&t.arena, tile_stride(s.m), s.samples), 0, s.m);
	t.x = ARENA_ARRAY(&t.arena, const real *, s.samples);
	fill(t.B, &rng);
	fill(t.U, &rng);
	fill(t.S, &rng);
	for (ptrdiff_t k = 0; k < s.samples; k++)
		t.x[k] = mat_col(t.B, s.samples - 1 - k);
	return t;
}

/* value = sum_i a_i b_i, terms at strides; rounding in `real` is at most n eps sum |a_i b_i| */
static void assert_product(real value, ptrdiff_t n, struct mat a, struct mat b)
{
	double sum = 0, size = 0;

	for (ptrdiff_t i = 0; i < n; i++) {
		double term = (double)*mat_col(a, i) * (double)*mat_col(b, i);

		sum += term;
		size += fabs(term);
	}
	if (!(fabs((double)value - sum) <= (double)(n + 1) * REAL_EPSILON * size))
		fail_msg("%.17g instead of %.17g", (double)value, sum);
}

/* Numbers at `at`, at + stride, ... */
static struct mat numbers(const real *at, ptrdiff_t stride)
{
	return (struct mat){.rows = 1, .stride = stride, .at = (real *)at};
}

static void forward_is_the_product(void **state)
{
	(void)state;
	for (size_t c = 0; c < sizeof shapes / sizeof *shapes; c++) {
		struct fixture t = make(shapes[c]);
		struct shape s = t.shape;
		real *packed = ARENA_ARRAY(&t.arena, real, s.d * tile_room(s.m));
		struct mat H = mat_new(&t.arena, tile_stride(s.m), s.samples);

		mat_fill(H, 7); /* what was there does not count */
		tile_pack(t.U, packed);
		tile_forward(packed, s.d, t.x, mat_rows(H, 0, s.m));
		for (ptrdiff_t k = 0; k < s.samples; k++)
			for (ptrdiff_t j = 0; j < s.m; j++)
				assert_product(mat_get(H, j, k), s.d, numbers(t.x[k], 1),
					       numbers(mat_col(t.U, j), 1));
		for (ptrdiff_t j = tile_room(s.m); j < H.rows; j++)
			check_equal(mat_get(H, j, 0), 7);
		arena_release(&t.arena);
	}
}

static void check_band(const struct fixture *t, ptrdiff_t first, ptrdiff_t count, struct mat g)
{
	for (ptrdiff_t j = 0; j < t->shape.m; j++)
		for (ptrdiff_t i = 0; i < count; i++)
			assert_product(mat_get(g, i, j), t->shape.samples,
				       numbers(t->x[0] + first + i, -t->B.stride),
				       numbers(t->S.at + j, t->S.stride));
}

static void backward_is_the_product(void **state)
{
	(void)state;
	for (size_t c = 0; c < sizeof shapes / sizeof *shapes; c++) {
		struct fixture t = make(shapes[c]);
		struct mat g = mat_new(&t.arena, tile_band, t.shape.m + 1);

		for (ptrdiff_t first = 0; first < t.shape.d; first += tile_band) {
			ptrdiff_t rest = t.shape.d - first;
			ptrdiff_t count = rest < tile_band ? rest : tile_band;

			mat_fill(g, 7);
			tile_backward(t.x, first, count, t.S, mat_cols(g, 0, t.shape.m));
			check_band(&t, first, count, g);
			for (ptrdiff_t i = 0; i < tile_band; i++)
				check_equal(mat_get(g, i, t.shape.m), 7);
		}
		arena_release(&t.arena);
	}
}

static void strides_spread_over_cache_sets(void **state)
{
	ptrdiff_t line = 64 / (ptrdiff_t)sizeof(real);

	(void)state;
	for (ptrdiff_t count = 1; count < 3000; count++) {
		check_at_least(tile_room(count), count);
		check_below(tile_room(count), count + tile_lanes);
		check_at_least(tile_stride(count), tile_room(count));
		check_at_most(tile_stride(count), tile_room(count) + 2 * line);
		assert_int_equal(tile_stride(count) % line, 0);
		assert_int_equal(tile_stride(count) / line % 2, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forward_is_the_product),
		cmocka_unit_test(backward_is_the_product),
		cmocka_unit_test(strides_spread_over_cache_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
