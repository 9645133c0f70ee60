/* Which cells of later rungs, and on all rows outside a fold, a plan keeps: against a plain search
 * for the best settings, whatever has ended so far. */
#include "harness/sched/stage.h"
#include "harness/store/result.h"
#include "solvers/core/desc.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SETTINGS = 20, RUNGS = 3, ETA = 2, DRAWS = 3, INNER = 2, CELLS = 1000 };

struct grid {
	struct arena arena;
	struct cell cell[CELLS];
	struct planned planned[CELLS];
	struct plan plan;
};

static const struct desc drawn = {.name = "generate"}, read = {.name = "csv"};

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct grid));
	return *state ? 0 : -1;
}

static int tear_down(void **state)
{
	struct grid *grid = *state;

	arena_release(&grid->arena);
	free(grid);
	return 0;
}

/* Few levels, so that many are equal; the worst is of a cell that failed. */
static double value_of(const struct cell *cell, long setting)
{
	unsigned long mix =
		(unsigned long)(setting * 7919 + cell->rung * 104729 + cell->repetition * 1299709 +
				cell->data.split.inner_fold * 15485863);

	return (double)(mix % 1000003 * 31 % 5);
}

static long setting_of(const struct cell *cell)
{
	return strtol(cell->swept[0].value, NULL, 10);
}

static void add(struct grid *grid, long setting, long rung, long draw, long inner, bool nested)
{
	struct cell *cell = &grid->cell[grid->plan.count];
	struct planned *at = &grid->planned[grid->plan.count];
	struct swept *swept = ARENA_ARRAY(&grid->arena, struct swept, 2);
	double value;

	swept[0] = (struct swept){"width", arena_format(&grid->arena, "%ld", setting)};
	swept[1] = (struct swept){"stop.iterations", arena_format(&grid->arena, "%ld", rung)};
	*cell = (struct cell){
		.rung = rung,
		.repetition = draw,
		.swept = swept,
		.swept_count = 2,
		.data = {.name = "data",
			 .source.item = nested ? &read : &drawn,
			 .split = {.test = nested ? NAN : 0.3,
				   .folds = nested ? 2 : 0,
				   .fold = nested,
				   .inner = nested ? INNER : 0,
				   .inner_fold = inner}},
		.train = {.name = "sgd",
			  .select.by = SELECT_VALIDATION_ACCURACY,
			  .halving = {.rungs = RUNGS, .eta = ETA}},
	};
	/* ids in another order than that of the settings */
	snprintf(cell->id, sizeof cell->id, "%04lx%02ld%02ld%02ld", setting * 7919 % 65536, rung,
		 draw, inner);
	value = value_of(cell, setting);
	*at = (struct planned){.cell = cell, .first = grid->plan.count};
	at->record.done = true;
	at->record.status = cell_status_names[value > 0 ? CELL_OK : CELL_FAILED];
	at->record.validation[SELECT_VALIDATION_ACCURACY] = value > 0 ? value : NAN;
	grid->plan.count++;
}

static void make(struct grid *grid, bool nested)
{
	grid->plan = (struct plan){.at = grid->planned};
	for (long i = 0; i < SETTINGS * RUNGS * DRAWS; i++) {
		long setting = i / (RUNGS * DRAWS), rung = 1 + i / DRAWS % RUNGS, draw = i % DRAWS;

		for (long inner = nested; inner <= (nested ? INNER : 0); inner++)
			add(grid, setting, rung, draw, inner, nested);
		if (nested && rung == RUNGS)
			add(grid, setting, rung, draw, 0, nested);
	}
}

/* Higher is better; a failed cell is below all. Of one draw, or the median over three. */
static double score_of(const struct cell *like, long setting, long rung, bool nested)
{
	double at[DRAWS];
	struct cell cell = *like;

	cell.rung = rung;
	for (long draw = 0; draw < DRAWS; draw++) {
		at[draw] = 0;
		cell.repetition = nested ? like->repetition : draw;
		for (long inner = nested; inner <= (nested ? INNER : 0); inner++) {
			double value;

			cell.data.split.inner_fold = inner;
			value = value_of(&cell, setting);
			at[draw] += value > 0 ? value : -HUGE_VAL;
		}
	}
	return fmax(fmin(at[0], at[1]), fmin(fmax(at[0], at[1]), at[2]));
}

