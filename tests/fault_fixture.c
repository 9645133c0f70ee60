/* Attempts in processes of their own, and the tiny experiment that they are made at. */
#include "tests/fault_fixture.h"
#include "harness/file/folder.h"
#include "harness/report/report.h"
#include "harness/run/loop.h"
#include "harness/run/run.h"
#include "harness/sched/sched.h"
#include "harness/store/result.h"
#include "tests/close.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char spec[] =
	"name: tiny\n"
	"seed: 7\n"
	"data:\n"
	"  - name: moons\n"
	"    generate: {kind: moons, n: 20, noise: 0.1}\n"
	"    split: {test: 0.3}\n"
	"    prepare: [bias]\n"
	"train:\n"
	"  - {name: admm, solver: admm, patterns: [3, 4], beta: 0.1}\n"
	"  - {name: sgd, solver: sgd, width: 4, epochs: 2, batch: 8, learning_rate: 0.05}\n"
	"stop: {iterations: 3}\n"
	"attack:\n"
	"  - {attack: fgsm, norm: linf, eps: [0, 0.1]}\n";

static const int unexpected = 99; /* exit status of an attempt that failed in some other way */

const char *fault_path(struct fault_room *room, const char *folder, const char *name)
{
	return arena_format(&room->arena, "%s/%s", folder, name);
}

static void load(struct fault_room *room)
{
	struct problems *problems = ARENA_NEW(&room->arena, struct problems);

	assert_int_equal(spec_load(room->spec, (struct texts){0, NULL}, &room->arena,
				   &room->experiment, problems),
			 STATUS_OK);
}

int fault_set_up(void **state)
{
	struct fault_room *room = calloc(1, sizeof *room);
	const char *tmp = getenv("TMPDIR");
	struct err err = {0};

	assert_non_null(room);
	assert_int_equal(setenv("PATH", "/nonexistent", 1), 0); /* no gnuplot */
	loop_keep_every(HUGE_VAL); /* a slow machine writes no more than a fast one */
	snprintf(room->root, sizeof room->root, "%s/fault.XXXXXX",
		 tmp && strlen(tmp) < sizeof room->root / 2 ? tmp : "/tmp");
	assert_non_null(mkdtemp(room->root));
	room->spec = fault_path(room, room->root, "tiny.yaml");
	room->results = fault_path(room, room->root, "results/tiny");
	room->cell = fault_path(room, room->root, "cell");
	assert_int_equal(store_write_text(room->spec, spec, &err), STATUS_OK);
	load(room);
	*state = room;
	return 0;
}

int fault_tear_down(void **state)
{
	struct fault_room *room = *state;
	struct err err = {0};

	folder_remove(room->root, &err);
	arena_release(&room->arena);
	free(room);
	return 0;
}

int fault_verdict(const struct fault_room *room, const struct err *err)
{
	if (err->status == STATUS_OK)
		return STATUS_OK;
	if (err->status == STATUS_ENV && strstr(err->text, "No space left on device") &&
	    strncmp(err->source, room->root, strlen(room->root)) == 0)
		return STATUS_ENV;
	err_print(err, stderr);
	return unexpected;
}

int fault_load_spec(struct fault_room *room)
{
	struct problems *problems = calloc(1, sizeof *problems);
	struct experiment experiment;
	struct arena arena = {0};
	enum status status = STATUS_ENV;

	if (problems)
		status = spec_load(room->spec, (struct texts){0, NULL}, &arena, &experiment,
				   problems);
	arena_release(&arena);
	free(problems);
	return (int)status;
}

int fault_run_cell(struct fault_room *room)
{
	struct err err = {0};
	enum status status = run_cell(room->cell, &(struct run_order){.progress_fd = -1}, &err);

	return status == err.status ? fault_verdict(room, &err) : unexpected;
}

static enum status run_all(struct fault_room *room, struct err *err)
{
	struct plan plan;

	TRY(sched_plan(&room->experiment, room->results, &room->arena, &plan, err));
	for (size_t i = 0; i < plan.count; i++) {
		const char *cells = fault_path(room, room->results, "cells");
		const char *cell = fault_path(room, cells, plan.at[i].cell->id);

		TRY(folder_make(cell, err));
		TRY(store_write_text(fault_path(room, cell, "cell.json"), plan.at[i].cell->text,
				     err));
		TRY(run_cell(cell, &(struct run_order){.progress_fd = -1}, err));
	}
	return STATUS_OK;
}

