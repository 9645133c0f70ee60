/* Bounds behind training: the network that was trained against the best one of any width, in a row
 * of the trace of its own and on nobody's clock. */
#include <math.h>

#include "tests/unit/harness/run/test_run.h"

static void a_trained_network_is_bounded(void **state)
{
	struct result plain, bounded;
	struct csv_table trace;
	size_t last;

	(void)state;
	pose("solver: generated, loss: squared, beta: 1", "");
	plain = compute();
	check_nan(plain.lower_bound);
	pose("solver: generated, loss: squared, beta: 1, bound: true", "");
	bounded = compute();
	assert_string_equal(bounded.bound_scope, "all networks");
	check_close(bounded.objective, plain.objective, 0, 0); /* training is the same */
	check_at_most(bounded.lower_bound, bounded.objective);
	check_at_most(bounded.gap, 1e-3);
	check_above(bounded.certificate_s, 0);
	check_equal(plain.certificate_s, 0);
	check_equal(bounded.evaluations, plain.evaluations + 1);
	trace = table("trace.csv");
	last = trace.rows - 1;
	check_close(value(&trace, last, "seconds"), value(&trace, last - 1, "seconds"), 0, 0);
	check_close(value(&trace, last, "lower_bound"), bounded.lower_bound, 0, 0);
	check_nan(value(&trace, last - 1, "lower_bound"));
	assert_non_null(strstr(bounded.note, "bound by all_networks: converged after"));
}

/* Of adam's network, with options of the bound. */
static void the_best_network_is_below_the_trained_one(void **state)
{
	struct result best, adam;

	(void)state;
	pose("solver: generated, loss: squared, beta: 1", "");
	best = compute();
	pose("solver: adam, loss: squared, beta: 1, epochs: 20, bound: {all_networks: {tolerance: "
	     "0.01}}",
	     "");
	adam = compute();
	check_above(adam.gap, 0.01);
	check_at_most(adam.lower_bound, best.objective * (1 + 1e-6));
	check_at_least(adam.lower_bound, 0.9 * best.objective);
}

static void a_bound_that_is_not_there_is_told(void **state)
{
	struct result result;

	(void)state;
	pose("solver: adam, loss: logistic, epochs: 3, bound: {all_networks: {method: "
	     "nonnegative}}",
	     "");
	result = compute();
	check_nan(result.lower_bound);
	assert_string_equal(result.status, "ok");
	assert_non_null(strstr(result.note, "no bound over all networks: "));
	assert_null(strstr(pose("solver: adam, bound: false", "")->text, "bound"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_trained_network_is_bounded),
		IN_FOLDER(the_best_network_is_below_the_trained_one),
		IN_FOLDER(a_bound_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
