/* Numbers of tables and plots, computed again by plain loops over the records. */
#include "harness/report/records/attacks.h"
#include "harness/report/records/column.h"
#include "harness/report/records/ending.h"
#include "harness/report/records/select.h"
#include "harness/report/records/stat.h"
#include "harness/report/series/curve.h"
#include "harness/report/series/excess.h"
#include "harness/report/tables/paired.h"
#include "harness/report/tables/samples.h"
#include "harness/report/tables/summary.h"
#include "harness/stats/student.h"
#include "harness/stats/wilson.h"
#include "tests/close.h"
#include "tests/report_fixture.h"
#include "tests/room.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { REPEATS = 4 };

static const char *const room = room_of_tests.folder;
static struct arena *const arena = &room_of_tests.arena;

/* Two methods on one data set, REPEATS repetitions each, every figure of its own; the first `count`
 * of these cells. */
static struct records records_first(size_t count)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", .repetition = 0, .test = 0.90, .objective = 4, .seconds = 3},
		{"moons", "a", .repetition = 1, .test = 0.80, .objective = 7, .seconds = 5},
		{"moons", "a", .repetition = 2, .test = 0.70, .objective = 5, .seconds = 11},
		{"moons", "a", .repetition = 3, .test = 0.50, .objective = 6, .seconds = 2},
		{"moons", "b", .repetition = 0, .test = 0.90, .objective = 2, .seconds = 7},
		{"moons", "b", .repetition = 1, .test = 0.60, .objective = 9, .seconds = 1},
		{"moons", "b", .repetition = 2, .test = 0.75, .objective = 3, .seconds = 4},
		{"moons", "b", .repetition = 3, .test = 0.40, .objective = 8, .seconds = 9},
	};
	struct records records = fixture_records(cells, count, room, arena);

	for (size_t i = 0; i < records.count; i++) {
		struct result *r = &records.at[i].result;

		r->load_s = 100 * ((double)i + 1);
		r->setup_s = 0.25 * ((double)i + 1);
		r->eval_s = 1000 * ((double)i + 1);
		r->iterations = 10 * ((double)i + 1);
	}
	return records;
}

static struct records records_make(void)
{
	return records_first(2 * REPEATS);
}