/* Is a setting among those of a rung, or chosen at last (rung RUNGS + 1)? */
static bool survives(const struct cell *like, long setting, long rung, bool nested)
{
	size_t better = 0, left = SETTINGS;
	double own;

	if (rung == 1)
		return true;
	if (!survives(like, setting, rung - 1, nested))
		return false;
	for (long r = 1; r < rung; r++)
		left = r > RUNGS - 1 ? 1 : left / ETA > 0 ? left / ETA : 1;
	own = score_of(like, setting, rung - 1, nested);
	for (long other = 0; other < SETTINGS; other++) {
		double score = score_of(like, other, rung - 1, nested);

		if (other == setting || !survives(like, other, rung - 1, nested))
			continue;
		better += score > own ||
			  (!(score < own) && other * 7919 % 65536 < setting * 7919 % 65536);
	}
	return better < left;
}

static void check_plan(struct grid *grid, bool nested)
{
	size_t all, kept = 0;

	make(grid, nested);
	all = grid->plan.count;
	stage_choose(&grid->plan, all, &grid->arena);
	for (size_t i = 0; i < all; i++) {
		const struct cell *cell = &grid->cell[i];
		bool last = nested && cell->data.split.inner_fold == 0;
		bool expected = survives(cell, setting_of(cell), cell->rung + last, nested);
		bool found = kept < grid->plan.count && grid->plan.at[kept].cell == cell;

		if (expected != found)
			fail_msg("setting %ld, rung %ld, draw %ld: expected %d, found %d",
				 setting_of(cell), cell->rung, cell->repetition, expected, found);
		kept += found;
	}
	assert_int_equal(kept, grid->plan.count);
}

static void survivors_are_the_best(void **state)
{
	struct grid *grid = *state;

	check_plan(grid, false);
	assert_int_equal(grid->plan.count, DRAWS * (20 + 10 + 5));
}

static void inner_folds_choose_in_each_fold(void **state)
{
	struct grid *grid = *state;

	check_plan(grid, true);
	assert_int_equal(grid->plan.count, DRAWS * (INNER * (20 + 10 + 5) + 1));
}

/* Nothing is chosen by a part of the cells: a rung waits for the last one. */
static void one_that_has_not_ended_holds_up_its_rung(void **state)
{
	struct grid *grid = *state;

	for (size_t missing = 0; missing < 3; missing++) {
		make(grid, false);
		grid->planned[missing].record = (struct planned_record){0};
		stage_choose(&grid->plan, 105, &grid->arena);
		assert_int_equal(grid->plan.count, DRAWS * SETTINGS);
		assert_int_equal(grid->plan.most, 105);
	}
	make(grid, false); /* one that was skipped will not come: it is the worst */
	grid->planned[0].record =
		(struct planned_record){.status = cell_status_names[CELL_SKIPPED]};
	stage_choose(&grid->plan, 105, &grid->arena);
	assert_int_equal(grid->plan.count, 105);
}

/* In each fold by itself: another one goes on. */
static void a_fold_waits_for_its_own_cells_alone(void **state)
{
	struct grid *grid = *state;

	make(grid, true);
	grid->planned[0].record = (struct planned_record){0}; /* of draw 0 */
	stage_choose(&grid->plan, 213, &grid->arena);
	assert_int_equal(grid->plan.count, INNER * 20 + (DRAWS - 1) * (INNER * (20 + 10 + 5) + 1));
}

/* Equal cells share a record: the first one that is left is computed. */
static void equal_cells_stay_equal(void **state)
{
	struct grid *grid = *state;
	struct planned *twin;

	make(grid, false);
	twin = &grid->planned[grid->plan.count];
	grid->cell[CELLS - 1] = (struct cell){.data.name = "data", .train.name = "other"};
	for (size_t i = 0; i < grid->plan.count; i++) { /* of a cell that does not survive */
		if (grid->cell[i].rung != 2 ||
		    survives(&grid->cell[i], setting_of(&grid->cell[i]), 2, false))
			continue;
		*twin = grid->planned[i];
		break;
	}
	twin->cell = &grid->cell[CELLS - 1];
	grid->plan.count++;
	stage_choose(&grid->plan, 106, &grid->arena);
	assert_int_equal(grid->plan.count, 106);
	assert_ptr_equal(grid->plan.at[105].cell, &grid->cell[CELLS - 1]);
	for (size_t i = 0; i < 106; i++)
		assert_int_equal(grid->plan.at[i].first, i);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(survivors_are_the_best),
		CASE(inner_folds_choose_in_each_fold),
		CASE(one_that_has_not_ended_holds_up_its_rung),
		CASE(a_fold_waits_for_its_own_cells_alone),
		CASE(equal_cells_stay_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
