/* The pool: what is computed, what is recorded of each way a worker can end. */
#include "tests/unit/harness/sched/test_sched.h"

#include "harness/sched/alone.h"
#include "tests/close.h"

static void computes_once(void **state)
{
	struct fixture *f = *state;
	static const char *const texts[] = {"ok 1", "ok 2", "ok 3", NULL};

	fixture_plan(f, texts);
	assert_false(f->plan.at[0].record.done);
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 3);
	assert_int_equal(f->summary.not_ok, 0);
	assert_int_equal(fixture_entries(f, "results/x/cells"), 3);
	fixture_expect_status(f, 1, "ok", NULL);

	fixture_plan(f, texts);
	assert_true(f->plan.at[2].record.done);
	assert_string_equal(f->plan.at[2].record.status, "ok");
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

	f->experiment.resources = fixture_limits(2, 0.3, NAN);
	fixture_plan(f, (const char *const[]){"slow", "ok", NULL});
	assert_int_equal(fixture_run(f), STATUS_OK);
	check_below(f->summary.seconds, 5);
	fixture_expect_status(f, 0, "timeout", "0.3 s");
	fixture_expect_status(f, 1, "ok", NULL);
}

static struct csv_table trace_of(struct fixture *f, size_t i)
{
	struct csv_table table;
	struct err err = {0};

	if (csv_read(arena_format(&f->arena, "%s/cells/%s/trace.csv", f->folder, f->cells[i].id),
		     &f->arena, &table, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return table;
}

/* A worker that ends within the grace time says itself what it has found; of one that is killed the
 * last state on disk is kept. Both are time-outs, with whole tables. */
static void what_was_found_survives_the_time_limit(void **state)
{
	struct fixture *f = *state;
	struct result r;

	f->experiment.resources = fixture_limits(4, 0.3, NAN);
	f->experiment.resources.grace = 1;
	fixture_plan(f, (const char *const[]){"graceful", "kept", "header", "slow", NULL});
	assert_int_equal(fixture_run(f), STATUS_OK);
	check_above(f->summary.seconds, 0.3);
	check_below(f->summary.seconds, 5);
	for (size_t i = 0; i < 4; i++)
		fixture_expect_status(f, i, "timeout", "stopped at the time limit of 0.3 s");
	for (size_t i = 0; i < 2; i++) {
		r = fixture_result_of(f, i);
		check_equal(r.test_accuracy, 0.75);
		check_equal(r.iterations, 9);
		assert_string_equal(r.outcome, "time_limit");
		assert_int_equal(trace_of(f, i).rows, 1);
	}
	fixture_expect_status(f, 1, "timeout", "the record is of iteration 9");
	assert_int_equal(trace_of(f, 2).rows, 0); /* a header alone is an empty trace */
	assert_int_equal(
		access(arena_format(&f->arena, "%s/cells/%s/attack.csv", f->folder, f->cells[2].id),
		       F_OK),
		-1); /* half a header is none */
	assert_non_null(fixture_result_of(f, 3).date);
}

/* The same worker in a run that ends leaves nothing. */
static void interrupted_worker_leaves_no_record(void **state)
{
	struct fixture *f = *state;

	f->experiment.resources = fixture_limits(1, 10, NAN);
	fixture_plan(f, (const char *const[]){"stopped", NULL});
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_true(f->summary.interrupted);
	assert_int_equal(f->summary.computed, 0);
	assert_int_equal(fixture_entries(f, "results/x/cells"), 0);
}

static void disturbed_cells_are_timed_again(void **state)
{
	struct fixture *f = *state;
	static const char *const texts[] = {"ok", "disturbed", NULL};

	fixture_plan(f, texts);
	assert_int_equal(fixture_run(f), STATUS_OK);
	fixture_plan(f, texts);
	assert_true(f->plan.at[1].record.disturbed && !f->plan.at[0].record.disturbed);
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 0);
	f->options.retime = true;
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 1);
	assert_int_equal(f->summary.reused, 1);
}

static const char *variable(char *const *environment, const char *name)
{
	for (; *environment; environment++)
		if (strncmp(*environment, name, strlen(name)) == 0 &&
		    (*environment)[strlen(name)] == '=')
			return *environment + strlen(name) + 1;
	return NULL;
}

