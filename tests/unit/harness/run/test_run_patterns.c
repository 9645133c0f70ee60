/* patterns.csv of a robust convex program, and the verdict where only zero weights are feasible. */
#include "harness/store/rows.h"
#include "tests/close.h"
#include "tests/unit/harness/run/test_run.h"

#include <math.h>

static void every_pattern_is_reported(void **state)
{
	struct result result;
	struct csv_table t;
	size_t admitted = 0;

	(void)state;
	pose("solver: robust_admm, loss: hinge, beta: 0.01, eps: 0.05, "
	     "patterns: {count: 20, from: [constant, perturbed]}",
	     "stop: {iterations: 5}\n");
	result = compute();
	t = table("patterns.csv");
	assert_int_equal(t.rows, (size_t)result.patterns);
	for (size_t c = 0; c < t.cols; c++)
		assert_string_equal(t.header[c], rows_patterns.field[c].name);
	assert_null(rows_patterns.field[t.cols].name);
	assert_string_equal(text(&t, 0, "source"), "constant");
	assert_string_equal(text(&t, 0, "largest_eps_upper"), "inf");
	for (size_t i = 0; i < t.rows; i++) {
		double lower = value(&t, i, "largest_eps_lower"),
		       upper = value(&t, i, "largest_eps_upper");
		bool in = strcmp(text(&t, i, "verdict"), "admitted") == 0;

		check_equal(value(&t, i, "pattern"), i);
		check_at_most(lower, upper);
		check_above(value(&t, i, "active_share"), 0);
		if (in)
			check_above(lower, 0.05);
		else
			check_at_most(upper, 0.05);
		admitted += in;
	}
	assert_non_null(
		strstr(result.note, arena_format(&arena, "%zu of %zu patterns admit a neuron",
						 admitted, t.rows)));
	if (result.suspect)
		assert_string_not_equal(result.suspect, "only zero weights are feasible");
}

static void zero_weights_are_suspect(void **state)
{
	struct result result;
	struct csv_table t;

	(void)state;
	pose("solver: robust_admm, loss: hinge, beta: 0.01, eps: 3, patterns: {count: 12, from: "
	     "{perturbed: {directions: 3, each: 2}}}, not_attacked: [1]",
	     "stop: {iterations: 5}\n");
	result = compute();
	t = table("patterns.csv");
	for (size_t i = 0; i < t.rows; i++)
		assert_string_equal(text(&t, i, "verdict"), "excluded");
	assert_string_equal(result.suspect, "only zero weights are feasible");
	assert_non_null(strstr(result.note, "only zero weights are feasible: 0 of"));
	assert_non_null(strstr(result.note, "some up to eps = "));
}

static void other_methods_have_no_table(void **state)
{
	FILE *file;

	(void)state;
	pose("solver: admm, loss: hinge, beta: 0.01, patterns: 5", "stop: {iterations: 2}\n");
	compute();
	file = fopen(path_in("patterns.csv"), "r");
	assert_null(file);
}

/* The patterns of a stored network, read from the file that the options name. */
static void patterns_come_from_a_model_file(void **state)
{
	struct csv_table t;

	(void)state;
	pose("solver: adam, loss: hinge, beta: 0.01, epochs: 30, width: 8", "");
	compute();
	assert_int_equal(rename(path_in("model.npz"), path_in("start.npz")), 0);
	pose("solver: robust_admm, loss: hinge, beta: 0.01, eps: 0.01, "
	     "patterns: {from: {network: {file: start.npz}}}",
	     "stop: {iterations: 2}\n");
	compute();
	t = table("patterns.csv");
	assert_in_range(t.rows, 1, 8);
	assert_string_equal(text(&t, 0, "source"), "network");
}

/* Files are found by their paths, also those of a method that is trained first, and two of them. */
static void nested_methods_read_their_files(void **state)
{
	struct result r;

	(void)state;
	pose("solver: adam, loss: hinge, beta: 0.01, epochs: 30, width: 8", "");
	compute();
	assert_int_equal(rename(path_in("model.npz"), path_in("start.npz")), 0);
	pose("solver: adam, loss: hinge, beta: 0.01, epochs: 30, width: 5", "");
	compute();
	assert_int_equal(rename(path_in("model.npz"), path_in("other.npz")), 0);
	pose("solver: robust_restriction, loss: hinge, beta: 0.01, eps: 0.01, start: {ipm: "
	     "{patterns: "
	     "{from: [{network: {file: start.npz}}, {network: {file: other.npz}}]}}}",
	     "stop: {iterations: 2}\n");
	r = compute();
	assert_non_null(strstr(r.note, "start ipm"));
	check_above(r.neurons, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(every_pattern_is_reported),
		IN_FOLDER(zero_weights_are_suspect),
		IN_FOLDER(other_methods_have_no_table),
		IN_FOLDER(patterns_come_from_a_model_file),
		IN_FOLDER(nested_methods_read_their_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
