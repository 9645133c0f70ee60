/* Tables that a spec asks for: which cells are bold, which rows there are, what fits a page. */
#include "harness/file/csv.h"
#include "harness/file/folder.h"
#include "harness/report/own/table_best.h"
#include "harness/report/own/table_csv.h"
#include "harness/report/own/table_sheet.h"
#include "harness/report/records/select.h"
#include "harness/report/tables/sheet_latex.h"
#include "harness/spec/bind/bind.h"
#include "tests/close.h"
#include "tests/report_fixture.h"
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

/* Options as a spec gives them, by its own parser. */
static struct table_options options_of(const char *text)
{
	struct problems *problems = ARENA_NEW(arena, struct problems);
	struct bind bind = {.arena = arena, .problems = problems};
	const struct node *tree = node_read(text, "test", arena, problems);
	struct table_options options;

	assert_non_null(tree);
	assert_true(bind_rows(&bind, table_rows, tree, NULL, &options));
	return options;
}

static struct sheet sheet_from(const struct records *records, const char *text,
			       struct table_grid *table)
{
	struct table_options *options = ARENA_NEW(arena, struct table_options);
	struct style *style = ARENA_NEW(arena, struct style);

	*options = options_of(text);
	*style = style_unset();
	*table = table_of(records, options, style);
	if (options->bold == TABLE_BOLD_BEST)
		table_best_mark(table);
	return table_sheet(table);
}

/* Accuracies and objectives of four methods on one problem in three repetitions. Differences of
 * accuracy to `best`: near 0 by {0, .01, .02}, whose mean .01 has the interval .01 -+ 4.303 .01 /
 * sqrt(3) = [-.015, .035]; far by {.10, .11, .09}, the interval .1 -+ .0248, away from 0. */
static const struct fixture_cell cells[] = {
	{.data = "moons",
	 .method = "best",
	 .repetition = 0,
	 .test = .90,
	 .objective = 3,
	 .beta = "1"},
	{.data = "moons",
	 .method = "best",
	 .repetition = 1,
	 .test = .91,
	 .objective = 4,
	 .beta = "1"},
	{.data = "moons",
	 .method = "best",
	 .repetition = 2,
	 .test = .92,
	 .objective = 5,
	 .beta = "1"},
	{.data = "moons",
	 .method = "near",
	 .repetition = 0,
	 .test = .90,
	 .objective = 2,
	 .beta = "2"},
	{.data = "moons",
	 .method = "near",
	 .repetition = 1,
	 .test = .90,
	 .objective = 2,
	 .beta = "2"},
	{.data = "moons",
	 .method = "near",
	 .repetition = 2,
	 .test = .90,
	 .objective = 2,
	 .beta = "2"},
	{.data = "moons",
	 .method = "far",
	 .repetition = 0,
	 .test = .80,
	 .objective = 9,
	 .beta = "1"},
	{.data = "moons",
	 .method = "far",
	 .repetition = 1,
	 .test = .80,
	 .objective = 9,
	 .beta = "1"},
	{.data = "moons",
	 .method = "far",
	 .repetition = 2,
	 .test = .83,
	 .objective = 9,
	 .beta = "1"},
	{.data = "moons", .method = "fell", .repetition = 0, .test = .99, .status = "timeout"},
};

enum { CELLS = sizeof cells / sizeof *cells };

static void bold_are_the_best_and_what_does_not_differ_from_it(void **state)
{
	struct records records = fixture_records(cells, CELLS, NULL, arena);
	struct table_grid table;
	struct sheet sheet = sheet_from(
		&records, "{table: t, columns: [method, test_accuracy, objective], bold: best}",
		&table);
	const char *const values[] = {"91.0", "90.0", "80.0", ""};
	const bool accuracy[] = {true, true, false, false},
		   objective[] = {true, false, false, false};

	(void)state;
	assert_int_equal(sheet.rows, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(sheet.cell[i * 3 + 1], values[i]);
		assert_int_equal(sheet.bold[i * 3 + 1], accuracy[i]);
		/* beta 2 has no rival; 3, 4, 5 and 9, 9, 9 of beta 1 differ by 5 -+ 2.48 */
		assert_int_equal(sheet.bold[i * 3 + 2], objective[i]);
	}
	assert_string_equal(sheet.state[3], "bad");
	assert_non_null(strstr(table_sheet_note(&table), "fell on moons 0 of 1"));
	assert_non_null(strstr(table_sheet_note(&table), "near: beta 2"));
}

