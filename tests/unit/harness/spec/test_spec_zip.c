/* Options swept together, words in the place of numbers, selection among variants. */
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

static const char toy[] = "data:\n"
			  "  - {name: toy, generate: {kind: moons}, split: {validation: 0.2}}\n"
			  "train:\n";

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static enum status load_with(const char *head, const char *rest, struct texts sets)
{
	return spec_load_text(arena_format(&arena, "%s%s", head, rest), "spec.yaml", sets, &arena,
			      &experiment, &problems);
}

static void load(const char *head, const char *rest, size_t cells)
{
	enum status status = load_with(head, rest, (struct texts){0});

	if (status != STATUS_OK)
		err_print(&problems.at[0], stderr);
	assert_int_equal(status, STATUS_OK);
	assert_int_equal(experiment.cell_count, cells);
}

static void check_set_problem(const char *entry, const char *set, const char *message)
{
	assert_int_equal(load_with(toy, entry, (struct texts){1, &set}), STATUS_SPEC);
	assert_string_equal(problems.at[0].source, "--set");
	assert_string_equal(problems.at[0].text, message);
}

/* "path=value path=value ..." of a cell */
static void check_swept(size_t cell, const char *expected)
{
	const struct cell *at = &experiment.cells[cell];
	const char *text = "";

	for (size_t i = 0; i < at->swept_count; i++)
		text = arena_format(&arena, "%s%s%s=%s", text, i ? " " : "", at->swept[i].path,
				    at->swept[i].value);
	assert_string_equal(text, expected);
}

static const struct fake_admm *admm_of(size_t cell)
{
	return experiment.cells[cell].train.solver.options;
}

static void check_round_trip(void)
{
	struct cell again;
	struct err err = {0};

	for (size_t i = 0; i < experiment.cell_count; i++) {
		const char *text = experiment.cells[i].text;

		assert_int_equal(spec_read_cell(text, "cell.json", &arena, &again, &err),
				 STATUS_OK);
		assert_string_equal(again.text, text);
	}
}

static void zipped_options_advance_together(void **state)
{
	(void)state;
	load(toy,
	     "  - {solver: admm, zip: {rho: [0.01, 0.1, 1], beta: {linear: [1, 3, 3]}}, "
	     "polish: [true, false]}\n",
	     6);
	check_swept(0, "polish=true rho=0.01 beta=1");
	check_swept(1, "polish=true rho=0.1 beta=2");
	check_swept(2, "polish=true rho=1 beta=3");
	check_swept(5, "polish=false rho=1 beta=3");
	check_equal(admm_of(4)->rho, 0.1);
	check_equal(experiment.cells[4].train.beta, 2);
	check_round_trip();
}

static void paths_lead_into_maps_and_shorthands(void **state)
{
	(void)state;
	load(toy,
	     "  - solver: admm\n"
	     "    u_update: pcg\n"
	     "    patterns: {from: perturbed}\n"
	     "    zip: {u_update.pcg.rank: [5, 9], patterns.count: [10, all]}\n",
	     2);
	check_swept(0, "u_update.pcg.rank=5 patterns.count=10");
	check_swept(1, "u_update.pcg.rank=9 patterns.count=all");
	assert_int_equal(((const struct fake_pcg *)admm_of(1)->u_update.options)->rank, 9);
	assert_string_equal(admm_of(1)->patterns.from.item->name, "perturbed");
	assert_int_equal(admm_of(1)->patterns.count, -1);
}

/* Whole maps and lists are values too, and an axis may lie in one of them. */
static void zipped_values_may_be_maps_and_lists(void **state)
{
	(void)state;
	load(toy,
	     "  - solver: admm\n"
	     "    zip: {u_update: [dual, {pcg: {rank: [3, 4]}}], stop: [{iterations: 5}, "
	     "{gap: 0.1}]}\n"
	     "  - solver: sgd\n"
	     "    zip: {milestones: [[], [0.5, 1]], width: [1, 2]}\n",
	     5);
	assert_string_equal(experiment.cells[0].swept[0].value, "dual");
	assert_int_equal(experiment.cells[0].stop.iterations, 5);
	assert_string_equal(experiment.cells[2].swept[1].path, "u_update.pcg.rank");
	assert_string_equal(experiment.cells[2].swept[1].value, "4");
	check_equal(experiment.cells[2].stop.gap, 0.1);
	check_swept(3, "milestones=[] width=1");
	check_swept(4, "milestones=[0.5,1] width=2");
}

static void solver_and_data_are_zipped(void **state)
{
	(void)state;
	load("data:\n"
	     "  - {name: toy, zip: {generate.kind: [moons, spirals], generate.n: [10, 20]}}\n",
	     "train:\n  - {zip: {solver: [admm, sgd], loss: [squared, logistic]}}\n", 4);
	check_swept(0, "data.generate.kind=moons data.generate.n=10 solver=admm loss=squared");
	check_swept(3, "data.generate.kind=spirals data.generate.n=20 solver=sgd loss=logistic");
}

