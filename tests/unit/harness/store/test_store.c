/* Records on disk: results, CSV, folders, cells, the environment. */
#include "harness/file/csv.h"
#include "harness/file/folder.h"
#include "harness/machine/env.h"
#include "harness/store/cellfile.h"
#include "harness/store/result.h"
#include "tests/close.h"
#include "tests/room.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const room = room_of_tests.folder;
static struct arena *const arena = &room_of_tests.arena;

static const char *in_room(const char *name)
{
	return arena_format(arena, "%s/%s", room, name);
}

static const char *read_back(const char *path)
{
	struct err err = {0};
	const char *text = "";

	assert_int_equal(store_read_text(path, arena, &text, &err), STATUS_OK);
	return text;
}

static void csv_follows_rfc_4180(void **state)
{
	static const char *const header[] = {"name", "a,b", NULL};
	const char *path = in_room("a.csv");
	struct err err = {0};
	struct csv csv;

	(void)state;
	assert_int_equal(csv_open(&csv, path, header, &err), STATUS_OK);
	csv_text(&csv, "say \"hi\"");
	csv_number(&csv, 0.1);
	csv_end_row(&csv);
	csv_text(&csv, NULL);
	csv_number(&csv, NAN);
	csv_end_row(&csv);
	assert_int_equal(csv_close(&csv, &err), STATUS_OK);
	assert_string_equal(read_back(path), "name,\"a,b\"\n\"say \"\"hi\"\"\",0.1\n,\n");
}

static void csv_reads_what_it_wrote(void **state)
{
	static const char *const header[] = {"text", "number", NULL};
	static const char *const texts[] = {"plain", "a,b", "two\nlines", "\"", "1.5x", "end\r\nx"};
	const char *path = in_room("b.csv");
	struct csv_table table;
	struct err err = {0};
	struct csv csv;

	(void)state;
	assert_int_equal(csv_open(&csv, path, header, &err), STATUS_OK);
	for (size_t i = 0; i < 6; i++) {
		csv_text(&csv, texts[i]);
		csv_number(&csv, (double)i + 0.5);
		csv_end_row(&csv);
	}
	assert_int_equal(csv_close(&csv, &err), STATUS_OK);
	assert_int_equal(csv_read(path, arena, &table, &err), STATUS_OK);
	assert_int_equal(table.rows, 6);
	assert_int_equal(table.cols, 2);
	assert_int_equal(csv_column(&table, "number"), 1);
	assert_int_equal(csv_column(&table, "none"), -1);
	for (size_t i = 0; i < 6; i++) {
		assert_string_equal(table.cell[2 * i], texts[i]);
		check_equal(csv_value(&table, i, 1), (double)i + 0.5);
	}
	check_nan(csv_value(&table, 0, 0));
	check_nan(csv_value(&table, 0, -1));
	check_nan(csv_value(&table, 4, 0)); /* a number with a tail is a text */
}

static void csv_numbers_round_trip(void **state)
{
	const double special[] = {0.1,     1.0 / 3,
				  1e-5,    DBL_MAX,
				  DBL_MIN, DBL_TRUE_MIN,
				  -2.5e17, 0.30000000000000004,
				  1e22,    123456789012345678.0};
	char text[CSV_NUMBER_BYTES];
	uint64_t bits = 88172645463325252u;

	(void)state;
	for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
		csv_format(special[i], text);
		check_equal(strtod(text, NULL), special[i]);
	}
	for (int i = 0; i < 20000; i++) { /* xorshift over all bit patterns */
		double value;

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		memcpy(&value, &bits, sizeof value);
		if (!isfinite(value))
			continue;
		csv_format(value, text);
		check_equal(strtod(text, NULL), value);
	}
	csv_format(0.1, text);
	assert_string_equal(text, "0.1");
}

static void csv_reports_damage_with_its_line(void **state)
{
	struct csv_table table;
	struct err err = {0};

	(void)state;
	assert_int_equal(store_write_text(in_room("c.csv"), "a,b\n1,2\n3\n", &err), STATUS_OK);
	assert_int_equal(csv_read(in_room("c.csv"), arena, &table, &err), STATUS_ENV);
	assert_int_equal(err.line, 3);
	assert_string_equal(err.text, "expected 2 fields, got fewer");
	err = (struct err){0};
	assert_int_equal(store_write_text(in_room("d.csv"), "a,b\n1,\"2\n", &err), STATUS_OK);
	assert_int_equal(csv_read(in_room("d.csv"), arena, &table, &err), STATUS_ENV);
	assert_int_equal(err.line, 2);
	err = (struct err){0};
	assert_int_equal(csv_read(in_room("none.csv"), arena, &table, &err), STATUS_ENV);
	assert_non_null(strstr(err.source, "none.csv"));
}

