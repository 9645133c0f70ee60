/* The data that plots are drawn from, against brute force and values worked out by hand. */
#include "harness/file/folder.h"
#include "harness/report/report.h"
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

/* The data of a plot of these cells, or NULL if there is nothing to plot. */
static const char *data_of(const char *name, const void *options, struct records *records)
{
	bool written = false;

	assert_true(fixture_plot(name, options, records, &written));
	return written ? fixture_text(records, name, ".dat") : NULL;
}

static void numbers_at(const char *text, const char *title, size_t row, size_t count, double *out)
{
	assert_true(fixture_numbers(text, title, row, count, out));
}

enum { TRIALS = 5 };

/* The mean, over all subsets of k trials, of the test accuracy of the first with the highest
 * validation accuracy; of equals each counts the same. */
static double brute_force(const double *validation, const double *test, unsigned k)
{
	double sum = 0, subsets = 0;

	for (unsigned set = 0; set < 1u << TRIALS; set++) {
		double best = -1, total = 0, ties = 0;

		if ((unsigned)__builtin_popcount(set) != k)
			continue;
		for (size_t i = 0; i < TRIALS; i++)
			if (set >> i & 1 && validation[i] > best)
				best = validation[i];
		for (size_t i = 0; i < TRIALS; i++)
			if (set >> i & 1 && validation[i] >= best) {
				total += test[i];
				ties++;
			}
		sum += total / ties;
		subsets++;
	}
	return sum / subsets;
}

static void best_of_k_is_the_mean_over_subsets(void **state)
{
	static const double validation[TRIALS] = {0.7, 0.9, 0.8, 0.9, 0.6};
	static const double test[TRIALS] = {0.5, 0.85, 0.9, 0.75, 0.95};
	static const char *const names[TRIALS] = {"1", "2", "3", "4", "5"};
	struct fixture_cell cells[TRIALS] = {{0}};
	struct records records;
	const char *text;

	(void)state;
	for (size_t i = 0; i < TRIALS; i++)
		cells[i] = (struct fixture_cell){
			"moons",        "sgd", "rate", names[i], .validation = validation[i],
			.test = test[i]};
	records = fixture_records(cells, TRIALS, room, arena);
	text = data_of("best_of_k", NULL, &records);
	assert_non_null(text);
	for (unsigned k = 1; k <= TRIALS; k++) {
		double row[2];

		numbers_at(text, "# moons: sgd", k - 1, 2, row);
		check_equal(row[0], k);
		check_close(row[1], 100 * brute_force(validation, test, k), 0, 1e-6);
	}
}

static void slope_of_a_power_law_is_its_exponent(void **state)
{
	struct {
		const char *x;
		long y;
		struct texts data;
	} options = {"patterns", 1, {1, (const char *const[]){"moons"}}}; /* solve_s */
	struct fixture_cell cells[9] = {{0}};
	struct records records;
	const char *text;

	(void)state;
	for (size_t i = 0; i < 8; i++) /* 3 p^2, with a factor that averages to one */
		cells[i] = (struct fixture_cell){
			"moons", "admm", .repetition = (int)i % 2, .patterns = 10 << i / 2,
			.seconds = 3 * pow(10 << i / 2, 2) * (i % 2 ? 1.1 : 1 / 1.1)};
	cells[8] = (struct fixture_cell){"spirals", "admm", .patterns = 10, .seconds = 1};
	records = fixture_records(cells, 9, room, arena);
	assert_non_null(data_of("scaling", &options, &records));
	text = fixture_text(&records, "scaling", ".gp");
	assert_non_null(text);
	/* error: sqrt(8 log(1.1)^2 / 6 / (10 log(2)^2)) = 0.0502 */
	assert_non_null(strstr(text, "admm: slope 2.00 \xc2\xb1 0.05"));
}

static void profile_counts_tasks_within_a_factor(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", .repetition = 0, .objective = 2},
		{"moons", "a", .repetition = 1, .objective = 3},
		{"moons", "b", .repetition = 0, .objective = 4},
		{"moons", "b", .repetition = 1, .objective = 1},
		{"spirals", "a", .repetition = 0, .objective = 5},
		{"spirals", "b", .repetition = 0, .objective = 1, .status = "failed"},
		{"alone", "a", .repetition = 0, .objective = 1}, /* nothing to compare with */
	};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	long options[2] = {0, 0};
	const char *text = data_of("performance_profile", options, &records);
	double row[2];

	(void)state;
	assert_non_null(text);
	numbers_at(text, "# a\n", 0, 2, row); /* best on two of three */
	check_equal(row[0], 1);
	check_close(row[1], 2.0 / 3, 0, 1e-8);
	numbers_at(text, "# a\n", 1, 2, row);
	check_equal(row[0], 3);
	check_equal(row[1], 1);
	numbers_at(text, "# b\n", 1, 2, row);
	check_equal(row[0], 2);
	check_close(row[1], 2.0 / 3, 0, 1e-8); /* one failed: never */
}

