/* SCP on rows that lie on several ranks: the objective, bounds and network of one process. */
#include "tests/shared_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct shared_rows trials[] = {
	{.loss = "squared",
	 .d = 6,
	 .k = 1,
	 .beta = 1e-2,
	 .solver = "scp",
	 .options = "{neurons: 60, method: newton}",
	 .steps = 25},
	{.loss = "logistic",
	 .d = 5,
	 .k = 1,
	 .twice = true,
	 .beta = 1e-3,
	 .solver = "scp",
	 .options = "{neurons: 40}",
	 .steps = 25},
	{.loss = "hinge",
	 .d = 5,
	 .k = 1,
	 .beta = 1e-2,
	 .solver = "scp",
	 .options = "{neurons: 600, method: working_set, first: 50}",
	 .steps = 60},
	{.loss = "squared",
	 .d = 5,
	 .k = 2,
	 .beta = 1e-2,
	 .solver = "scp",
	 .options = "{neurons: 50}",
	 .steps = 20},
	{.loss = "logistic",
	 .d = 5,
	 .k = 3,
	 .beta = 1e-2,
	 .classes = true,
	 .solver = "scp",
	 .options = "{neurons: 50}",
	 .steps = 20},
	{.loss = "hinge",
	 .d = 5,
	 .k = 3,
	 .beta = 1e-2,
	 .classes = true,
	 .solver = "scp",
	 .options = "{neurons: 30}",
	 .steps = 100},
	{.loss = "squared",
	 .d = 5,
	 .k = 2,
	 .beta = 1e-2,
	 .solver = "scp",
	 .options = "{neurons: 50, output: separate}",
	 .steps = 25},
};

static void ranks_find_what_one_process_finds(void **state)
{
	(void)state;
	shared_rows_check(trials, sizeof trials / sizeof *trials, 1e-10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranks_find_what_one_process_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
