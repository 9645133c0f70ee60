/* Intervals, paired differences and selection, against tables and values worked out by hand. */
#include "harness/report/index.h"
#include "harness/report/interval.h"
#include "harness/report/paired.h"
#include "harness/report/select.h"
#include "harness/report/summary.h"
#include "tests/report_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LENGTH(list) (sizeof(list) / sizeof *(list))

static struct arena arena;

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* Two-sided 95 % points of printed tables, three decimals. */
static void student_quantiles_are_those_of_tables(void **state)
{
	static const struct {
		size_t freedom;
		double t;
	} table[] = {{1, 12.706}, {2, 4.303},  {3, 3.182},  {4, 2.776},
		     {5, 2.571},  {10, 2.228}, {29, 2.045}, {120, 1.980}};

	(void)state;
	for (size_t i = 0; i < LENGTH(table); i++)
		assert_true(fabs(interval_student_quantile(0.95, table[i].freedom) - table[i].t) <
			    5.1e-4);
	assert_true(fabs(interval_student(1, 1) - 0.5) < 1e-15); /* Cauchy */
}

static void interval_is_wider_for_overlapping_splits(void **state)
{
	const double values[] = {1, 2, NAN, 3};
	struct interval plain = interval_of(values, 4, 0), wide = interval_of(values, 4, 2.0 / 3);

	(void)state;
	assert_int_equal(plain.count, 3);
	assert_true(fabs(plain.mean - 2) < 1e-15);
	/* 4.303 sqrt(1/3), as the variance is 1 */
	assert_true(fabs(plain.high - (2 + 2.4841377)) < 1e-6);
	/* 1/3 + 2/3 = 1 in the place of 1/3 */
	assert_true(fabs((wide.high - 2) / (plain.high - 2) - sqrt(3)) < 1e-12);
	assert_true(isnan(interval_of(values, 1, 0).low));
	assert_true(isnan(interval_of(values, 0, 0).mean));
}

static const char *cell_at(const struct sheet *sheet, size_t row, const char *head)
{
	for (size_t j = 0; j < sheet->cols; j++)
		if (sheet->head[j] && strcmp(sheet->head[j], head) == 0)
			return sheet->cell[row * sheet->cols + j]
				       ? sheet->cell[row * sheet->cols + j]
				       : "";
	fail_msg("no column %s", head);
	return NULL;
}

static void pairs_match_repetitions_and_count_failures(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", .repetition = 0, .test = 0.9, .objective = 1},
		{"moons", "a", .repetition = 1, .test = 0.8, .objective = 2},
		{"moons", "a", .repetition = 2, .test = 0.7, .objective = 3},
		{"moons", "a", .repetition = 3, .test = 0.1, .status = "timeout"},
		/* another order, one repetition more */
		{"moons", "b", .repetition = 2, .test = 0.4, .objective = 5},
		{"moons", "b", .repetition = 0, .test = 0.8, .objective = 2},
		{"moons", "b", .repetition = 1, .test = 0.6, .objective = 4},
		{"moons", "b", .repetition = 3, .test = 0.9, .objective = 4},
		{"moons", "b", .repetition = 4, .test = 0.9, .objective = 4},
	};
	struct records records = fixture_records(cells, LENGTH(cells), NULL, &arena);
	struct sheet sheet = paired_sheet(&records);

	(void)state;
	assert_int_equal(sheet.rows, 2);
	assert_string_equal(cell_at(&sheet, 0, "measure"), "test acc %");
	/* differences 10, 20, 30 points */
	assert_string_equal(cell_at(&sheet, 0, "median A-B"), "+20.00");
	assert_string_equal(cell_at(&sheet, 0, "mean A-B"), "+20.00");
	assert_string_equal(cell_at(&sheet, 0, "95 % interval"), "-4.84 to +44.84");
	assert_string_equal(cell_at(&sheet, 0, "A higher"), "3");
	assert_string_equal(cell_at(&sheet, 0, "pairs"), "3");
	assert_string_equal(cell_at(&sheet, 0, "unpaired"), "2");
	assert_string_equal(cell_at(&sheet, 1, "measure"), "objective");
	assert_string_equal(cell_at(&sheet, 1, "median A-B"), "-2");

	for (size_t i = 0; i < 4; i++)
		records.at[i].objective.beta = "1";
	assert_int_equal(paired_sheet(&records).rows, 1); /* other objectives cannot be compared */
}

