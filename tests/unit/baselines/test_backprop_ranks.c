/* Backprop on rows that lie on several ranks: the steps of one process. */
#include "tests/shared_rows.h"

#include "tests/forked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Minibatches of 7 leave some ranks of four without a sample now and then. */
static const struct shared_rows trials[] = {
	{.loss = "squared",
	 .d = 6,
	 .k = 1,
	 .beta = 1e-3,
	 .solver = "sgd",
	 .options = "{width: 20, epochs: 9, batch: 0, learning_rate: 0.2}",
	 .steps = 9},
	{.loss = "logistic",
	 .d = 5,
	 .k = 1,
	 .twice = true,
	 .beta = 1e-2,
	 .solver = "sgd",
	 .options = "{width: 9, epochs: 6, batch: 7, nesterov: true, patience: 2}",
	 .steps = 6},
	{.loss = "logistic",
	 .d = 5,
	 .k = 3,
	 .beta = 1e-2,
	 .classes = true,
	 .solver = "adam",
	 .options = "{width: 9, epochs: 6, batch: 20, schedule: cosine}",
	 .steps = 6},
	{.loss = "logistic",
	 .d = 5,
	 .k = 1,
	 .beta = 1e-2,
	 .solver = "adam",
	 .options = "{width: 9, epochs: 4, batch: 30, adversary: {eps: 0.1, steps: 2, trades: 1}}",
	 .steps = 4},
	{.loss = "hinge",
	 .d = 5,
	 .k = 1,
	 .beta = 1e-2,
	 .solver = "sgd",
	 .options = "{width: 9, epochs: 4, batch: 30, interval: {eps: 0.1}}",
	 .steps = 4},
	{.loss = "logistic",
	 .d = 5,
	 .k = 1,
	 .beta = 1e-2,
	 .solver = "gd_fixed_head",
	 .options = "{width: 12, learning_rate: 0.5}",
	 .steps = 20},
};

static void ranks_take_the_steps_of_one_process(void **state)
{
	(void)state;
	shared_rows_check(trials, sizeof trials / sizeof *trials, 1e-10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranks_take_the_steps_of_one_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
