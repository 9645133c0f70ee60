/* Comparing two records of a cell: what counts as the same. */
#include "harness/merge/repeat.h"
#include "tests/close.h"
#include "tests/unit/harness/sched/test_sched.h"

static const char trace_head[] = "iteration,seconds,objective\n";

/* A record in folder `name`: result.json with this objective, a trace of two rows. */
static const char *record(struct fixture *f, const char *name, const char *objective,
			  const char *trace)
{
	const char *folder = fixture_in(f, name);
	struct err err = {0};

	folder_make(folder, &err);
	store_write_text(arena_format(&f->arena, "%s/result.json", folder),
			 arena_format(&f->arena, "{\"status\":\"ok\",\"solve_s\":0.%zu,%s}",
				      strlen(name), objective),
			 &err);
	store_write_text(arena_format(&f->arena, "%s/trace.csv", folder),
			 arena_format(&f->arena, "%s%s", trace_head, trace), &err);
	assert_int_equal(err.status, STATUS_OK);
	return folder;
}

static struct repeat compare(struct fixture *f, const char *objective, const char *trace)
{
	const char *stored =
		record(f, "stored", "\"objective\":1.5,\"threads\":1", "1,0.1,3\n2,0.2,2\n");
	const char *fresh = record(f, "again", objective, trace);
	struct repeat repeat;
	struct err err = {0};

	if (repeat_compare(stored, fresh, &f->arena, &repeat, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return repeat;
}

static void times_do_not_count(void **state)
{
	struct repeat repeat =
		compare(*state, "\"objective\":1.5,\"threads\":1", "1,0.7,3\n2,0.9,2\n");

	assert_int_equal(repeat.verdict, REPEAT_IDENTICAL);
	assert_int_equal(repeat.note_count, 0);
}

static void threads_are_noted(void **state)
{
	struct repeat repeat =
		compare(*state, "\"objective\":1.5,\"threads\":2", "1,0.7,3\n2,0.9,2\n");

	assert_int_equal(repeat.verdict, REPEAT_IDENTICAL);
	assert_int_equal(repeat.note_count, 1);
	assert_non_null(strstr(repeat.notes[0], "threads 2 instead of 1"));
}

static void last_digits_are_within_the_tolerance(void **state)
{
	struct repeat repeat = compare(*state, "\"objective\":1.50000000000001,\"threads\":1",
				       "1,0.7,3\n2,0.9,2\n");

	assert_int_equal(repeat.verdict, REPEAT_CLOSE);
	check_above(repeat.worst, 6e-15);
	check_below(repeat.worst, 7e-15); /* 1e-14 / 1.5 */
	assert_null(repeat.iteration);
}

static void first_iteration_that_differs_is_named(void **state)
{
	struct repeat repeat =
		compare(*state, "\"objective\":1.5,\"threads\":1", "1,0.7,3\n2,0.9,2.1\n");

	assert_int_equal(repeat.verdict, REPEAT_DIFFERENT);
	assert_string_equal(repeat.iteration, "2");
	assert_string_equal(repeat.where, "trace.csv: objective 2.1 instead of 2");
}

static void missing_value_or_row_is_different(void **state)
{
	struct fixture *f = *state;
	struct repeat repeat = compare(f, "\"objective\":null,\"threads\":1", "1,0.7,3\n2,0.9,2\n");

	assert_int_equal(repeat.verdict, REPEAT_DIFFERENT);
	assert_non_null(strstr(repeat.where, "objective nothing instead of 1.5"));
	repeat = compare(f, "\"objective\":1.5,\"threads\":1", "1,0.7,3\n");
	assert_int_equal(repeat.verdict, REPEAT_DIFFERENT);
	assert_non_null(strstr(repeat.where, "1 rows"));
}

/* A millionth is no rounding, and the largest difference is the one that is told. */
static void the_largest_difference_is_told(void **state)
{
	struct repeat repeat = compare(*state, "\"objective\":1.5000015,\"threads\":1",
				       "1,0.7,3.0000000000001\n2,0.9,2.00002\n");

	assert_int_equal(repeat.verdict, REPEAT_DIFFERENT);
	check_close(repeat.worst, 1e-5, 1e-4, 0);
	assert_string_equal(repeat.where, "trace.csv: objective 2.00002 instead of 2");
	assert_string_equal(repeat.iteration, "2");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(times_do_not_count),
		CASE(threads_are_noted),
		CASE(last_digits_are_within_the_tolerance),
		CASE(first_iteration_that_differs_is_named),
		CASE(missing_value_or_row_is_different),
		CASE(the_largest_difference_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