static void csv_reports_a_full_disk(void **state)
{
	struct err err = {0};
	struct csv csv;

	(void)state;
	if (access("/dev/full", W_OK) != 0)
		skip();
	assert_int_equal(csv_open(&csv, "/dev/full", NULL, &err), STATUS_OK);
	csv_number(&csv, 1);
	assert_int_equal(csv_close(&csv, &err), STATUS_ENV);
}

static void result_round_trips_every_field(void **state)
{
	const char *path = in_room("result.json");
	struct result in = result_empty(), out;
	struct err err = {0};
	size_t k = 0;

	(void)state;
	for (const struct field *f = rows_result.field; f->name; f++, k++) {
		field_set_text(f, &in, arena_format(arena, "text \"%zu\" \xc3\xa9\n", k));
		field_set_number(f, &in, (double)k * 1.1);
	}
	assert_int_equal(result_write(&in, path, &err), STATUS_OK);
	assert_int_equal(result_read(path, arena, &out, &err), STATUS_OK);
	for (const struct field *f = rows_result.field; f->name; f++) {
		if (field_is_text(f))
			assert_string_equal(field_text(f, &in), field_text(f, &out));
		else
			check_equal(field_number(f, &in), field_number(f, &out));
	}
}

/* A fact whose name is a column fills it, others are kept beside the columns, in their order. */
static void further_facts_are_kept(void **state)
{
	const char *path = in_room("facts.json");
	struct result r = result_empty(), back;
	struct err err = {0};

	(void)state;
	result_set(&r, &(struct fact){.name = "patterns", .number = 7}, arena);
	result_set(&r, &(struct fact){.name = "note", .text = "a"}, arena);
	result_set(&r, &(struct fact){.name = "rank", .number = 3}, arena);
	result_set(&r, &(struct fact){.name = "relaxation", .text = "tight"}, arena);
	result_set(&r, &(struct fact){.name = "rank", .number = 2}, arena);
	result_set(&r, &(struct fact){.name = "patterns", .text = "many"}, arena);
	assert_int_equal(result_write(&r, path, &err), STATUS_OK);
	assert_int_equal(result_read(path, arena, &back, &err), STATUS_OK);
	check_equal(back.patterns, 7);
	assert_string_equal(back.note, "a");
	assert_string_equal(back.facts->name, "rank");
	check_equal(back.facts->number, 2);
	assert_string_equal(back.facts->next->name, "relaxation");
	assert_string_equal(back.facts->next->text, "tight");
	assert_string_equal(back.facts->next->next->text, "many"); /* no text fits the column */
	assert_null(back.facts->next->next->next);
	check_equal(result_number(&back, "rank"), 2);
	check_equal(result_number(&back, "patterns"), 7);
	assert_string_equal(result_text(&back, "relaxation"), "tight");
	assert_null(result_text(&back, "patterns"));
	check_nan(result_number(&back, "relaxation"));
	check_nan(result_number(&back, "unknown"));
}

static void result_writes_unknown_as_null(void **state)
{
	const char *path = in_room("empty.json");
	struct result empty = result_empty(), out;
	struct err err = {0};

	(void)state;
	empty.gap = HUGE_VAL;
	assert_int_equal(result_write(&empty, path, &err), STATUS_OK);
	assert_null(strstr(read_back(path), "NaN"));
	assert_null(strstr(read_back(path), "inf"));
	assert_int_equal(result_read(path, arena, &out, &err), STATUS_OK);
	check_nan(out.gap);
	check_nan(out.n_train);
	assert_null(out.message);
}

static void result_reports_damage(void **state)
{
	struct result out;
	struct err err = {0};

	(void)state;
	assert_int_equal(store_write_text(in_room("bad.json"), "{\"gap\": 1,\n", &err), STATUS_OK);
	assert_int_equal(result_read(in_room("bad.json"), arena, &out, &err), STATUS_ENV);
	check_above(err.line, 0);
	err = (struct err){0};
	assert_int_equal(store_write_text(in_room("bad.json"), "{\"gap\": \"x\"}", &err),
			 STATUS_OK);
	assert_int_equal(result_read(in_room("bad.json"), arena, &out, &err), STATUS_ENV);
	assert_string_equal(err.text, "gap: expected a number");
}