static void of_one_repetition_the_same_digits_are_bold(void **state)
{
	static const struct fixture_cell single[] = {
		{.data = "moons", .method = "a", .test = .9004, .objective = 3},
		{.data = "moons", .method = "b", .test = .9001, .objective = 3.1},
		{.data = "moons", .method = "c", .test = .8, .objective = 2},
		{.data = "xor", .method = "c", .test = .8, .objective = 2}};
	struct records records = fixture_records(single, 4, NULL, arena);
	struct table_grid table;
	struct sheet sheet = sheet_from(
		&records,
		"{table: t, columns: [method, test_accuracy, objective, neurons], bold: best, "
		"interval: none, better: {objective: higher}}",
		&table);
	const bool accuracy[] = {true, true, false, false},
		   objective[] = {false, true, false, false};

	(void)state;
	assert_string_equal(sheet.head[0], "Data"); /* of two data sets: which one is said */
	for (size_t i = 0; i < 4; i++) {            /* the only one on xor is best of nothing */
		assert_int_equal(sheet.bold[i * 5 + 2], accuracy[i]);
		assert_int_equal(sheet.bold[i * 5 + 3], objective[i]);
		assert_false(sheet.bold[i * 5 + 4]);
	}
	assert_non_null(strstr(table_sheet_note(&table), "no interval of a difference"));
	/* Wilson's interval of 90.04 of 100: center (p + z^2 / 2n) / (1 + z^2 / n), z = 1.96 */
	sheet = sheet_from(&records, "{table: t, columns: [test_accuracy, objective]}", &table);
	assert_string_equal(sheet_cell(&sheet, 0, 1, arena), "90.0 [82.6, 94.5]");
	assert_string_equal(sheet_cell(&sheet, 0, 2, arena), "3.000");
}

static void intervals_are_of_what_is_shown(void **state)
{
	struct records records = fixture_records(cells, CELLS, NULL, arena);
	struct table_grid table;
	struct sheet sheet = sheet_from(
		&records, "{table: t, columns: [test_accuracy], interval: plus_minus}", &table);
	const struct table_entry *entry = table_at(&table, 0, 0, 0);

	(void)state;
	/* 4.3027 is the quantile of two degrees of freedom */
	check_close(entry->value, .91, 0, 1e-12);
	check_close(entry->high - entry->value, 4.30265273 * .01 / sqrt(3), 0, 1e-8);
	assert_string_equal(sheet_cell(&sheet, 0, 0, arena), "91.0 \xc2\xb1 2.5");
	sheet = sheet_from(&records,
			   "{table: t, columns: [test_accuracy], digits: {test_accuracy: 2}}",
			   &table);
	assert_string_equal(sheet_cell(&sheet, 0, 0, arena), "91.00 [90.20, 91.80]");
	sheet = sheet_from(&records, "{table: t, columns: [objective], statistic: mean}", &table);
	assert_string_equal(sheet_cell(&sheet, 0, 0, arena), "4.000 [1.516, 6.484]");
}

static void resampled_parts_widen_the_interval(void **state)
{
	static const struct fixture_cell split[] = {
		{.data = "d", .method = "a", .repetition = 0, .test = .8, .resampled = true},
		{.data = "d", .method = "a", .repetition = 1, .test = .9, .resampled = true}};
	struct records records = fixture_records(split, 2, NULL, arena);
	struct table_grid table;

	(void)state;
	sheet_from(&records, "{table: t, columns: [test_accuracy], statistic: mean}", &table);
	/* 12.706 sqrt(1 / 2 + 100 / 200) sd, sd = .1 / sqrt(2) */
	check_close(table_at(&table, 0, 0, 0)->high - .85, 12.7062047 * .1 / sqrt(2), 0, 1e-6);
}

