/* Numbers that plots draw, computed again by loops: what is not known or did not end well, and the
 * ends of bands. */
#include "harness/file/folder.h"
#include "harness/report/figure/canvas.h"
#include "harness/report/series/series.h"
#include "harness/stats/wilson.h"
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

#define LENGTH(list) (sizeof(list) / sizeof *(list))

static const char *const room = room_of_tests.folder;
static struct arena *const arena = &room_of_tests.arena;

static const char *data_of(const char *name, const void *options, struct records *records)
{
	bool written = false;

	assert_true(fixture_plot(name, options, records, &written));
	assert_true(written);
	return fixture_text(records, name, ".dat");
}

static void expect_row(const char *text, const char *title, size_t row, size_t count,
		       const double *want)
{
	double got[8];

	assert_true(fixture_numbers(text, title, row, count, got));
	for (size_t i = 0; i < count; i++)
		check_close(got[i], want[i], 1e-8, 1e-12);
}

/* What has no value has none in the data, either: gnuplot leaves "?" out. */
static void unknown_values_are_question_marks(void **state)
{
	static const struct fixture_cell cells[] = {{"moons", "a", .test = 0.5}};
	struct records records = fixture_records(cells, 1, room, arena);
	struct figure figure = figure_new(arena);
	struct figure_panel *panel = figure_panel(&figure, "key", "", "title");
	struct figure_curve *curve = figure_curve(
		&figure, panel, &(struct figure_curve){.title = "a", .columns = "x y low high"});
	struct err err = {0};

	(void)state;
	figure_row(curve, (double[]){1.5, (double)NAN, -2, 0});
	figure_row(curve, (double[]){0, HUGE_VAL, -HUGE_VAL, 3});
	assert_int_equal(canvas_write(&figure, &records, "rows", &err), STATUS_OK);
	assert_non_null(strstr(fixture_text(&records, "rows", ".dat"), "\n1.5 ? -2 0\n0 ? ? 3\n"));
}

/* A failed setting is drawn as any other, is never chosen where another one is, and is right
 * nowhere. */
static void failed_settings_are_tried_as_well(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "sgd", "rate", "1", .validation = 0.7, .test = 0.6},
		{"moons", "sgd", "rate", "2", .validation = 0.9, .test = 0.8},
		{"moons", "sgd", "rate", "3", .validation = 1, .test = 1, .status = "failed"},
	};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	const char *text = data_of("best_of_k", NULL, &records);

	(void)state;
	expect_row(text, "# moons: sgd", 0, 2, (double[]){1, (60 + 80 + 0) / 3.0});
	expect_row(text, "# moons: sgd", 1, 2, (double[]){2, (80 + 60 + 80) / 3.0});
	expect_row(text, "# moons: sgd", 2, 2, (double[]){3, 80});
}

/* Where the method selects by another score, that one chooses, and the caption says it. */
static void the_best_is_what_select_says(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "sgd", "rate", "1", .validation = 0.7, .test = 0.6,
		 .select_by = "validation_macro_f1"},
		{"moons", "sgd", "rate", "2", .validation = 0.9, .test = 0.8,
		 .select_by = "validation_macro_f1"},
		{"moons", "adam", "rate", "1", .validation = 0.7, .test = 0.6},
		{"moons", "adam", "rate", "2", .validation = 0.9, .test = 0.8},
	};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	const char *text;

	(void)state;
	records.at[0].result.validation_macro_f1 = 0.5;
	records.at[1].result.validation_macro_f1 = 0.4;
	text = data_of("best_of_k", NULL, &records);
	expect_row(text, "# moons: sgd", 1, 2, (double[]){2, 60});
	expect_row(text, "# moons: adam", 1, 2, (double[]){2, 80});
	assert_non_null(strstr(fixture_text(&records, "best_of_k", ".gp"),
			       "by validation macro f1 (sgd) or validation accuracy (adam), of k"));
}

/* The script of a plot of one line, y over x. */
static const char *line_script(const double *x, const double *y, size_t count)
{
	static const struct fixture_cell cells[] = {{"moons", "a", .test = 0.5}};
	struct records records = fixture_records(cells, 1, room, arena);
	struct figure figure = figure_new(arena);
	struct figure_panel *panel = figure_panel(&figure, "key", "", "title");
	struct figure_curve *curve = figure_curve(
		&figure, panel, &(struct figure_curve){.title = "a", .columns = "x y"});
	struct err err = {0};

	panel->y.label = "objective";
	for (size_t i = 0; i < count; i++)
		figure_row(curve, (double[]){x[i], y[i], y[i], y[i]});
	assert_int_equal(canvas_write(&figure, &records, "line", &err), STATUS_OK);
	return fixture_text(&records, "line", ".gp");
}