/* A bound without a network is no loser: it takes no part, is no rival of one alone;
 * one that failed is a loser still. */
static void profile_leaves_out_what_has_no_value(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", .objective = 2},
		{"moons", "b", .objective = 4},
		{"moons", "bound", .objective = NAN},
		{"spirals", "a", .objective = 2},
		{"spirals", "b", .objective = 1, .status = "failed"},
		{"spirals", "bound", .objective = NAN},
		{"alone", "a", .objective = 5},
		{"alone", "bound", .objective = NAN},
	};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	long options[2] = {0, 0};
	const char *text = data_of("performance_profile", options, &records);
	double row[2];

	(void)state;
	assert_non_null(text);
	assert_null(strstr(text, "# bound\n"));
	numbers_at(text, "# a\n", 0, 2, row); /* of two tasks, not of three */
	check_equal(row[1], 1);
	numbers_at(text, "# b\n", 1, 2, row);
	check_equal(row[0], 2);
	check_close(row[1], 0.5, 0, 1e-8);
	assert_non_null(strstr(fixture_text(&records, "performance_profile", ".gp"), "2 tasks"));
}

static void a_factor_of_errors_is_no_percentage(void **state)
{
	static const struct fixture_cell cells[] = {{"moons", "a", .test = 0.9},
						    {"moons", "b", .test = 0.75}};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	long options[2] = {5, 0}; /* test_accuracy */
	const char *text = data_of("performance_profile", options, &records);
	double row[2];

	(void)state;
	assert_non_null(text);
	numbers_at(text, "# b\n", 1, 2, row);
	check_close(row[0], 2.5, 1e-8, 0);
	text = fixture_text(&records, "performance_profile", ".gp");
	assert_non_null(strstr(text, "(errors)\""));
}

static void ecdf_is_the_time_to_the_target(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", .repetition = 0, .objective = 1},
		{"moons", "b", .repetition = 0, .objective = 1.04},
		{"moons", "b", .repetition = 1, .objective = 9, .status = "timeout"},
	};
	struct {
		double gap, factor;
		long settings;
	} options = {NAN, NAN, 0};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	const char *text;
	double row[2];

	(void)state;
	assert_true(fixture_trace(
		&records, 0,
		"seconds,certificate_s,objective_network,gap\n1,0,5,\n2,0.5,1.06,0.5\n"
		"4,1,1,0.01\n"));
	assert_true(fixture_trace(&records, 1, "seconds,objective_network,gap\n1,5,\n3,1.04,\n"));
	assert_true(fixture_trace(&records, 2, "seconds,objective_network,gap\n1,0.5,0.001\n"));
	text = data_of("ecdf", &options, &records);
	assert_non_null(text);
	numbers_at(text, "# a\n", 1, 2, row);
	check_equal(row[0], 4);
	check_equal(row[1], 1);
	numbers_at(text, "# b\n", 1, 2, row);
	check_equal(row[0], 3);
	check_equal(row[1], 0.5);
	options.gap = 0.5;
	text = data_of("ecdf", &options, &records);
	numbers_at(text, "# a\n", 1, 2, row);
	check_equal(row[0], 2.5);
	check_equal(row[1], 1);
	options.gap = 1e-9;
	assert_null(data_of("ecdf", &options, &records));
}

static void heat_map_shows_medians_on_a_grid(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", "rho", "10", "beta", "1", .repetition = 0, .test = 0.5},
		{"moons", "a", "rho", "10", "beta", "1", .repetition = 1, .test = 0.7},
		{"moons", "a", "rho", "9", "beta", "1", .repetition = 0, .test = 0.8},
		{"moons", "a", "rho", "9", "beta", "2", .repetition = 0, .test = 0.9},
		{"moons", "b", .test = 0.1},
	};
	struct {
		const char *x, *y;
		long value;
	} options = {"rho", "beta", 0};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	const char *text = data_of("heat_map", &options, &records);

	(void)state;
	assert_non_null(text); /* 9 stands before 10 */
	assert_non_null(strstr(text, "\n1 0 60\n"));
	assert_non_null(strstr(text, "\n0 0 80\n"));
	assert_non_null(strstr(text, "\n0 1 90\n"));
	assert_null(strstr(text, "10\n"));
	options.y = "no_such_option";
	assert_null(data_of("heat_map", &options, &records));
}