/* Each list may repeat a value as long as no combination does. */
static void a_zip_may_repeat_values(void **state)
{
	(void)state;
	load(toy, "  - {solver: admm, zip: {rho: [1, 1, 2], beta: [3, 4, 4]}}\n", 3);
	check_equal(admm_of(1)->rho, 1);
	check_equal(experiment.cells[1].train.beta, 4);
}

static void a_merged_zip_works(void **state)
{
	(void)state;
	load("x-grid: &grid {zip: {beta: [1, 2], average: [true, false]}}\n",
	     "data: [{name: toy, generate: {kind: moons}}]\n"
	     "train:\n  - {<<: *grid, solver: admm}\n  - {<<: *grid, solver: sgd}\n",
	     4);
	check_swept(3, "beta=2 average=false");
}

static void words_stand_beside_numbers(void **state)
{
	(void)state;
	load(toy, "  - {solver: admm, patterns: [all, 7, auto]}\n", 3);
	check_swept(0, "patterns=all");
	check_swept(1, "patterns=7");
	assert_int_equal(admm_of(0)->patterns.count, -1);
	assert_int_equal(admm_of(1)->patterns.count, 7);
	assert_int_equal(admm_of(2)->patterns.count, -2);
	assert_non_null(strstr(experiment.cells[2].text, "\"count\":\"auto\""));
	check_round_trip();
}

static void selection_is_part_of_the_cell(void **state)
{
	struct cell again;
	struct err err = {0};

	(void)state;
	load(toy,
	     "  - {solver: sgd, width: [1, 2], select: validation_accuracy}\n"
	     "  - {solver: admm, select: {per: experiment}}\n",
	     3);
	assert_int_equal(experiment.cells[1].train.select.by, SELECT_VALIDATION_ACCURACY);
	assert_int_equal(experiment.cells[1].train.select.per, SELECT_PER_AUTO);
	assert_int_equal(experiment.cells[2].train.select.by, SELECT_NONE);
	assert_int_equal(experiment.cells[2].train.select.per, SELECT_PER_EXPERIMENT);
	assert_non_null(
		strstr(experiment.cells[0].text, "\"select\":{\"by\":\"validation_accuracy\""));
	assert_int_equal(
		spec_read_cell(experiment.cells[0].text, "cell.json", &arena, &again, &err),
		STATUS_OK);
	assert_int_equal(again.train.select.by, SELECT_VALIDATION_ACCURACY);
	check_swept(1, "width=2");
}

static void set_reaches_zip_select_and_words(void **state)
{
	static const char *const sets[] = {"train[0].zip.rho=[5, 6]", "train.admm.patterns=all",
					   "train.admm.select=validation_accuracy"};

	(void)state;
	assert_int_equal(load_with(toy, "  - {solver: admm, zip: {rho: [1], beta: [3, 4]}}\n",
				   (struct texts){3, sets}),
			 STATUS_OK);
	check_swept(1, "rho=6 beta=4");
	assert_int_equal(admm_of(0)->patterns.count, -1);
	assert_int_equal(experiment.cells[0].train.select.by, SELECT_VALIDATION_ACCURACY);
}

static void problems_of_set_name_the_option(void **state)
{
	static const char zip[] = "  - {solver: admm, zip: {rho: [1, 2], beta: [3, 4]}}\n";

	(void)state;
	check_set_problem(zip, "train[0].zip.rho=3",
			  "train[0].zip.rho: expected a list of values, got \"3\"");
	check_set_problem(zip, "train[0].zip.rho=[3, -4]",
			  "train[0].rho[1]: expected a number > 0, got \"-4\"");
	check_set_problem(zip, "train[0].zip=3",
			  "train[0].zip: expected a map of options and their lists, got \"3\"");
	check_set_problem("  - solver: admm\n", "train[0].patterns=-1",
			  "train[0].patterns.count: expected a whole number >= 1 or all or auto, "
			  "got \"-1\"");
	check_set_problem("  - solver: admm\n", "train[0].select=test_accuracy",
			  "train[0].select.by: expected one of none, validation_accuracy, "
			  "validation_robust_accuracy, validation_balanced_accuracy, "
			  "validation_macro_f1, validation_worst_recall, validation_auc, "
			  "validation_rmse, got \"test_accuracy\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(zipped_options_advance_together, release),
		cmocka_unit_test_teardown(paths_lead_into_maps_and_shorthands, release),
		cmocka_unit_test_teardown(zipped_values_may_be_maps_and_lists, release),
		cmocka_unit_test_teardown(solver_and_data_are_zipped, release),
		cmocka_unit_test_teardown(a_zip_may_repeat_values, release),
		cmocka_unit_test_teardown(a_merged_zip_works, release),
		cmocka_unit_test_teardown(words_stand_beside_numbers, release),
		cmocka_unit_test_teardown(selection_is_part_of_the_cell, release),
		cmocka_unit_test_teardown(set_reaches_zip_select_and_words, release),
		cmocka_unit_test_teardown(problems_of_set_name_the_option, release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
