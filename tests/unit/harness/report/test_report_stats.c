/* Intervals, paired differences and selection, against tables and values worked out by hand. */
#include "harness/report/records/select.h"
#include "harness/report/series/series.h"
#include "harness/report/tables/paired.h"
#include "harness/report/tables/summary.h"
#include "harness/stats/student.h"
#include "solvers/core/index.h"
#include "solvers/core/rng.h"
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
		check_close(student_quantile(0.95, table[i].freedom), table[i].t, 0, 5.1e-4);
	check_close(student_share(1, 1), 0.5, 0, 1e-15); /* Cauchy */
}

static void interval_is_wider_for_overlapping_splits(void **state)
{
	const double values[] = {1, 2, NAN, 3};
	struct student plain = student_interval(values, 4, 0),
		       wide = student_interval(values, 4, 2.0 / 3);

	(void)state;
	assert_int_equal(plain.count, 3);
	check_close(plain.mean, 2, 0, 1e-15);
	/* 4.303 sqrt(1/3), as the variance is 1 */
	check_close(plain.high, 2 + 2.4841377, 0, 1e-6);
	/* 1/3 + 2/3 = 1 in the place of 1/3 */
	check_close((wide.high - 2) / (plain.high - 2), sqrt(3), 0, 1e-12);
	check_nan(student_interval(values, 1, 0).low);
	check_nan(student_interval(values, 0, 0).mean);
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
	struct sheet summary = summary_sheet(&records), sweep = summary_select_sheet(&records);

	(void)state;
	assert_int_equal(summary.rows, 2);
	assert_string_equal(cell_at(&summary, 0, "rate"), "2");
	assert_string_equal(cell_at(&summary, 0, "test acc %"), "60.0");
	assert_string_equal(cell_at(&summary, 0, "settings"), "selected of 3 per experiment");
	assert_string_equal(cell_at(&summary, 0, "tuning s"), "14"); /* failed cells too */
	assert_string_equal(cell_at(&summary, 1, "settings"), "");
	assert_int_equal(sweep.rows, 3);
	assert_string_equal(cell_at(&sweep, 1, "selected"), "selected per experiment");
	assert_string_equal(cell_at(&sweep, 2, "selected"), "");
	assert_string_equal(cell_at(&sweep, 2, "cells"), "1 of 2 ok");
}

enum { SETTINGS = 20, REPEATS = 10, POINTS = 60, DRAWS = 200 };

/* Classifiers that guess: whether setting s is right at a point is a toss of a coin, the same in
 * every repetition, which splits the points anew into a validation and a test part. Returns the
 * mean test accuracy of what is selected. */
static double accuracy_on_noise(uint64_t draw, const char *per)
{
	static const char *const names[SETTINGS] = {"1",  "2",  "3",  "4",  "5",  "6",  "7",
						    "8",  "9",  "10", "11", "12", "13", "14",
						    "15", "16", "17", "18", "19", "20"};
	struct fixture_cell *cells = ARENA_ARRAY(&arena, struct fixture_cell, SETTINGS * REPEATS);
	struct rng rng = rng_stream(1, "noise", draw);
	bool right[SETTINGS][POINTS];
	struct records records;
	double sum = 0;
	size_t n = 0;

	for (size_t s = 0; s < SETTINGS; s++)
		for (size_t i = 0; i < POINTS; i++)
			right[s][i] = rng_bits(&rng) >> 63;
	for (int r = 0; r < REPEATS; r++) {
		size_t place[POINTS] = {0};

		for (size_t i = 0; i < POINTS; i++) {
			size_t j = (size_t)(rng_bits(&rng) % (i + 1));

			place[i] = place[j];
			place[j] = i;
		}
		for (size_t s = 0; s < SETTINGS; s++, n++) {
			cells[n] = (struct fixture_cell){"noise",
							 "guess",
							 "rate",
							 names[s],
							 .repetition = r,
							 .resampled = true,
							 .select_by = "validation_accuracy",
							 .select_per = per};
			for (size_t i = 0; i < POINTS; i++)
				*(i % 2 ? &cells[n].test : &cells[n].validation) +=
					right[s][place[i]] * 2.0 / POINTS;
		}
	}
	records = fixture_records(cells, n, NULL, &arena);
	for (size_t g = 0; g < records.group_count; g++)
		for (size_t i = 0; !records.groups[g].left_out && i < REPEATS; i++)
			sum += records.groups[g].member[i]->result.test_accuracy / REPEATS;
	return sum;
}

/* The test accuracies of one draw are means of 30 coins; those of its repetitions depend on each
 * other, those of draws do not. */
static void selection_per_repetition_finds_nothing_in_noise(void **state)
{
	double mean[2] = {0, 0}, square = 0, error;

	(void)state;
	for (uint64_t draw = 0; draw < DRAWS; draw++) {
		double each = accuracy_on_noise(draw, NULL);

		mean[0] += each / DRAWS;
		square += (each - 0.5) * (each - 0.5) / DRAWS;
		mean[1] += accuracy_on_noise(draw, "experiment") / DRAWS;
	}
	error = sqrt(square / DRAWS);
	check_below(error, 0.01);
	check_close(mean[0], 0.5, 0, 3 * error);
	check_above(mean[1], 0.53); /* why it is not the default here */
}

