/* Writes that fail at the k-th operation on a file, for every k until none fails: one error that
 * names the file, no record that is only there in part, and the next attempt completes the work. */
#include "harness/file/csv.h"
#include "harness/file/folder.h"
#include "harness/file/io.h"
#include "harness/run/run.h"
#include "harness/sched/layout.h"
#include "harness/store/modelfile.h"
#include "harness/store/result.h"
#include "tests/close.h"
#include "tests/fault_fixture.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What the trial at hand compares with. */
static struct {
	uint64_t records, whole; /* of a report's folder */
	uint64_t old, new;       /* of the records that a commit replaces, and puts there */
	const char *tmp, *final;
	bool replaces;
} kept;

static void expect_whole_record(struct fault_room *room)
{
	struct csv_table table;
	struct result result;
	struct modelfile model;
	struct err err = {0};

	result_read(fault_path(room, room->cell, "result.json"), &room->arena, &result, &err);
	modelfile_load(fault_path(room, room->cell, "model.npz"), &room->arena, &model, &err);
	csv_read(fault_path(room, room->cell, "trace.csv"), &room->arena, &table, &err);
	csv_read(fault_path(room, room->cell, "points.csv"), &room->arena, &table, &err);
	csv_read(fault_path(room, room->cell, "attack.csv"), &room->arena, &table, &err);
	assert_string_equal(err.text, "");
	assert_string_equal(result.status, "ok");
	assert_int_equal(table.rows, 2);
}

/* The result is written last: until then there is none, or one that says that it is not complete.
 */
static void expect_no_record(struct fault_room *room)
{
	fault_expect_no_result(room);
}

static void prepare_cell(struct fault_room *room)
{
	fault_prepare_cell(room, 0);
}

static void computing_a_cell(void **state)
{
	const struct fault_trial trial = {.fail_after = io_fail_after,
					  .attempt = fault_run_cell,
					  .failure = STATUS_ENV,
					  .before = prepare_cell,
					  .failed = expect_no_record,
					  .success = expect_whole_record};

	/* trace, network, points, decisions, attacks, findings, three results, four lists of
	 * entries and the list of files are created and closed; all but trace, points, decisions
	 * and attacks are renamed */
	assert_int_equal(fault_at_every(&trial, *state), 14 * 2 + 10);
}

static int commit(struct fault_room *room)
{
	struct err err = {0};

	folder_commit(kept.tmp, kept.final, !kept.replaces, &err);
	return fault_verdict(room, &err);
}

/* A folder of the same files. */
static void copy_folder(struct fault_room *room, const char *from, const char *to)
{
	struct err err = {0};
	struct dirent *entry;
	DIR *dir;

	assert_int_equal(folder_remove(to, &err), STATUS_OK);
	assert_int_equal(folder_make(to, &err), STATUS_OK);
	dir = opendir(from);
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			assert_int_equal(link(fault_path(room, from, entry->d_name),
					      fault_path(room, to, entry->d_name)),
					 0);
	closedir(dir);
}

static void prepare_commit(struct fault_room *room)
{
	struct err err = {0};

	copy_folder(room, room->cell, kept.tmp);
	assert_int_equal(folder_remove(kept.final, &err), STATUS_OK);
	if (!kept.replaces)
		return;
	assert_int_equal(folder_make(kept.final, &err), STATUS_OK);
	assert_int_equal(store_write_text(fault_path(room, kept.final, "result.json"), "{}", &err),
			 STATUS_OK);
	kept.old = fault_digest(kept.final);
}

static void expect_committed(struct fault_room *room)
{
	assert_int_equal(access(kept.tmp, F_OK), -1);
	assert_int_equal(fault_digest(kept.final), kept.new);
	assert_int_equal(access(arena_format(&room->arena, "%s.old", kept.final), F_OK), -1);
}

/* The new record, or what was there before; then nothing is lost. */
static void expect_either_record(struct fault_room *room)
{
	uint64_t found = fault_digest(kept.final);

	if (found == kept.new)
		return;
	assert_int_equal(found, kept.replaces ? kept.old : 0);
	assert_int_equal(fault_digest(kept.tmp), kept.new);
	fault_expect_success(commit, room);
	expect_committed(room);
}