static const char *cell_at(const struct sheet *sheet, size_t row, const char *head)
{
	for (size_t j = 0; j < sheet->cols; j++)
		if (sheet->head[j] && strcmp(sheet->head[j], head) == 0)
			return sheet->cell[row * sheet->cols + j];
	fail_msg("no column %s", head);
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of four values. */
static double median(double a, double b, double c, double d)
{
	double x[REPEATS] = {a, b, c, d};

	qsort(x, REPEATS, sizeof *x, by_value);
	return (x[1] + x[2]) / 2;
}

static void time_is_setup_and_solve(void **state)
{
	struct records records = records_make();
	struct column time = {"time", NULL}, each = {"seconds_per_iteration", NULL};
	struct sheet sheet;

	(void)state;
	for (size_t i = 0; i < records.count; i++) {
		const struct result *r = &records.at[i].result;

		check_close(stat_column(&records.at[i], "time"), r->setup_s + r->solve_s, 1e-15, 0);
		check_close(column_value(&records.at[i], &time), r->setup_s + r->solve_s, 1e-15, 0);
		check_close(column_value(&records.at[i], &each), r->solve_s / r->iterations, 1e-15,
			    0);
	}
	sheet = summary_sheet(&records);
	for (size_t m = 0; m < 2; m++) {
		const struct record *at = &records.at[m * REPEATS];
		double t[REPEATS];

		for (size_t i = 0; i < REPEATS; i++)
			t[i] = at[i].result.setup_s + at[i].result.solve_s;
		check_close(strtod(cell_at(&sheet, m, "time s"), NULL),
			    median(t[0], t[1], t[2], t[3]), 0.005, 0);
		check_close(strtod(cell_at(&sheet, m, "test acc %"), NULL),
			    100 * median(at[0].result.test_accuracy, at[1].result.test_accuracy,
					 at[2].result.test_accuracy, at[3].result.test_accuracy),
			    0, 0.051);
	}
}

/* A cell that failed has figures, of its last state; no median knows them. */
static void failed_cells_have_no_say(void **state)
{
	struct records records = records_make();
	struct spread stat;

	(void)state;
	records.at[2].result.status = "failed";
	records.at[2].result.test_accuracy = 0;
	stat = stat_group(&records.groups[0], stat_column, "test_accuracy", arena);
	assert_int_equal(stat.count, REPEATS - 1);
	check_close(stat.median, 0.8, 1e-15, 0);
}

static void a_robust_method_is_told_by_its_worst_case(void **state)
{
	struct records records = records_make();

	(void)state;
	records.at[0].result.objective = 40;
	records.at[0].result.objective_of = "worst case";
	check_equal(stat_column(&records.at[0], "headline"), 40);
	check_equal(stat_column(&records.at[1], "headline"), 7);
	records.at[0].result.gap = -1e-9;
	check_equal(stat_column(&records.at[0], "gap"), 0);
}

/* Mean +- t s sqrt(1 / n + n_test / n_train), by loops; t of 3 degrees of freedom from a table. */
static void paired_interval_is_the_corrected_one(void **state)
{
	const double t = 3.182446305284263;
	struct records records = records_make();
	double d[REPEATS], mean = 0, square = 0, half, low, high;
	struct sheet sheet;
	int higher = 0;

	(void)state;
	for (size_t i = 0; i < records.count; i++)
		records.at[i].resampled = true;
	for (size_t i = 0; i < REPEATS; i++) {
		d[i] = 100 * (records.at[i].result.test_accuracy -
			      records.at[i + REPEATS].result.test_accuracy);
		mean += d[i] / REPEATS;
		higher += d[i] > 1e-9;
	}
	for (size_t i = 0; i < REPEATS; i++)
		square += (d[i] - mean) * (d[i] - mean);
	half = t * sqrt((1.0 / REPEATS + 100.0 / 200.0) * square / (REPEATS - 1));
	sheet = paired_sheet(&records);
	assert_string_equal(cell_at(&sheet, 0, "measure"), "test acc %");
	assert_int_equal(sscanf(cell_at(&sheet, 0, "95 % interval"), "%lf to %lf", &low, &high), 2);
	check_close(low, mean - half, 0, 0.00501);
	check_close(high, mean + half, 0, 0.00501);
	check_close(strtod(cell_at(&sheet, 0, "mean A-B"), NULL), mean, 0, 0.00501);
	check_close(strtod(cell_at(&sheet, 0, "A higher"), NULL), higher, 0, 0);
}

static void objectives_of_other_betas_are_no_pairs(void **state)
{
	struct records records = records_make();
	struct sheet sheet;

	(void)state;
	records.at[1].objective.beta = "0.1"; /* one repetition of four */
	sheet = paired_sheet(&records);
	assert_string_equal(cell_at(&sheet, 1, "measure"), "objective");
	assert_string_equal(cell_at(&sheet, 1, "pairs"), "3");
	assert_string_equal(cell_at(&sheet, 1, "unpaired"), "1");
}

/* (value - reference) / |reference|, also where the reference is negative. */
static void excess_is_relative_to_the_reference(void **state)
{
	struct records records = records_make();
	struct column column = {"objective_network", NULL};
	const double *values;

	(void)state;
	records.at[REPEATS].result.objective_network = -2;
	values = excess_of(&records, &column, "b");
	for (size_t i = 0; i < REPEATS; i++) {
		double own = records.at[i].result.objective_network;
		double other = records.at[i + REPEATS].result.objective_network;

		check_close(values[i], (own - other) / fabs(other), 1e-14, 0);
		check_nan(values[i + REPEATS]);
	}
}

/* Everything that the cells of all settings took, but for attacks and certificates. */
static void tuning_time_is_all_of_it(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", "rho", "1", .validation = 0.8, .select_by = "validation_accuracy"},
		{"moons", "a", "rho", "2", .validation = 0.8, .select_by = "validation_accuracy"},
		{"moons", "a", "rho", "3", .validation = 0.7, .select_by = "validation_accuracy"},
	};
	struct records records = fixture_records(cells, 3, room, arena);
	struct sheet sheet;
	double sum = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct result *r = &records.at[i].result;

		r->load_s = 1;
		r->setup_s = 20;
		r->solve_s = 300;
		r->eval_s = 0.4;
		r->select_s = 0.05;
		r->attack_s = r->certify_s = 1e6;
		sum += 321.45;
	}
	sheet = summary_sheet(&records);
	check_close(strtod(cell_at(&sheet, 0, "tuning s"), NULL), sum, 0.005, 0);
	assert_string_equal(cell_at(&sheet, 0, "rho"), "1"); /* the first of equals */
}