static void rows_and_columns_stand_as_asked(void **state)
{
	static const struct fixture_cell two[] = {
		{.data = "moons", .method = "a", .path = "rho", .value = "1", .objective = 3},
		{.data = "moons", .method = "a", .path = "rho", .value = "2", .objective = 2},
		{.data = "moons", .method = "b", .objective = 4},
		{.data = "xor", .method = "b", .objective = 5},
		{.data = "xor", .method = "a", .path = "rho", .value = "1", .objective = 6}};
	struct records records = fixture_records(two, 5, NULL, arena);
	struct table_grid table;
	struct sheet sheet =
		sheet_from(&records,
			   "{table: t, columns: [objective, method], order: [b], data: "
			   "[moons], labels: {b: B, a: A}}",
			   &table);

	(void)state;
	assert_int_equal(sheet.rows, 3);
	assert_string_equal(sheet.cell[1], "B");
	assert_string_equal(sheet.cell[3], "A, rho=1");
	sheet = sheet_from(&records, "{table: t, columns: [method, rho, objective], methods: [a]}",
			   &table);
	assert_int_equal(sheet.rows, 3);
	assert_string_equal(sheet.cell[4], "moons");
	assert_string_equal(sheet.cell[5], "a");
	assert_string_equal(sheet.cell[6], "2");
	assert_true(sheet.numeric[2]);
	sheet = sheet_from(&records,
			   "{table: t, columns: [objective, method], across: data, settings: best, "
			   "labels: {xor: XOR}}",
			   &table);
	assert_int_equal(sheet.rows, 2);
	assert_int_equal(sheet.cols, 3);
	assert_string_equal(sheet.head[0], "Method");
	assert_string_equal(sheet.over[1], "moons");
	assert_string_equal(sheet.over[2], "XOR");
	assert_string_equal(sheet.cell[1], "2.000"); /* rho=2, the lower objective */
	assert_string_equal(sheet.cell[2], "6.000");
	assert_string_equal(sheet.cell[4], "4.000");
	assert_string_equal(sheet.cell[5], "5.000");
}

/* What is minimised may differ from data set to data set: then these are named too. */
static void the_note_says_of_what_on_which_data(void **state)
{
	static const struct fixture_cell two[] = {
		{.data = "moons", .method = "a", .objective = 3, .beta = "0.1"},
		{.data = "moons", .method = "b", .objective = 2, .beta = "2"},
		{.data = "xor", .method = "a", .objective = 6, .beta = "0.01"},
		{.data = "xor", .method = "b", .objective = 4, .beta = "2"}};
	struct records records = fixture_records(two, 4, NULL, arena);
	struct table_grid table;

	(void)state;
	for (int across = 0; across < 2; across++) {
		sheet_from(&records,
			   across ? "{table: t, columns: [method, objective], across: data}"
				  : "{table: t, columns: [method, objective], labels: {xor: XOR}}",
			   &table);
		assert_non_null(strstr(table_sheet_note(&table),
				       across ? "different programs: a on moons: beta 0.1; a on "
						"xor: beta 0.01; b: beta 2."
					      : "different programs: a on moons: beta 0.1; b: "
						"beta 2; a on XOR: beta 0.01."));
	}
}

/* What columns say of the programs needs no words; where one does not it has them. */
static void the_note_leaves_out_what_columns_say(void **state)
{
	static const struct fixture_cell four[] = {
		{"moons", "a", "beta", "1", .objective = 3, .beta = "1"},
		{"moons", "a", "beta", "2", .objective = 4, .beta = "2"},
		{"moons", "b", .objective = 2, .beta = "1"}};
	struct records records = fixture_records(four, 3, NULL, arena);
	struct table_grid table;
	const char *note;

	(void)state;
	sheet_from(&records, "{table: t, columns: [method, beta, objective], settings: all}",
		   &table);
	note = table_sheet_note(&table);
	assert_non_null(strstr(note, "different programs: b: beta 1."));
	sheet_from(&records,
		   "{table: t, columns: [method, beta, objective], settings: all, methods: [a]}",
		   &table);
	assert_null(strstr(table_sheet_note(&table), "different programs"));
	sheet_from(&records, "{table: t, columns: [method, objective], settings: all}", &table);
	note = table_sheet_note(&table);
	assert_non_null(strstr(note, "a, beta=2: beta 2"));
}

