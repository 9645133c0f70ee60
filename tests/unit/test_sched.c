/* The scheduler with a shell script in the place of the worker: what is computed, what is recorded, what
 * survives. The script does what the text of the cell says. */
#include "harness/sched/child.h"
#include "harness/sched/forecast.h"
#include "harness/sched/sched.h"
#include "harness/sched/slot.h"
#include "harness/store/csv.h"
#include "harness/store/folder.h"
#include "harness/store/result.h"
#include "solvers/core/trainer.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char script[] =
	"#!/bin/sh\n"
	"echo \"threads $OMP_NUM_THREADS $OPENBLAS_NUM_THREADS\"\n"
	"echo '3 0.25 0.1' >&3\n"
	"case $(cat $1/cell.json) in\n"
	"ok*) echo '{\"status\": \"ok\", \"test_accuracy\": 0.5}' > $1/result.json ;;\n"
	"diverged*) echo '{\"status\": \"ok\", \"outcome\": \"diverged\"}' > $1/result.json ;;\n"
	"segv*) kill -SEGV $$ ;;\n"
	"fail*) echo 'no such thing' >&2; echo >&2; exit 4 ;;\n"
	"oom*) exit 71 ;;\n"
	"nothing*) exit 0 ;;\n"
	"half*) echo '{\"status\": \"o' > $1/result.json; kill -ABRT $$ ;;\n"
	"slow*) sleep 20 ;;\n"
	"interrupt*) kill -INT $PPID; sleep 20 ;;\n"
	"wait*) sleep 0.2; echo '{\"status\": \"ok\"}' > $1/result.json ;;\n"
	"esac\n";

enum {
	ROWS = 10,
	COLS = 2,
	MOST_CELLS = 8
};

/* A data set and a trainer of the test's own, so that nothing depends on which ones exist. */
static enum status read_table(const void *options, const struct read_request *request,
			      struct arena *arena, struct table *train, struct table *test,
			      struct err *err)
{
	(void)options;
	(void)request;
	(void)err;
	*train = (struct table){.n = ROWS, .d = COLS};
	train->x = ARENA_ARRAY(arena, double, ROWS *COLS);
	train->label = ARENA_ARRAY(arena, const char *, ROWS);
	for (size_t i = 0; i < ROWS; i++)
		train->label[i] = i % 2 ? "1" : "-1";
	*test = (struct table){.d = COLS};
	return STATUS_OK;
}

static const struct source source = {.base = {.name = "fake"}, .read = read_table};

static void forecast(const void *options, ptrdiff_t n, ptrdiff_t d, struct forecast *out)
{
	(void)options;
	out->bytes = 1e6 * (double)(n * d);
	out->setup_flops = 5;
	out->iteration_flops = 100;
}

static const struct trainer trainer = {.base = {.name = "fake"}, .forecast = forecast};

struct fixture {
	char root[64];
	const char *folder, *workers;
	struct arena arena;
	struct cell cells[MOST_CELLS];
	struct experiment experiment;
	struct plan plan;
	struct sched_options options;
	struct sched_summary summary;
};

static const char *in(struct fixture *f, const char *name)
{
	return arena_format(&f->arena, "%s/%s", f->root, name);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	const char *tmp = getenv("TMPDIR"), *worker;
	struct err err = {0};

	assert_non_null(f);
	snprintf(f->root, sizeof f->root, "%s/sched.XXXXXX", tmp && strlen(tmp) < 32 ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->root));
	f->folder = in(f, "results/x");
	f->workers = in(f, "bin");
	assert_int_equal(folder_make(f->workers, &err), STATUS_OK);
	worker = in(f, "bin/relubench-worker-double");
	assert_int_equal(store_write_text(worker, script, &err), STATUS_OK);
	assert_int_equal(chmod(worker, 0755), 0);
	assert_int_equal(store_write_text(in(f, "x.yaml"), "name: x\n", &err), STATUS_OK);
	f->options = (struct sched_options){.quiet = true, .worker_folder = f->workers};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	folder_remove(f->root, &err);
	arena_release(&f->arena);
	free(f);
	return 0;
}