static void commit_replaces_a_folder_whole(void **state)
{
	const char *tmp = in_room("tmp/x"), *final = in_room("cells/x");
	struct err err = {0};

	(void)state;
	assert_int_equal(folder_make(in_room("cells"), &err), STATUS_OK);
	for (int round = 1; round <= 2; round++) {
		const char *text = round == 1 ? "one" : "two";

		assert_int_equal(folder_make(tmp, &err), STATUS_OK);
		assert_int_equal(store_write_text(in_room("tmp/x/f"), text, &err), STATUS_OK);
		assert_int_equal(folder_commit(tmp, final, false, &err), STATUS_OK);
		assert_string_equal(read_back(in_room("cells/x/f")), text);
		assert_int_not_equal(access(tmp, F_OK), 0);
		assert_int_not_equal(access(in_room("cells/x.old"), F_OK), 0);
	}
	assert_int_equal(folder_commit(in_room("none"), final, false, &err), STATUS_ENV);
	assert_string_equal(read_back(in_room("cells/x/f")), "two"); /* still there */
}

static void put_copy(const char *text)
{
	struct err err = {0};

	assert_int_equal(folder_make(in_room("copy"), &err), STATUS_OK);
	assert_int_equal(store_write_text(in_room("copy/f"), text, &err), STATUS_OK);
}

static void second_copy_of_a_record_is_dropped(void **state)
{
	const char *copy = in_room("copy"), *final = in_room("kept");
	struct err err = {0};

	(void)state;
	put_copy("first");
	assert_int_equal(folder_commit(copy, final, true, &err), STATUS_OK);
	put_copy("second");
	assert_int_equal(folder_commit(copy, final, true, &err), STATUS_OK);
	assert_string_equal(read_back(in_room("kept/f")), "first");
	assert_int_equal(access(copy, F_OK), -1);
}

static void links_are_replaced_not_followed(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(folder_make(in_room("home"), &err), STATUS_OK);
	assert_int_equal(store_write_text(in_room("home/f"), "precious", &err), STATUS_OK);
	for (int keep = 0; keep < 2; keep++) {
		assert_int_equal(symlink(in_room("home"), in_room("place")), 0);
		put_copy("new");
		assert_int_equal(folder_commit(in_room("copy"), in_room("place"), keep, &err),
				 STATUS_OK);
		assert_string_equal(read_back(in_room("place/f")), "new");
		assert_int_equal(folder_remove(in_room("place"), &err), STATUS_OK);
	}
	assert_int_equal(symlink(in_room("home/f"), in_room("text")), 0);
	assert_int_equal(store_write_text(in_room("text"), "new", &err), STATUS_OK);
	assert_string_equal(read_back(in_room("text")), "new");
	assert_int_equal(symlink(in_room("home"), in_room("own")), 0);
	assert_int_equal(folder_make_own(in_room("own"), &err), STATUS_ENV);
	assert_string_equal(read_back(in_room("home/f")), "precious");
}

static void remove_does_not_follow_links(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(folder_make(in_room("keep"), &err), STATUS_OK);
	assert_int_equal(store_write_text(in_room("keep/f"), "x", &err), STATUS_OK);
	assert_int_equal(folder_make(in_room("gone"), &err), STATUS_OK);
	assert_int_equal(symlink(in_room("keep"), in_room("gone/link")), 0);
	assert_int_equal(folder_remove(in_room("gone"), &err), STATUS_OK);
	assert_int_equal(access(in_room("keep/f"), F_OK), 0);
	assert_int_equal(folder_remove(in_room("gone"), &err), STATUS_OK);
}

static void make_refuses_a_file_in_the_way(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(store_write_text(in_room("file"), "x", &err), STATUS_OK);
	assert_int_equal(folder_make(in_room("file"), &err), STATUS_ENV);
	err = (struct err){0};
	assert_int_equal(folder_make(in_room("file/sub"), &err), STATUS_ENV);
	err = (struct err){0};
	assert_int_equal(folder_make(in_room("a//b/c/"), &err), STATUS_OK);
}