/* Macro F1 chooses rho=1, accuracy rho=2, recall rho=3, the error of a regression the lowest. */
static void the_best_is_by_the_score_asked_for(void **state)
{
	static const struct fixture_cell three[] = {
		{"moons", "a", "rho", "1", .validation = .7, .test = .1},
		{"moons", "a", "rho", "2", .validation = .9, .test = .2},
		{"moons", "a", "rho", "3", .validation = .8, .test = .3},
		{"rain", "a", "rho", "1", .validation = NAN, .test = .1, .objective = 3},
		{"rain", "a", "rho", "2", .validation = NAN, .test = .2, .objective = 2},
		{"rain", "a", "rho", "3", .validation = NAN, .test = .3, .objective = 1}};
	static const struct {
		const char *by, *value, *said;
	} cases[] = {{"none", "20.0",
		      "the setting with the best validation accuracy or validation rmse "},
		     {"validation_macro_f1", "10.0", "setting with the best validation macro f1 "},
		     {"validation_worst_recall", "30.0", "best validation worst recall "}};
	struct records records = fixture_records(three, 6, NULL, arena);
	struct table_grid table;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		records.at[i].result.validation_macro_f1 = .5 - .1 * (double)i;
		records.at[i].result.validation_worst_recall = .1 * (double)i;
		records.at[3 + i].result.validation_rmse = i == 1 ? 1 : 2;
	}
	for (size_t i = 0; i < 3; i++) {
		struct sheet sheet = sheet_from(
			&records,
			arena_format(arena,
				     "{table: t, columns: [test_accuracy], settings: best, by: %s}",
				     cases[i].by),
			&table);

		assert_int_equal(sheet.rows, 2);
		assert_string_equal(sheet.cell[1], cases[i].value);
		/* of the regression the lowest error, of no known score the lowest objective */
		assert_string_equal(sheet.cell[3], i ? "30.0" : "20.0");
		assert_non_null(strstr(table_sheet_note(&table), cases[i].said));
	}
}

static void a_selected_setting_says_by_what(void **state)
{
	static const struct fixture_cell three[] = {
		{"moons", "a", "rho", "1", .validation = .7, .test = .1,
		 .select_by = "validation_macro_f1"},
		{"moons", "a", "rho", "2", .validation = .9, .test = .2,
		 .select_by = "validation_macro_f1"},
		{"moons", "b", .validation = .9, .test = .3}};
	struct records records = fixture_records(three, 3, NULL, arena);
	struct table_grid table;
	struct sheet sheet;

	(void)state;
	records.at[0].result.validation_macro_f1 = .5;
	records.at[1].result.validation_macro_f1 = .4;
	select_settings(&records);
	sheet = sheet_from(
		&records,
		"{table: t, columns: [test_accuracy], settings: best, by: validation_auc}", &table);
	assert_int_equal(sheet.rows, 2);
	assert_string_equal(sheet.cell[0], "10.0");
	assert_non_null(strstr(table_sheet_note(&table),
			       "the setting selected by validation macro f1 or, without selection, "
			       "the one with the best validation auc (without validation part"));
}

static struct attack_row searched(const char *norm, double median)
{
	return (struct attack_row){.attack = "fab",
				   .part = "test",
				   .norm = norm,
				   .units = "prepared",
				   .eps = 3,
				   .n = 50,
				   .robust_accuracy = .5,
				   .lo = .4,
				   .hi = .6,
				   .distance_median = median};
}

