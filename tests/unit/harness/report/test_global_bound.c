/* The bound over all networks that cells of one problem share, and cells that contradict it. */
#include "harness/report/records/global_bound.h"
#include "tests/close.h"
#include "tests/report_fixture.h"
#include "tests/room.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(list) (sizeof(list) / sizeof *(list))

static struct arena *const arena = &room_of_tests.arena;

enum { SAMPLED, EXACT, RELAXATION, FAR, OTHER_DRAW, ROBUST, RIDGE };

static const struct fixture_cell cells[] = {
	[SAMPLED] = {"moons", "sampled", "patterns", "4", .objective = 12, .beta = "1"},
	[EXACT] = {"moons", "exact", .objective = 8, .beta = "1"},
	[RELAXATION] = {"moons", "relaxation", .objective = NAN, .beta = "1"},
	[FAR] = {"moons", "far", .objective = 3, .beta = "2"},
	[OTHER_DRAW] = {"moons", "sampled", .repetition = 1, .objective = 3, .beta = "1"},
	[ROBUST] = {"moons", "robust", .objective = 15, .worst = 40, .beta = "1",
		    .threat = "linf 0.1"},
	[RIDGE] = {"moons", "ridge", .objective = 2, .beta = "1"},
};

static struct records made(void)
{
	struct records records = fixture_records(cells, LENGTH(cells), NULL, arena);
	struct record *at = records.at;

	for (size_t i = 0; i < records.count; i++)
		at[i].result.precision = "double";
	at[SAMPLED].result.bound_scope = "sampled";
	at[SAMPLED].result.lower_bound = 11.9;
	at[EXACT].result.bound_scope = "all";
	at[EXACT].result.lower_bound = 7.5;
	at[RELAXATION].result.bound_scope = "all networks";
	at[RELAXATION].result.objective_of = NULL;
	at[RELAXATION].result.lower_bound = 6;
	at[ROBUST].result.bound_scope = "all"; /* of the worst case: none of the clean objective */
	at[ROBUST].result.lower_bound = 39;
	at[RIDGE].result.objective_of = "NTK ridge";
	at[RIDGE].result.bound_scope = "all";
	at[RIDGE].result.lower_bound = 100;
	return records;
}

static void the_largest_bound_of_the_same_problem_is_shared(void **state)
{
	struct records records = made();
	const struct record *at = records.at;

	(void)state;
	global_bound_fill(&records);
	check_close(at[SAMPLED].result.global_bound, 7.5, 0, 0);
	check_close(at[SAMPLED].result.above_bound, 0.6, 0, 1e-15);
	check_close(at[EXACT].result.above_bound, 8 / 7.5 - 1, 0, 1e-15);
	check_close(at[ROBUST].result.above_bound, 1, 0, 1e-15); /* its clean objective */
	check_close(at[RELAXATION].result.global_bound, 7.5, 0, 0);
	check_nan(at[RELAXATION].result.above_bound); /* it makes no network */
	check_nan(at[FAR].result.global_bound);
	check_nan(at[OTHER_DRAW].result.global_bound);
	check_nan(at[RIDGE].result.global_bound);
	assert_int_equal(records.contradicted, 0);
}

/* A bound above the optimum: it fails with what is below it, and the next bound counts. */
static void a_network_below_the_bound_fails_with_it(void **state)
{
	struct records records = made();
	struct record *at = records.at;

	(void)state;
	at[RELAXATION].result.lower_bound = 9;
	global_bound_fill(&records);
	assert_int_equal(records.contradicted, 2);
	assert_true(at[RELAXATION].contradicted);
	assert_true(at[EXACT].contradicted);
	assert_string_equal(at[EXACT].result.status, "failed");
	assert_string_equal(at[RELAXATION].result.status, "failed");
	assert_non_null(strstr(at[EXACT].result.message, at[RELAXATION].id));
	assert_non_null(strstr(at[RELAXATION].result.message, at[EXACT].id));
	assert_false(at[SAMPLED].contradicted);
	check_nan(at[SAMPLED].result.global_bound); /* no bound is left */
}

static void rounding_is_no_contradiction(void **state)
{
	struct records records = made();
	struct record *at = records.at;

	(void)state;
	at[EXACT].result.lower_bound = 8 * (1 + 5e-10);
	global_bound_fill(&records);
	assert_int_equal(records.contradicted, 0);
	check_close(at[EXACT].result.above_bound, 0, 0, 0);

	records = made();
	at = records.at;
	at[EXACT].result.lower_bound = 8 * (1 + 5e-9);
	global_bound_fill(&records);
	assert_int_equal(records.contradicted, 1); /* its own bound */

	records = made();
	at = records.at;
	at[EXACT].result.lower_bound = 8 * (1 + 5e-9);
	at[EXACT].result.precision = "single";
	global_bound_fill(&records);
	assert_int_equal(records.contradicted, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_largest_bound_of_the_same_problem_is_shared),
		cmocka_unit_test(a_network_below_the_bound_fails_with_it),
		cmocka_unit_test(rounding_is_no_contradiction),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
