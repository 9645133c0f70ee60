/* Rows dealt to ranks: each has its own, with their targets, and what is said of all. */
#include "harness/run/deal.h"
#include "tests/close.h"
#include "tests/forked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 11, D = 3, K = 2, VALIDATION = 2 };

struct found {
	ptrdiff_t rows, first, cols, outputs, scored;
	double x[N][D], y[N][K], weight[N], validation[VALIDATION][D], target[VALIDATION][K];
	double scale[D], shift[D], loss, most;
	int label[N];
	bool frozen[D];
	size_t classes;
	char name[2][16];
	bool unnamed, shared;
};

static double entry(ptrdiff_t k, ptrdiff_t j)
{
	return 10 * (double)k + (double)j;
}

/* All samples, on the first rank. */
static void whole(struct dataset *data, struct problem *p, struct arena *arena)
{
	static const char *const names[D] = {"a", NULL, "second"};
	static const bool frozen[D] = {false, false, true};
	static const double scale[D] = {1, 2, 4}, shift[D] = {0, -1, 3};
	real *y = ARENA_ARRAY(arena, real, N * K), *v = ARENA_ARRAY(arena, real, VALIDATION * K);
	real *weight = ARENA_ARRAY(arena, real, N);
	int *label = ARENA_ARRAY(arena, int, N);

	*data = (struct dataset){.k = K, .class_count = 5, .train.X = mat_new(arena, N, D)};
	*p = (struct problem){.X = data->train.X,
			      .y = {N, K, y, label, weight},
			      .X_validation = mat_new(arena, VALIDATION, D),
			      .y_validation = {VALIDATION, K, v, label, weight},
			      .loss = {.weight = 0.25, .most = 7},
			      .one_against_all = true,
			      .columns = names,
			      .frozen = frozen,
			      .raw = {scale, shift, NULL}};
	for (ptrdiff_t k = 0; k < N; k++) {
		for (ptrdiff_t j = 0; j < D; j++)
			mat_set(p->X, k, j, (real)entry(k, j));
		for (ptrdiff_t c = 0; c < K; c++)
			y[c * N + k] = (real)-entry(k, c);
		weight[k] = (real)(k + 1);
		label[k] = (int)k + 3;
	}
	for (ptrdiff_t k = 0; k < VALIDATION; k++) {
		for (ptrdiff_t j = 0; j < D; j++)
			mat_set(p->X_validation, k, j, (real)(100 + entry(k, j)));
		for (ptrdiff_t c = 0; c < K; c++)
			v[c * VALIDATION + k] = (real)(200 + entry(k, c));
	}
}

static void take(struct ranks *ranks, const void *given, void *out)
{
	struct found *found = out;
	struct arena arena = {0};
	struct dataset data = {0};
	struct problem p = {0};

	(void)given;
	if (ranks_at(ranks) == 0)
		whole(&data, &p, &arena);
	deal_problem(ranks, &data, &p, &arena);
	found->rows = p.X.rows;
	found->cols = data.train.X.cols;
	found->scored = data.train.X.rows;
	found->first = ranks_before(ranks, p.X.rows);
	found->outputs = data.k;
	found->classes = data.class_count;
	found->loss = p.loss.weight;
	found->most = p.loss.most;
	found->shared = p.ranks == ranks && p.loss.ranks == ranks && p.one_against_all &&
			p.loss.sample == p.y.weight && p.y.n == p.X.rows && p.y.k == K;
	for (ptrdiff_t k = 0; k < p.X.rows; k++) {
		for (ptrdiff_t j = 0; j < D; j++)
			found->x[k][j] = (double)mat_get(p.X, k, j);
		for (ptrdiff_t c = 0; c < K; c++)
			found->y[k][c] = (double)p.y.at[c * p.y.n + k];
		found->weight[k] = (double)p.y.weight[k];
		found->label[k] = p.y.label[k];
	}
	for (ptrdiff_t k = 0; k < p.X_validation.rows; k++) {
		for (ptrdiff_t j = 0; j < D; j++)
			found->validation[k][j] = (double)mat_get(p.X_validation, k, j);
		for (ptrdiff_t c = 0; c < K; c++)
			found->target[k][c] = (double)p.y_validation.at[c * VALIDATION + k];
	}
	for (ptrdiff_t j = 0; j < D; j++) {
		found->scale[j] = p.raw.scale[j];
		found->shift[j] = p.raw.shift[j];
		found->frozen[j] = p.frozen[j];
	}
	strcpy(found->name[0], p.columns[0]);
	strcpy(found->name[1], p.columns[2]);
	found->unnamed = p.columns[1] == NULL && p.raw.mixing == NULL;
	arena_release(&arena);
}

static void check_rank(const struct found *f, bool first)
{
	check_equal(f->cols, D);
	check_equal(f->scored, first ? N : 0); /* the first one evaluates */
	check_equal(f->outputs, K);
	check_equal(f->classes, 5);
	check_equal(f->loss, 0.25);
	check_equal(f->most, 7);
	assert_true(f->shared && f->unnamed);
	assert_string_equal(f->name[0], "a");
	assert_string_equal(f->name[1], "second");
	for (ptrdiff_t k = 0; k < f->rows; k++) {
		ptrdiff_t row = f->first + k;

		for (ptrdiff_t j = 0; j < D; j++)
			check_equal(f->x[k][j], entry(row, j));
		for (ptrdiff_t c = 0; c < K; c++)
			check_equal(f->y[k][c], -entry(row, c));
		check_equal(f->weight[k], row + 1);
		check_equal(f->label[k], row + 3);
	}
	for (ptrdiff_t k = 0; k < VALIDATION; k++) {
		for (ptrdiff_t j = 0; j < D; j++)
			check_equal(f->validation[k][j], 100 + entry(k, j));
		for (ptrdiff_t c = 0; c < K; c++)
			check_equal(f->target[k][c], 200 + entry(k, c));
	}
	for (ptrdiff_t j = 0; j < D; j++) {
		check_equal(f->scale[j], 1 << j);
		check_equal(f->shift[j], j == 0 ? 0 : j == 1 ? -1 : 3);
		check_equal(f->frozen[j], j == 2);
	}
}

static void every_rank_gets_its_rows(void **state)
{
	(void)state;
	for (int count = 1; count <= 4; count++) {
		const struct found *all = forked_run(count, take, NULL, sizeof *all);
		ptrdiff_t rows = 0;

		assert_non_null(all);
		for (int r = 0; r < count; r++) {
			check_equal(all[r].first, rows);
			rows += all[r].rows;
			check_rank(&all[r], r == 0);
		}
		check_equal(rows, N);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rank_gets_its_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
