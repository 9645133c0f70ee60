/* Fixture of the tests of the source `csv`: a training and a test file, their options, tables. */
#ifndef TEST_DATA_CSV_H
#define TEST_DATA_CSV_H

#include "tests/room.h"
#include "tests/unit/harness/data/test_data_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
	struct room room;
	const char *path, *test;
	struct csv_options csv;
	struct texts classes;
	struct table table, test_table;
	char error[1200]; /* of the last reading: "", or "a.csv:line:col: text" */
};

static inline int set_up(void **state)
{
	struct place *place = room_enter(state, sizeof *place);

	place->path = room_path(&place->room, "a.csv");
	place->test = room_path(&place->room, "b.csv");
	place->csv = files_csv(place->path);
	return 0;
}

/* The error with the folder cut out of it, so that tests can hold it. */
static inline void keep_error(struct place *place, const struct err *err)
{
	char text[2000], folder[300];
	FILE *to = fmemopen(text, sizeof text, "w");
	const char *from = text, *found;

	err_print(err, to);
	fclose(to);
	snprintf(folder, sizeof folder, "%s/", place->room.folder);
	place->error[0] = '\0';
	for (; (found = strstr(from, folder)); from = found + strlen(folder))
		strncat(place->error, from, (size_t)(found - from));
	strncat(place->error, from, strcspn(from, "\n"));
}

/* Read these files; test: NULL for none. */
static inline enum status read_files(struct place *place, const char *text, const char *test,
				     bool regression)
{
	struct read_request request = {.regression = regression, .classes = place->classes};
	struct err err = {0};
	enum status status;

	files_write(place->path, text, strlen(text));
	if (test)
		files_write(place->test, test, strlen(test));
	place->csv.test = test ? place->test : NULL;
	memset(&place->table, 0, sizeof place->table);
	memset(&place->test_table, 0, sizeof place->test_table);
	place->error[0] = '\0';
	status = source_csv.read(&place->csv, &request, &place->room.arena, &place->table,
				 &place->test_table, &err);
	if (status != STATUS_OK)
		keep_error(place, &err);
	return status;
}

static inline void read_table(struct place *place, const char *text, bool regression)
{
	if (read_files(place, text, NULL, regression) != STATUS_OK)
		fail_msg("%s", place->error);
}

static inline void read_pair(struct place *place, const char *text, const char *test)
{
	if (read_files(place, text, test, false) != STATUS_OK)
		fail_msg("%s", place->error);
}

/* n x d values (NaN matches NaN) and the labels, separated by blanks. */
static inline void expect(const struct table *table, size_t n, size_t d, const double *x,
			  const char *labels)
{
	char got[256] = "";

	assert_int_equal(table->n, n);
	assert_int_equal(table->d, d);
	for (size_t i = 0; i < n * d; i++)
		if (table->x[i] != x[i] && !(isnan(table->x[i]) && isnan(x[i])))
			fail_msg("value %zu: got %g, want %g", i, table->x[i], x[i]);
	for (size_t i = 0; i < n; i++) {
		strcat(got, i ? " " : "");
		strcat(got, table->label[i]);
	}
	assert_string_equal(got, labels);
}

/* Reading ends with this error. */
static inline void expect_error(struct place *place, const char *text, const char *test,
				const char *error)
{
	assert_int_not_equal(read_files(place, text, test, false), STATUS_OK);
	assert_string_equal(place->error, error);
}

/* The last reading left this note; NULL: none. */
static inline void expect_note(const struct place *place, const char *note)
{
	if (note && place->table.note)
		assert_string_equal(place->table.note, note);
	else if (note || place->table.note)
		fail_msg("note: got %s, want %s", place->table.note ? place->table.note : "none",
			 note ? note : "none");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, room_leave)

#endif