static struct attack_row attack_row(const char *attack, double eps, double robust)
{
	struct attack_row row = {.attack = attack,
				 .norm = "linf",
				 .units = "prepared",
				 .eps = eps,
				 .accuracy = 0.9,
				 .robust_accuracy = robust,
				 .n = 100};

	wilson_interval(100 * robust, 100, &row.lo, &row.hi);
	return row;
}

static struct attack_row certificate_row(const char *name, const char *part, double certified)
{
	struct attack_row row = attack_row(name, 0.2, certified);

	row.part = part;
	row.undecided = 15;
	return row;
}

static void the_worst_of_attacks_and_the_best_of_certificates(void **state)
{
	struct attack_row rows[] = {attack_row("fgsm", 0.1, 0.8), attack_row("fgsm", 0.2, 0.7),
				    attack_row("pgd", 0.1, 0.75), attack_row("pgd", 0.2, 0.4)};
	struct attack_row certificates[] = {certificate_row("interval", "test", 0.1),
					    certificate_row("exact", "test", 0.3),
					    certificate_row("exact", "train", 0.6)};
	struct records records = records_first(1);
	struct attack_kinds kinds, certified;
	struct sheet sheet;

	(void)state;
	records.at[0].attack = rows;
	records.at[0].attack_count = 4;
	records.at[0].certificate = certificates;
	records.at[0].certificate_count = 3;
	kinds = attacks_of(&records, NULL);
	certified = attacks_certified(&records, NULL);
	check_close(column_value(&records.at[0], &(struct column){"robust_accuracy", &kinds}), 0.4,
		    1e-15, 0);
	kinds = attacks_worst(&kinds, arena);
	assert_int_equal(kinds.count, 1);
	check_equal(attacks_robust(&records.at[0], &kinds.at[0]), 0.4);
	assert_int_equal(certified.count, 1);
	check_equal(attacks_robust(&records.at[0], &certified.at[0]), 0.3);
	sheet = summary_certify_sheet(&records);
	assert_int_equal(sheet.rows, 3);
	assert_string_equal(cell_at(&sheet, 0, "undecided %"), "15.0");
	assert_string_equal(cell_at(&sheet, 1, "certified %"), "30.0");
}

/* Medians over the traces at each of their times, by linear interpolation; what is not known has no
 * point. */
static void curves_go_through_what_is_known(void **state)
{
	struct records records = records_first(2);
	struct curve curve;

	(void)state;
	assert_true(fixture_trace(&records, 0,
				  "iteration,seconds,certificate_s,gap\n"
				  "1,1,0.5,0.9\n2,2,0.5,\n3,4,1,0.3\n"));
	assert_true(fixture_trace(&records, 1,
				  "iteration,seconds,certificate_s,gap\n"
				  "1,1,0.5,0.7\n2,2,0.5,0.6\n3,4,1,0.1\n"));
	curve = curve_of(&records.groups[0], "seconds", "gap", NULL, arena);
	assert_int_equal(curve.count, 3); /* at 1.5, 2.5 and 5: the time of certificates counts */
	check_equal(curve.at[0], 1.5);
	check_close(curve.at[1], 0.8, 1e-15, 0);
	check_equal(curve.at[CURVE_COLUMNS], 2.5);
	/* the first run is on the line from (1.5, 0.9) to (5, 0.3) */
	check_close(curve.at[CURVE_COLUMNS + 1], (0.9 - 0.6 / 3.5 + 0.6) / 2, 1e-15, 0);
	check_equal(curve.at[2 * CURVE_COLUMNS], 5);
	check_close(curve.at[2 * CURVE_COLUMNS + 1], 0.2, 1e-15, 0);
}

/* A median of all runs begins where the last of them does; a run that is done keeps its value. */
static void curves_begin_with_the_last_run(void **state)
{
	struct records records = records_first(2);
	struct curve curve;

	(void)state;
	assert_true(fixture_trace(&records, 0, "iteration,objective_network\n1,9\n2,7\n"));
	assert_true(fixture_trace(&records, 1, "iteration,objective_network\n2,5\n3,1\n"));
	curve = curve_of(&records.groups[0], "iteration", "objective_network", NULL, arena);
	assert_int_equal(curve.count, 2);
	check_equal(curve.at[0], 2);
	check_equal(curve.at[1], 6);
	check_equal(curve.at[CURVE_COLUMNS], 3);
	check_equal(curve.at[CURVE_COLUMNS + 1], 4);
}

