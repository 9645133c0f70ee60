/* Tables of fields: every type of row is written and read back whole, by one grammar of errors. */
#include "harness/file/folder.h"
#include "harness/file/jsonfile.h"
#include "harness/store/rows.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static char path[] = "/tmp/test_field_XXXXXX";

static int make(void **state)
{
	(void)state;
	close(mkstemp(path));
	return 0;
}

static int leave(void **state)
{
	(void)state;
	unlink(path);
	arena_release(&arena);
	return 0;
}

/* A row in which no two fields have the same value. */
static void fill(const struct field_table *table, void *row, size_t salt)
{
	size_t k = 0;

	field_clear(table, row);
	for (const struct field *f = table->field; f->name; f++, k++) {
		field_set_text(f, row, arena_format(&arena, "=%s, \"%zu\"\n", f->name, salt));
		field_set_number(f, row, (double)salt + (double)k * 1.1);
	}
}

static void expect_same(const struct field_table *table, const void *a, const void *b)
{
	for (const struct field *f = table->field; f->name; f++)
		if (field_is_text(f))
			assert_string_equal(field_text(f, a), field_text(f, b));
		else
			check_equal(field_number(f, a), field_number(f, b));
}

static void rows_round_trip_as_csv(void **state)
{
	(void)state;
	for (const struct field_table *const *table = rows_tables; *table; table++) {
		size_t size = (*table)->size;
		char *rows = ARENA_ARRAY(&arena, char, 2 * size);
		struct field_rows back;
		struct csv_table csv;
		struct err err = {0};

		fill(*table, rows, 1);
		fill(*table, rows + size, 2);
		assert_int_equal(field_write(path, *table, rows, 2, &err), STATUS_OK);
		assert_int_equal(field_read(path, *table, &arena, &back, &err), STATUS_OK);
		assert_int_equal(back.count, 2);
		expect_same(*table, rows, back.at);
		expect_same(*table, rows + size, (char *)back.at + size);
		assert_int_equal(csv_read(path, &arena, &csv, &err), STATUS_OK);
		assert_true(field_is_header(&csv, *table));
		csv.header[0] = "another";
		assert_false(field_is_header(&csv, *table));
	}
}

static void rows_round_trip_as_json(void **state)
{
	(void)state;
	for (const struct field_table *const *table = rows_tables; *table; table++) {
		void *row = ARENA_ARRAY(&arena, char, (*table)->size);
		void *back = ARENA_ARRAY(&arena, char, (*table)->size);
		json_t *object = json_object();

		fill(*table, row, 3);
		field_to_json(*table, row, true, object);
		assert_null(field_from_json(*table, object, &arena, back));
		expect_same(*table, row, back);
		json_decref(object);
	}
}

static const char *entry_line(const struct entry_note *note, bool nulls)
{
	json_t *object = json_object();

	field_to_json(&rows_entry, note, nulls, object);
	return jsonfile_line(object, &arena);
}

/* Columns of earlier versions keep their form: counts are whole, seconds have a point. */
static void json_has_one_form(void **state)
{
	struct entry_note note;

	(void)state;
	field_clear(&rows_entry, &note);
	assert_string_equal(entry_line(&note, false), "{}");
	assert_non_null(
		strstr(entry_line(&note, true), "{\"key\":null,\"name\":null,\"rows\":null,"));
	note.key = "\xff";
	note.rows = 3;
	note.wall_s = 2;
	note.cpu_s = HUGE_VAL;
	assert_string_equal(entry_line(&note, false),
			    "{\"key\":\"(not UTF-8)\",\"rows\":3,\"wall_s\":2.0}");
}

static void json_of_another_type_is_an_error(void **state)
{
	json_t *object = json_pack("{s:s, s:s}", "key", "a", "rows", "3");
	struct entry_note note;

	(void)state;
	assert_string_equal(field_from_json(&rows_entry, object, &arena, &note)->name, "rows");
	json_decref(object);
	object = json_pack("{s:i}", "key", 3);
	assert_string_equal(field_from_json(&rows_entry, object, &arena, &note)->name, "key");
	json_decref(object);
}

static enum status read_text(const char *text, struct field_rows *out, struct err *err)
{
	*err = (struct err){0};
	assert_int_equal(store_write_text(path, text, err), STATUS_OK);
	return field_read(path, &rows_attack, &arena, out, err);
}

static void csv_of_another_version_or_kind(void **state)
{
	const struct attack_row *row;
	struct field_rows rows;
	struct err err;

	(void)state;
	assert_int_equal(read_text("eps,later,attack\n0.5,9,pgd\n,,\n", &rows, &err), STATUS_OK);
	row = rows.at;
	assert_int_equal(rows.count, 2);
	assert_string_equal(row[0].attack, "pgd");
	check_equal(row[0].eps, 0.5);
	assert_string_equal(row[0].norm, ""); /* no text of a table is NULL */
	check_nan(row[0].n);
	check_nan(row[1].eps);
	assert_int_equal(read_text("attack,eps\npgd,0.1\npgd,0.2x\n", &rows, &err), STATUS_ENV);
	assert_string_equal(err.source, path);
	assert_int_equal(err.line, 3);
	assert_string_equal(err.text, "eps: expected a number, got \"0.2x\"");
	unlink(path);
	assert_int_equal(field_read_any(path, &rows_attack, &arena, &rows, &err), STATUS_OK);
	assert_int_equal(rows.count, 0);
	assert_int_equal(field_read(path, &rows_attack, &arena, &rows, &err), STATUS_ENV);
}

static void cells_are_shown_as_csv_has_them(void **state)
{
	const struct trace_row row = {.iteration = 3, .seconds = 0.1, .gap = NAN};
	const struct field_table *t = &rows_trace;

	(void)state;
	assert_string_equal(field_shown(field_find(t, "iteration"), &row, &arena), "3");
	assert_string_equal(field_shown(field_find(t, "seconds"), &row, &arena), "0.1");
	assert_string_equal(field_shown(field_find(t, "gap"), &row, &arena), "");
	assert_null(field_find(t, "gaps"));
}

int main(void)
{
	const struct CMUnitTest tests_of_file[] = {
		cmocka_unit_test(rows_round_trip_as_csv),
		cmocka_unit_test(rows_round_trip_as_json),
		cmocka_unit_test(json_has_one_form),
		cmocka_unit_test(json_of_another_type_is_an_error),
		cmocka_unit_test(csv_of_another_version_or_kind),
		cmocka_unit_test(cells_are_shown_as_csv_has_them),
	};

	return cmocka_run_group_tests(tests_of_file, make, leave);
}