static void workers_wait_passively_unless_told(void **state)
{
	struct fixture *f = *state;

	unsetenv("OMP_WAIT_POLICY");
	unsetenv("GOMP_SPINCOUNT");
	assert_string_equal(variable(environment_of_worker(2, &f->arena), "OMP_WAIT_POLICY"),
			    "passive");
	setenv("GOMP_SPINCOUNT", "1000", 1);
	assert_null(variable(environment_of_worker(2, &f->arena), "OMP_WAIT_POLICY"));
	unsetenv("GOMP_SPINCOUNT");
	setenv("OMP_WAIT_POLICY", "active", 1);
	assert_string_equal(variable(environment_of_worker(2, &f->arena), "OMP_WAIT_POLICY"),
			    "active");
	unsetenv("OMP_WAIT_POLICY");
}

/* Runs that share may start together; one that wants the machine alone lets no further cell start,
 * and starts when the last one has ended. */
static void exclusive_runs_have_the_machine_alone(void **state)
{
	struct fixture *f = *state;
	struct alone first, second, alone, other;

	setenv("TMPDIR", f->root, 1);
	first = alone_open(false);
	second = alone_open(false);
	alone = alone_open(true);
	other = alone_open(true);
	check_at_least(first.fd, 0);
	assert_true(alone_may_start(&first));
	assert_true(alone_may_start(&second));
	assert_false(alone_may_start(&alone));
	assert_false(alone_may_start(&first)); /* it is waited for */
	alone_rest(&first);
	assert_false(alone_may_start(&alone));
	alone_rest(&second);
	assert_true(alone_may_start(&alone));
	assert_true(alone_may_start(&alone));
	assert_false(alone_may_start(&first));
	assert_false(alone_may_start(&other));
	alone_rest(&alone); /* keeps it to its end */
	assert_false(alone_may_start(&second));
	alone_close(&alone);
	assert_true(alone_may_start(&second));
	alone_close(&first);
	alone_close(&second);
	assert_true(alone_may_start(&other));
	alone_close(&other);
	unsetenv("TMPDIR");
}

/* With or without jobs asked for, one cell at a time; it is said in env.json. */
static void exclusive_timing_runs_one_cell_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};
	const char *env;

	setenv("TMPDIR", f->root, 1);
	f->experiment.resources = fixture_limits(2, NAN, NAN);
	f->experiment.resources.timing = TIMING_EXCLUSIVE;
	fixture_plan(f, (const char *const[]){"wait", "wait 2", NULL});
	assert_int_equal(fixture_run(f), STATUS_OK);
	unsetenv("TMPDIR");
	check_above(f->summary.seconds, 0.4); /* two sleeps of 0.2 s, one after the other */
	assert_int_equal(
		store_read_text(fixture_in(f, "results/x/env.json"), &f->arena, &env, &err),
		STATUS_OK);
	assert_non_null(strstr(env, "\"jobs\": 1"));
	assert_non_null(strstr(env, "\"choose_threads\": false"));
	assert_non_null(strstr(env, "\"OMP_WAIT_POLICY\": \"passive\""));
}

static void memory_in_use_is_limited(void **state)
{
	struct fixture *f = *state;

	/* above what this process has itself under sanitizers: a worker is a copy of it at first */
	f->experiment.resources = fixture_limits(2, NAN, 190e6);
	fixture_plan(f, (const char *const[]){"much", "ok", NULL});
	assert_int_equal(fixture_run(f), STATUS_OK);
	fixture_expect_status(f, 0, "oom", "of memory, resources.memory_limit allows 181 MiB");
	fixture_expect_status(f, 1, "ok", NULL);
}

/* A worker that cannot write its record tells why; nothing is recorded of it or of those stopped
 * for it. */
static void failing_disk_stops_the_run(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	f->experiment.resources = fixture_limits(2, NAN, NAN);
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

	f->experiment.resources = fixture_limits(1, NAN, NAN);
	fixture_plan(f, (const char *const[]){"ok", "interrupt", "ok 2", NULL});
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_true(f->summary.interrupted);
	check_below(f->summary.seconds, 5);
	assert_int_equal(f->summary.computed, 1);
	assert_int_equal(fixture_entries(f, "results/x/cells"), 1);
	assert_int_equal(fixture_entries(f, "results/x/tmp"), 0);
}

static void fail_fast_starts_nothing_more(void **state)
{
	struct fixture *f = *state;

	f->experiment.resources = fixture_limits(1, NAN, NAN);
	f->options.fail_fast = true;
	fixture_plan(f, (const char *const[]){"ok", "fail", "ok 2", NULL});
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 2);
}

