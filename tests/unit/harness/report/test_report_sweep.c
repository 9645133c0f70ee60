/* Levels, scales and relative values of `sweep`; slopes of `convergence`; values by hand. */
#include "harness/file/folder.h"
#include "harness/report/plots/slope.h"
#include "harness/report/records/column.h"
#include "harness/report/records/global_bound.h"
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

enum { AUTO, LINEAR, LOGARITHMIC }; /* scales */

static const char *const room = room_of_tests.folder;
static struct arena *const arena = &room_of_tests.arena;

struct sweep_options {
	const char *x;
	long y, scale_x, scale;
	const char *relative_to;
	struct texts methods;
};

struct convergence_options {
	long x, y, scale, scale_x;
	bool slope;
	long settings;
	struct texts methods, columns;
};

static long column(const char *name)
{
	return (long)records_index(column_names, SIZE_MAX, name);
}

static const char *draw(const char *plot, const void *options, const struct records *records,
			const char *end)
{
	bool written = false;

	assert_true(fixture_plot(plot, options, records, &written));
	return written ? fixture_text(records, plot, end) : NULL;
}

static void near(const char *text, const char *title, size_t row, size_t count, const double *want)
{
	double got[4];

	assert_true(fixture_numbers(text, title, row, count, got));
	for (size_t i = 0; i < count; i++)
		check_close(got[i], want[i], 0, 1e-6 * fmax(1, fabs(want[i])));
}

static const struct fixture_cell levels[] = {
	{"moons", "a", "rho", "1", .repetition = 0, .objective = 30},
	{"moons", "a", "rho", "10", .repetition = 0, .objective = 5},
	{"moons", "a", "rho", "100", .repetition = 0, .objective = 4.5},
	{"moons", "a", "rho", "100", .repetition = 1, .objective = 2.5},
	{"moons", "exact", .repetition = 0, .objective = 4},
	{"moons", "exact", .repetition = 1, .objective = 2},
	{"moons", "other", "width", "3", .repetition = 0, .objective = 7},
	{"moons", "other", "width", "4", .repetition = 0, .objective = 8},
	{"moons", "broken", .repetition = 0, .objective = 9, .status = "failed"},
	{"spirals", "exact", .repetition = 0, .objective = 9},
};

/* `exact` has the quantiles 2.2, 3, 3.8 and spans the panel; `other` has several settings, and
 * `spirals` no curve that a level could stand beside. */
static void a_method_without_the_option_is_a_level(void **state)
{
	struct sweep_options options = {"rho", column("objective_network"), .scale_x = AUTO};
	struct records records = fixture_records(levels, LENGTH(levels), room, arena);
	const char *text = draw("sweep", &options, &records, ".dat");

	(void)state;
	assert_non_null(text);
	near(text, "# moons: exact\n", 0, 4, (double[]){1, 3, 2.2, 3.8});
	near(text, "# moons: exact\n", 1, 4, (double[]){100, 3, 2.2, 3.8});
	near(text, "# moons: a\n", 2, 4, (double[]){100, 3.5, 2.7, 4.3});
	assert_null(strstr(text, "other"));
	assert_null(strstr(text, "broken"));
	assert_null(strstr(text, "spirals"));
	text = fixture_text(&records, "sweep", ".gp");
	assert_non_null(strstr(text, "horizontal: methods that do not sweep x"));
	assert_non_null(strstr(text, "over repetitions (up to 2)"));
	options.methods = (struct texts){1, (const char *const[]){"a"}};
	text = draw("sweep", &options, &records, ".dat");
	assert_non_null(strstr(text, "# moons: a\n"));
	assert_null(strstr(text, "exact"));
	options.methods = (struct texts){1, (const char *const[]){"exact"}};
	assert_null(draw("sweep", &options, &records, ".dat")); /* a level alone is no sweep */
	records = fixture_records(levels, 2, room, arena);
	options.methods = (struct texts){0};
	assert_non_null(strstr(draw("sweep", &options, &records, ".gp"), "One run per point"));
}