/* Cells named after what the script shall do. */
static void plan(struct fixture *f, const char *const *texts)
{
	struct err err = {0};
	size_t count = 0;

	for (; texts[count]; count++)
		f->cells[count] = (struct cell){
			.text = texts[count],
			.data = {.name = "data",
				 .source = {&source.base, NULL},
				 .split = {NAN, 0, false}},
			.train = {.name = "method", .solver = {&trainer.base, NULL}},
			.stop = {.iterations = 10},
		};
	f->experiment.name = "x";
	f->experiment.path = in(f, "x.yaml");
	if (f->experiment.resources.jobs == 0) {
		f->experiment.resources = (struct resource_options){2, 1, NAN, NAN};
	}
	f->experiment.cell_count = count;
	f->experiment.cells = f->cells;
	if (sched_plan(&f->experiment, f->folder, &f->arena, &f->plan, &err) != STATUS_OK)
		fail_msg("%s", err.text);
}

static enum status run(struct fixture *f)
{
	struct err err = {0};
	enum status status =
		sched_run(&f->experiment, &f->plan, &f->options, &f->summary, &err);

	if (status != STATUS_OK)
		print_message("%s %s\n", err.source, err.text);
	return status;
}

static struct result result_of(struct fixture *f, size_t i)
{
	struct result result;
	struct err err = {0};

