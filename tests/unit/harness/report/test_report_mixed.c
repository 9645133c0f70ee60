/* What differs in how the cells of one table were computed is said under it, and only then. */
#include "harness/file/folder.h"
#include "harness/report/compare/compare.h"
#include "harness/report/records/mixed.h"
#include "harness/report/tables/summary.h"
#include "tests/report_fixture.h"
#include "tests/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CELLS = 5 };

static const char *const room = room_of_tests.folder;
static struct arena *const arena = &room_of_tests.arena;

/* Five cells that agree in everything; the last one has failed. */
static struct records five(void)
{
	static const struct fixture_cell cells[CELLS] = {
		{.data = "moons", .method = "admm", .repetition = 0},
		{.data = "moons", .method = "admm", .repetition = 1},
		{.data = "moons", .method = "sgd", .repetition = 0},
		{.data = "moons", .method = "sgd", .repetition = 1},
		{.data = "moons", .method = "adam", .repetition = 0, .status = "failed"}};
	struct records records = fixture_records(cells, CELLS, NULL, arena);

	for (size_t i = 0; i < CELLS; i++) {
		struct result *result = &records.at[i].result;

		result->blas_core = "Haswell";
		result->threads = 2;
		result->program = "0.1.0 abc";
		result->host = "alpha";
		result->cpu = "Xeon";
	}
	return records;
}

static void test_nothing_differs(void **state)
{
	struct records records = five();

	(void)state;
	assert_string_equal(mixed_records(&records), "");
	assert_null(strstr(summary_caption(&records), "Mixed"));
}

/* Each of the four alone: the note names it, its values, and how many cells have each. */
static void test_each_alone(void **state)
{
	struct records records = five();

	(void)state;
	records.at[2].result.blas_core = "Zen";
	assert_string_equal(mixed_records(&records),
			    "Mixed: BLAS kernels Haswell (3 cells), Zen (1 cell).");
	records = five();
	records.at[0].result.threads = 1;
	records.at[1].result.threads = 1;
	assert_string_equal(mixed_records(&records), "Mixed: threads 1 (2 cells), 2 (2 cells).");
	records = five();
	records.at[3].result.program = "0.1.0 abc+def";
	assert_string_equal(mixed_records(&records),
			    "Mixed: program 0.1.0 abc (3 cells), 0.1.0 abc+def (1 cell).");
	records = five();
	records.at[1].result.host = "beta";
	assert_string_equal(mixed_records(&records),
			    "Mixed: machine alpha, Xeon (3 cells), beta, Xeon (1 cell).");
	records = five();
	records.at[1].result.cpu = "EPYC";
	assert_string_equal(mixed_records(&records),
			    "Mixed: machine alpha, Xeon (3 cells), alpha, EPYC (1 cell).");
}

/* Records of a version that did not write a field are of another version than those that have it.
 */
static void test_not_recorded(void **state)
{
	struct records records = five();

	(void)state;
	records.at[0].result.program = NULL;
	records.at[0].result.host = NULL;
	records.at[0].result.cpu = NULL;
	assert_string_equal(mixed_records(&records),
			    "Mixed: program not recorded (1 cell), 0.1.0 abc (3 cells); machine "
			    "not recorded (1 cell), alpha, Xeon (3 cells).");
	for (size_t i = 0; i < CELLS; i++)
		records.at[i].result.program = records.at[i].result.host =
			records.at[i].result.cpu = NULL;
	assert_string_equal(mixed_records(&records), "");
}

/* Only cells that are ok enter the numbers. */
static void test_failed_cell(void **state)
{
	struct records records = five();

	(void)state;
	records.at[4].result.blas_core = "Zen";
	assert_string_equal(mixed_records(&records), "");
}

static void test_under_tables(void **state)
{
	struct records records = five(), other = five();
	struct compare compare = {.arena = arena, .a = records, .b = other};

	(void)state;
	assert_string_equal(compare_mixed(&compare), "");
	other.at[0].result.blas_core = "Zen";
	assert_string_equal(compare_mixed(&compare),
			    "Mixed: BLAS kernels Haswell (7 cells), Zen (1 cell).");
	assert_non_null(strstr(summary_caption(&other),
			       ". Mixed: BLAS kernels Zen (1 cell), Haswell (3 cells)."));
}

/* A cell whose attacks came later counts at both places. */
static void test_completed_elsewhere(void **state)
{
	struct records records = five();

	(void)state;
	records.at[2].probed = records.at[2].result;
	records.at[2].probed.blas_core = "Zen";
	assert_string_equal(mixed_records(&records),
			    "Mixed: BLAS kernels Haswell (4 cells), Zen (1 cell).");
}

/* Figures say it as tables do. */
static void test_under_figures(void **state)
{
	struct records records = five();
	long settings = 0;
	bool written = false;

	(void)state;
	records.out = records.folder = room;
	records.at[0].result.solve_s = 1;
	assert_true(fixture_plot("phase_time", &settings, &records, &written));
	assert_true(written);
	assert_null(strstr(fixture_text(&records, "phase_time", ".gp"), "Mixed"));
	records.at[2].result.blas_core = "Zen";
	assert_true(fixture_plot("phase_time", &settings, &records, &written));
	assert_non_null(strstr(fixture_text(&records, "phase_time", ".gp"), "Mixed: BLAS kernels"));
}

/* One data set of two has no test part: its attacks are left out, which is said. */
static void test_no_test_part(void **state)
{
	static const struct fixture_cell cells[] = {{"moons", "a", .test = 0.5},
						    {"bare", "a", .test = 0.5}};
	struct records records = fixture_records(cells, 2, NULL, arena);
	struct attack_row row = {.attack = "pgd", .norm = "linf", .units = "prepared", .eps = 0.1};

	(void)state;
	records.at[0].attack = &row;
	records.at[0].attack_count = 1;
	assert_null(strstr(summary_caption(&records), "without one"));
	records.at[1].result.n_test = 0;
	assert_non_null(
		strstr(summary_caption(&records),
		       "no attacks and certificates of test parts on data without one (bare)"));
	records.at[0].attack_count = 0;
	assert_null(strstr(summary_caption(&records), "without one"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_differs), cmocka_unit_test(test_each_alone),
		cmocka_unit_test(test_not_recorded),    cmocka_unit_test(test_failed_cell),
		cmocka_unit_test(test_under_tables),    cmocka_unit_test(test_completed_elsewhere),
		cmocka_unit_test(test_under_figures),   cmocka_unit_test(test_no_test_part),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
