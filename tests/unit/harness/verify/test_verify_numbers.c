/* `verify` notices each figure that is off by a millionth, of classification and regression, and a
 * bound above the objective by a thousandth. */
#include "harness/verify/verify.h"
#include "tests/close.h"

#include <math.h>
#include <stdio.h>

#include "tests/unit/harness/run/test_run.h"

static const char regression[] = "name: tiny\n"
				 "seed: 4\n"
				 "data:\n"
				 "  - name: teacher\n"
				 "    generate: {kind: teacher, n: 60, d: 3, noise: 0.2}\n"
				 "    task: regression\n"
				 "    split: {test: 0.4}\n"
				 "    prepare: [bias]\n"
				 "train:\n"
				 "  - {solver: ipm, patterns: 8, loss: LOSS, beta: 0.05, stop: "
				 "{iterations: 60}}\n";

/* A cell with this loss, computed; its result. */
static struct result make_regression(const char *loss)
{
	static struct problems problems;
	struct experiment *experiment = ARENA_NEW(&arena, struct experiment);
	const char *at = strstr(regression, "LOSS");

	memset(&problems, 0, sizeof problems);
	write_text("spec.yaml", arena_format(&arena, "%.*s%s%s", (int)(at - regression), regression,
					     loss, at + strlen("LOSS")));
	if (spec_load(path_in("spec.yaml"), (struct texts){0}, &arena, experiment, &problems) !=
	    STATUS_OK)
		fail_msg("%s", problems.at[0].text);
	write_text("cell.json", experiment->cells[0].text);
	return compute();
}

static bool is_good(const struct result *result)
{
	struct verify out;
	struct err err = {0};

	assert_int_equal(result_write(result, path_in("result.json"), &err), STATUS_OK);
	if (verify_record(folder, NULL, &arena, &out, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return verify_good(&out);
}

/* These figures, where the record has them; how many it has. */
static int check_figures(const struct result *kept)
{
	static const char *const names[] = {"objective",
					    "objective_network",
					    "objective_zero",
					    "majority",
					    "test_accuracy",
					    "train_accuracy",
					    "train_rmse",
					    "test_rmse",
					    "train_r2",
					    "test_r2",
					    "n_train",
					    "n_test",
					    "neurons",
					    "validation_accuracy",
					    "validation_rmse",
					    "validation_r2",
					    "train_majority",
					    "train_auc",
					    "test_auc",
					    "train_balanced_accuracy",
					    "test_balanced_accuracy",
					    "train_macro_f1",
					    "test_macro_f1",
					    "train_worst_recall",
					    "test_worst_recall",
					    "iterations"};
	int checked = 0;

	assert_true(is_good(kept));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct field *f = field_find(&rows_result, names[i]);
		double was = field_number(f, kept);
		struct result changed = *kept;

		if (isnan(was) || was == 0)
			continue;
		field_set_number(f, &changed, was * (1 + 1e-6));
		if (is_good(&changed))
			fail_msg("%s changed by a millionth", f->name);
		checked++;
	}
	return checked;
}

static void figures_of_a_classification(void **state)
{
	struct result r;

	(void)state;
	pose("solver: adam, width: 8, epochs: 30, beta: 0.01", "");
	r = compute();
	check_at_least(check_figures(&r), 18);
}

static void figures_of_a_regression(void **state)
{
	struct result r;

	(void)state;
	r = make_regression("squared");
	check_at_least(check_figures(&r), 10);
	r = make_regression("{huber: {delta: 0.3}}");
	check_at_least(check_figures(&r), 10);
}

static void a_bound_above_the_objective(void **state)
{
	struct result r;

	(void)state;
	r = make_regression("squared");
	assert_true(is_good(&r));
	r.lower_bound = r.objective * (1 + 1e-3);
	r.gap = r.gap_zero = 0;
	r.gap_raw = (r.objective - r.lower_bound) / r.objective;
	assert_false(is_good(&r));
}

/* The last row of the trace is of the same network. */
static void the_trace_ends_with_the_record(void **state)
{
	struct result r;
	const char *text, *last;

	(void)state;
	r = make_regression("squared");
	assert_true(is_good(&r));
	assert_int_equal(store_read_text(path_in("trace.csv"), &arena, &text, &(struct err){0}),
			 STATUS_OK);
	last = text + strlen(text) - 1;
	while (last[-1] != '\n')
		last--;
	write_text("trace.csv", arena_format(&arena, "%.*s", (int)(last - text), text));
	assert_false(is_good(&r));
}

static void tolerances_are_those_of_rounding(void **state)
{
	struct reload stored = {.result = {.precision = "double"}};

	(void)state;
	check_at_most(verify_new(&stored, &arena).tolerance, 1e-9);
	stored.result.precision = "single";
	check_at_most(verify_new(&stored, &arena).tolerance, 1e-4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(figures_of_a_classification),
		IN_FOLDER(figures_of_a_regression),
		IN_FOLDER(a_bound_above_the_objective),
		IN_FOLDER(the_trace_ends_with_the_record),
		IN_FOLDER(tolerances_are_those_of_rounding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