static void settings_are_told_per_repetition(void **state)
{
	struct fixture_cell cells[LENGTH(tuned)];
	struct records records;
	struct sheet summary, sweep;
	const struct style look = style_unset();
	struct figure figure = figure_new(&arena);
	struct series_list series;

	(void)state;
	figure.look = &look;
	memcpy(cells, tuned, sizeof cells);
	for (size_t i = 0; i < LENGTH(tuned); i++)
		cells[i].resampled = true;
	records = fixture_records(cells, LENGTH(cells), NULL, &arena);
	summary = summary_sheet(&records);
	sweep = summary_select_sheet(&records);
	assert_int_equal(summary.rows, 2);
	assert_string_equal(cell_at(&summary, 0, "rate"), "3 x1, 2 x1");
	assert_string_equal(cell_at(&summary, 0, "settings"), "selected of 3 per repetition");
	assert_string_equal(cell_at(&summary, 0, "cells"), "2 ok");
	assert_string_equal(cell_at(&sweep, 2, "selected"), "selected per repetition, in 1 of 2");
	assert_non_null(strstr(summary_caption(&records), "selected per repetition"));
	series = series_of(&records, SERIES_BEST, 1);
	assert_non_null(strstr(series_caption(&series, &figure),
			       "; sgd: rate=3 (1 of 2) or rate=2 (1 of 2)"));
	assert_int_equal(records.at[6].group, 4); /* behind the group that is composed */
	assert_string_equal(records.groups[4].method, "scp");
}

static void a_caption_says_how_many_repetitions(void **state)
{
	static const struct fixture_cell cells[] = {{"moons", "a", .repetition = 0},
						    {"moons", "a", .repetition = 1},
						    {"moons", "b", .repetition = 0},
						    {"moons", "b", .repetition = 1}};
	const struct style look = style_unset();
	struct figure figure = figure_new(&arena);

	(void)state;
	figure.look = &look;
	for (size_t count = 3; count <= 4; count++) {
		struct records records = fixture_records(cells, count, NULL, &arena);
		struct series_list series = series_of(&records, SERIES_BEST, 1);
		const char *said = count == 3 ? " of up to 2 repetitions" : " of 2 repetitions";

		assert_non_null(strstr(series_caption(&series, &figure), said));
	}
}

static void each_criterion_has_a_heading(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "sgd", "rate", "1", .validation = 0.75,
		 .select_by = "validation_accuracy"},
		{"moons", "adam", "rate", "1", .validation = 0.5,
		 .select_by = "validation_robust_accuracy"},
	};
	struct records records = fixture_records(cells, LENGTH(cells), NULL, &arena);
	struct sheet sweep;

	(void)state;
	records.at[0].result.validation_robust_accuracy = 0.125;
	records.at[1].result.validation_robust_accuracy = 0.25;
	sweep = summary_select_sheet(&records);
	assert_string_equal(cell_at(&sweep, 0, "validation_accuracy %"), "75.0");
	assert_string_equal(cell_at(&sweep, 0, "validation_robust_accuracy %"), "");
	assert_string_equal(cell_at(&sweep, 1, "validation_accuracy %"), "");
	assert_string_equal(cell_at(&sweep, 1, "validation_robust_accuracy %"), "25.0");
}

static void rows_and_captions_say_how_cells_ended(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", .repetition = 0, .outcome = "converged"},
		{"moons", "a", .repetition = 1, .outcome = "stalled"},
		{"moons", "a", .repetition = 2, .outcome = "iteration_limit"},
		{"moons", "a", .repetition = 3, .outcome = "time_limit", .status = "timeout"},
		{"moons", "b", .repetition = 0, .outcome = "converged"},
	};
	struct records records = fixture_records(cells, LENGTH(cells), NULL, &arena);
	struct sheet summary = summary_sheet(&records);
	const char *caption = summary_caption(&records);

	(void)state;
	assert_string_equal(cell_at(&summary, 0, "ended"),
			    "1 of 3 converged, 1 at the iteration limit, 1 stalled");
	assert_string_equal(cell_at(&summary, 1, "ended"), "1 of 1 converged");
	assert_non_null(strstr(caption, "; 2 of 4 converged, 1 at the iteration limit, 1 stalled"));
	assert_null(strstr(caption, "timing"));
	records.at[4].result.timing = "disturbed: half of a core";
	records.at[0].result.date = "2026-11-28T10:02:03+00:00";
	records.at[4].result.date = "2026-11-28T11:15:00+00:00";
	summary = summary_sheet(&records);
	caption = summary_caption(&records);
	assert_string_equal(cell_at(&summary, 1, "timing"), "timing disturbed (1 of 1)");
	assert_string_equal(cell_at(&summary, 0, "timing"), "");
	assert_non_null(strstr(caption, "; timing disturbed (1 of 4)"));
	assert_non_null(strstr(caption, "; computed 2026-11-28 10:02 to 2026-11-28 11:15"));
	summary = summary_cell_sheet(&records, "x.yaml");
	assert_string_equal(cell_at(&summary, 4, "timing"), "disturbed: half of a core");
	assert_string_equal(cell_at(&summary, 0, "started"), "2026-11-28T10:02:03+00:00");
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
		cmocka_unit_test(selection_per_repetition_finds_nothing_in_noise),
		cmocka_unit_test(settings_are_told_per_repetition),
		cmocka_unit_test(a_caption_says_how_many_repetitions),
		cmocka_unit_test(each_criterion_has_a_heading),
		cmocka_unit_test(rows_and_captions_say_how_cells_ended),
		cmocka_unit_test(accuracy_of_one_cell_has_its_wilson_interval),
		cmocka_unit_test(selection_is_told_where_nothing_can_be_chosen),
		cmocka_unit_test(index_keeps_first_places),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
