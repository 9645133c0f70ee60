/* Ratios of sampled programs to the best bound of all networks: which records they are of, and the
 * line above them, by hand. */
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

static const char *const room = room_of_tests.folder;
static struct arena *const arena = &room_of_tests.arena;

struct ratio_options {
	const char *x;
	double constant;
	struct texts methods;
};

/* `exact` and `relaxation` bound all networks; `far` has another beta, `broken` another repetition
 * than any of them. */
static const struct fixture_cell cells[] = {
	{"moons", "sampled", "patterns", "4", .objective = 12, .patterns = 4, .beta = "1"},
	{"moons", "sampled", "patterns", "8", .objective = 9, .patterns = 8, .beta = "1"},
	{"moons", "exact", .objective = 8, .beta = "1"},
	{"moons", "relaxation", .objective = 30, .beta = "1"},
	{"moons", "far", .objective = 9, .patterns = 4, .beta = "2"},
	{"moons", "broken", .repetition = 1, .objective = 9, .patterns = 4, .beta = "1"},
};

enum { EXACT = 2, RELAXATION = 3, SAMPLES = 50 };

static struct records made(void)
{
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);

	for (size_t i = 0; i < records.count; i++) {
		struct result *r = &records.at[i].result;
		bool all = i == EXACT || i == RELAXATION;

		r->n_train = SAMPLES;
		r->bound_scope = i == RELAXATION ? "all networks" : all ? "all" : "sampled";
		r->lower_bound = i == EXACT ? 7.5 : i == RELAXATION ? 6 : 7.9;
	}
	global_bound_fill(&records);
	return records;
}

static const char *draw(const struct ratio_options *options, const char *end)
{
	struct records records = made();
	bool written = false;

	assert_true(fixture_plot("bound_ratio", options, &records, &written));
	return written ? fixture_text(&records, "bound_ratio", end) : NULL;
}

static void near(const char *text, const char *title, size_t row, size_t count, const double *want)
{
	double got[4];

	assert_true(fixture_numbers(text, title, row, count, got));
	for (size_t i = 0; i < count; i++)
		check_close(got[i], want[i], 0, 1e-5);
}

/* 12 and 9 over 7.5, the larger bound; a sampled bound above it is none. */
static void ratios_are_to_the_best_bound_of_all_networks(void **state)
{
	const struct ratio_options options = {"patterns", NAN, {0}};
	const char *text = draw(&options, ".dat");
	double root = sqrt(log(2.0 * SAMPLES));

	(void)state;
	assert_non_null(text);
	near(text, "# moons: sampled\n", 0, 2, (double[]){4, 1.6});
	near(text, "# moons: sampled\n", 1, 2, (double[]){8, 1.2});
	near(text, "# moons: C sqrt(log 2n)\n", 0, 2, (double[]){4, 1.6});
	near(text, "# moons: C sqrt(log 2n)\n", 1, 2, (double[]){8, 1.6});
	assert_null(strstr(text, "far"));
	assert_null(strstr(text, "broken"));
	assert_null(strstr(text, "exact"));
	text = draw(&options, ".gp");
	assert_non_null(strstr(text, arena_format(arena, "%.3g sqrt(log 2n)", 1.6 / root)));
	assert_non_null(strstr(text, "exceeds"));
}

static void the_constant_can_be_given(void **state)
{
	const struct ratio_options options = {"patterns", 2, {0}};
	const char *text = draw(&options, ".dat");

	(void)state;
	near(text, "# moons: C sqrt(log 2n)\n", 0, 2, (double[]){4, 2 * sqrt(log(2.0 * SAMPLES))});
	assert_null(strstr(draw(&options, ".gp"), "exceeds"));
}

/* Against the samples themselves one panel holds all data sets. */
static void samples_are_the_size_by_default(void **state)
{
	const struct ratio_options options = {"n_train", NAN, {0}};
	const char *text = draw(&options, ".dat");

	(void)state;
	near(text, "# sampled, patterns=4\n", 0, 2, (double[]){SAMPLES, 1.6});
	near(text, "# sampled, patterns=8\n", 0, 2, (double[]){SAMPLES, 1.2});
}

static void methods_can_be_chosen(void **state)
{
	const struct ratio_options options = {"patterns", NAN, {1, (const char *const[]){"far"}}};

	(void)state;
	assert_null(draw(&options, ".dat"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratios_are_to_the_best_bound_of_all_networks),
		cmocka_unit_test(the_constant_can_be_given),
		cmocka_unit_test(samples_are_the_size_by_default),
		cmocka_unit_test(methods_can_be_chosen),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
