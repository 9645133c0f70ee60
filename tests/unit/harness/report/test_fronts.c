/* Fronts of settings, parallel coordinates and best known values, by hand. */
#include "harness/file/folder.h"
#include "harness/report/series/floors.h"
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

static void attack(struct record *record, double clean, double robust)
{
	struct attack_row *rows = ARENA_ARRAY(arena, struct attack_row, 2);

	for (size_t k = 0; k < 2; k++)
		rows[k] = (struct attack_row){.attack = "pgd",
					      .norm = "linf",
					      .units = "prepared",
					      .eps = k ? 0.1 : 0,
					      .accuracy = clean,
					      .robust_accuracy = k ? robust : clean,
					      .lo = 0,
					      .hi = 1};
	record->attack = rows;
	record->attack_count = 2;
}

/* Settings 1, 3 and 4 are beaten by none; 2 is by 3; 5 has the clean accuracy of 4 and less. */
static void a_front_is_of_what_nothing_beats(void **state)
{
	static const double clean[] = {0.7, 0.75, 0.8, 0.9, 0.9},
			    robust[] = {0.6, 0.4, 0.5, 0.3, 0.2};
	static const char *const rho[] = {"1", "2", "3", "4", "5"};
	static const double stairs[][2] = {{70, 60}, {70, 50}, {70, 50}, {80, 50},
					   {80, 50}, {80, 30}, {80, 30}, {90, 30}};
	struct fixture_cell cells[LENGTH(clean)];
	struct {
		double eps;
		struct texts methods;
	} options = {0.1, {0}};
	struct records records;
	const char *text;
	bool written = false;

	(void)state;
	for (size_t i = 0; i < LENGTH(clean); i++)
		cells[i] = (struct fixture_cell){.data = "moons",
						 .method = "a",
						 .path = "rho",
						 .value = rho[i],
						 .test = clean[i]};
	records = fixture_records(cells, LENGTH(cells), room, arena);
	for (size_t i = 0; i < LENGTH(clean); i++)
		attack(&records.at[i], clean[i], robust[i]);
	assert_true(fixture_plot("pareto", &options, &records, &written));
	assert_true(written);
	text = fixture_text(&records, "pareto", ".dat");
	for (size_t row = 0; row < LENGTH(stairs); row++) {
		double got[2];

		/* pieces are apart by an empty line */
		assert_true(fixture_numbers(text, "# moons: a, front", row + row / 2, 2, got));
		check_close(got[0], stairs[row][0], 1e-8, 0);
		check_close(got[1], stairs[row][1], 1e-8, 0);
	}
}

static void axes_run_from_the_lowest_to_the_highest(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", "rho", "0.01", "beta", "1", .test = 0.5},
		{"moons", "a", "rho", "1", "beta", "2", .test = 0.9},
		{"moons", "a", "rho", "0.1", "beta", "3", .test = 0.7},
	};
	struct {
		long y;
		double best;
		struct texts methods;
	} options = {0, NAN, {0}};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	bool written = false;
	const char *text, *script;
	double got[2];

	(void)state;
	assert_true(fixture_plot("parallel", &options, &records, &written));
	assert_true(written);
	text = fixture_text(&records, "parallel", ".dat");
	script = fixture_text(&records, "parallel", ".gp");
	assert_non_null(strstr(script, "rho: 0.01 to 1"));
	assert_non_null(strstr(script, "beta: 1 to 3"));
	/* the best: rho at the upper end, beta in the middle, the result at the upper end */
	assert_true(fixture_numbers(text, "# moons: a: best", 0, 2, got));
	check_close(got[1], 1, 1e-8, 0);
	assert_true(fixture_numbers(text, "# moons: a: best", 1, 2, got));
	check_close(got[1], 0.5, 1e-8, 0);
	assert_true(fixture_numbers(text, "# moons: a: best", 4, 2, got));
	check_close(got[1], 1, 1e-8, 0);
	/* the third setting: rho 0.1 is half of two decades */
	assert_true(fixture_numbers(text, "# moons: a: others", 6, 2, got));
	check_close(got[1], 0.5, 1e-8, 0);
}

/* The least of all methods in a repetition; another beta is another objective; a method alone
 * whose program is certified is measured from its bound. */
static void the_best_known_value_is_of_the_same_objective(void **state)
{
	static const struct fixture_cell cells[] = {
		{"moons", "a", .repetition = 0, .objective = 8, .beta = "0.1"},
		{"moons", "b", .repetition = 0, .objective = 7, .beta = "0.1"},
		{"moons", "a", .repetition = 1, .objective = 5, .beta = "0.1"},
		{"moons", "b", .repetition = 1, .objective = 6, .beta = "0.1"},
		{"moons", "c", .repetition = 0, .objective = 3, .beta = "0.2"},
		{"moons", "d", .repetition = 0, .objective = 4, .beta = "0.3"},
		{"moons", "e", .status = "failed", .repetition = 0, .objective = 1, .beta = "0.1"},
	};
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);
	struct floors floors;

	(void)state;
	for (size_t i = 0; i < LENGTH(cells); i++) {
		records.at[i].result.objective = cells[i].objective;
		records.at[i].result.lower_bound = NAN;
	}
	records.at[0].result.lower_bound = 2; /* b has none */
	records.at[5].result.lower_bound = 3.5;
	assert_true(fixture_trace(&records, 1, "iteration,seconds,objective\n1,1,6.5\n2,2,7\n"));
	floors = floors_of(&records);
	check_equal(floors_at(&floors, &records.at[0]), 6.5);
	check_equal(floors_at(&floors, &records.at[1]), 6.5);
	check_equal(floors_at(&floors, &records.at[2]), 5);
	check_equal(floors_at(&floors, &records.at[3]), 5);
	check_equal(floors_at(&floors, &records.at[4]), 3);
	check_equal(floors_at(&floors, &records.at[5]), 3.5);
	check_nan(floors_at(&floors, &records.at[6]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_front_is_of_what_nothing_beats),
		cmocka_unit_test(axes_run_from_the_lowest_to_the_highest),
		cmocka_unit_test(the_best_known_value_is_of_the_same_objective),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