static void distances_are_columns(void **state)
{
	static const struct fixture_cell two[] = {{"moons", "a", .test = .9},
						  {"moons", "b", .test = .9}};
	struct records records = fixture_records(two, 2, NULL, arena);
	struct attack_row rows[2][2] = {{searched("l2", .75), searched("linf", HUGE_VAL)},
					{searched("l2", .5), searched("linf", .25)}};
	struct table_grid table;
	struct sheet sheet;
	const char *note;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		records.at[i].attack = rows[i];
		records.at[i].attack_count = 2;
	}
	sheet = sheet_from(&records,
			   "{table: t, columns: [distance fab l2 3, distance fab linf prepared 3, "
			   "fab l2 3], bold: best, labels: {fab: FAB}}",
			   &table);
	assert_string_equal(sheet.head[0], "distance FAB l2 3");
	assert_string_equal(sheet.cell[0], "0.750");
	assert_string_equal(sheet.cell[1], "inf");
	assert_string_equal(sheet.cell[2], "50.0");
	assert_string_equal(sheet.cell[3], "0.500");
	assert_string_equal(sheet.cell[4], "0.250");
	assert_true(sheet.bold[0] && sheet.bold[1] && !sheet.bold[3] && !sheet.bold[4]);
	/* one cell has Wilson's interval of its accuracy, but none of its distance */
	assert_null(sheet.tail[0]);
	assert_string_equal(sheet.tail[2], "[40.0, 60.0]");
	note = table_sheet_note(&table);
	assert_non_null(strstr(note, "distance FAB l2 3: how far the nearest point found"));
	assert_non_null(strstr(note, "Test part: distance FAB l2 3, distance FAB linf prepared 3"));
}

/* A sheet of eight columns with the longest usual texts. */
static void eight_columns_fit_a_page(void **state)
{
	static const char *const heads[] = {
		"Data",      "Method", "Test accuracy", "Robust accuracy",
		"Objective", "Gap",    "Time",          "Neurons"};
	struct sheet sheet = sheet_headed(arena, 1, "llrrrrrr", heads);
	const struct sheet_page page = {"t", "t", "", 6.75};
	char text[4096] = "";
	FILE *to = fmemopen(text, sizeof text, "w");
	double width;

	(void)state;
	sheet_row(&sheet, 0,
		  (const char *[]){"xor_clusters", "robust_admm, eps=0.1", "100.0", "100.0",
				   "15.90", "1.2e-11", "0.0956", "200"});
	sheet.tail = (const char *[]){NULL,
				      NULL,
				      "[100.0, 100.0]",
				      "[100.0, 100.0]",
				      "[14.40, 16.82]",
				      "[1.2e-11, 7.6e-05]",
				      "[0.0906, 0.396]",
				      "[102, 200]"};
	width = sheet_latex_fit(&sheet, &page, to);
	fclose(to);
	check_at_most(width, 6.75);
	assert_non_null(strstr(text, "\\\\*[-2pt]")); /* intervals stand below */
	assert_non_null(strstr(text, "\\begin{table*}"));
	assert_non_null(strstr(text, "$1.2{\\cdot}10^{-11}$"));
	sheet.tail = NULL;
	to = fmemopen(text, sizeof text, "w");
	width = sheet_latex_fit(&sheet, &page, to);
	fclose(to);
	check_at_most(width, 6.75);
	assert_non_null(strstr(text, "\\small"));
}

static void rules_of_booktabs_and_heads_over_columns(void **state)
{
	static const char *const heads[] = {"Data", "A", "B", "C"};
	struct sheet sheet = sheet_headed(arena, 3, "lrrr", heads);
	const struct sheet_page page = {"A_1", "x", "50 %", 6.75};
	char text[4096] = "";
	FILE *to = fmemopen(text, sizeof text, "w");

	(void)state;
	sheet_row(&sheet, 0, (const char *[]){"m", "1", "2", "3"});
	sheet_row(&sheet, 1, (const char *[]){"m", "4", "-5", "6"});
	sheet_row(&sheet, 2, (const char *[]){"n", "7", "8", "9"});
	sheet.keys = 2;
	sheet.over = (const char *[]){NULL, "G", "G", NULL};
	sheet.unit = (const char *[]){NULL, "%", NULL, "s"};
	sheet.bold = (bool[]){false, true,  false, false, false, false,
			      false, false, false, false, false, false};
	sheet_latex_fit(&sheet, &page, to);
	fclose(to);
	assert_non_null(strstr(
		text,
		"\\caption{A\\_1}\n\\label{tab:x}\n\\small\n\\setlength{\\tabcolsep}{6pt}\n"
		"\\begin{tabular}{@{}lrrr@{}}\n\\toprule\n"
		" & \\multicolumn{2}{c}{G} &  \\\\\n\\cmidrule(lr){2-3}\n"
		"{Data} & \\multicolumn{1}{c}{A} & \\multicolumn{1}{c}{B} & "
		"\\multicolumn{1}{c}{C} \\\\\n"
		" & \\multicolumn{1}{c}{(\\%)} &  & \\multicolumn{1}{c}{(s)} \\\\\n\\midrule\n"
		"{}m & \\textbf{\\boldmath 1} & 2 & 3 \\\\\n"
		"{} & 4 & $-$5 & 6 \\\\\n\\midrule\n"
		"{}n & 7 & 8 & 9 \\\\\n\\bottomrule\n\\end{tabular}\n"));
	assert_non_null(strstr(text, "\\begin{table}\n")); /* it fits in a column */
	assert_non_null(strstr(text, "50 \\%"));
}

