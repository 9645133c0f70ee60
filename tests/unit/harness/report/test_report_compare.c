/* Comparison of two results folders and gates on it. */
#include "harness/file/folder.h"
#include "harness/report/compare/gate.h"
#include "harness/store/result.h"
#include "tests/room.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const room = room_of_tests.folder;
static struct arena *const arena = &room_of_tests.arena;

static void put(const char *path, const char *text)
{
	struct err err = {0};

	assert_int_equal(store_write_text(path, text, &err), STATUS_OK);
}

struct fake {
	const char *side, *id, *rho, *status;
	int repetition;
	double test_accuracy, seconds;
};

/* Matched whatever the ids: rho=1 repetitions 0 and 1. Only A: rho=2; only B: rho=3. */
static const struct fake fakes[] = {
	{"a", "a1", "1", "ok", 0, 0.9, 1},   {"a", "a2", "1", "ok", 1, 0.8, 2},
	{"a", "a3", "2", "ok", 0, 0.7, 3},   {"a", "a4", "4", "ok", 0, 0.7, 3},
	{"b", "b1", "1", "ok", 1, 0.8, 2.1}, {"b", "b2", "1", "ok", 0, 0.89, 1.2},
	{"b", "b3", "3", "ok", 0, 0.7, 3},   {"b", "b4", "4", "timeout", 0, NAN, 3},
};

static void put_cell(const struct fake *f)
{
	const char *folder = arena_format(arena, "%s/%s/cells/%s", room, f->side, f->id);
	struct result r = result_empty();
	struct err err = {0};

	assert_int_equal(folder_make(folder, &err), STATUS_OK);
	put(arena_format(arena, "%s/cell.json", folder),
	    arena_format(arena,
			 "{\"repetition\": %d, \"data\": {\"name\": \"moons\"}, \"train\": "
			 "{\"name\": \"admm\", \"solver\": \"admm\"}, \"swept\": [{\"path\": "
			 "\"rho\", \"value\": %s}]}",
			 f->repetition, f->rho));
	r.cell = f->id;
	r.data = "moons";
	r.method = "admm";
	r.status = f->status;
	r.repetition = f->repetition;
	r.test_accuracy = f->test_accuracy;
	r.setup_s = 0;
	r.solve_s = f->seconds;
	assert_int_equal(result_write(&r, arena_format(arena, "%s/result.json", folder), &err),
			 STATUS_OK);
}

static int make_room(void **state)
{
	room_open(state);
	for (size_t i = 0; i < sizeof fakes / sizeof *fakes; i++)
		put_cell(&fakes[i]);
	return 0;
}

static struct compare load(const char *a, const char *b)
{
	struct compare compare;
	struct err err = {0};

	assert_int_equal(compare_load(arena_format(arena, "%s/%s", room, a),
				      arena_format(arena, "%s/%s", room, b), arena, &compare, &err),
			 STATUS_OK);
	return compare;
}

/* All texts of a sheet, cells with ",", rows with ";". */
static const char *flat(const struct sheet *sheet)
{
	const char *text = "";

	for (size_t i = 0; i < sheet->rows; i++)
		for (size_t j = 0; j < sheet->cols; j++)
			text = arena_format(arena, "%s%s%s", text,
					    sheet->cell[i * sheet->cols + j]
						    ? sheet->cell[i * sheet->cols + j]
						    : "",
					    j + 1 < sheet->cols ? "|" : ";");
	return text;
}

static void cells_are_matched_by_what_they_are(void **state)
{
	struct compare compare = load("a", "b");
	struct sheet cells = compare_cells(&compare);

	(void)state;
	assert_int_equal(compare.matched, 3);
	assert_string_equal(flat(&cells),
			    "moons, admm, rho=1, repetition 0|test_accuracy|0.9|0.89|-0.01;"
			    "moons, admm, rho=2, repetition 0|status|ok|absent|;"
			    "moons, admm, rho=4, repetition 0|status|ok|timeout|;"
			    "moons, admm, rho=3, repetition 0|status|absent|ok|;");
}

static void summary_has_the_range_of_differences(void **state)
{
	struct compare compare = load("a", "b");
	struct sheet summary = compare_summary(&compare);

	(void)state;
	assert_string_equal(
		flat(&summary),
		"test_accuracy|2|1|0.85|0.845|-0.005|-0.01|+0;time|2|2|1.5|1.65|+0.15|+0.1|+0.2;"
		"setup_s|2|0|0|0|+0|+0|+0;solve_s|2|2|1.5|1.65|+0.15|+0.1|+0.2;");
}

static struct sheet judge(const char *text, const struct compare *compare)
{
	const char *path = arena_format(arena, "%s/gate.yaml", room);
	struct problems problems = {0};
	struct gate gate;

	put(path, text);
	assert_int_equal(gate_read(path, arena, &gate, &problems), STATUS_OK);
	return gate_violations(&gate, compare);
}

