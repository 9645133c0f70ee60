/* The plot of variance components, by hand. */
#include "harness/file/folder.h"
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

struct drawn_cell {
	const char *method;
	double split, draw, test, patterns;
};

static const char *draw(const struct drawn_cell *cells, size_t count, struct records *records)
{
	const struct {
		long y;
		struct texts methods;
	} options = {0, {0}};
	struct fixture_cell *like = ARENA_ARRAY(arena, struct fixture_cell, count);
	bool written = false;

	for (size_t i = 0; i < count; i++)
		like[i] = (struct fixture_cell){.data = "moons",
						.method = cells[i].method,
						.path = "draw",
						.value = i % 2 ? "0" : "1",
						.test = cells[i].test,
						.patterns = cells[i].patterns};
	*records = fixture_records(like, count, room, arena);
	for (size_t i = 0; i < count; i++) {
		records->at[i].data_draw = cells[i].split;
		records->at[i].method_draw = cells[i].draw;
	}
	assert_true(fixture_plot("variance", &options, records, &written));
	assert_true(written);
	return fixture_text(records, "variance", ".dat");
}

/* Pairs of `a`: 0.6 and 0.7, 0.8 and 0.9 share a split: 0.005; 0.6 and 0.8, 0.7 and 0.9 a draw:
 * 0.02; none: 0.045, 0.005, mean 0.025. So split 0.02, patterns 0.005, interaction 0.
 * Of `b`: split shared 0.02, draw shared 0.02, none 0: all but the interaction, 0.04, below 0. */
static void bars_are_the_components(void **state)
{
	static const struct drawn_cell cells[] = {{"a", 0, 0, 0.6, 10},  {"a", 0, 1, 0.7, 10},
						  {"a", 1, 0, 0.8, 10},  {"a", 1, 1, 0.9, 10},
						  {"b", 0, 0, 0.5, NAN}, {"b", 0, 1, 0.7, NAN},
						  {"b", 1, 0, 0.7, NAN}, {"b", 1, 1, 0.5, NAN}};
	static const struct {
		const char *title;
		size_t row;
		double place, deviation;
	} want[] = {{"# moons: split", 0, -0.27, 0.02},   {"# moons: split", 1, 0.73, 0},
		    {"# moons: patterns", 0, 0, 0.005},   {"# moons: initialisation", 0, 1, 0},
		    {"# moons: interaction", 0, 0.27, 0}, {"# moons: interaction", 1, 1.27, 0.04}};
	struct records records;
	const char *text = draw(cells, LENGTH(cells), &records);
	double got[2];

	(void)state;
	for (size_t i = 0; i < LENGTH(want); i++) {
		assert_true(fixture_numbers(text, want[i].title, want[i].row, 2, got));
		check_close(got[0], want[i].place, 1e-8, 0);
		check_close(got[1], 100 * sqrt(want[i].deviation), 1e-8, 1e-5); /* per cent */
	}
	text = fixture_text(&records, "variance", ".gp");
	assert_non_null(strstr(text, "standard deviation of test accuracy in "));
	assert_non_null(strstr(text, "a: 2 splits x 2 draws of patterns, 4 cells"));
	assert_non_null(strstr(text, "0: split"));
}

/* As repetitions draw both, what they do together is all that is known. */
static void what_moves_together_is_one_bar(void **state)
{
	static const struct drawn_cell cells[] = {{"a", 0, 0, 0.6, 10}, {"a", 1, 1, 0.8, 10}};
	struct records records;
	const char *text = draw(cells, LENGTH(cells), &records);
	double got[2];

	(void)state;
	assert_null(strstr(text, "# moons: split\n"));
	assert_true(fixture_numbers(text, "# moons: split and patterns together", 0, 2, got));
	check_equal(got[0], 0);
	check_close(got[1], 100 * sqrt(0.02), 1e-8, 0);
	text = fixture_text(&records, "variance", ".gp");
	assert_non_null(strstr(text, "not separable"));
}

/* One split alone: patterns and what they do with it. */
static void a_fixed_split_has_no_bar(void **state)
{
	static const struct drawn_cell cells[] = {{"a", 5, 0, 0.6, NAN}, {"a", 5, 1, 0.8, NAN}};
	struct records records;
	const char *text = draw(cells, LENGTH(cells), &records);
	double got[2];

	(void)state;
	assert_null(strstr(text, "# moons: split"));
	assert_true(fixture_numbers(text, "# moons: initialisation and interaction", 0, 2, got));
	check_close(got[1], 100 * sqrt(0.02), 1e-8, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bars_are_the_components),
		cmocka_unit_test(what_moves_together_is_one_bar),
		cmocka_unit_test(a_fixed_split_has_no_bar),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
