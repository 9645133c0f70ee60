/* Enumeration of all activation patterns: counts against Cover's formula in general position,
 * against brute force in degenerate position, and the exact program bounding every network from
 * below. */
#include "solvers/core/rng.h"
#include "solvers/gates/arrangement.h"
#include "solvers/gates/pattern.h"
#include "solvers/model/trainer.h"
#include "tests/close.h"
#include "tests/options.h"
#include "tests/toy.h"

#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct trainer trainer_ipm, trainer_sgd;
extern const struct loss loss_squared;

static struct mat gaussian(struct arena *arena, ptrdiff_t n, ptrdiff_t d, uint64_t index)
{
	struct mat X = mat_new(arena, n, d);
	struct rng rng = rng_stream(3, "cells", index);

	for (ptrdiff_t j = 0; j < d; j++)
		for (ptrdiff_t k = 0; k < n; k++)
			mat_set(X, k, j, (real)rng_normal(&rng));
	return X;
}

/* Every cell's point has the signs of the cell, and no two cells are equal. */
static void check_cells(struct mat X, const struct arrangement *cells)
{
	for (size_t c = 0; c < cells->count; c++) {
		for (ptrdiff_t k = 0; k < X.rows; k++) {
			double value = 0;
			int sign = cells->sign[c * cells->rows + (size_t)k];

			for (ptrdiff_t j = 0; j < X.cols; j++)
				value += (double)mat_get(X, k, j) *
					 cells->point[c * cells->dimension + (size_t)j];
			if (sign == 0)
				check_close(value, 0, 0, 1e-9);
			else
				check_above(sign * value, 0);
		}
		for (size_t other = 0; other < c; other++)
			assert_memory_not_equal(cells->sign + c * cells->rows,
						cells->sign + other * cells->rows, cells->rows);
	}
}

static void counts_in_general_position(void **state)
{
	static const ptrdiff_t shapes[][2] = {{1, 1},  {5, 1},  {1, 3},  {2, 2}, {9, 2}, {40, 2},
					      {12, 3}, {30, 3}, {10, 4}, {4, 6}, {8, 5}};

	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
		struct arena arena = {0};
		ptrdiff_t n = shapes[i][0], d = shapes[i][1];
		struct mat X = gaussian(&arena, n, d, i);
		struct arrangement cells;

		assert_true(arrangement_enumerate(X, 100000, &arena, &cells));
		check_close(cells.count, arrangement_bound((double)n, (double)(d < n ? d : n)), 0,
			    0.5);
		check_cells(X, &cells);
		arena_release(&arena);
	}
}

/* Distinct sign patterns of many random directions. */
static size_t brute_force(struct mat X, struct arena *arena)
{
	enum { DRAWS = 200000 };
	size_t n = (size_t)X.rows, count = 0;
	signed char *seen = arena_alloc(arena, 4000, n), *now = arena_alloc(arena, 1, n);
	struct rng rng = rng_stream(5, "brute", 0);

	for (int draw = 0; draw < DRAWS; draw++) {
		double h[4];
		size_t at = 0;

		for (ptrdiff_t j = 0; j < X.cols; j++)
			h[j] = rng_normal(&rng);
		for (size_t k = 0; k < n; k++) {
			double value = 0, size = 0;

			for (ptrdiff_t j = 0; j < X.cols; j++) {
				value += (double)mat_get(X, (ptrdiff_t)k, j) * h[j];
				size += fabs((double)mat_get(X, (ptrdiff_t)k, j));
			}
			now[k] = (signed char)(size > 0 ? (value > 0 ? 1 : -1) : 0);
		}
		while (at < count && memcmp(seen + at * n, now, n) != 0)
			at++;
		if (at == count)
			memcpy(seen + n * count++, now, n);
	}
	return count;
}

/* Duplicate rows, opposite rows, zero rows, collinear points with a bias, and a rank below d. */
static void degenerate_positions_agree_with_brute_force(void **state)
{
	static const double rows[][4] = {{1, 0, 0, 1},   {0, 1, 0, 1},  {1, 0, 0, 1},
					 {-1, 0, 0, -1}, {0, 0, 0, 0},  {0.5, 0.5, 0, 1},
					 {2, -1, 0, 1},  {-1, 2, 0, 1}, {2, 1, 0, 2}};
	struct arena arena = {0};
	struct mat X = mat_new(&arena, 9, 4);
	struct arrangement cells;

	(void)state;
	for (ptrdiff_t k = 0; k < 9; k++)
		for (ptrdiff_t j = 0; j < 4; j++)
			mat_set(X, k, j, (real)rows[k][j]);
	assert_true(arrangement_enumerate(X, 100000, &arena, &cells));
	check_cells(X, &cells);
	assert_int_equal(cells.count, brute_force(X, &arena));
	check_below(cells.count, arrangement_bound(9, 3));
	arena_release(&arena);
}