static void phases_are_stacked(void **state)
{
	static const struct fixture_cell cells[] = {{"moons", "a", .seconds = 3, .test = 0.5}};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	long options = 0;
	const char *text;
	double row[3];

	(void)state;
	records.at[0].result.setup_s = 1;
	records.at[0].result.eval_s = 5;
	records.at[0].result.certificate_s = 4; /* of these five */
	records.at[0].result.attack_s = 2;
	text = data_of("phase_time", &options, &records);
	assert_non_null(text);
	numbers_at(text, "# moons: solve", 0, 3, row);
	check_equal(row[1], 1);
	check_equal(row[2], 4);
	numbers_at(text, "# moons: evaluation", 0, 3, row);
	check_equal(row[1], 8);
	check_equal(row[2], 9);
	numbers_at(text, "# moons: attack\n", 0, 3, row); /* load and selection are not known */
	check_equal(row[1], 9);
	check_equal(row[2], 11);
}

/* More bars than have room for their names: those of a method are one, of all of its cells. */
static void many_bars_are_one_for_each_method(void **state)
{
	enum { BETAS = 13 };
	struct fixture_cell cells[2 * BETAS];
	struct records records;
	long options = 0;
	const char *text;
	double row[3];

	(void)state;
	for (int i = 0; i < 2 * BETAS; i++) {
		const char *beta = arena_format(arena, "%d", i % BETAS);

		cells[i] =
			(struct fixture_cell){"moons",      i < BETAS ? "a" : "b", "beta",
					      beta,         .seconds = i % BETAS,  .objective = 1,
					      .beta = beta, .validation = NAN,     .test = 0.5};
	}
	records = fixture_records(cells, 2 * BETAS, room, arena);
	text = data_of("phase_time", &options, &records);
	numbers_at(text, "# moons: solve", 1, 3, row);
	check_equal(row[0], 1);
	check_equal(row[2], (BETAS - 1) / 2);
	assert_false(fixture_numbers(text, "# moons: solve", 2, 3, row));
	assert_non_null(
		strstr(fixture_text(&records, "phase_time", ".gp"), "A bar for each method"));
	options = 1; /* all settings, as asked */
	text = data_of("phase_time", &options, &records);
	numbers_at(text, "# moons: solve", 2 * BETAS - 1, 3, row);
}

static void trade_off_has_a_point_per_setting(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", "rho", "1", .test = 0.9},
		{"moons", "a", "rho", "2", .test = 0.8},
		{"moons", "b", .test = 0.7},
	};
	struct {
		double eps;
		long settings;
	} options = {0.1, 0};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	const char *text;

	(void)state;
	for (size_t i = 0; i < LENGTH(cells); i++) {
		struct attack_row *rows = ARENA_ARRAY(arena, struct attack_row, 2);

		for (size_t k = 0; k < 2; k++) /* the stronger attack counts */
			rows[k] = (struct attack_row){.attack = k ? "pgd" : "fgsm",
						      .norm = "linf",
						      .units = "prepared",
						      .eps = 0.1,
						      .robust_accuracy = 0.5 - 0.1 * (double)k,
						      .lo = 0.3,
						      .hi = 0.6};
		records.at[i].attack = rows;
		records.at[i].attack_count = 2;
	}
	text = data_of("trade_off", &options, &records);
	assert_non_null(text);
	assert_non_null(strstr(text, "\n90 40 90 90 30 60\n80 40 "));
	assert_non_null(strstr(text, "# moons: b"));
	options.eps = 0.3; /* not attacked there */
	assert_null(data_of("trade_off", &options, &records));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(best_of_k_is_the_mean_over_subsets),
		cmocka_unit_test(slope_of_a_power_law_is_its_exponent),
		cmocka_unit_test(profile_counts_tasks_within_a_factor),
		cmocka_unit_test(profile_leaves_out_what_has_no_value),
		cmocka_unit_test(a_factor_of_errors_is_no_percentage),
		cmocka_unit_test(ecdf_is_the_time_to_the_target),
		cmocka_unit_test(heat_map_shows_medians_on_a_grid),
		cmocka_unit_test(phases_are_stacked),
		cmocka_unit_test(many_bars_are_one_for_each_method),
		cmocka_unit_test(trade_off_has_a_point_per_setting),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