int fault_run_all(struct fault_room *room)
{
	struct err err = {0};

	return run_all(room, &err) == err.status ? fault_verdict(room, &err) : unexpected;
}

int fault_build_report(struct fault_room *room)
{
	struct err err = {0};
	enum status status = report_build(&room->experiment, room->results, &err);

	return status == err.status ? fault_verdict(room, &err) : unexpected;
}

static void out_of_memory(size_t bytes)
{
	(void)bytes;
	_exit(RUN_EXIT_OOM);
}

/* Exit status of one attempt; k = 0: nothing fails. */
static int outcome(const struct fault_trial *trial, struct fault_room *room, size_t k)
{
	pid_t child = fork();
	int wait_status = 0;

	if (child == 0) {
		arena_on_exhausted(out_of_memory);
		if (k)
			trial->fail_after(k);
		_exit(trial->attempt(room));
	}
	check_above(child, 0);
	assert_int_equal(waitpid(child, &wait_status, 0), child);
	if (!WIFEXITED(wait_status))
		fail_msg("fault %zu: killed by signal %d", k, WTERMSIG(wait_status));
	return WEXITSTATUS(wait_status);
}

size_t fault_at_every(const struct fault_trial *trial, struct fault_room *room)
{
	size_t largest = 0;

	for (size_t k = 1;; k += trial->dense > 0 && k >= trial->dense ? 1 + k / 50 : 1) {
		int status;

		if (trial->before)
			trial->before(room);
		status = outcome(trial, room, k);
		if (status == STATUS_OK) {
			if (trial->success)
				trial->success(room);
			return largest;
		}
		largest = k;
		if (status != trial->failure)
			fail_msg("fault %zu: exit status %d", k, status);
		if (trial->failed)
			trial->failed(room);
	}
}

void fault_expect_success(fault_attempt *attempt, struct fault_room *room)
{
	const struct fault_trial trial = {.attempt = attempt};

	assert_int_equal(outcome(&trial, room, 0), STATUS_OK);
}

void fault_prepare_cell(struct fault_room *room, size_t index)
{
	struct err err = {0};

	assert_int_equal(folder_remove(room->cell, &err), STATUS_OK);
	assert_int_equal(folder_make(room->cell, &err), STATUS_OK);
	assert_int_equal(store_write_text(fault_path(room, room->cell, "cell.json"),
					  room->experiment.cells[index].text, &err),
			 STATUS_OK);
}

/* FNV-1a, 64 bits */
static void add_bytes(uint64_t *digest, const void *bytes, size_t count)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < count; i++)
		*digest = (*digest ^ at[i]) * 1099511628211u;
}

static void add_file(uint64_t *digest, const char *path)
{
	FILE *file = fopen(path, "re");
	char bytes[4096];
	size_t got;

	assert_non_null(file);
	while ((got = fread(bytes, 1, sizeof bytes, file)) > 0)
		add_bytes(digest, bytes, got);
	fclose(file);
}

static int no_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void add(uint64_t *digest, const char *path)
{
	struct dirent **entry;
	int count = scandir(path, &entry, no_dots, alphasort);
	struct arena arena = {0};

	if (count < 0)
		add_file(digest, path);
	for (int i = 0; i < count; i++) {
		add_bytes(digest, entry[i]->d_name, strlen(entry[i]->d_name) + 1);
		add(digest, arena_format(&arena, "%s/%s", path, entry[i]->d_name));
		free(entry[i]);
	}
	if (count >= 0)
		free(entry);
	arena_release(&arena);
}

uint64_t fault_digest(const char *path)
{
	uint64_t digest = 14695981039346656037u;

	if (access(path, F_OK) != 0)
		return 0;
	add(&digest, path);
	return digest;
}

void fault_expect_no_result(struct fault_room *room)
{
	const char *path = fault_path(room, room->cell, "result.json");
	struct result result;
	struct err err = {0};

	if (access(path, F_OK) != 0)
		return;
	assert_int_equal(result_read(path, &room->arena, &result, &err), STATUS_OK);
	assert_string_equal(result.status, "interrupted");
}
