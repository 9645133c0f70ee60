/* Sums over ranks: what one process finds, and the same bits on every rank. */
#include "solvers/core/blas.h"
#include "solvers/core/ranks.h"
#include "tests/close.h"
#include "tests/forked.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 11, COLS = 3, RANKS = 4 };

struct joined {
	double total;   /* in turn, from 1 on */
	real column[N]; /* on the first rank */
	struct err err;
	enum status status[2];
};

static void add_own(void *context, double *at)
{
	const struct ranks_rows *rows = context;

	for (ptrdiff_t i = rows->first; i < rows->first + rows->rows; i++)
		*at += sqrt((double)i) / 3;
}

static void join(struct ranks *ranks, const void *given, void *out)
{
	struct ranks_rows rows = ranks_rows(ranks, N);
	struct joined *joined = out;
	bool fails = ranks_at(ranks) == ranks_count(ranks) - 1;
	real mine[N];

	(void)given;
	for (ptrdiff_t i = 0; i < rows.rows; i++)
		mine[i] = (real)(rows.first + i) / 3;
	ranks_collect(ranks, rows.rows, sizeof *mine, mine, joined->column);
	joined->total = ranks_at(ranks) == 0;
	ranks_in_turn(ranks, add_own, &rows, &joined->total, 1);
	joined->status[0] = ranks_agree(ranks, STATUS_OK, &joined->err);
	if (fails)
		err_set(&joined->err, STATUS_ENV, "rank %d", ranks_at(ranks));
	joined->status[1] = ranks_agree(ranks, fails ? STATUS_ENV : STATUS_OK, &joined->err);
}

static void ranks_join_what_they_have(void **state)
{
	double total = 1;

	(void)state;
	for (ptrdiff_t i = 0; i < N; i++)
		total += sqrt((double)i) / 3;
	for (int count = 0; count <= RANKS; count++) {
		const struct joined *all = forked_run(count, join, NULL, sizeof *all);
		char last[16];

		assert_non_null(all);
		snprintf(last, sizeof last, "rank %d", count > 1 ? count - 1 : 0);
		for (ptrdiff_t i = 0; i < N && count > 0; i++)
			check_equal(all[0].column[i], (real)i / 3);
		for (int r = 0; r < count || r == 0; r++) {
			check_equal(all[r].total, total); /* to the bit */
			assert_int_equal(all[r].status[0], STATUS_OK);
			assert_int_equal(all[r].status[1], STATUS_ENV);
			assert_string_equal(all[r].err.text, last);
		}
	}
}

static void rows_are_dealt_out_evenly(void **state)
{
	(void)state;
	for (int count = 1; count <= N + 2; count++) {
		ptrdiff_t next = 0;

		for (int rank = 0; rank < count; rank++) {
			struct ranks ranks = {.rank = rank, .count = count};
			struct ranks_rows rows = ranks_rows(&ranks, N);

			assert_int_equal(rows.first, next);
			assert_in_range(rows.rows, N / count, N / count + 1);
			next += rows.rows;
		}
		assert_int_equal(next, N);
	}
	assert_int_equal(ranks_rows(NULL, N).rows, N);
}

struct found {
	double sum, norm, dot, largest, least, sums[2];
	real gram[COLS * COLS], product[COLS * COLS];
	ptrdiff_t total, before;
	int argleast;
	double least_of;
	int shared;
};

static real entry(ptrdiff_t k, ptrdiff_t j)
{
	return (real)(sin((double)(7 * k + 3 * j)) + (double)j / 7);
}

static void compute(struct ranks *ranks, const void *given, void *out)
{
	struct ranks_rows rows = ranks_rows(ranks, N);
	struct found *found = out;
	struct arena arena = {0};
	struct mat A = mat_new(&arena, rows.rows, COLS);
	struct mat G = {COLS, COLS, COLS, found->gram}, C = {COLS, COLS, COLS, found->product};

	(void)given;
	for (ptrdiff_t j = 0; j < COLS; j++)
		for (ptrdiff_t k = 0; k < rows.rows; k++)
			mat_set(A, k, j, entry(rows.first + k, j));
	found->sum = ranks_sum(ranks, (double)rows.first + 0.1);
	found->norm = ranks_norm(ranks, (size_t)rows.rows, mat_col(A, 1));
	found->dot = ranks_dot(ranks, (size_t)rows.rows, mat_col(A, 1), mat_col(A, 2));
	found->largest = ranks_largest(ranks, (double)rows.first);
	found->least = ranks_least(ranks, (double)rows.first);
	found->total = ranks_total(ranks, rows.rows);
	found->before = ranks_before(ranks, rows.rows);
	found->least_of = -(double)(rows.first > 0);
	found->argleast = ranks_argleast(ranks, &found->least_of);
	found->sums[0] = found->sums[1] = (double)rows.rows;
	ranks_sum_all(ranks, found->sums, 2);
	found->shared = 10 + ranks_at(ranks);
	ranks_share(ranks, ranks_count(ranks) - 1, &found->shared, sizeof found->shared);
	ranks_syrk(ranks, 0.5, A, G);
	mat_fill(C, 3);
	ranks_gemm(ranks, 2, A, A, 0.25, C);
	arena_release(&arena);
}

static void sums_are_those_of_all_rows(void **state)
{
	const struct found *one = forked_run(0, compute, NULL, sizeof *one);
	const struct found *all = forked_run(RANKS, compute, NULL, sizeof *all);

	(void)state;
	assert_true(one && all);
	for (int r = 0; r < RANKS; r++) {
		struct ranks ranks = {.rank = r, .count = RANKS};

		check_close(all[r].norm, one->norm, 1e-6, 0);
		check_close(all[r].dot, one->dot, 1e-5, 1e-6);
		check_close(all[r].sum, 0 + 3 + 6 + 9 + 0.4, 1e-15, 0);
		check_equal(all[r].largest, 9);
		check_equal(all[r].least, 0);
		assert_int_equal(all[r].total, N);
		assert_int_equal(all[r].before, ranks_rows(&ranks, N).first);
		assert_int_equal(all[r].argleast, 1);
		check_equal(all[r].least_of, -1);
		check_equal(all[r].sums[1], N);
		assert_int_equal(all[r].shared, 10 + RANKS - 1);
		for (int e = 0; e < COLS * COLS; e++) {
			check_close(all[r].product[e], one->product[e], 1e-5, 1e-5);
			check_equal(all[r].product[e], all[0].product[e]);
			if (e % COLS < e / COLS) /* above the diagonal */
				continue;
			check_close(all[r].gram[e], one->gram[e], 1e-5, 1e-5);
			check_equal(all[r].gram[e], all[0].gram[e]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_dealt_out_evenly),
		cmocka_unit_test(ranks_join_what_they_have),
		cmocka_unit_test(sums_are_those_of_all_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
