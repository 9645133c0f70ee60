/* Groups of cells for tasks of a batch system. */
#include "harness/file/folder.h"
#include "harness/sched/sched.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double mib = 1024.0 * 1024;

struct fixture {
	struct arena arena;
	struct plan plan;
	struct cell *cells;
	struct resource_options resources;
	struct pack_order order;
	struct pack pack;
};

/* `count` open cells of one method, 20 MiB and 0.25 s by the forecast of 2 Gflop/s. */
static void make(struct fixture *f, size_t count)
{
	f->cells = ARENA_ARRAY(&f->arena, struct cell, count);
	f->plan = (struct plan){
		.folder = ".", .count = count, .at = ARENA_ARRAY(&f->arena, struct planned, count)};
	for (size_t i = 0; i < count; i++) {
		snprintf(f->cells[i].id, sizeof f->cells[i].id, "%016zx", i);
		f->cells[i].train.name = "admm";
		f->plan.at[i] = (struct planned){.cell = &f->cells[i],
						 .first = i,
						 .bytes = 20 * mib,
						 .work = 4e8,
						 .record.seconds = NAN,
						 .record.peak = NAN};
	}
}

static void pack(struct fixture *f)
{
	pack_plan(&f->plan, &f->resources, &f->order, &f->arena, &f->pack);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	f->resources = (struct resource_options){
		.jobs = 1, .threads = 1, .time_limit = NAN, .memory_limit = NAN};
	f->order = (struct pack_order){.minutes = 60,
				       .round = 1,
				       .memory = 512 * mib,
				       .most_memory = HUGE_VAL,
				       .most_seconds = NAN};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	arena_release(&f->arena);
	free(f);
	return 0;
}

static void many_small_cells_make_few_tasks(void **state)
{
	struct fixture *f = *state;

	make(f, 10000);
	pack(f);
	assert_int_equal(f->pack.count, 1);
	assert_int_equal(f->pack.cells, 10000);
	assert_int_equal(f->pack.group[0].tasks, 50);
	check_close(f->pack.group[0].bytes, 512 * mib, 0, 0);
	check_close(f->pack.group[0].minutes, 60, 0, 0);
	check_close(f->pack.group[0].seconds, 2500, 1e-9, 0);
	f->order.workers = 7;
	pack(f);
	assert_int_equal(f->pack.group[0].tasks, 7);
}

static void more_tasks_where_fifty_would_not_end(void **state)
{
	struct fixture *f = *state;

	make(f, 1000);
	for (size_t i = 0; i < 1000; i++)
		f->plan.at[i].work = 2e9 * 450; /* 450 s each, 125 h in all, half an hour a task */
	pack(f);
	assert_int_equal(f->pack.group[0].tasks, 251); /* with the starts */
}

static void groups_are_of_like_needs(void **state)
{
	struct fixture *f = *state;

	make(f, 6);
	f->plan.at[1].bytes = 3000 * mib;
	f->plan.at[2].bytes = 3100 * mib; /* both within 8 GiB with half as much again */
	f->plan.at[3].work = 2e9 * 4000;  /* more than half of the hour */
	f->plan.at[4].left_out = true;
	f->plan.at[5].first = 0; /* equal to the first */
	pack(f);
	assert_int_equal(f->pack.count, 3);
	assert_int_equal(f->pack.cells, 4);
	assert_int_equal(f->pack.of[0], 1);
	assert_int_equal(f->pack.of[1], 2);
	assert_int_equal(f->pack.of[2], 2);
	assert_int_equal(f->pack.of[3], 3);
	assert_int_equal(f->pack.of[4], 0);
	assert_int_equal(f->pack.of[5], 0);
	check_close(f->pack.group[1].bytes, 1.5 * 3100 * mib, 1e-12, 0);
	check_close(f->pack.group[2].minutes, 240, 0,
		    0); /* at least twice 4000 s, by powers of two */
	f->resources.jobs = 2;
	f->order.round = 2;
	pack(f);
	check_close(f->pack.group[1].bytes, 2 * 2 * 1.5 * 3100 * mib, 1e-12, 0);
	check_close(f->pack.group[1].cell_bytes, 2 * 1.5 * 3100 * mib, 1e-12, 0);
}

static void measured_times_count_more_than_the_forecast(void **state)
{
	struct fixture *f = *state;

	make(f, 4);
	f->plan.at[0].record.done = true;
	f->plan.at[0].record.status = "ok";
	f->plan.at[0].record.seconds = 8;
	f->plan.at[1].work = 8e8;       /* twice the work: 16 s */
	f->cells[2].train.name = "sgd"; /* nothing is measured of it */
	pack(f);
	assert_int_equal(f->pack.cells, 3);
	assert_int_equal(f->pack.measured, 2);
	check_close(f->pack.seconds[1], 16.05, 1e-12, 0);
	check_close(f->pack.seconds[2], 0.25, 1e-12, 0);
	check_close(f->pack.seconds[3], 8.05, 1e-12, 0);
}