/* Give cell 0 a record of a training whose attacks failed, and plan again: something else is asked
 * for by now. */
static void plan_to_complete(struct fixture *f, const char *text)
{
	static const char entries[] =
		"{\"begun\": true, \"trained\": true, \"asked\": \"0123456789abcdef\", "
		"\"attack\": [], \"certify\": [], \"select\": []}";
	const char *record;
	struct err err = {0};

	fixture_plan(f, (const char *const[]){text, NULL});
	record = arena_format(&f->arena, "%s/cells/%s", f->folder, f->cells[0].id);
	folder_make(record, &err);
	store_write_text(arena_format(&f->arena, "%s/entries.json", record), entries, &err);
	store_write_text(arena_format(&f->arena, "%s/model.npz", record), "a model", &err);
	store_write_text(arena_format(&f->arena, "%s/log.txt", record), "of training\n", &err);
	store_write_text(arena_format(&f->arena, "%s/result.json", record),
			 "{\"status\": \"failed\", \"test_accuracy\": 0.25}", &err);
	assert_int_equal(err.status, STATUS_OK);
	fixture_plan(f, (const char *const[]){text, NULL});
	assert_true(f->plan.at[0].record.trained);
	assert_false(f->plan.at[0].record.done);
}

static const char *text_of_record(struct fixture *f, const char *name)
{
	const char *path =
		arena_format(&f->arena, "%s/cells/%s/%s", f->folder, f->cells[0].id, name);
	const char *text = NULL;
	struct err err = {0};

	if (store_read_text(path, &f->arena, &text, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return text;
}

static void a_completed_record_takes_the_rest_over(void **state)
{
	struct fixture *f = *state;

	plan_to_complete(f, "ok");
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.completed, 1);
	assert_int_equal(f->summary.computed, 0);
	fixture_expect_status(f, 0, "ok", NULL);
	assert_string_equal(text_of_record(f, "model.npz"), "a model");
	assert_string_equal(text_of_record(f, "log.txt"), "of training\nthreads 1 1\n");
}

/* Whatever becomes of the attempt: an error, a crash, a lack of memory, a refusal. */
static void a_record_that_cannot_be_completed_stays(void **state)
{
	static const char *const texts[] = {"fail", "segv", "oom", "nothing", "ok"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		bool refused = strcmp(texts[i], "ok") == 0;

		f->experiment.resources = fixture_limits(1, NAN, refused ? 1024 : NAN);
		plan_to_complete(f, texts[i]);
		assert_int_equal(fixture_run(f), STATUS_OK);
		assert_int_equal(f->summary.completed, 0);
		assert_int_equal(f->summary.not_ok, 1);
		assert_non_null(strstr(text_of_record(f, "result.json"), "0.25"));
		assert_string_equal(text_of_record(f, "log.txt"), "of training\n");
		assert_string_equal(text_of_record(f, "model.npz"), "a model");
	}
}

static void too_large_is_skipped_with_numbers(void **state)
{
	struct fixture *f = *state;
	static const char *const texts[] = {"ok", NULL};

	f->experiment.resources = fixture_limits(1, NAN, 1024);
	fixture_plan(f, texts);
	assert_non_null(strstr(f->plan.at[0].refusal, "1 KiB"));
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.not_ok, 1);
	fixture_expect_status(f, 0, "skipped", "1 KiB");
	/* with more room it is computed */
	f->experiment.resources.memory_limit = NAN;
	fixture_plan(f, texts);
	assert_false(f->plan.at[0].record.done);
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
		CASE(what_was_found_survives_the_time_limit),
		CASE(interrupted_worker_leaves_no_record),
		CASE(disturbed_cells_are_timed_again),
		CASE(workers_wait_passively_unless_told),
		CASE(exclusive_runs_have_the_machine_alone),
		CASE(exclusive_timing_runs_one_cell_at_a_time),
		CASE(memory_in_use_is_limited),
		CASE(failing_disk_stops_the_run),
		CASE(interrupt_keeps_only_what_is_finished),
		CASE(fail_fast_starts_nothing_more),
		CASE(too_large_is_skipped_with_numbers),
		CASE(a_completed_record_takes_the_rest_over),
		CASE(a_record_that_cannot_be_completed_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