static void commit_at_every(struct fault_room *room, bool replaces)
{
	const struct fault_trial trial = {.fail_after = io_fail_after,
					  .attempt = commit,
					  .failure = STATUS_ENV,
					  .before = prepare_commit,
					  .failed = expect_either_record,
					  .success = expect_committed};
	size_t operations;

	fault_prepare_cell(room, 0);
	fault_expect_success(fault_run_cell, room);
	kept.replaces = replaces;
	kept.tmp = fault_path(room, room->root, "tmp");
	kept.final = fault_path(room, room->root, "final");
	kept.new = fault_digest(room->cell);
	/* nine files, their folder and its parent are synced; the folder is renamed once or, where
	 * the file system can, exchanged with the former one */
	operations = fault_at_every(&trial, room);
	check_at_least(operations, 9 + 1 + 1 + 1);
	check_at_most(operations, 9 + 1 + 1 + (replaces ? 3 : 1));
}

static void committing_a_record(void **state)
{
	commit_at_every(*state, false);
}

static void replacing_a_record(void **state)
{
	commit_at_every(*state, true);
}

/* Nothing of an earlier report may stand for what could not be written. */
static void remove_report(struct fault_room *room)
{
	static const char *const derived[] = {"summary.csv", "attack.csv", "tables", "plots",
					      "report.html"};
	struct err err = {0};

	for (size_t i = 0; i < sizeof derived / sizeof *derived; i++)
		assert_int_equal(folder_remove(fault_path(room, room->results, derived[i]), &err),
				 STATUS_OK);
}

static void expect_report(struct fault_room *room)
{
	assert_int_equal(fault_digest(room->results), kept.whole);
}

static void expect_records(struct fault_room *room)
{
	assert_int_equal(fault_digest(fault_path(room, room->results, "cells")), kept.records);
	fault_expect_success(fault_build_report, room);
	expect_report(room);
}

static void building_a_report(void **state)
{
	const struct fault_trial trial = {.fail_after = io_fail_after,
					  .attempt = fault_build_report,
					  .failure = STATUS_ENV,
					  .before = remove_report,
					  .failed = expect_records,
					  .success = expect_report};
	struct fault_room *room = *state;

	fault_expect_success(fault_run_all, room);
	kept.records = fault_digest(fault_path(room, room->results, "cells"));
	fault_expect_success(fault_build_report, room);
	kept.whole = fault_digest(room->results);
	check_above(fault_at_every(&trial, room), 20);
}

/* The files that a run starts with. */
static int lay_out(struct fault_room *room)
{
	struct sched_shard alone = {.count = 1};
	struct layout layout;
	struct err err = {0};
	struct plan plan;

	if (sched_plan(&room->experiment, room->results, &room->arena, &plan, &err) != STATUS_OK ||
	    layout_open(&layout, room->results, alone, &room->arena, &err) != STATUS_OK)
		return fault_verdict(room, &err);
	if (layout_write_plan(&layout, &plan, &err) == STATUS_OK)
		layout_write_origin(&layout, &room->experiment, (struct texts){0, NULL}, NULL,
				    &err);
	layout_close(&layout);
	return fault_verdict(room, &err);
}

static const char *const first_files[] = {"plan.csv", "data.csv", "spec.yaml", "env.json"};
enum { FIRST_FILES = sizeof first_files / sizeof *first_files };
static uint64_t first_digests[FIRST_FILES];

static void expect_whole_files(struct fault_room *room)
{
	for (size_t i = 0; i < FIRST_FILES; i++) {
		uint64_t found = fault_digest(fault_path(room, room->results, first_files[i]));

		if (found)
			assert_int_equal(found, first_digests[i]);
	}
}

static void remove_results(struct fault_room *room)
{
	struct err err = {0};

	assert_int_equal(folder_remove(room->results, &err), STATUS_OK);
}

static void starting_a_run(void **state)
{
	const struct fault_trial trial = {.fail_after = io_fail_after,
					  .attempt = lay_out,
					  .failure = STATUS_ENV,
					  .before = remove_results,
					  .failed = expect_whole_files,
					  .success = expect_whole_files};
	struct fault_room *room = *state;

	fault_expect_success(lay_out, room);
	for (size_t i = 0; i < FIRST_FILES; i++) {
		first_digests[i] = fault_digest(fault_path(room, room->results, first_files[i]));
		assert_int_not_equal(first_digests[i], 0);
	}
	/* three folders; these files and the origin are each created, closed and renamed, between
	 * two lists of checksums for which the same holds; three of them are texts that are
	 * renamed twice, when they are whole and into place */
	assert_int_equal(fault_at_every(&trial, room), 3 + (FIRST_FILES + 1) * 9 + 3);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fault_set_up, fault_tear_down)
	const struct CMUnitTest tests[] = {
		CASE(computing_a_cell),  CASE(committing_a_record), CASE(replacing_a_record),
		CASE(building_a_report), CASE(starting_a_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
