/* Plan, forecast, and the results folder: locks, leftovers, what describes the run. */
#include "harness/sched/lock.h"
#include "tests/close.h"
#include "tests/unit/harness/sched/test_sched.h"

/* sha256sum over the text, a newline and the checksum of no file, computed with another program. */
static void id_is_a_hash_of_text_and_data(void **state)
{
	struct fixture *f = *state;

	fixture_plan(f, (const char *const[]){"{\"a\":1}", "{\"a\":2}", NULL});
	assert_string_equal(f->cells[0].id, "17a21d250bb37a04");
	assert_string_not_equal(f->cells[0].id, f->cells[1].id);
}

static void forecast_adds_data_and_trainer(void **state)
{
	struct fixture *f = *state;
	double trainer_bytes = 1e6 * ROWS * COLS, parts = ROWS * (COLS + 1) * sizeof(double);

	fixture_plan(f, (const char *const[]){"ok", NULL});
	check_above(f->plan.at[0].bytes, trainer_bytes + parts);
	check_below(f->plan.at[0].bytes, trainer_bytes + parts + 100e6);
	check_equal(f->plan.at[0].flops, 5 + 8 * 100);
	f->cells[0].precision = 1;
	{
		struct forecast_shape shape = {
			.n_train = ROWS, .n_all = ROWS, .d = COLS, .raw_d = COLS};
		double single, twice, flops;

		forecast_cell(&f->cells[0], &shape, &single, &flops);
		f->cells[0].precision = 0;
		forecast_cell(&f->cells[0], &shape, &twice, &flops);
		/* blocks are rounded up; networks of the evaluator */
		check_close(twice - single, (trainer_bytes + parts) / 2, 1e-2, 0);
	}
}

static void cores_are_shared(void **state)
{
	long cores = forecast_cores(), jobs = 0, threads = 0;

	(void)state;
	forecast_share(false, &jobs, &threads);
	check_equal(jobs, cores);
	check_equal(threads, 1);
	jobs = 1;
	threads = 0;
	forecast_share(false, &jobs, &threads);
	check_equal(jobs, 1);
	check_equal(threads, cores);
	jobs = 0;
	threads = 2 * cores;
	forecast_share(false, &jobs, &threads);
	check_equal(jobs, 1);
	check_equal(threads, 2 * cores);
}

static void left_out_cells_are_not_touched(void **state)
{
	struct fixture *f = *state;

	fixture_plan(f, (const char *const[]){"ok", "ok 2", NULL});
	f->plan.at[0].left_out = true;
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(f->summary.computed, 1);
	assert_int_equal(f->summary.reused, 0);
	fixture_expect_status(f, 1, "ok", NULL);
}

static void leftovers_are_removed(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	folder_make(fixture_in(f, "results/x/tmp/0123456789abcdef.1"), &err);
	folder_make(fixture_in(f, "results/x/cells/0123456789abcdef.old"), &err);
	fixture_plan(f, (const char *const[]){"ok", NULL});
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(fixture_entries(f, "results/x/tmp"), 0);
	assert_int_equal(fixture_entries(f, "results/x/cells"), 1);
}

static void second_run_at_once_is_refused(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};
	const struct sched_shard whole = {.count = 0};
	const char *none;
	int lock;

	fixture_plan(f, (const char *const[]){"ok", NULL});
	folder_make(f->folder, &err);
	assert_false(lock_is_held(fixture_in(f, "results/x/lock")));
	assert_int_equal(lock_take(fixture_in(f, "results/x/lock"), whole, &lock, &none, &err),
			 STATUS_OK);
	assert_true(lock_is_held(fixture_in(f, "results/x/lock")));
	assert_int_equal(fixture_run(f), STATUS_ENV);
	assert_int_equal(fixture_entries(f, "results/x/cells"), 0);
	f->options.shard = (struct sched_shard){.count = 2};
	assert_int_equal(fixture_run(f), STATUS_ENV);
	f->options.shard = whole;
	close(lock);
	assert_int_equal(fixture_run(f), STATUS_OK);
}

static void shards_run_beside_each_other(void **state)
{
	struct fixture *f = *state;
	const struct sched_shard first = {.count = 2}, whole = {.count = 1};
	const struct sched_shard second = {.index = 1, .count = 2};
	const char *path, *none;
	struct err err = {0};
	int a, b, c;

	folder_make(f->folder, &err);
	path = fixture_in(f, "results/x/lock");
	assert_int_equal(lock_take(path, first, &a, &none, &err), STATUS_OK);
	assert_int_equal(lock_take(path, second, &b, &none, &err), STATUS_OK);
	assert_int_equal(lock_take(path, second, &c, &none, &err), STATUS_ENV);
	assert_int_equal(lock_take(path, whole, &c, &none, &err), STATUS_ENV);
	close(a);
	close(b);
	assert_int_equal(lock_take(path, whole, &c, &none, &err), STATUS_OK);
	close(c);
}

static void shards_cover_the_plan_once(void **state)
{
	struct fixture *f = *state;
	size_t kept[MOST_CELLS] = {0};

	for (size_t index = 0; index < 3; index++) {
		fixture_plan(f, (const char *const[]){"1", "2", "3", "4", "5", "6", "7", NULL});
		sched_assign_shards(&f->plan, 3);
		sched_keep_shard(&f->plan, (struct sched_shard){.index = index, .count = 3});
		for (size_t i = 0; i < f->plan.count; i++)
			kept[i] += !f->plan.at[i].left_out;
		assert_false(f->plan.at[index].left_out);
	}
	for (size_t i = 0; i < f->plan.count; i++)
		assert_int_equal(kept[i], 1);
}