static const struct fixture_cell tuned[] = {
	{"moons", "sgd", "rate", "1", .repetition = 0, .validation = 0.7, .test = 0.9, .seconds = 1,
	 .select_by = "validation_accuracy"},
	{"moons", "sgd", "rate", "1", .repetition = 1, .validation = 0.7, .test = 0.9, .seconds = 1,
	 .select_by = "validation_accuracy"},
	{"moons", "sgd", "rate", "2", .repetition = 0, .validation = 0.8, .test = 0.6, .seconds = 2,
	 .select_by = "validation_accuracy"},
	{"moons", "sgd", "rate", "2", .repetition = 1, .validation = 0.8, .test = 0.6, .seconds = 2,
	 .select_by = "validation_accuracy"},
	/* the best, but it diverges half of the time */
	{"moons", "sgd", "rate", "3", .repetition = 0, .validation = 1, .test = 1, .seconds = 4,
	 .select_by = "validation_accuracy"},
	{"moons", "sgd", "rate", "3", .repetition = 1, .status = "failed", .seconds = 4,
	 .select_by = "validation_accuracy"},
	{"moons", "scp", .repetition = 0, .validation = 0.1, .test = 0.5},
};

static void selection_sees_validation_only_and_failures_lose(void **state)
{
	struct records records = fixture_records(tuned, LENGTH(tuned), NULL, &arena);
	struct sheet summary = summary_sheet(&records), sweep = select_sheet(&records);

	(void)state;
	assert_int_equal(summary.rows, 2);
	assert_string_equal(cell_at(&summary, 0, "rate"), "2");
	assert_string_equal(cell_at(&summary, 0, "test acc %"), "60.0");
	assert_string_equal(cell_at(&summary, 0, "settings"), "selected of 3");
	assert_string_equal(cell_at(&summary, 0, "tuning s"), "14"); /* failed cells too */
	assert_string_equal(cell_at(&summary, 1, "settings"), "");
	assert_int_equal(sweep.rows, 3);
	assert_string_equal(cell_at(&sweep, 1, "selected"), "selected");
	assert_string_equal(cell_at(&sweep, 2, "selected"), "");
	assert_string_equal(cell_at(&sweep, 2, "cells"), "1 of 2 ok");
}

/* Wilson's interval of 50 of 100: 0.4038 to 0.5962 (Brown, Cai, DasGupta 2001). */
static void accuracy_of_one_cell_has_its_wilson_interval(void **state)
{
	struct records records = fixture_records(tuned, LENGTH(tuned), NULL, &arena);
	struct sheet summary = summary_sheet(&records);

	(void)state;
	assert_string_equal(cell_at(&summary, 1, "test acc %"), "50.0 [40.4\xe2\x80\x93"
								"59.6]");
}

static void selection_is_told_where_nothing_can_be_chosen(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "sgd", "rate", "1", .validation = NAN,
		 .select_by = "validation_accuracy"},
		{"moons", "sgd", "rate", "2", .validation = NAN,
		 .select_by = "validation_accuracy"},
	};
	struct records records = fixture_records(cells, LENGTH(cells), NULL, &arena);
	struct sheet summary = summary_sheet(&records);

	(void)state;
	assert_int_equal(summary.rows, 2);
	assert_string_equal(cell_at(&summary, 0, "settings"), "none of 2");
}

static void index_keeps_first_places(void **state)
{
	enum { COUNT = 3000 };
	struct index index = index_new(COUNT, &arena);

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(index_place(&index, arena_format(&arena, "%zu", i % 1000), i),
				 i % 1000);
	assert_int_equal(index_find(&index, "999"), 999);
	assert_int_equal(index_find(&index, "1000"), INDEX_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(student_quantiles_are_those_of_tables),
		cmocka_unit_test(interval_is_wider_for_overlapping_splits),
		cmocka_unit_test(pairs_match_repetitions_and_count_failures),
		cmocka_unit_test(selection_sees_validation_only_and_failures_lose),
		cmocka_unit_test(accuracy_of_one_cell_has_its_wilson_interval),
		cmocka_unit_test(selection_is_told_where_nothing_can_be_chosen),
		cmocka_unit_test(index_keeps_first_places),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