static void cellfile_gives_names_and_swept_values(void **state)
{
	static const char text[] =
		"{\"repetition\": 2, \"data\": {\"name\": \"moons\"}, \"train\": {\"name\": "
		"\"mine\", "
		"\"solver\": \"admm\"}, \"swept\": [{\"path\": \"rho\", \"value\": 0.1}, "
		"{\"path\": "
		"\"u_update\", \"value\": {\"pcg\": {\"rank\": 5}}}, {\"path\": \"n\", \"value\": "
		"\"all\"}]}";
	struct cellfile cell;
	struct err err = {0};

	(void)state;
	assert_int_equal(store_write_text(in_room("cell.json"), text, &err), STATUS_OK);
	assert_int_equal(cellfile_read(in_room("cell.json"), arena, &cell, &err), STATUS_OK);
	assert_string_equal(cell.data, "moons");
	assert_string_equal(cell.method, "mine");
	assert_string_equal(cell.solver, "admm");
	check_equal(cell.repetition, 2);
	assert_int_equal(cell.swept_count, 3);
	assert_string_equal(cell.swept[0].value, "0.1");
	assert_string_equal(cell.swept[1].value, "{\"pcg\":{\"rank\":5}}");
	assert_string_equal(cell.swept[2].value, "all");
}

/* As users write them: without options at their defaults, without the quotes of JSON. */
static void cellfile_names_the_objective_as_a_spec_does(void **state)
{
	static const char *const losses[][2] = {
		{"{\"logistic\": {\"loss_scale\": 1}}", "logistic"},
		{"{\"logistic\": {\"loss_scale\": 2.5}}", "{logistic: {loss_scale: 2.5}}"},
		{"{\"squared\": {}}", "squared"},
		{"{\"left\": {\"by\": [1, {\"a\": \"b\"}]}}", "{left: {by: [1, {a: b}]}}"},
		{"null", ""}};
	struct cellfile cell;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof losses / sizeof *losses; i++) {
		bool weighted = i % 2;
		const char *text =
			arena_format(arena,
				     "{\"data\": {%s}, \"train\": {\"loss\": %s, "
				     "\"patterns\": {\"all\": {}}}}",
				     weighted ? "\"class_weights\": {\"a\": 2, \"b\": 1}" : "",
				     losses[i / 2][0]);

		assert_int_equal(store_write_text(in_room("cell.json"), text, &err), STATUS_OK);
		assert_int_equal(cellfile_read(in_room("cell.json"), arena, &cell, &err),
				 STATUS_OK);
		assert_string_equal(cell.objective.loss,
				    arena_format(arena, "%s%s",
						 weighted ? "class-weighted ({a: 2, b: 1}) " : "",
						 losses[i / 2][1]));
		assert_string_equal(cell.objective.program, "{all: {}} patterns");
	}
}

static void env_names_machine_and_blas(void **state)
{
	char here[256], there[256];
	struct err err = {0};

	(void)state;
	assert_int_equal(env_write(in_room("env.json"), NULL, &err), STATUS_OK);
	assert_non_null(strstr(read_back(in_room("env.json")), "\"core_type\""));
	assert_non_null(strstr(read_back(in_room("env.json")), "OpenBLAS"));
	env_caption(here, sizeof here);
	env_read_caption(in_room("env.json"), there, sizeof there);
	assert_string_equal(here, there);
	assert_non_null(strstr(here, "core"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_follows_rfc_4180),
		cmocka_unit_test(csv_reads_what_it_wrote),
		cmocka_unit_test(csv_numbers_round_trip),
		cmocka_unit_test(csv_reports_damage_with_its_line),
		cmocka_unit_test(csv_reports_a_full_disk),
		cmocka_unit_test(result_round_trips_every_field),
		cmocka_unit_test(further_facts_are_kept),
		cmocka_unit_test(result_writes_unknown_as_null),
		cmocka_unit_test(result_reports_damage),
		cmocka_unit_test(commit_replaces_a_folder_whole),
		cmocka_unit_test(second_copy_of_a_record_is_dropped),
		cmocka_unit_test(links_are_replaced_not_followed),
		cmocka_unit_test(remove_does_not_follow_links),
		cmocka_unit_test(make_refuses_a_file_in_the_way),
		cmocka_unit_test(cellfile_gives_names_and_swept_values),
		cmocka_unit_test(cellfile_names_the_objective_as_a_spec_does),
		cmocka_unit_test(env_names_machine_and_blas),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
