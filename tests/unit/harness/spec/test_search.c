/* Settings drawn from ranges: they fill these, stay when more are drawn, and a mistake has its
 * position. */
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

static enum status load(const char *search)
{
	const char *text = arena_format(&arena,
					"data:\n  - {name: toy, generate: {kind: moons}}\n"
					"train:\n  - {solver: sgd, search: %s}\n",
					search);

	return spec_load_text(text, "spec.yaml", (struct texts){0}, &arena, &experiment, &problems);
}

static const struct fake_sgd *sgd_of(size_t cell)
{
	return experiment.cells[cell].train.solver.options;
}

static void draws_fill_their_ranges(void **state)
{
	size_t half = 0, decades[3] = {0}, widths[4] = {0};

	(void)state;
	assert_int_equal(load("{draws: 64, over: {learning_rate: {log: [1e-3, 1]}, "
			      "beta: {linear: [2, 4]}, width: {whole: [5, 8]}}}"),
			 STATUS_OK);
	assert_int_equal(experiment.cell_count, 64);
	for (size_t i = 0; i < 64; i++) {
		double rate = sgd_of(i)->learning_rate, beta = experiment.cells[i].train.beta;

		check_at_least(rate, 1e-3);
		check_at_most(rate, 1);
		check_at_least(beta, 2);
		check_at_most(beta, 4);
		half += beta < 3;
		decades[rate < 0.01 ? 0 : rate < 0.1 ? 1 : 2]++;
		assert_in_range(sgd_of(i)->width, 5, 8);
		widths[sgd_of(i)->width - 5]++;
	}
	assert_int_equal(half, 32);
	for (size_t k = 0; k < 3; k++)
		assert_in_range(decades[k], 20, 23);
	for (size_t k = 0; k < 4; k++)
		assert_int_equal(widths[k], 16);
}

static void check_kept(const char *by)
{
	static const char form[] = "{draws: %d, by: %s, seed: 7, over: {learning_rate: {log: "
				   "[1e-3, 1]}, beta: {linear: [2, 4]}}}";
	const char *id[25];

	assert_int_equal(load(arena_format(&arena, form, 25, by)), STATUS_OK);
	assert_int_equal(experiment.cell_count, 25);
	for (size_t i = 0; i < 25; i++)
		id[i] = experiment.cells[i].text;
	assert_int_equal(load(arena_format(&arena, form, 50, by)), STATUS_OK);
	assert_int_equal(experiment.cell_count, 50);
	for (size_t i = 0; i < 25; i++)
		assert_string_equal(experiment.cells[i].text, id[i]);
}

static void more_draws_keep_those_that_are_there(void **state)
{
	(void)state;
	check_kept("sobol");
	check_kept("random");
}

static void the_seed_draws_others(void **state)
{
	double first;

	(void)state;
	assert_int_equal(load("{draws: 3, over: {beta: {linear: [2, 4]}}}"), STATUS_OK);
	first = experiment.cells[0].train.beta;
	assert_int_equal(load("{draws: 3, seed: 1, over: {beta: {linear: [2, 4]}}}"), STATUS_OK);
	check_unequal(experiment.cells[0].train.beta, first);
}

static void a_draw_that_repeats_another_is_left_out(void **state)
{
	(void)state;
	assert_int_equal(load("{draws: 40, over: {width: {whole: [3, 5]}, milestones: [[], [1]]}}"),
			 STATUS_OK);
	assert_int_equal(experiment.cell_count, 6);
	for (size_t i = 0; i < 6; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(experiment.cells[i].text, experiment.cells[j].text);
}

/* Equal shares of the axis of logarithms, the ends included. */
static void whole_numbers_on_a_logarithmic_scale(void **state)
{
	size_t small = 0, ones = 0;

	(void)state;
	assert_int_equal(load("{draws: 4096, by: random, over: {width: {log_whole: [1, 100]}, "
			      "beta: {linear: [1, 2]}}}"),
			 STATUS_OK);
	for (size_t i = 0; i < experiment.cell_count; i++) {
		assert_in_range(sgd_of(i)->width, 1, 100);
		small += sgd_of(i)->width <= 10;
		ones += sgd_of(i)->width == 1;
	}
	/* log(10.5 / 0.5) / log(100.5 / 0.5), and the same of 1: four standard errors */
	check_close((double)small / 4096, 0.574079, 0, 0.031);
	check_close((double)ones / 4096, 0.207153, 0, 0.026);
}

static void mistakes_have_their_position(void **state)
{
	(void)state;
	assert_int_equal(load("{draws: 3, over: {beta: {log: [0, 1]}}}"), STATUS_SPEC);
	assert_int_equal(problems.count, 1);
	assert_int_equal(problems.at[0].line, 4);
	assert_int_equal(problems.at[0].col, 51);
	assert_int_equal(load("{draws: 3}"), STATUS_SPEC);
	assert_int_equal(load("{over: {beta: {log: [1, 2]}}}"), STATUS_SPEC);
	assert_int_equal(load("{draws: 3, over: {beta: {whole: [0.5, 1]}}}"), STATUS_SPEC);
	assert_int_equal(load("{draws: 3, over: {beta: {linear: [1, 2, 3]}}}"), STATUS_SPEC);
	assert_int_equal(load("{draws: 3, over: {beta: {linear: [-3, -1]}}}"), STATUS_SPEC);
	assert_int_equal(load("3"), STATUS_SPEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_fill_their_ranges),
		cmocka_unit_test(more_draws_keep_those_that_are_there),
		cmocka_unit_test(the_seed_draws_others),
		cmocka_unit_test(a_draw_that_repeats_another_is_left_out),
		cmocka_unit_test(whole_numbers_on_a_logarithmic_scale),
		cmocka_unit_test(mistakes_have_their_position),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
