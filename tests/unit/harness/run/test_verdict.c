/* The guard against degenerate results: each rule, and results that look odd but are fine. */
#include "harness/run/verdict.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A good end: objective 20 of 100, 200 test samples, 60 % of them of one class. */
static struct loop_result good(void)
{
	const struct scores scores = {.accuracy = 0.95, .most = 0.59, .rmse = NAN, .r2 = NAN};

	return (struct loop_result){.outcome = OUTCOME_ITERATION_LIMIT,
				    .first_objective = 80,
				    .best_objective = 19.5,
				    .last = {.objective = 20,
					     .objective_network = 20,
					     .gaps = {NAN, NAN, NAN},
					     .train = scores,
					     .test = scores}};
}

static const struct verdict_facts facts = {
	.neurons = 30, .majority = 0.6, .samples = 200, .objective_zero = 100};

static void is(const char *expected, const struct loop_result *end, struct verdict_facts of)
{
	const char *why = verdict_suspect(end, &of);

	if (expected)
		assert_non_null(why);
	if (expected)
		assert_string_equal(why, expected);
	else
		assert_null(why);
}

static void a_good_result_is_not_suspect(void **state)
{
	struct loop_result end = good();

	(void)state;
	is(NULL, &end, facts);
	end.last.test.most = 0.98; /* all but 4 of 200 */
	end.last.test.accuracy = 0.98;
	is(NULL, &end, (struct verdict_facts){30, 0.97, 200, 100, false, false});
	end.last.test = (struct scores){NAN, 0.3, 0.9, NAN, NAN}; /* regression */
	is(NULL, &end, facts);
}

/* No objective is known of outputs without a network. */
static void outputs_alone_are_judged_by_their_classes(void **state)
{
	struct verdict_facts of = {.neurons = NAN, .majority = 0.6, .samples = 200};
	struct loop_result end = good();

	(void)state;
	end.last.objective = end.last.objective_network = NAN;
	is(NULL, &end, of);
	end.last.test.accuracy = 0.5;
	is("below the majority class", &end, of);
	end.last.test.most = 1;
	is("constant prediction", &end, of);
	of.told = "told";
	is("told", &end, of);
	end.last.test = (struct scores){NAN, 0.3, 0.9, NAN, NAN}; /* regression */
	of.told = NULL;
	is(NULL, &end, of);
}

static void an_objective_above_the_zero_network_is_suspect(void **state)
{
	static const char expected[] = "objective above that of the zero network";
	struct loop_result end = good();

	(void)state;
	end.first_objective = end.best_objective = 500;
	end.last.objective = end.last.objective_network = 101;
	is(expected, &end, facts);
	end.last.objective_network = 20; /* it is the worst case that counts */
	is(expected, &end, facts);
	end.last.objective = NAN;
	is(NULL, &end, facts);
	end.last.objective = 100; /* that of the zero network itself */
	is(NULL, &end, facts);
}

static void an_objective_far_above_the_best_is_suspect(void **state)
{
	struct loop_result end = good();
	struct verdict_facts early = facts;

	(void)state;
	end.best_objective = 18.5; /* noise of mini-batches */
	is(NULL, &end, facts);
	end.best_objective = 18;
	is("objective far above its best iterate", &end, facts);
	early.stops_early = true;
	is(NULL, &end, early);
	end.first_objective = NAN; /* a worst case is minimised */
	is(NULL, &end, facts);
	end = good();
	end.last.objective = end.last.objective_network = 0.05; /* nothing, of 100 */
	end.best_objective = 0.01;
	is(NULL, &end, facts);
	end.first_objective = 0.04;
	is("objective rose", &end, facts);
}

static void hardly_varying_predictions_are_suspect(void **state)
{
	static const char expected[] = "nearly constant prediction";
	struct loop_result end = good();

	(void)state;
	end.last.test.accuracy = 0.61;
	end.last.test.most = 0.995; /* all but one of 200 */
	is(expected, &end, facts);
	end.last.test.most = 0.99; /* all but two */
	is(NULL, &end, facts);
	end.last.test.most = 0.9905; /* all but 19 of 2,000 */
	is(expected, &end, (struct verdict_facts){30, 0.6, 2000, 100, false, false});
	end.last.test.accuracy = 0.99;
	is(NULL, &end,
	   (struct verdict_facts){30, 0.982, 2000, 100, false, false}); /* few have it */
	end.last.test.most = 1;
	is("constant prediction", &end, facts);
}

/* Of several classes the test part counts as well, where there is one. */
static void several_classes_are_judged_on_the_test_part(void **state)
{
	struct loop_result end = good();
	struct verdict_facts of = facts;

	(void)state;
	of.majority = 0.4;
	end.last.test.accuracy = 0.35;
	is("below the majority class", &end, of);
	end.last.train.most = 1;
	end.last.test.accuracy = 0.5;
	is(NULL, &end, of);
	end.last.test.most = 1;
	end.last.test.accuracy = 0.4;
	is("constant prediction", &end, of);
}

static void less_than_the_larger_class_is_suspect(void **state)
{
	struct loop_result end = good();

	(void)state;
	end.last.test.accuracy = 0.595;
	is("below the majority class", &end, facts);
	end.last.test.accuracy = 0.6;
	is(NULL, &end, facts);
	end.last.test = (struct scores){NAN, NAN, NAN, NAN, NAN}; /* no test part */
	end.last.train.accuracy = 0.5;
	is("below the majority class", &end, facts);
}

static void broken_runs_are_suspect(void **state)
{
	struct loop_result end = good();
	struct verdict_facts of = facts;

	(void)state;
	end.last.gaps.raw = -0.01;
	is("objective below its bound", &end, facts);
	end = good();
	end.outcome = OUTCOME_DIVERGED;
	is("diverged, an earlier point is delivered", &end, facts);
	end = good();
	end.last.objective_network = NAN;
	is("objective not finite", &end, facts);
	end = good();
	of.told = "only zero weights are feasible";
	is("only zero weights are feasible", &end, of);
	of = facts;
	of.neurons = 0;
	is("no neuron", &end, of);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_result_is_not_suspect),
		cmocka_unit_test(outputs_alone_are_judged_by_their_classes),
		cmocka_unit_test(an_objective_above_the_zero_network_is_suspect),
		cmocka_unit_test(an_objective_far_above_the_best_is_suspect),
		cmocka_unit_test(hardly_varying_predictions_are_suspect),
		cmocka_unit_test(several_classes_are_judged_on_the_test_part),
		cmocka_unit_test(less_than_the_larger_class_is_suspect),
		cmocka_unit_test(broken_runs_are_suspect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