static void without_hyperplanes_there_is_one_cell(void **state)
{
	struct arena arena = {0};
	struct mat X = mat_new(&arena, 3, 2);
	struct arrangement cells;

	(void)state;
	assert_true(arrangement_enumerate(X, 100000, &arena, &cells));
	assert_int_equal(cells.count, 1);
	for (int k = 0; k < 3; k++)
		assert_int_equal(cells.sign[k], 0);
	check_equal(cells.point[0], 1);
	check_equal(cells.point[1], 0);
	arena_release(&arena);
}

static void too_many_are_refused(void **state)
{
	struct arena arena = {0};
	struct mat X = gaussian(&arena, 30, 3, 1);
	struct arrangement cells;

	(void)state;
	assert_false(
		arrangement_enumerate(X, (size_t)arrangement_bound(30, 3) - 1, &arena, &cells));
	assert_true(arrangement_enumerate(X, (size_t)arrangement_bound(30, 3), &arena, &cells));
	arena_release(&arena);
}

/* With all patterns the bound speaks of every network of every width: none trained by SGD is below
 * it, the interior point closes the gap, and the sampled program is never below the exact one. */
static void exact_program_bounds_every_network(void **state)
{
	enum { ROWS = 14, SEEDS = 6, WIDTH = 40 };
	struct arena arena = {0};
	struct problem problem = {.X = gaussian(&arena, ROWS, 2, 8), .beta = 0.2, .seed = 1};
	struct certificate c;
	struct progress p = {.end = OUTCOME_RUNNING};
	struct err err = {0};
	struct net net = net_new(&arena, 2, WIDTH);
	struct model_work work = net_work_new(&arena, WIDTH);
	real *y = ARENA_ARRAY(&arena, real, ROWS), *f = ARENA_ARRAY(&arena, real, ROWS);
	void *ipm, *options;
	double best = HUGE_VAL;

	(void)state;
	for (int k = 0; k < ROWS; k++)
		y[k] = k % 3 ? (real)1 : (real)-1;
	problem.y = targets_of(y, ROWS);
	problem.loss = (struct loss_term){.loss = &loss_squared, .options = NULL, .weight = 1};
	options = toy_options(&trainer_ipm.base, "{patterns: all}", &arena);
	assert_int_equal(trainer_ipm.setup(&problem, options, &arena, &ipm, &err), STATUS_OK);
	check_at_least(toy_number(&trainer_ipm, ipm, "patterns"), 2 * ROWS - 1);
	check_at_most(toy_number(&trainer_ipm, ipm, "patterns"), 2 * ROWS);
	for (int i = 0; i < 80 && p.end == OUTCOME_RUNNING; i++)
		trainer_ipm.step(ipm, &p);
	trainer_ipm.certify(ipm, &c);
	assert_string_equal(c.scope, "all");
	check_at_most(c.upper - c.lower_bound, 1e-6 * c.upper);
	options = options_default(&trainer_sgd.base, &arena);
	options_set(&trainer_sgd.base, options, "width", WIDTH);
	options_set(&trainer_sgd.base, options, "epochs", 3000);
	options_set(&trainer_sgd.base, options, "batch", 0);
	options_set(&trainer_sgd.base, options, "learning_rate", 0.05);
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		void *sgd;
		double objective;

		problem.seed = seed;
		assert_int_equal(trainer_sgd.setup(&problem, options, &arena, &sgd, &err),
				 STATUS_OK);
		for (int epoch = 0; epoch < 3000; epoch++)
			trainer_sgd.step(sgd, &p);
		trainer_sgd.model(sgd, &net.base);
		objective = trainer_objective(&problem, &net.base, f, &work);
		check_at_least(objective, c.lower_bound * (1 - 1e-9));
		best = fmin(best, objective);
	}
	check_at_most(
		best,
		1.5 * c.upper); /* the networks were trained, so the bound was put to a test */
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_in_general_position),
		cmocka_unit_test(degenerate_positions_agree_with_brute_force),
		cmocka_unit_test(without_hyperplanes_there_is_one_cell),
		cmocka_unit_test(too_many_are_refused),
		cmocka_unit_test(exact_program_bounds_every_network),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