static void limits_hold_up_to_rounding(void **state)
{
	static const char lost[] =
		"moons, admm, rho=2, repetition 0|status|ok|absent|ok stays ok;"
		"moons, admm, rho=4, repetition 0|status|ok|timeout|ok stays ok;";
	struct compare compare = load("a", "b"), same = load("a", "a");
	struct sheet sheet = judge("test_accuracy: {max_decrease: 0.01}\n", &compare);

	(void)state;
	assert_string_equal(flat(&sheet), lost);
	sheet = judge("test_accuracy: {max_decrease: 0.0099}\n", &compare);
	assert_string_equal(flat(&sheet), arena_format(arena,
						       "%smoons, admm, rho=1, repetition 0|test_"
						       "accuracy|0.9|0.89|max_decrease 0.0099;",
						       lost));
	sheet = judge("time: {max_increase_factor: 1.1}\n", &compare);
	assert_int_equal(sheet.rows, 3); /* 1.2 of 1; 2.1 of 2 is allowed */
	sheet = judge("time: {max_increase_factor: 1.11, over: median}\n", &compare);
	assert_int_equal(sheet.rows, 2); /* 1.65 of 1.5 */
	sheet = judge("time: {max_increase_factor: 1.09, over: median}\n", &compare);
	assert_non_null(strstr(flat(&sheet), "median|time|1.5|1.65|max_increase_factor 1.09;"));
	sheet = judge("test_accuracy: {max_decrease: 0, max_increase: 0}\n", &same);
	assert_int_equal(sheet.rows, 0);
}

static void a_value_that_is_lost_breaks_its_rule(void **state)
{
	struct compare compare = load("a", "b");
	struct sheet sheet;

	(void)state;
	compare.b.at[1].result.test_accuracy = NAN; /* repetition 0 of rho=1 */
	sheet = judge("test_accuracy: {max_decrease: 1}\n", &compare);
	assert_non_null(strstr(flat(&sheet), "|test_accuracy|0.9|none|a value;"));
}

/* A beta that is not swept differs between the folders: other objectives, the same accuracies. */
static void other_objectives_are_told_and_not_compared(void **state)
{
	struct compare compare = load("a", "a");
	struct sheet sheet;

	(void)state;
	for (size_t i = 0; i < compare.b.count; i++) {
		compare.a.at[i].objective.beta = "0.1";
		compare.b.at[i].objective.beta = "0.1";
		compare.a.at[i].result.objective_network = 3;
		compare.b.at[i].result.objective_network = 3;
	}
	compare.b.at[0].objective.beta = "0.01";
	compare.b.at[0].result.objective_network = 1;
	sheet = compare_cells(&compare);
	assert_int_equal(sheet.rows, 1);
	assert_non_null(strstr(flat(&sheet), "not compared)|, sum, beta 0.1|, sum, beta 0.01|"));
	sheet = compare_summary(&compare);
	assert_non_null(strstr(flat(&sheet), "objective_network|3|0|3|3|+0|+0|+0;"));
	sheet = judge("objective_network: {max_increase: 0}\n", &compare);
	assert_int_equal(sheet.rows, 1);
	assert_non_null(strstr(flat(&sheet), "|the same loss, beta and threat;"));
	sheet = judge("test_accuracy: {max_decrease: 0}\n", &compare);
	assert_int_equal(sheet.rows, 0);
}

static void the_text_of_a_cell_says_what_is_minimised(void **state)
{
	const char *path = arena_format(arena, "%s/cell.json", room);
	struct cellfile cell;
	struct err err = {0};

	(void)state;
	assert_int_equal(
		store_write_text(path,
				 "{\"train\": {\"loss\": {\"hinge\": {\"slope\": 0.1}}, \"beta\": "
				 "0.01, \"average\": true, \"adversary\": {\"norm\": \"l2\", "
				 "\"eps\": 0}, \"interval\": {\"norm\": \"linf\", \"eps\": 0.25}, "
				 "\"patterns\": {\"count\": 50, \"file\": null}}}",
				 &err),
		STATUS_OK);
	assert_int_equal(cellfile_read(path, arena, &cell, &err), STATUS_OK);
	assert_string_equal(cell.objective.loss, "{hinge: {slope: 0.1}}");
	assert_string_equal(cell.objective.beta, "0.01");
	assert_string_equal(cell.objective.average, "mean");
	assert_string_equal(cell.objective.threat, "linf 0.25");
	assert_string_equal(cell.objective.program, "50 patterns");
}

static void gate_errors_have_positions(void **state)
{
	static const struct {
		const char *text;
		int line, col;
		const char *message;
	} cases[] = {
		{"test_acuracy: {max_decrease: 1}\n", 1, 1, "did you mean \"test_accuracy\"?"},
		{"time:\n  max_increase_factor: 0.5\n", 2, 24,
		 "time.max_increase_factor: expected a number >= 1 or null, got \"0.5\""},
		{"gap: {}\n", 1, 6, "gap: expected a limit, got none"},
		{"gap: 3\n", 1, 6, "gap: expected a map, got \"3\""},
		{"gap: {max_decreese: 1}\n", 1, 7, "did you mean \"max_decrease\"?"},
		{"- gap\n", 1, 1, "expected a map of metrics"},
		{"gap: {max_increase: 1}\ngap: {max_increase: 2}\n", 2, 1, "gap"},
	};
	const char *path = arena_format(arena, "%s/gate.yaml", room);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct problems problems = {0};
		struct gate gate;

		put(path, cases[i].text);
		assert_int_equal(gate_read(path, arena, &gate, &problems), STATUS_SPEC);
		assert_int_equal(problems.count, 1);
		assert_int_equal(problems.at[0].line, cases[i].line);
		assert_int_equal(problems.at[0].col, cases[i].col);
		assert_non_null(strstr(problems.at[0].text, cases[i].message));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_matched_by_what_they_are),
		cmocka_unit_test(summary_has_the_range_of_differences),
		cmocka_unit_test(limits_hold_up_to_rounding),
		cmocka_unit_test(a_value_that_is_lost_breaks_its_rule),
		cmocka_unit_test(other_objectives_are_told_and_not_compared),
		cmocka_unit_test(the_text_of_a_cell_says_what_is_minimised),
		cmocka_unit_test(gate_errors_have_positions),
	};

	return cmocka_run_group_tests(tests, make_room, room_close);
}
