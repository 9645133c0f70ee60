/* Memory that runs out at the k-th allocation, for every small k and then for some of each size
 * until none fails: the process ends at the one place that handles it, and what it leaves behind is
 * never taken for a result. */
#include "harness/run/run.h"
#include "tests/close.h"
#include "tests/fault_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	MANY = 100, /* fewer allocations than this: they went elsewhere */
	DENSE = 50, /* a cell makes some hundred of them, a report thousands */
};

static void expect_no_result(struct fault_room *room)
{
	assert_int_equal(access(fault_path(room, room->cell, "cell.json"), F_OK), 0);
	fault_expect_no_result(room);
}

static void expect_result(struct fault_room *room)
{
	assert_int_equal(access(fault_path(room, room->cell, "result.json"), F_OK), 0);
}

static void loading_a_spec(void **state)
{
	const struct fault_trial trial = {.fail_after = arena_fail_after,
					  .attempt = fault_load_spec,
					  .failure = RUN_EXIT_OOM};

	check_above(fault_at_every(&trial, *state), MANY);
}

static void computing_a_cell(void **state)
{
	const struct fault_trial trial = {.fail_after = arena_fail_after,
					  .attempt = fault_run_cell,
					  .dense = DENSE,
					  .failure = RUN_EXIT_OOM,
					  .failed = expect_no_result,
					  .success = expect_result};
	struct fault_room *room = *state;

	for (size_t i = 0; i < room->experiment.cell_count; i++) {
		fault_prepare_cell(room, i);
		check_above(fault_at_every(&trial, room), MANY);
	}
}

/* The records stay as they are, and what is left of a report is no obstacle to the next one. */
static void building_a_report(void **state)
{
	const struct fault_trial trial = {.fail_after = arena_fail_after,
					  .attempt = fault_build_report,
					  .dense = DENSE,
					  .failure = RUN_EXIT_OOM};
	struct fault_room *room = *state;
	const char *cells = fault_path(room, room->results, "cells");
	uint64_t records, whole;

	fault_expect_success(fault_run_all, room);
	records = fault_digest(cells);
	fault_expect_success(fault_build_report, room);
	whole = fault_digest(room->results);
	check_above(fault_at_every(&trial, room), MANY);
	assert_int_equal(fault_digest(cells), records);
	assert_int_equal(fault_digest(room->results), whole);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fault_set_up, fault_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(loading_a_spec),
		CASE(computing_a_cell),
		CASE(building_a_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
