/* Folds in tables: cells are matched by repetition and fold, and their intervals know that training
 * parts overlap. */
#include "harness/report/records/select.h"
#include "harness/report/tables/paired.h"
#include "harness/report/tables/summary.h"
#include "harness/stats/student.h"
#include "tests/close.h"
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

#define FOLD(method_, repetition_, fold_, test_)                                                 \
	{                                                                                        \
		"moons", method_, .repetition = (repetition_), .fold = (fold_), .test = (test_), \
				  .resampled = true                                              \
	}

/* Differences of 1, 2, 4 and 9 points; by repetition alone they would be others. */
static const struct fixture_cell pairs[] = {
	FOLD("a", 0, 1, 0.91), FOLD("a", 0, 2, 0.82), FOLD("a", 1, 1, 0.74), FOLD("a", 1, 2, 0.69),
	FOLD("b", 1, 2, 0.60), FOLD("b", 0, 2, 0.80), FOLD("b", 0, 1, 0.90), FOLD("b", 1, 1, 0.70),
};

static void folds_are_matched_and_their_overlap_counts(void **state)
{
	static const double difference[] = {1, 2, 4, 9};
	struct records records = fixture_records(pairs, LENGTH(pairs), NULL, &arena);
	struct student wide;
	struct sheet sheet;
	char expected[64];

	(void)state;
	for (size_t i = 0; i < records.count; i++)
		records.at[i].result.n_train = records.at[i].result.n_test; /* 2 folds */
	wide = student_interval(difference, 4, 1);
	sheet = paired_sheet(&records);
	assert_string_equal(cell_at(&sheet, 0, "measure"), "test acc %");
	assert_string_equal(cell_at(&sheet, 0, "pairs"), "4");
	assert_string_equal(cell_at(&sheet, 0, "mean A-B"), "+4.00");
	/* Nadeau and Bengio 2003: 1/4 + 1 in the place of 1/4; the variance is 38/3 */
	check_close(wide.high - wide.mean, student_quantile(0.95, 3) * sqrt(1.25 * 38.0 / 3), 0,
		    1e-9);
	snprintf(expected, sizeof expected, "%+.2f to %+.2f", wide.low, wide.high);
	assert_string_equal(cell_at(&sheet, 0, "95 % interval"), expected);
	assert_non_null(strstr(paired_note(&records), "values of folds are not independent"));
}

static void captions_count_repetitions_and_folds(void **state)
{
	struct records records = fixture_records(pairs, LENGTH(pairs), NULL, &arena);
	struct sheet cells = summary_cell_sheet(&records, "spec.yaml");

	(void)state;
	assert_int_equal(records.folds, 2);
	assert_int_equal(records.group_count, 2);
	assert_non_null(strstr(summary_caption(&records),
			       "of 2 repetitions of 2 folds, which share training samples"));
	assert_string_equal(cell_at(&cells, 2, "rep"), "1 fold 1");
	records = fixture_records(pairs, 3, NULL, &arena);
	assert_non_null(strstr(summary_caption(&records), "of 3 folds, which share"));
}

#define TUNED(value_, fold_, validation_, test_)                                              \
	{                                                                                     \
		"moons", "sgd", "rate", value_, .fold = (fold_), .validation = (validation_), \
						.test = (test_), .resampled = true,           \
						.select_by = "validation_accuracy"            \
	}

/* Each fold has its own choice, by its own validation part. */
static void settings_are_chosen_in_each_fold(void **state)
{
	static const struct fixture_cell cells[] = {
		TUNED("1", 1, 0.9, 0.5),
		TUNED("1", 2, 0.1, 0.6),
		TUNED("2", 1, 0.2, 0.7),
		TUNED("2", 2, 0.8, 0.8),
	};
	struct records records = fixture_records(cells, LENGTH(cells), NULL, &arena);
	const struct group *chosen = select_searches(&records).at[0].chosen;

	(void)state;
	assert_int_equal(chosen->count, 2);
	check_equal(chosen->member[0]->result.test_accuracy, 0.5);
	check_equal(chosen->member[1]->result.test_accuracy, 0.8);
}