static void csv_has_numbers_with_their_types(void **state)
{
	struct records records = fixture_records(cells, CELLS, room, arena);
	struct csv_table rows, columns;
	struct table_grid table;
	struct err err = {0};

	(void)state;
	sheet_from(&records, "{table: t, columns: [method, test_accuracy, objective], bold: best}",
		   &table);
	assert_int_equal(folder_make(arena_format(arena, "%s/tables", room), &err), STATUS_OK);
	assert_int_equal(table_csv_write(&table, &err), STATUS_OK);
	assert_int_equal(table_csv_write_columns(&table, 1, &err), STATUS_OK);
	assert_int_equal(csv_read(arena_format(arena, "%s/tables/t.csv", room), arena, &rows, &err),
			 STATUS_OK);
	assert_int_equal(
		csv_read(arena_format(arena, "%s/tables/columns.csv", room), arena, &columns, &err),
		STATUS_OK);
	assert_int_equal(rows.rows, 4);
	assert_int_equal(rows.cols, 13);
	check_close(csv_value(&rows, 0, csv_column(&rows, "test_accuracy")), .91, 0, 1e-15);
	check_close(csv_value(&rows, 0, csv_column(&rows, "test_accuracy_low")), .902, 0, 1e-12);
	check_close(csv_value(&rows, 2, csv_column(&rows, "test_accuracy_cells")), 3, 0, 0);
	assert_string_equal(rows.cell[csv_column(&rows, "test_accuracy_best")], "True");
	assert_string_equal(rows.cell[2 * 13 + csv_column(&rows, "test_accuracy_best")], "False");
	assert_string_equal(rows.cell[3 * 13 + csv_column(&rows, "test_accuracy")], "");
	assert_int_equal(columns.rows, rows.cols);
	for (size_t j = 0; j < rows.cols; j++)
		assert_string_equal(columns.cell[j * columns.cols + 1], rows.header[j]);
	assert_string_equal(columns.cell[3 * columns.cols + 2], "float64");
	assert_string_equal(columns.cell[3 * columns.cols + 3], "share");
	assert_string_equal(columns.cell[7 * columns.cols + 2], "boolean");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bold_are_the_best_and_what_does_not_differ_from_it),
		cmocka_unit_test(of_one_repetition_the_same_digits_are_bold),
		cmocka_unit_test(intervals_are_of_what_is_shown),
		cmocka_unit_test(resampled_parts_widen_the_interval),
		cmocka_unit_test(rows_and_columns_stand_as_asked),
		cmocka_unit_test(the_note_says_of_what_on_which_data),
		cmocka_unit_test(the_note_leaves_out_what_columns_say),
		cmocka_unit_test(the_best_is_by_the_score_asked_for),
		cmocka_unit_test(a_selected_setting_says_by_what),
		cmocka_unit_test(distances_are_columns),
		cmocka_unit_test(eight_columns_fit_a_page),
		cmocka_unit_test(rules_of_booktabs_and_heads_over_columns),
		cmocka_unit_test(csv_has_numbers_with_their_types),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