/* One long cell against six short ones; records change nothing. */
static void shards_have_equal_work(void **state)
{
	struct fixture *f = *state;

	fixture_plan(f, (const char *const[]){"1", "2", "3", "4", "5", "6", "7", NULL});
	for (size_t i = 0; i < f->plan.count; i++)
		f->plan.at[i].work = i == 4 ? 6e12 : 1e12;
	f->plan.at[1].record.done = true;
	sched_assign_shards(&f->plan, 2);
	for (size_t i = 0; i < f->plan.count; i++)
		assert_int_equal(f->plan.at[i].shard, i != 4);
}

struct file_options {
	const char *path;
};

/* The id of a cell that reads a file of this content at this path. */
static const char *id_with_file(struct fixture *f, const char *name, const char *content)
{
	static const struct option rows[] = {
		{.name = "path", .type = OPTION_TEXT, .path = PATH_OTHER}, {.name = NULL}};
	static const struct source with_file = {.base = {.name = "file", .options = rows},
						.read = fixture_read_table};
	const char *path = fixture_in(f, name);
	const struct file_options options = {path};
	const char *text = arena_format(&f->arena, "{\"path\":\"%s\",\"label\":\"last\"}", path);
	struct err err = {0};
	struct plan plan;

	assert_int_equal(store_write_text(path, content, &err), STATUS_OK);
	fixture_plan(f, (const char *const[]){text, NULL});
	f->cells[0].data.source = (struct choice){&with_file.base, &options};
	assert_int_equal(sched_plan(&f->experiment, f->folder, &f->arena, &plan, &err), STATUS_OK);
	assert_int_equal(plan.data_count, 1);
	assert_string_equal(plan.data[0].files, path);
	return arena_text(&f->arena, f->cells[0].id);
}

static void id_depends_on_bytes_not_on_places(void **state)
{
	struct fixture *f = *state;
	const char *id = id_with_file(f, "one.csv", "1,2\n");

	assert_string_equal(id_with_file(f, "another.csv", "1,2\n"), id);
	assert_string_not_equal(id_with_file(f, "one.csv", "1,3\n"), id);
}

static void missing_worker_is_said_before_anything_is_written(void **state)
{
	struct fixture *f = *state;

	fixture_plan(f, (const char *const[]){"ok", NULL});
	f->options.worker_folder = "/nowhere";
	assert_int_equal(fixture_run(f), STATUS_ENV);
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
	fixture_plan(f, (const char *const[]){"ok", "fail", NULL});
	f->cells[1].swept_count = 1;
	f->cells[1].swept = &(const struct swept){"rho", "0.1"};
	assert_int_equal(fixture_run(f), STATUS_OK);
	assert_int_equal(
		store_read_text(fixture_in(f, "results/x/spec.yaml"), &f->arena, &text, &err), 0);
	assert_string_equal(text, "name: x\n");
	assert_int_equal(
		store_read_text(fixture_in(f, "results/x/origin.txt"), &f->arena, &text, &err), 0);
	assert_non_null(strstr(text, "/x.yaml\nseed=3\nrepeats=2\n"));
	assert_int_equal(csv_read(fixture_in(f, "results/x/data.csv"), &f->arena, &table, &err), 0);
	assert_int_equal(table.rows, 1);
	assert_string_equal(table.cell[0], "data");
	assert_int_equal(csv_read(fixture_in(f, "results/x/plan.csv"), &f->arena, &table, &err), 0);
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
	const struct executor *local = (const void *)registry_find(KIND_EXECUTOR, "local");
	struct layout layout = {.tmp = fixture_in(f, "tmp"), .cells = fixture_in(f, "cells")};
	struct slot_context context = {.layout = &layout,
				       .executor = local,
				       .worker_folder = f->workers,
				       .environment = environment_of_worker(1, &f->arena),
				       .time_limit = NAN,
				       .memory_limit = NAN,
				       .address_limit = NAN};
	struct job_event event;
	struct slot slot = {.place = 1};
	bool ended = false;
	struct err err = {0};

	fixture_plan(f, (const char *const[]){"wait", NULL});
	assert_int_equal(local->open(NULL, 2, -1, &f->arena, &context.state, &err), STATUS_OK);
	assert_int_equal(slot_start(&slot, &context, &f->plan.at[0], &err), STATUS_OK);
	for (int tries = 0; !ended && tries < 1000; tries++)
		if (local->wait(context.state, 0.01, &event)) {
			ended = !event.line;
			if (event.line)
				slot_hear(&slot, event.line);
		}
	assert_true(ended);
	assert_int_equal(event.place, 1);
	check_equal(slot.report.iteration, 3);
	check_equal(slot.report.gap, 0.25);
	assert_true(WIFEXITED(event.end.wait_status));
	check_above(event.end.peak_bytes, 0);
	slot_free(&slot);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(id_is_a_hash_of_text_and_data),
		CASE(forecast_adds_data_and_trainer),
		CASE(cores_are_shared),
		CASE(left_out_cells_are_not_touched),
		CASE(leftovers_are_removed),
		CASE(second_run_at_once_is_refused),
		CASE(shards_run_beside_each_other),
		CASE(shards_cover_the_plan_once),
		CASE(shards_have_equal_work),
		CASE(id_depends_on_bytes_not_on_places),
		CASE(missing_worker_is_said_before_anything_is_written),
		CASE(folder_describes_the_run),
		CASE(worker_reports_its_progress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