static void set_record(struct fixture *f, size_t i, const char *status, double seconds, double peak)
{
	f->plan.at[i].record.done = true;
	f->plan.at[i].record.status = status;
	f->plan.at[i].record.seconds = seconds;
	f->plan.at[i].record.peak = peak;
	f->plan.at[i].bytes = NAN;
}

static void out_of_memory_is_tried_with_more(void **state)
{
	struct fixture *f = *state;

	make(f, 3);
	set_record(f, 0, "oom", 1, 700 * mib);
	set_record(f, 1, "failed", 1, 700 * mib);
	pack(f);
	assert_int_equal(f->pack.cells, 2);
	assert_int_equal(f->pack.again, 1);
	assert_int_equal(f->pack.of[1], 0);
	check_close(f->pack.group[f->pack.of[0] - 1].bytes, 1400 * mib, 1e-12, 0);
	f->order.most_memory = 1000 * mib;
	pack(f);
	check_close(f->pack.group[f->pack.of[0] - 1].bytes, 1000 * mib, 1e-12, 0);
	f->order.most_memory = 600 * mib; /* it has had more */
	pack(f);
	assert_int_equal(f->pack.of[0], 0);
	assert_int_equal(f->pack.given_up, 1);
	/* a limit of the spec is raised only if a maximum is given */
	f->resources.memory_limit = 650 * mib;
	f->order.most_memory = HUGE_VAL;
	pack(f);
	assert_int_equal(f->pack.of[0], 0);
	f->order.most_memory = 4000 * mib;
	pack(f);
	assert_true(f->pack.group[f->pack.of[0] - 1].own_memory);
	assert_int_not_equal(f->pack.of[0], f->pack.of[2]);
}

static void time_outs_are_tried_with_more_where_it_is_allowed(void **state)
{
	struct fixture *f = *state;

	make(f, 2);
	f->resources.time_limit = 100;
	set_record(f, 0, "timeout", 104, NAN);
	pack(f);
	assert_int_equal(f->pack.cells, 1);
	assert_int_equal(f->pack.given_up, 1);
	f->order.most_seconds = 1000;
	pack(f);
	assert_int_equal(f->pack.cells, 2);
	assert_int_not_equal(f->pack.of[0], f->pack.of[1]);
	check_close(f->pack.group[f->pack.of[0] - 1].cell_seconds, 208, 1e-12, 0);
	check_nan(f->pack.group[f->pack.of[1] - 1].cell_seconds);
	f->order.most_seconds = 150;
	pack(f);
	check_close(f->pack.group[f->pack.of[0] - 1].cell_seconds, 150, 1e-12, 0);
	set_record(f, 0, "timeout", 150, NAN);
	pack(f);
	assert_int_equal(f->pack.of[0], 0);
}

/* The tasks read who has which cell; one of a later choice is everyone's. */
static void the_file_says_who_has_which(void **state)
{
	struct fixture *f = *state;
	char root[] = "/tmp/pack.XXXXXX";
	struct err err = {0};
	const char *path;

	assert_non_null(mkdtemp(root));
	path = arena_format(&f->arena, "%s/cells.txt", root);
	make(f, 4);
	f->plan.folder = root;
	f->plan.at[1].bytes = 3000 * mib;
	f->plan.at[2].left_out = true;
	set_record(f, 3, "oom", 1, 100 * mib);
	assert_int_equal(
		folder_make(arena_format(&f->arena, "%s/cells/%s", root, f->cells[3].id), &err),
		STATUS_OK);
	assert_int_equal(store_write_text(arena_format(&f->arena, "%s/cells/%s/record.json", root,
						       f->cells[3].id),
					  "one", &err),
			 STATUS_OK);
	pack(f);
	assert_int_equal(pack_write(&f->plan, &f->pack, path, &err), STATUS_OK);
	f->plan.at[2].left_out = false;
	assert_int_equal(pack_read(&f->plan, path, 1, &err), STATUS_OK);
	assert_false(f->plan.at[0].left_out);
	assert_true(f->plan.at[1].left_out);
	assert_false(f->plan.at[2].left_out);
	assert_false(f->plan.at[0].again);
	assert_true(f->plan.at[3].again);
	/* another task has tried it since */
	assert_int_equal(store_write_text(arena_format(&f->arena, "%s/cells/%s/record.json", root,
						       f->cells[3].id),
					  "two", &err),
			 STATUS_OK);
	assert_int_equal(pack_read(&f->plan, path, 1, &err), STATUS_OK);
	assert_false(f->plan.at[3].again);
	assert_int_equal(pack_read(&f->plan, "/nonexistent/cells", 1, &err), STATUS_ENV);
	assert_int_equal(folder_remove(root, &err), STATUS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many_small_cells_make_few_tasks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(more_tasks_where_fifty_would_not_end, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(groups_are_of_like_needs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(measured_times_count_more_than_the_forecast, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(out_of_memory_is_tried_with_more, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(time_outs_are_tried_with_more_where_it_is_allowed,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_file_says_who_has_which, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