/* 30, 5 and 4.5 over 4 and, in the other repetition, 2.5 over 2. */
static void values_relative_to_a_method_are_paired(void **state)
{
	struct sweep_options options = {"rho", column("objective_network"), .relative_to = "exact"};
	struct records records = fixture_records(levels, LENGTH(levels), room, arena);
	const char *text = draw("sweep", &options, &records, ".dat");

	(void)state;
	near(text, "# moons: a\n", 0, 2, (double[]){1, 6.5});
	near(text, "# moons: a\n", 1, 2, (double[]){10, 0.25});
	near(text, "# moons: a\n", 2, 4, (double[]){100, 0.1875, 0.1375, 0.2375});
	assert_null(strstr(text, "exact\n"));
	options.relative_to = "no such method";
	assert_null(draw("sweep", &options, &records, ".dat"));
}

/* Does the script of a sweep over these values have a logarithmic axis? */
static bool has_log(const char *const *values, size_t count, struct sweep_options options,
		    char axis)
{
	struct fixture_cell cells[10] = {{0}};
	struct records records;

	for (size_t i = 0; i < count; i++)
		cells[i] = (struct fixture_cell){"moons", "a", "rho", values[i],
						 .objective = 1 + (double)i};
	records = fixture_records(cells, count, room, arena);
	options.x = "rho";
	options.y = column("objective_network");
	return strstr(draw("sweep", &options, &records, ".gp"),
		      axis == 'x' ? "set logscale x" : "set logscale y") != NULL;
}

static void scales_follow_the_spacing_unless_told(void **state)
{
	static const char *const geometric[] = {"4", "8", "16", "32", "64"};
	static const char *const rough[] = {"1", "3", "10", "30", "100"};
	static const char *const even[] = {"10", "20", "30", "40", "50", "60", "80", "100"};
	static const char *const narrow[] = {"4", "8", "16"};
	static const char *const from_zero[] = {"0", "1", "10", "100"};
	struct sweep_options automatic = {0}, linear = {.scale_x = LINEAR},
			     logarithmic = {.scale_x = LOGARITHMIC, .scale = LOGARITHMIC};

	(void)state;
	assert_true(has_log(geometric, LENGTH(geometric), automatic, 'x'));
	assert_true(has_log(rough, LENGTH(rough), automatic, 'x'));
	assert_false(has_log(even, LENGTH(even), automatic, 'x'));
	assert_false(has_log(narrow, LENGTH(narrow), automatic, 'x'));
	assert_false(has_log(from_zero, LENGTH(from_zero), automatic, 'x'));
	assert_false(has_log(from_zero, LENGTH(from_zero), logarithmic, 'x'));
	assert_false(has_log(geometric, LENGTH(geometric), linear, 'x'));
	assert_true(has_log(even, LENGTH(even), logarithmic, 'x'));
	assert_true(has_log(even, LENGTH(even), logarithmic, 'y'));
	assert_false(has_log(even, LENGTH(even), automatic, 'y'));
}

/* Accuracies near 0 span decades that say nothing. */
static void accuracies_are_linear_unless_told(void **state)
{
	struct fixture_cell cells[4] = {{0}};
	struct sweep_options options = {.x = "rho", .y = column("test_accuracy")};
	struct records records;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		cells[i] = (struct fixture_cell){"moons", "a", "rho",
						 (const char *const[]){"1", "2", "3", "4"}[i],
						 .test = (const double[]){0.01, 0.1, 0.5, 0.9}[i]};
	records = fixture_records(cells, 4, room, arena);
	assert_null(strstr(draw("sweep", &options, &records, ".gp"), "set logscale y"));
	options.scale = LOGARITHMIC;
	assert_non_null(strstr(draw("sweep", &options, &records, ".gp"), "set logscale y"));
}

enum { POINTS = 60 };

/* A flat start, then `rate` decades per unit of x, then a floor. */
static double transient(double x, double rate, double floor)
{
	return fmin(1, pow(10, rate * (x - 10))) + floor;
}

static void slope_is_that_of_the_linear_phase(void **state)
{
	double rows[POINTS][2];
	struct slope slope;

	(void)state;
	for (size_t i = 0; i < POINTS; i++) {
		rows[i][0] = (double)i;
		rows[i][1] = transient((double)i, -0.2, 1e-6);
	}
	slope = slope_of(rows[0], POINTS, 2, arena);
	assert_true(slope.known);
	check_close(slope.decades, -0.2, 0, 0.01); /* the floor is 3 below at the last one */
	check_above(slope.from, 10);
	check_below(slope.to, 40);
	check_close(slope.offset, 2, 0, 0.3);
	for (size_t i = 0; i < POINTS; i++) /* without a floor: the rate itself */
		rows[i][1] = 7 * pow(10, -0.05 * (double)i);
	slope = slope_of(rows[0], POINTS, 2, arena);
	check_close(slope.decades, -0.05, 0, 1e-12);
	check_close(slope.offset, log10(7), 0, 1e-10);
	for (size_t i = 0; i < POINTS; i++)
		rows[i][1] = 1;
	assert_false(slope_of(rows[0], POINTS, 2, arena).known);
	assert_false(slope_of(rows[0], 0, 2, arena).known);
	rows[0][1] = rows[1][1] = 100; /* two points are no evidence of a line */
	assert_false(slope_of(rows[0], POINTS, 2, arena).known);
}