/* "2 of 3 converged, 1 stalled" of those that are ok; the others ended in their status. */
static void endings_are_of_cells_that_are_ok(void **state)
{
	static const char *const outcomes[REPEATS] = {"converged", "stalled", "converged",
						      "converged"};
	struct records records = records_first(REPEATS);

	(void)state;
	for (size_t i = 0; i < REPEATS; i++)
		records.at[i].result.outcome = outcomes[i];
	records.at[3].result.status = "failed";
	assert_string_equal(ending_text(records.groups[0].member, REPEATS, arena),
			    "2 of 3 converged, 1 stalled");
}

/* The bounds of the published theorem at psi = xi = 0.1, by their formulas. */
static void sampled_programs_by_their_formulas(void **state)
{
	const double n = 200, P = 6000;
	struct records records = records_first(1);
	struct sheet sheet;

	(void)state;
	records.at[0].result.bound_scope = "sampled";
	records.at[0].result.patterns = P;
	sheet = samples_sheet(&records);
	assert_int_equal(sheet.rows, 1);
	check_equal(strtod(cell_at(&sheet, 0, "enough a priori"), NULL),
		    ceil(fmin((n + 1) / 0.01 - 1, 20 * (n + 1 - log(0.1)))));
	check_close(strtod(cell_at(&sheet, 0, "promised"), NULL),
		    fmin((n + 1) / (0.1 * (P + 1)), 2 / P * (n + 1 - log(0.1))), 0.005, 0);
	check_equal(strtod(cell_at(&sheet, 0, "enough (binomial)"), NULL), 2184);
	check_close(strtod(cell_at(&sheet, 0, "promised (binomial)"), NULL), 0.036502, 0.005, 0);
}

/* By columns.csv. */
static const char *type_of(const struct csv_table *columns, const char *file, const char *column)
{
	for (size_t i = 0; i < columns->rows; i++) {
		const char *const *cell = columns->cell + i * columns->cols;

		if (strcmp(cell[csv_column(columns, "file")], file) == 0 &&
		    strcmp(cell[csv_column(columns, "column")], column) == 0)
			return cell[csv_column(columns, "type")];
	}
	return "none";
}

/* What a method told of itself, and no column has: one of the cells does, another one does not. */
static void further_facts_have_columns_of_their_own(void **state)
{
	struct fact text = {.name = "relaxation", .text = "tight"};
	struct fact number = {.name = "rank", .number = 3, .next = &text};
	struct records records = records_first(2);
	const char *path = arena_format(arena, "%s/summary.csv", room);
	struct csv_table table;
	struct err err = {0};

	(void)state;
	records.at[1].result.facts = &number;
	records.out = room;
	assert_int_equal(summary_write_cells(&records, &err), STATUS_OK);
	assert_int_equal(csv_read(path, arena, &table, &err), STATUS_OK);
	check_nan(csv_value(&table, 0, csv_column(&table, "rank")));
	check_equal(csv_value(&table, 1, csv_column(&table, "rank")), 3);
	assert_string_equal(table.cell[table.cols + (size_t)csv_column(&table, "relaxation")],
			    "tight");
	check_equal(records_number(&records.at[1].result, "rank"), 3);

	assert_int_equal(summary_write_columns(&records, &err), STATUS_OK);
	path = arena_format(arena, "%s/columns.csv", room);
	assert_int_equal(csv_read(path, arena, &table, &err), STATUS_OK);
	assert_string_equal(type_of(&table, "summary.csv", "rank"), "float64");
	assert_string_equal(type_of(&table, "summary.csv", "relaxation"), "string");
	assert_string_equal(type_of(&table, "summary.csv", "solve_s"), "float64");
	assert_string_equal(type_of(&table, "attack.csv", "method"), "string");
	assert_string_equal(type_of(&table, "attack.csv", "rank"), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_is_setup_and_solve),
		cmocka_unit_test(failed_cells_have_no_say),
		cmocka_unit_test(a_robust_method_is_told_by_its_worst_case),
		cmocka_unit_test(paired_interval_is_the_corrected_one),
		cmocka_unit_test(objectives_of_other_betas_are_no_pairs),
		cmocka_unit_test(excess_is_relative_to_the_reference),
		cmocka_unit_test(tuning_time_is_all_of_it),
		cmocka_unit_test(the_worst_of_attacks_and_the_best_of_certificates),
		cmocka_unit_test(curves_go_through_what_is_known),
		cmocka_unit_test(curves_begin_with_the_last_run),
		cmocka_unit_test(endings_are_of_cells_that_are_ok),
		cmocka_unit_test(sampled_programs_by_their_formulas),
		cmocka_unit_test(further_facts_have_columns_of_their_own),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
