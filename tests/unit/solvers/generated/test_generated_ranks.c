/* Generated neurons on rows that lie on several ranks: the objective and network of one process, as
 * long as no neuron joins by rounding; then another one as low. */
#include "tests/close.h"
#include "tests/forked.h"
#include "tests/shared_rows.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define GENERATED(loss_, d_, k_, steps_)                                            \
	.loss = (loss_), .d = (d_), .k = (k_), .beta = 1e-2, .solver = "generated", \
	.options = "{starts: 64}", .steps = (steps_)

static const struct shared_rows trials[] = {
	{GENERATED("squared", 5, 1, 4)},
	{GENERATED("logistic", 4, 1, 20), .twice = true},
	{GENERATED("hinge", 4, 1, 5)},
	{GENERATED("squared", 4, 2, 2)},
	{.loss = "squared",
	 .d = 5,
	 .k = 1,
	 .beta = 1e-2,
	 .solver = "generated",
	 .options = "{sampled: 30, starts: 3, minimal: true}", /* of four ranks one has no start */
	 .steps = 3},
};

static void ranks_find_what_one_process_finds(void **state)
{
	(void)state;
	shared_rows_check(trials, sizeof trials / sizeof *trials, 1e-10);
}

static void and_in_the_end_an_objective_as_low(void **state)
{
	static const struct shared_rows longer[] = {
		{GENERATED("squared", 5, 1, 16)},
		{GENERATED("logistic", 4, 3, 16), .classes = true}};

	(void)state;
	for (size_t i = 0; i < sizeof longer / sizeof *longer; i++) {
		const struct shared_rows_found *one =
			forked_run(0, shared_rows_train, &longer[i], sizeof *one);

		assert_non_null(one);
		for (int ranks = 2; ranks <= 4; ranks *= 2) {
			const struct shared_rows_found *all =
				forked_run(ranks, shared_rows_train, &longer[i], sizeof *all);

			assert_non_null(all);
			for (int r = 1; r < ranks; r++)
				assert_memory_equal(&all[r], &all[0], sizeof *all);
			check_close(all->objective, one->objective, 1e-5, 0);
			check_close(all->progress, all->objective, 1e-9, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranks_find_what_one_process_finds),
		cmocka_unit_test(and_in_the_end_an_objective_as_low),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