/* A trace of a geometric sequence: 10^(rate iteration), and as many seconds. */
static const char *geometric_trace(double rate)
{
	const char *text = "seconds,certificate_s,iteration,gap\n";

	for (int i = 1; i <= 40; i++)
		text = arena_format(arena, "%s%d,0,%d,%.17g\n", text, i, 10 * i,
				    pow(10, rate * 10 * i));
	return text;
}

static void slopes_stand_in_the_legend(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", .objective = 1},
		{"moons", "b", .objective = 1},
		{"spirals", "a", .objective = 1},
	};
	struct convergence_options options = {1, 3, .slope = true}; /* iteration, gap */
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	const char *text;

	(void)state;
	assert_true(fixture_trace(&records, 0, geometric_trace(-0.003)));
	assert_true(fixture_trace(&records, 1, geometric_trace(0)));
	assert_true(fixture_trace(&records, 2, geometric_trace(-0.05)));
	text = draw("convergence", &options, &records, ".gp");
	assert_non_null(strstr(text, "\"a: -3 / -50 decades per 1000 iterations\""));
	assert_non_null(strstr(text, "\"b: ? decades per 1000 iterations\""));
	assert_non_null(strstr(fixture_text(&records, "convergence", ".dat"), "# moons: a: slope"));
	options.x = 0;
	for (size_t i = 0; i < records.count; i++)
		records.at[i].result.setup_s = 0.25 * (double)(i + 1);
	text = draw("convergence", &options, &records, ".gp");
	assert_non_null(
		strstr(text, "\"a: -0.03 / -0.5 decades per s after 0.25 / 0.75 s of setup\""));
	options.methods = (struct texts){1, (const char *const[]){"b"}};
	assert_null(strstr(draw("convergence", &options, &records, ".gp"), "\"a: "));
	options = (struct convergence_options){1, 3, .scale = LINEAR, .slope = true};
	text = draw("convergence", &options, &records, ".gp");
	assert_non_null(strstr(text, "\"a: ? / ? decades"));
	options = (struct convergence_options){1, 3, .scale_x = LINEAR};
	text = draw("convergence", &options, &records, ".gp");
	assert_null(strstr(text, "set logscale x"));
	assert_null(strstr(text, "decades"));
}

/* The bound over all networks is drawn with the objectives that it is below, penalty by penalty, in
 * one panel of the axis' own name. */
static void objectives_have_the_bound_below_them(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", "beta", "1", .objective = 5, .beta = "1"},
		{"moons", "a", "beta", "2", .objective = 6, .beta = "2"},
		{"moons", "relaxation", "beta", "1", .objective = NAN, .beta = "1"},
		{"moons", "relaxation", "beta", "2", .objective = NAN, .beta = "2"},
	};
	const struct sweep_options options = {.x = "beta", .y = column("objective_network")};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	const char *text, *title = "# moons: bound over all networks\n";

	(void)state;
	for (size_t i = 2; i < LENGTH(cells); i++) {
		records.at[i].result.bound_scope = "all networks";
		records.at[i].result.lower_bound = 2.0 + (double)i;
	}
	global_bound_fill(&records);
	text = draw("sweep", &options, &records, ".dat");
	assert_non_null(text);
	near(text, title, 0, 2, (double[]){1, 4});
	near(text, title, 1, 2, (double[]){2, 5});
	assert_null(strstr(draw("sweep", &options, &records, ".gp"), "beta 1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_method_without_the_option_is_a_level),
		cmocka_unit_test(values_relative_to_a_method_are_paired),
		cmocka_unit_test(scales_follow_the_spacing_unless_told),
		cmocka_unit_test(accuracies_are_linear_unless_told),
		cmocka_unit_test(slope_is_that_of_the_linear_phase),
		cmocka_unit_test(slopes_stand_in_the_legend),
		cmocka_unit_test(objectives_have_the_bound_below_them),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