	if (result_read(arena_format(&f->arena, "%s/cells/%s/result.json", f->folder, f->cells[i].id),
			&f->arena, &result, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return result;
}

static size_t entries(struct fixture *f, const char *name)
{
	DIR *dir = opendir(in(f, name));
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return count;
}

static void expect_status(struct fixture *f, size_t i, const char *status, const char *message)
{
	struct result result = result_of(f, i);

	assert_string_equal(result.status, status);
	assert_string_equal(result.cell, f->cells[i].id);
	if (message && (!result.message || !strstr(result.message, message)))
		fail_msg("expected \"%s\" in \"%s\"", message, result.message);
}

/* sha256sum over the text, a newline and the checksum of no file, computed with another program. */
static void id_is_a_hash_of_text_and_data(void **state)
{
	struct fixture *f = *state;

	plan(f, (const char *const[]){"{\"a\":1}", "{\"a\":2}", NULL});
	assert_string_equal(f->cells[0].id, "17a21d250bb37a04");
	assert_string_not_equal(f->cells[0].id, f->cells[1].id);
}

static void forecast_adds_data_and_trainer(void **state)
{
	struct fixture *f = *state;
	double trainer_bytes = 1e6 * ROWS * COLS, parts = ROWS * (COLS + 1) * sizeof(double);

	plan(f, (const char *const[]){"ok", NULL});
	assert_true(f->plan.at[0].bytes > trainer_bytes + parts);
	assert_true(f->plan.at[0].bytes < trainer_bytes + parts + 100e6);
	assert_true(f->plan.at[0].flops == 5 + 10 * 100);
	f->cells[0].precision = 1;
	{
		struct forecast_shape shape = {ROWS, ROWS, COLS, 0};
		double single, twice, flops;

		forecast_cell(&f->cells[0], &shape, &single, &flops);
		f->cells[0].precision = 0;
		forecast_cell(&f->cells[0], &shape, &twice, &flops);
		assert_true(fabs(twice - single - (trainer_bytes + parts) / 2) < 1);
	}
}

static void cores_are_shared(void **state)
{
	long cores = forecast_cores(), jobs = 0, threads = 0;

	(void)state;
	forecast_share(&jobs, &threads);
	assert_true(jobs == cores && threads == 1);
	jobs = 1;
	threads = 0;
	forecast_share(&jobs, &threads);
	assert_true(jobs == 1 && threads == cores);
	jobs = 0;
	threads = 2 * cores;
	forecast_share(&jobs, &threads);
	assert_true(jobs == 1 && threads == 2 * cores);
}

static void computes_once(void **state)
{
	struct fixture *f = *state;
	static const char *const texts[] = {"ok 1", "ok 2", "ok 3", NULL};

	plan(f, texts);
	assert_false(f->plan.at[0].done);
	assert_int_equal(run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 3);
	assert_int_equal(f->summary.not_ok, 0);
	assert_int_equal(entries(f, "results/x/cells"), 3);
	expect_status(f, 1, "ok", NULL);

	plan(f, texts);
	assert_true(f->plan.at[2].done);
	assert_string_equal(f->plan.at[2].status, "ok");
	assert_int_equal(run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 0);
	assert_int_equal(f->summary.reused, 3);

	f->options.force = true;
	assert_int_equal(run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 3);
	assert_int_equal(entries(f, "results/x/cells"), 3);
	assert_int_equal(entries(f, "results/x/tmp"), 0);
}

static void each_end_has_its_status(void **state)
{
	struct fixture *f = *state;

	plan(f, (const char *const[]){"segv", "fail", "oom", "nothing", "half", "diverged", "ok",
				      NULL});
	assert_int_equal(run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 7);
	assert_int_equal(f->summary.not_ok, 6);
	expect_status(f, 0, "crashed", "SIGSEGV");
	expect_status(f, 1, "failed", "no such thing");
	expect_status(f, 2, "oom", NULL);
	expect_status(f, 3, "failed", "no result");
	expect_status(f, 4, "crashed", "SIGABRT");
	expect_status(f, 5, "ok", NULL);
	expect_status(f, 6, "ok", NULL);
	assert_string_equal(result_of(f, 0).method, "method");
}

static void failed_cells_are_done_until_retried(void **state)
{
	struct fixture *f = *state;
	static const char *const texts[] = {"fail", "ok", NULL};

	plan(f, texts);
	assert_int_equal(run(f), STATUS_OK);
	plan(f, texts);
	assert_int_equal(run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 0);
	assert_int_equal(f->summary.not_ok, 1);
	f->options.retry_failed = true;
	assert_int_equal(run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 1);
	assert_int_equal(f->summary.reused, 1);
}

static void time_limit_stops_a_cell(void **state)
{
	struct fixture *f = *state;

	f->experiment.resources = (struct resource_options){2, 1, 0.3, NAN};
	plan(f, (const char *const[]){"slow", "ok", NULL});
	assert_int_equal(run(f), STATUS_OK);
	assert_true(f->summary.seconds < 5);
	expect_status(f, 0, "timeout", "0.3 s");
	expect_status(f, 1, "ok", NULL);
}

static void interrupt_keeps_only_what_is_finished(void **state)
{
	struct fixture *f = *state;

	f->experiment.resources = (struct resource_options){1, 1, NAN, NAN};
	plan(f, (const char *const[]){"ok", "interrupt", "ok 2", NULL});
	assert_int_equal(run(f), STATUS_OK);
	assert_true(f->summary.interrupted);
	assert_true(f->summary.seconds < 5);
	assert_int_equal(f->summary.computed, 1);
	assert_int_equal(entries(f, "results/x/cells"), 1);
	assert_int_equal(entries(f, "results/x/tmp"), 0);
}

static void fail_fast_starts_nothing_more(void **state)
{
	struct fixture *f = *state;

	f->experiment.resources = (struct resource_options){1, 1, NAN, NAN};
	f->options.fail_fast = true;
	plan(f, (const char *const[]){"ok", "fail", "ok 2", NULL});
	assert_int_equal(run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 2);
}

static void too_large_is_skipped_with_numbers(void **state)
{
	struct fixture *f = *state;
	static const char *const texts[] = {"ok", NULL};

	f->experiment.resources = (struct resource_options){1, 1, NAN, 1024};
	plan(f, texts);
	assert_non_null(strstr(f->plan.at[0].refusal, "1 KiB"));
	assert_int_equal(run(f), STATUS_OK);
	assert_int_equal(f->summary.not_ok, 1);
	expect_status(f, 0, "skipped", "1 KiB");
	/* with more room it is computed */
	f->experiment.resources.memory_limit = NAN;
	plan(f, texts);
	assert_false(f->plan.at[0].done);
	assert_int_equal(run(f), STATUS_OK);
	expect_status(f, 0, "ok", NULL);
}

static void left_out_cells_are_not_touched(void **state)
{
	struct fixture *f = *state;

	plan(f, (const char *const[]){"ok", "ok 2", NULL});
	f->plan.at[0].left_out = true;
	assert_int_equal(run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 1);
	assert_int_equal(f->summary.reused, 0);
	expect_status(f, 1, "ok", NULL);
}

static void leftovers_are_removed(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	folder_make(in(f, "results/x/tmp/0123456789abcdef.1"), &err);
	folder_make(in(f, "results/x/cells/0123456789abcdef.old"), &err);
	plan(f, (const char *const[]){"ok", NULL});
	assert_int_equal(run(f), STATUS_OK);
	assert_int_equal(entries(f, "results/x/tmp"), 0);
	assert_int_equal(entries(f, "results/x/cells"), 1);
}

static void second_run_at_once_is_refused(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};
	int lock;

	plan(f, (const char *const[]){"ok", NULL});
	folder_make(f->folder, &err);
	lock = open(in(f, "results/x/lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(run(f), STATUS_ENV);
	assert_int_equal(entries(f, "results/x/cells"), 0);
	close(lock);
	assert_int_equal(run(f), STATUS_OK);
}

static void missing_worker_is_said_before_anything_is_written(void **state)
{
	struct fixture *f = *state;

	plan(f, (const char *const[]){"ok", NULL});
	f->options.worker_folder = "/nowhere";
	assert_int_equal(run(f), STATUS_ENV);
	assert_int_equal(access(f->folder, F_OK), -1);
}

static void folder_describes_the_run(void **state)
{
	struct fixture *f = *state;
	static const char *const sets[] = {"seed=3", "repeats=2"};
	struct csv_table table;
	struct err err = {0};
	const char *text;

	f->options.sets = (struct texts){2, sets};
	f->options.threads = 3;
	plan(f, (const char *const[]){"ok", "fail", NULL});
	f->cells[1].swept_count = 1;
	f->cells[1].swept = &(const struct swept){"rho", "0.1"};
	assert_int_equal(run(f), STATUS_OK);
	assert_int_equal(store_read_text(in(f, "results/x/spec.yaml"), &f->arena, &text, &err), 0);
	assert_string_equal(text, "name: x\n");
	assert_int_equal(store_read_text(in(f, "results/x/origin.txt"), &f->arena, &text, &err), 0);
	assert_non_null(strstr(text, "/x.yaml\nseed=3\nrepeats=2\n"));
	assert_int_equal(csv_read(in(f, "results/x/plan.csv"), &f->arena, &table, &err), 0);
	assert_int_equal(table.rows, 2);
	assert_string_equal(table.cell[1 * table.cols + (size_t)csv_column(&table, "swept")],
			    "rho=0.1");
	assert_string_equal(table.cell[1 * table.cols + (size_t)csv_column(&table, "status")],
			    "failed");
	text = arena_format(&f->arena, "%s/cells/%s/log.txt", f->folder, f->cells[0].id);
	assert_int_equal(store_read_text(text, &f->arena, &text, &err), 0);
	assert_string_equal(text, "threads 3 3\n");
}

static void worker_reports_its_progress(void **state)
{
	struct fixture *f = *state;
	struct layout layout = {.tmp = in(f, "tmp"), .cells = in(f, "cells")};
	struct slot_context context = {.layout = &layout,
				       .worker_folder = f->workers,
				       .environment = child_environment(1, &f->arena),
				       .time_limit = NAN,
				       .address_limit = NAN};
	double peak_bytes = 0;
	struct err err = {0};
	struct slot slot;
	int wait_status;

	plan(f, (const char *const[]){"wait", NULL});
	assert_int_equal(slot_start(&slot, &context, &f->plan.at[0], &err), STATUS_OK);
	while (!slot_ended(&slot, &wait_status, &peak_bytes)) {
		usleep(10000);
		slot_read(&slot);
	}
	assert_true(slot.report.iteration == 3 && slot.report.gap == 0.25);
	assert_true(WIFEXITED(wait_status) && peak_bytes > 0);
	slot_free(&slot);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(id_is_a_hash_of_text_and_data),
		CASE(forecast_adds_data_and_trainer),
		CASE(cores_are_shared),
		CASE(computes_once),
		CASE(each_end_has_its_status),
		CASE(failed_cells_are_done_until_retried),
		CASE(time_limit_stops_a_cell),
		CASE(interrupt_keeps_only_what_is_finished),
		CASE(fail_fast_starts_nothing_more),
		CASE(too_large_is_skipped_with_numbers),
		CASE(left_out_cells_are_not_touched),
		CASE(leftovers_are_removed),
		CASE(second_run_at_once_is_refused),
		CASE(missing_worker_is_said_before_anything_is_written),
		CASE(folder_describes_the_run),
		CASE(worker_reports_its_progress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