#define RUNG(value_, rung_, validation_, test_)                                        \
	{                                                                              \
		"moons", "sgd", "rate", value_, "iterations", #rung_,                  \
			.rung = (rung_), .validation = (validation_), .test = (test_), \
			.select_by = "validation_accuracy"                             \
	}

/* The first rung has better values, which are of less training: they are not chosen. */
static void a_setting_of_the_last_rung_is_chosen(void **state)
{
	static const struct fixture_cell cells[] = {
		RUNG("1", 1, 0.9, 0.1), RUNG("2", 1, 0.8, 0.2), RUNG("3", 1, 0.95, 0.3),
		RUNG("4", 1, 0.1, 0.4), RUNG("1", 2, 0.5, 0.5), RUNG("3", 2, 0.6, 0.6),
	};
	struct records records = fixture_records(cells, LENGTH(cells), NULL, &arena);
	struct search search = select_searches(&records).at[0];
	struct sheet sheet = summary_sheet(&records);

	(void)state;
	check_equal(search.chosen->member[0]->result.test_accuracy, 0.6);
	assert_false(select_is_flat(&search));
	assert_int_equal(sheet.rows, 1);
	assert_string_equal(cell_at(&sheet, 0, "settings"),
			    "selected of 4 in 2 rungs (4, 2) per experiment");
	assert_non_null(strstr(summary_caption(&records), "the tuning time is that of all rungs"));
}

#define INNER(value_, fold_, inner_, validation_)                                          \
	{                                                                                  \
		"moons", "sgd", "rate", value_,                                            \
			.fold = (fold_), .inner = (inner_), .validation = (validation_),   \
			.test = NAN, .resampled = true, .select_by = "validation_accuracy" \
	}

/* The cells that are tested make the row; those of inner folds are in no median of it. */
static void inner_folds_choose_and_are_not_tested(void **state)
{
	static const struct fixture_cell cells[] = {
		INNER("1", 1, 1, 0.9),    INNER("1", 1, 2, 0.8), INNER("1", 2, 1, 0.1),
		INNER("1", 2, 2, 0.2),    INNER("2", 1, 1, 0.5), INNER("2", 1, 2, 0.5),
		INNER("2", 2, 1, 0.7),    INNER("2", 2, 2, 0.7), TUNED("1", 1, NAN, 0.25),
		TUNED("2", 2, NAN, 0.75),
	};
	struct records records = fixture_records(cells, LENGTH(cells), NULL, &arena);
	struct search search = select_searches(&records).at[0];
	struct sheet sheet = summary_sheet(&records), settings = summary_select_sheet(&records);

	(void)state;
	assert_int_equal(search.count, 2);
	assert_int_equal(search.chosen->count, 2);
	check_equal(search.chosen->member[0]->result.test_accuracy, 0.25);
	check_equal(search.chosen->member[1]->result.test_accuracy, 0.75);
	assert_int_equal(sheet.rows, 1);
	assert_string_equal(cell_at(&sheet, 0, "settings"), "selected of 2 in inner folds");
	assert_string_equal(cell_at(&sheet, 0, "cells"), "2 ok");
	assert_int_equal(settings.rows, 2);
	assert_string_equal(cell_at(&settings, 0, "cells"), "4 of 4 ok");
	assert_string_equal(cell_at(&settings, 0, "selected"),
			    "selected in inner folds, in 1 of 2");
	assert_string_equal(records_draw(&records.at[1].result, &arena), "0 fold 1 inner 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds_are_matched_and_their_overlap_counts),
		cmocka_unit_test(captions_count_repetitions_and_folds),
		cmocka_unit_test(settings_are_chosen_in_each_fold),
		cmocka_unit_test(a_setting_of_the_last_rung_is_chosen),
		cmocka_unit_test(inner_folds_choose_and_are_not_tested),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
