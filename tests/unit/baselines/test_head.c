/* Products with the output weights of a sample, against plain loops; widths on both sides of what
 * is done at once. */
#include "baselines/head.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void products_are_those_of_plain_loops(void **state)
{
	enum { STRIDE = 3, K = 4 };
	static const ptrdiff_t widths[] = {1, 7, 64, 65, 200};
	const double slack = 100 * REAL_EPSILON;

	(void)state;
	for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
		struct arena arena = {0};
		struct rng rng = rng_stream(1, "head", w);
		ptrdiff_t m = widths[w];
		/* some neurons of more are in use */
		struct mat A = mat_rows(mat_new(&arena, m + 5, K), 2, m), h = mat_new(&arena, m, 1),
			   g = mat_new(&arena, STRIDE * K, 1), f = mat_new(&arena, STRIDE * K, 1),
			   s = mat_new(&arena, m, 1);

		toy_fill(A, &rng);
		toy_fill(h, &rng);
		toy_fill(g, &rng);
		h.at[0] = 0;
		head_outputs(A, h.at, f.at, STRIDE);
		head_slopes(A, h.at, g.at, STRIDE, s.at);
		head_slopes(A, h.at, g.at, STRIDE, h.at); /* in place */
		for (ptrdiff_t j = 0; j < m; j++) {
			double sum = 0;

			for (ptrdiff_t c = 0; c < K; c++)
				sum += (double)mat_get(A, j, c) * (double)g.at[c * STRIDE];
			check_equal(s.at[j], h.at[j]);
			if (s.at[j] < 0 || s.at[j] > 0) /* the others are off */
				check_close(s.at[j], sum, slack, slack);
		}
		check_equal(s.at[0], 0);
		rng = rng_stream(1, "head", w);
		toy_fill(A, &rng);
		toy_fill(h, &rng);
		h.at[0] = 0;
		for (ptrdiff_t j = 0; j < m; j++)
			if (!(h.at[j] > 0))
				check_equal(s.at[j], 0);
		for (ptrdiff_t c = 0; c < K; c++) {
			double sum = 0;

			for (ptrdiff_t j = 0; j < m; j++)
				sum += (double)mat_get(A, j, c) * (double)h.at[j];
			check_close(f.at[c * STRIDE], sum, slack, slack * (double)m);
		}
		arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products_are_those_of_plain_loops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