/* Tics of six digits would all be 123.457: each is another number, at its place. */
static void tics_of_close_values_differ(void **state)
{
	static const double x[] = {-5.00000002, -5, -4.99999993},
			    y[] = {123.4567, 123.45671, 123.45674};
	const char *script = line_script(x, y, 3), *at;
	double label, place, before = -HUGE_VAL;
	int count = 0, next;

	(void)state;
	assert_non_null(strstr(script, "set ylabel \"objective - 123.4567, in 1e-05\""));
	assert_non_null(strstr(script, "set xlabel \"difference from -5.0000001 in 1e-08\""));
	at = strstr(script, "set ytics ('");
	assert_non_null(at);
	at += strlen("set ytics (");
	while (sscanf(at, "'%lf' %lf%n", &label, &place, &next) == 2) {
		check_close(place - 123.4567, label * 1e-5, 0, 1e-10);
		check_above(label, before);
		before = label;
		at += next + (at[next] == ',' ? 2 : 0);
		count += place > y[0] && place < y[2];
	}
	check_at_least(count, 2);
	/* two digits more than the span needs: as ever */
	script = line_script(x, (double[]){123.4, 123.5, 123.7}, 3);
	assert_non_null(strstr(script, "set ylabel \"objective\""));
	assert_null(strstr(script, "set ytics ("));
	/* nothing that the data file tells apart */
	script = line_script(x, (double[]){5, 5 * (1 + 1e-12), 5}, 3);
	assert_non_null(strstr(script, "set yrange [4.5:5.5]"));
}

/* Settings of one method have the colours; of several the methods keep theirs. */
static void many_settings_have_their_own_colours(void **state)
{
	static const char *const values[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};
	struct fixture_cell cells[2 * LENGTH(values)] = {{0}};
	const size_t count = LENGTH(values);
	struct records records;
	struct series_list list;

	(void)state;
	for (size_t i = 0; i < 2 * count; i++)
		cells[i] = (struct fixture_cell){"moons", i < count ? "sgd" : "adam", "rate",
						 values[i % count], .test = 0.5};
	records = fixture_records(cells, count, room, arena);
	list = series_of(&records, SERIES_ALL, 1);
	check_equal((double)list.count, (double)count);
	for (size_t i = 0; i < count; i++)
		check_equal((double)list.at[i].colour, (double)i);
	records = fixture_records(cells, 2 * count, room, arena);
	list = series_of(&records, SERIES_ALL, 1);
	check_equal((double)list.count, (double)(2 * count));
	for (size_t i = 0; i < 2 * count; i++)
		check_equal(
			(double)(list.at[i].colour == list.at[0].colour),
			(double)(strcmp(list.at[i].group->method, list.at[0].group->method) == 0));
}

static struct attack_row attacked(double eps, double robust)
{
	struct attack_row row = {.attack = "pgd",
				 .norm = "linf",
				 .units = "prepared",
				 .eps = eps,
				 .accuracy = 0.92,
				 .robust_accuracy = robust,
				 .n = 50};

	wilson_interval(robust * 50, 50, &row.lo, &row.hi);
	return row;
}

/* One repetition: the clean accuracy at 0, and Wilson's interval around each of the others. */
static void robust_accuracy_begins_clean(void **state)
{
	static const struct fixture_cell cells[] = {{"moons", "a", .test = 0.92}};
	static const long options[3] = {0, 0, 0};
	struct records records = fixture_records(cells, 1, room, arena);
	struct attack_row rows[] = {attacked(0.1, 0.8), attacked(0.3, 0.24)};
	const char *text;

	(void)state;
	records.at[0].attack = rows;
	records.at[0].attack_count = 2;
	text = data_of("robust_accuracy", options, &records);
	expect_row(text, "# moons: a", 0, 2, (double[]){0, 92});
	for (size_t e = 0; e < 2; e++)
		expect_row(text, "# moons: a", 1 + e, 4,
			   (double[]){rows[e].eps, 100 * rows[e].robust_accuracy, 100 * rows[e].lo,
				      100 * rows[e].hi});
}

/* Of 11 repetitions with values 0, 0.1, ..., 1 the 10 % quantile is 0.1; a failed one has none. */
static void bands_are_quantiles_of_what_is_ok(void **state)
{
	struct {
		const char *x;
		long y, scale_x, scale;
		const char *relative_to;
		struct texts methods;
	} options = {.x = "rho"};
	struct {
		const char *x, *y;
		long value;
	} grid = {"rho", "beta", 0};
	struct fixture_cell cells[2 * 12] = {{0}};
	struct records records;
	const char *text;

	(void)state;
	for (int i = 0; i < 24; i++)
		cells[i] = (struct fixture_cell){.data = "moons",
						 .method = "a",
						 .path = "rho",
						 .value = i < 12 ? "1" : "2",
						 .path2 = "beta",
						 .value2 = "5",
						 .repetition = i % 12,
						 .test = i % 12 / 10.0,
						 .status = i % 12 == 11 ? "failed" : NULL};
	records = fixture_records(cells, LENGTH(cells), room, arena);
	text = data_of("sweep", &options, &records);
	for (size_t row = 0; row < 2; row++)
		expect_row(text, "# moons: a", row, 4, (double[]){(double)row + 1, 50, 10, 90});
	text = data_of("heat_map", &grid, &records);
	for (size_t row = 0; row < 2; row++)
		expect_row(text, "# moons: a", row, 3, (double[]){(double)row, 0, 50});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_values_are_question_marks),
		cmocka_unit_test(tics_of_close_values_differ),
		cmocka_unit_test(many_settings_have_their_own_colours),
		cmocka_unit_test(failed_settings_are_tried_as_well),
		cmocka_unit_test(the_best_is_what_select_says),
		cmocka_unit_test(robust_accuracy_begins_clean),
		cmocka_unit_test(bands_are_quantiles_of_what_is_ok),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
