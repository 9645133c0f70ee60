/* Folds are an axis of the cells; a spec without them has the cells that it had. */
#include "harness/spec/spec.h"
#include "tests/close.h"
#include "tests/unit/harness/spec/spec_registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct arena arena;
static struct problems problems;
static struct experiment experiment;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static enum status load(const char *split)
{
	const char *text = arena_format(&arena,
					"repeats: 2\n"
					"data:\n  - {name: toy, generate: {kind: moons}%s}\n"
					"train:\n  - {solver: sgd, width: [3, 4]}\n",
					split);

	return spec_load_text(text, "spec.yaml", (struct texts){0}, &arena, &experiment, &problems);
}

static void a_cell_for_each_repetition_and_fold(void **state)
{
	(void)state;
	assert_int_equal(load(", split: {folds: 3}"), STATUS_OK);
	assert_int_equal(experiment.cell_count, 2 * 2 * 3);
	for (size_t i = 0; i < experiment.cell_count; i++) {
		const struct cell *cell = &experiment.cells[i];
		struct cell again;
		struct err err = {0};

		assert_int_equal(cell->repetition, i / 3 % 2);
		assert_int_equal(cell->data.split.fold, 1 + i % 3);
		check_equal(spec_fold(cell), (double)(1 + i % 3));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(cell->training, experiment.cells[k].training);
		assert_int_equal(spec_read_cell(cell->text, "cell.json", &arena, &again, &err),
				 STATUS_OK);
		assert_int_equal(again.data.split.fold, cell->data.split.fold);
		assert_int_equal(again.data.split.folds, 3);
		assert_string_equal(again.text, cell->text);
	}
	assert_string_equal(spec_draw(&experiment.cells[4], &arena), "1 fold 2");
}

static void without_folds_nothing_is_said_of_them(void **state)
{
	(void)state;
	assert_int_equal(load(""), STATUS_OK);
	assert_int_equal(experiment.cell_count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_null(strstr(experiment.cells[i].text, "fold"));
		check_nan(spec_fold(&experiment.cells[i]));
	}
	assert_string_equal(spec_draw(&experiment.cells[1], &arena), "1");
}

static void check_problem(const char *split, int col, const char *expected)
{
	assert_int_equal(load(split), STATUS_SPEC);
	assert_int_equal(problems.at[0].line, 3);
	assert_int_equal(problems.at[0].col, col);
	assert_string_equal(problems.at[0].text, expected);
}

static void mistakes_have_their_position(void **state)
{
	(void)state;
	check_problem(", split: {folds: 1}", 57,
		      "data[0].split.folds: expected 0 or at least 2, got 1");
	check_problem(", split: {folds: 3, test: 0.2}", 66,
		      "data[0].split.test: expected folds or test, got both: a fold is the test "
		      "part");
	check_problem(", split: {folds: 2000}", 57,
		      "data[0].split.folds: expected a whole number in [0, 1000], got \"2000\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cell_for_each_repetition_and_fold),
		cmocka_unit_test(without_folds_nothing_is_said_of_them),
		cmocka_unit_test(mistakes_have_their_position),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
