/* Fixture of the tests of run_cell: a folder of its own, a cell in it, its record. Include it once
 * per executable. */
#ifndef TEST_RUN_H
#define TEST_RUN_H

#include "harness/file/csv.h"
#include "harness/file/folder.h"
#include "harness/run/run.h"
#include "harness/spec/spec.h"
#include "harness/store/result.h"
#include "tests/close.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char data_text[] = "name: tiny\n"
				"seed: 4\n"
				"data:\n"
				"  - name: moons\n"
				"    generate: {kind: moons, n: 60, noise: 0.2}\n"
				"    split: {test: 0.4, validation: 0.2}\n"
				"    prepare: [standardize, bias]\n";

static char folder[64];
static struct arena arena;

static inline int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/test_run_XXXXXX");
	return mkdtemp(folder) == NULL;
}

static inline int remove_folder(void **state)
{
	struct err err = {0};

	(void)state;
	arena_release(&arena);
	return folder_remove(folder, &err) != STATUS_OK;
}

static inline const char *path_in(const char *name)
{
	return arena_format(&arena, "%s/%s", folder, name);
}

static inline void write_text(const char *name, const char *text)
{
	struct err err = {0};

	assert_int_equal(store_write_text(path_in(name), text, &err), STATUS_OK);
}

/* The first cell of a spec whose head is `head`, its canonical text in cell.json. */
static inline const struct cell *pose_on(const char *head, const char *train, const char *rest)
{
	static struct problems problems;
	struct experiment *experiment = ARENA_NEW(&arena, struct experiment);

	memset(&problems, 0, sizeof problems);
	write_text("spec.yaml", arena_format(&arena, "%strain:\n  - {%s}\n%s", head, train, rest));
	if (spec_load(path_in("spec.yaml"), (struct texts){0}, &arena, experiment, &problems) !=
	    STATUS_OK)
		fail_msg("%s", problems.at[0].text);
	write_text("cell.json", experiment->cells[0].text);
	return &experiment->cells[0];
}

static inline const struct cell *pose(const char *train, const char *rest)
{
	return pose_on(data_text, train, rest);
}

static inline struct result compute(void)
{
	struct result result;
	struct err err = {0};

	if (run_cell(folder, &(struct run_order){.progress_fd = -1}, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	assert_int_equal(result_read(path_in("result.json"), &arena, &result, &err), STATUS_OK);
	return result;
}

static inline struct csv_table table(const char *name)
{
	struct csv_table out;
	struct err err = {0};

	assert_int_equal(csv_read(path_in(name), &arena, &out, &err), STATUS_OK);
	return out;
}

static inline double value(const struct csv_table *t, size_t row, const char *column)
{
	int col = csv_column(t, column);

	check_at_least(col, 0);
	return csv_value(t, row, col);
}

static inline const char *text(const struct csv_table *t, size_t row, const char *column)
{
	int col = csv_column(t, column);

	check_at_least(col, 0);
	return t->cell[row * t->cols + (size_t)col];
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

#endif
