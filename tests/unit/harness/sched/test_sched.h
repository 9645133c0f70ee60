/* What the tests of the scheduler share: a shell script in the place of the worker, which does what
 * the text of the cell says; a data set and a trainer of their own; a results folder that is
 * removed. */
#ifndef TESTS_UNIT_TEST_SCHED_H
#define TESTS_UNIT_TEST_SCHED_H

#include "harness/executor/environment.h"
#include "harness/file/csv.h"
#include "harness/file/folder.h"
#include "harness/sched/forecast.h"
#include "harness/sched/sched.h"
#include "harness/sched/slot.h"
#include "harness/store/result.h"
#include "solvers/model/trainer.h"

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

static const char sched_script[] =
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
	"full*) echo '!trace.csv: cannot write: no room' >&3; exit 72 ;;\n"
	"much*) exec dd if=/dev/zero of=/dev/null bs=200M count=10000 2>/dev/null ;;\n"
	"slow*) sleep 20 ;;\n"
	"graceful*) trap 'printf '\\''{\"status\": \"timeout\", \"outcome\": \"time_limit\", "
	"\"test_accuracy\": 0.75, \"iterations\": 9}'\\'' > $1/result.json; exit 73' TERM; "
	"printf 'iteration,gap\\n9,0.5\\n' > $1/trace.csv; while :; do sleep 0.05; done ;;\n"
	"kept*) trap '' TERM; printf '{\"status\": \"interrupted\", \"test_accuracy\": 0.75, "
	"\"iterations\": 9}' > $1/result.json; printf 'iteration,gap\\n9,0.5\\n10,0.' > "
	"$1/trace.csv; "
	"exec sleep 20 ;;\n"
	"header*) printf 'iteration,gap\\n' > $1/trace.csv; printf 'attack,no' > $1/attack.csv; "
	"exec sleep 20 ;;\n"
	"stopped*) echo '{\"status\": \"timeout\"}' > $1/result.json; kill -INT $PPID; "
	"trap 'exit 73' INT; sleep 1; exit 73 ;;\n"
	"disturbed*) echo '{\"status\": \"ok\", \"timing\": \"disturbed: busy\"}' > $1/result.json "
	";;\n"
	"interrupt*) trap 'exit 130' INT; kill -INT $PPID; while :; do sleep 0.05; done ;;\n"
	"wait*) sleep 0.2; echo '{\"status\": \"ok\"}' > $1/result.json ;;\n"
	"esac\n";

enum { ROWS = 10, COLS = 2, MOST_CELLS = 8 };

/* A data set and a trainer of the test's own, so that nothing depends on which ones exist. */
static inline enum status fixture_read_table(const void *options,
					     const struct read_request *request,
					     struct arena *arena, struct table *train,
					     struct table *test, struct err *err)
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

static const struct source sched_source = {.base = {.name = "fake"}, .read = fixture_read_table};

static inline void fixture_forecast(const void *options, struct trainer_shape shape,
				    struct forecast *out)
{
	(void)options;
	(void)shape;
	out->setup_flops = 5;
	out->iteration_flops = 100;
	out->most_iterations = 8; /* of 10 that are allowed */
}

/* 125000 numbers for each of the data. */
static inline enum status fixture_setup(const struct problem *problem, const void *options,
					struct arena *arena, void **state, struct err *err)
{
	(void)options;
	(void)err;
	*state = mat_new(arena, problem->X.rows * problem->X.cols, 125000).at;
	return STATUS_OK;
}

static inline ptrdiff_t fixture_width(const void *state)
{
	(void)state;
	return 1;
}

static const struct trainer sched_trainer = {.base = {.name = "fake"},
					     .forecast = fixture_forecast,
					     .setup = fixture_setup,
					     .width = fixture_width};

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

static inline const char *fixture_in(struct fixture *f, const char *name)
{
	return arena_format(&f->arena, "%s/%s", f->root, name);
}

static inline int fixture_set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	const char *tmp = getenv("TMPDIR"), *worker;
	struct err err = {0};

	assert_non_null(f);
	snprintf(f->root, sizeof f->root, "%s/sched.XXXXXX",
		 tmp && strlen(tmp) < 32 ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->root));
	f->folder = fixture_in(f, "results/x");
	f->workers = fixture_in(f, "bin");
	assert_int_equal(folder_make(f->workers, &err), STATUS_OK);
	worker = fixture_in(f, "bin/relubench-worker-double");
	assert_int_equal(store_write_text(worker, sched_script, &err), STATUS_OK);
	assert_int_equal(chmod(worker, 0755), 0);
	assert_int_equal(store_write_text(fixture_in(f, "x.yaml"), "name: x\n", &err), STATUS_OK);
	f->options = (struct sched_options){.quiet = true, .worker_folder = f->workers};
	*state = f;
	return 0;
}

static inline int fixture_tear_down(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	folder_remove(f->root, &err);
	arena_release(&f->arena);
	free(f);
	return 0;
}

/* `jobs` of one thread each, with these limits and no time beyond. */
static inline struct resource_options fixture_limits(long jobs, double time, double memory)
{
	return (struct resource_options){.jobs = jobs,
					 .threads = 1,
					 .time_limit = time,
					 .memory_limit = memory,
					 .executor.item = registry_find(KIND_EXECUTOR, "local")};
}

/* Cells named after what the script shall do. */
static inline void fixture_plan(struct fixture *f, const char *const *texts)
{
	struct err err = {0};
	size_t count = 0;

	for (; texts[count]; count++)
		f->cells[count] = (struct cell){
			.text = texts[count],
			.training = texts[count],
			.data = {.name = "data",
				 .source = {&sched_source.base, NULL},
				 .split = {.test = NAN}},
			.train = {.name = "method", .solver = {&sched_trainer.base, NULL}},
			.stop = {.iterations = 10},
		};
	f->experiment.name = "x";
	f->experiment.path = fixture_in(f, "x.yaml");
	if (f->experiment.resources.jobs == 0) {
		f->experiment.resources = fixture_limits(2, NAN, NAN);
	}
	f->experiment.cell_count = count;
	f->experiment.cells = f->cells;
	if (sched_plan(&f->experiment, f->folder, &f->arena, &f->plan, &err) != STATUS_OK)
		fail_msg("%s", err.text);
}

static inline enum status fixture_run(struct fixture *f)
{
	struct err err = {0};
	enum status status = sched_run(&f->experiment, &f->plan, &f->options, &f->summary, &err);

	if (status != STATUS_OK)
		print_message("%s %s\n", err.source, err.text);
	return status;
}

static inline struct result fixture_result_of(struct fixture *f, size_t i)
{
	struct result result;
	struct err err = {0};

	if (result_read(
		    arena_format(&f->arena, "%s/cells/%s/result.json", f->folder, f->cells[i].id),
		    &f->arena, &result, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	return result;
}

static inline size_t fixture_entries(struct fixture *f, const char *name)
{
	DIR *dir = opendir(fixture_in(f, name));
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return count;
}

static inline void fixture_expect_status(struct fixture *f, size_t i, const char *status,
					 const char *message)
{
	struct result result = fixture_result_of(f, i);

	assert_string_equal(result.status, status);
	assert_string_equal(result.cell, f->cells[i].id);
	if (message && (!result.message || !strstr(result.message, message)))
		fail_msg("expected \"%s\" in \"%s\"", message, result.message);
}

#endif
