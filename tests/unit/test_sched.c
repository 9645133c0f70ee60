/* The pool: what is computed, what is recorded of each way a worker can end. */
#include "tests/unit/test_sched.h"

static void computes_once(void **state)
{
	struct fixture *f = *state;
	static const char *const texts[] = {"ok 1", "ok 2", "ok 3", NULL};

	fixture_plan(f, texts);
	assert_false(f->plan.at[0].done);
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 3);
	assert_int_equal(f->summary.not_ok, 0);
	assert_int_equal(fixture_entries(f, "results/x/cells"), 3);
	fixture_expect_status(f, 1, "ok", NULL);

	fixture_plan(f, texts);
	assert_true(f->plan.at[2].done);
	assert_string_equal(f->plan.at[2].status, "ok");
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 0);
	assert_int_equal(f->summary.reused, 3);

	f->options.force = true;
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 3);
	assert_int_equal(fixture_entries(f, "results/x/cells"), 3);
	assert_int_equal(fixture_entries(f, "results/x/tmp"), 0);
}

static void each_end_has_its_status(void **state)
{
	struct fixture *f = *state;

	fixture_plan(f, (const char *const[]){"segv", "fail", "oom", "nothing", "half", "diverged",
					      "ok", NULL});
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 7);
	assert_int_equal(f->summary.not_ok, 6);
	fixture_expect_status(f, 0, "crashed", "SIGSEGV");
	fixture_expect_status(f, 1, "failed", "no such thing");
	fixture_expect_status(f, 2, "oom", NULL);
	fixture_expect_status(f, 3, "failed", "no result");
	fixture_expect_status(f, 4, "crashed", "SIGABRT");
	fixture_expect_status(f, 5, "ok", NULL);
	fixture_expect_status(f, 6, "ok", NULL);
	assert_string_equal(fixture_result_of(f, 0).method, "method");
}

static void failed_cells_are_done_until_retried(void **state)
{
	struct fixture *f = *state;
	static const char *const texts[] = {"fail", "ok", NULL};

	fixture_plan(f, texts);
	assert_int_equal(fixture_run(f), STATUS_OK);
	fixture_plan(f, texts);
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 0);
	assert_int_equal(f->summary.not_ok, 1);
	f->options.retry_failed = true;
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 1);
	assert_int_equal(f->summary.reused, 1);
}

static void time_limit_stops_a_cell(void **state)
{
	struct fixture *f = *state;

	f->experiment.resources = (struct resource_options){2, 1, 0.3, NAN};
	fixture_plan(f, (const char *const[]){"slow", "ok", NULL});
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_true(f->summary.seconds < 5);
	fixture_expect_status(f, 0, "timeout", "0.3 s");
	fixture_expect_status(f, 1, "ok", NULL);
}

static void memory_in_use_is_limited(void **state)
{
	struct fixture *f = *state;

	f->experiment.resources = (struct resource_options){2, 1, NAN, 100e6};
	fixture_plan(f, (const char *const[]){"much", "ok", NULL});
	assert_int_equal(fixture_run(f), STATUS_OK);
	fixture_expect_status(f, 0, "oom", "of memory, resources.memory_limit allows 95.4 MiB");
	fixture_expect_status(f, 1, "ok", NULL);
}

/* A worker that cannot write its record tells why; nothing is recorded of it or of those stopped
 * for it. */
static void failing_disk_stops_the_run(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	f->experiment.resources = (struct resource_options){2, 1, NAN, NAN};
	fixture_plan(f, (const char *const[]){"full", "slow", "ok", NULL});
	assert_int_equal(sched_run(&f->experiment, &f->plan, &f->options, &f->summary, &err),
			 STATUS_ENV);
	assert_non_null(strstr(err.text, "trace.csv: cannot write"));
	assert_int_equal(fixture_entries(f, "results/x/cells"), 0);
	assert_int_equal(fixture_entries(f, "results/x/tmp"), 0);
}

static void interrupt_keeps_only_what_is_finished(void **state)
{
	struct fixture *f = *state;

	f->experiment.resources = (struct resource_options){1, 1, NAN, NAN};
	fixture_plan(f, (const char *const[]){"ok", "interrupt", "ok 2", NULL});
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_true(f->summary.interrupted);
	assert_true(f->summary.seconds < 5);
	assert_int_equal(f->summary.computed, 1);
	assert_int_equal(fixture_entries(f, "results/x/cells"), 1);
	assert_int_equal(fixture_entries(f, "results/x/tmp"), 0);
}

static void fail_fast_starts_nothing_more(void **state)
{
	struct fixture *f = *state;

	f->experiment.resources = (struct resource_options){1, 1, NAN, NAN};
	f->options.fail_fast = true;
	fixture_plan(f, (const char *const[]){"ok", "fail", "ok 2", NULL});
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 2);
}

static void too_large_is_skipped_with_numbers(void **state)
{
	struct fixture *f = *state;
	static const char *const texts[] = {"ok", NULL};

	f->experiment.resources = (struct resource_options){1, 1, NAN, 1024};
	fixture_plan(f, texts);
	assert_non_null(strstr(f->plan.at[0].refusal, "1 KiB"));
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.not_ok, 1);
	fixture_expect_status(f, 0, "skipped", "1 KiB");
	/* with more room it is computed */
	f->experiment.resources.memory_limit = NAN;
	fixture_plan(f, texts);
	assert_false(f->plan.at[0].done);
	assert_int_equal(fixture_run(f), STATUS_OK);
	fixture_expect_status(f, 0, "ok", NULL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(computes_once),
		CASE(each_end_has_its_status),
		CASE(failed_cells_are_done_until_retried),
		CASE(time_limit_stops_a_cell),
		CASE(memory_in_use_is_limited),
		CASE(failing_disk_stops_the_run),
		CASE(interrupt_keeps_only_what_is_finished),
		CASE(fail_fast_starts_nothing_more),
		CASE(too_large_is_skipped_with_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
