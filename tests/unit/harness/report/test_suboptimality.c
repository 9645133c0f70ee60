/* Distances to the best network against accuracy: what they are measured from, which cells share
 * it, and the rank correlations, by hand. */
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

struct suboptimality_options {
	long above, panels, y;
	double least;
	struct texts methods;
};

enum { BEST, BOUND };
enum { PROBLEM, OBJECTIVE };

static const struct fixture_cell cells[] = {
	{"moons", "near", .test = 0.9, .objective = 10, .beta = "1"},
	{"moons", "far", .test = 0.7, .objective = 20, .beta = "1"},
	{"moons", "other", .test = 0.8, .objective = 15, .beta = "1"},
	{"moons", "near", "beta", "2", .test = 0.6, .objective = 30, .beta = "2"},
	{"moons", "far", "beta", "2", .test = 0.5, .objective = 33, .beta = "2"},
	{"rings", "near", .test = 0.5, .objective = 4, .beta = "1"},
	{"rings", "far", .test = 0.6, .objective = 5, .beta = "1"},
	{"rings", "other", .test = 0.4, .objective = 6, .beta = "1"},
	{"rings", "broken", .status = "failed", .test = 0.4, .objective = 1, .beta = "1"},
};

static struct records made(double bound)
{
	struct records records = fixture_records(cells, LENGTH(cells), room, arena);

	for (size_t i = 0; i < records.count; i++)
		records.at[i].result.lower_bound = NAN;
	records.at[0].result.lower_bound = bound;
	records.at[0].result.bound_scope = "all networks";
	global_bound_fill(&records);
	return records;
}

static const char *draw(const struct suboptimality_options *options, double bound, const char *end)
{
	struct records records = made(bound);
	bool written = false;

	assert_true(fixture_plot("suboptimality", options, &records, &written));
	return written ? fixture_text(&records, "suboptimality", end) : NULL;
}

static void near(const char *text, const char *title, size_t row, const double *want)
{
	double got[2];

	assert_true(fixture_numbers(text, title, row, 2, got));
	for (size_t i = 0; i < 2; i++)
		check_close(got[i], want[i], 0, 1e-5);
}

/* Each problem has its own best network; a failed cell is none. */
static void networks_are_measured_from_the_best_of_their_problem(void **state)
{
	const struct suboptimality_options options = {.least = 1e-3};
	const char *text = draw(&options, NAN, ".dat");

	(void)state;
	assert_non_null(text);
	near(text, "# moons: near\n", 0, (double[]){1e-3, 90});
	near(text, "# moons: far\n", 0, (double[]){1, 70});
	near(text, "# moons: other\n", 0, (double[]){0.5, 80});
	near(strstr(text, "# moons: other"), "# moons: far\n", 0, (double[]){0.1, 50});
	near(text, "# rings: far\n", 0, (double[]){0.25, 60});
	assert_null(strstr(text, "broken"));
	text = draw(&options, NAN, ".gp");
	assert_non_null(strstr(text, "rank correlation -1.00")); /* moons, beta 1 */
	assert_non_null(strstr(text, "rank correlation -0.50")); /* rings */
	assert_null(strstr(text, "beta 2, rank correlation"));   /* of two networks */
}

/* They predict one class, or none: their accuracy says nothing of the objective. */
static void networks_without_a_neuron_have_no_place(void **state)
{
	const struct suboptimality_options options = {.least = 1e-3};
	struct records records = made(NAN);
	bool written = false;

	(void)state;
	records.at[1].result.neurons = 0; /* far, of moons */
	assert_true(fixture_plot("suboptimality", &options, &records, &written));
	assert_null(strstr(fixture_text(&records, "suboptimality", ".dat"), "# moons: far\n1 "));
	assert_non_null(strstr(fixture_text(&records, "suboptimality", ".gp"), "out: 1"));
}

static void equal_accuracies_have_an_axis_that_ends_at_all(void **state)
{
	const struct suboptimality_options options = {.least = 1e-3};
	struct records records = made(NAN);
	bool written = false;

	(void)state;
	for (size_t i = 0; i < records.count; i++)
		records.at[i].result.test_accuracy = 1;
	assert_true(fixture_plot("suboptimality", &options, &records, &written));
	assert_non_null(
		strstr(fixture_text(&records, "suboptimality", ".gp"), "set yrange [90:101]"));
}

static void without_a_bound_there_is_no_distance_to_it(void **state)
{
	const struct suboptimality_options options = {.above = BOUND, .least = NAN};
	const char *text = draw(&options, 8, ".dat");

	(void)state;
	near(text, "# moons: near\n", 0, (double[]){0.25, 90});
	near(text, "# moons: far\n", 0, (double[]){1.5, 70});
	assert_null(strstr(text, "rings"));
	assert_non_null(strstr(draw(&options, 8, ".gp"), "5 networks without a bound above 0"));
	assert_null(draw(&options, NAN, ".dat"));
}

/* One panel for both data sets; accuracies are less 0.8 of moons and 0.5 of rings. */
static void problems_of_one_objective_share_a_panel(void **state)
{
	const struct suboptimality_options options = {.panels = OBJECTIVE};
	const char *text = draw(&options, NAN, ".dat");

	(void)state;
	near(text, "# near\n", 0, (double[]){1e-4, 10});
	near(text, "# near\n", 1, (double[]){1e-4, 0});
	near(text, "# far\n", 1, (double[]){0.25, 10});
	assert_non_null(strstr(draw(&options, NAN, ".gp"), "rank correlation -0.75"));
}

/* What is not drawn is still the best one. */
static void methods_can_be_chosen(void **state)
{
	const struct suboptimality_options options = {.methods = {1, (const char *const[]){"far"}}};
	const char *text = draw(&options, NAN, ".dat");

	(void)state;
	near(text, "# moons: far\n", 0, (double[]){1, 70});
	assert_null(strstr(text, "near"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks_are_measured_from_the_best_of_their_problem),
		cmocka_unit_test(networks_without_a_neuron_have_no_place),
		cmocka_unit_test(equal_accuracies_have_an_axis_that_ends_at_all),
		cmocka_unit_test(without_a_bound_there_is_no_distance_to_it),
		cmocka_unit_test(problems_of_one_objective_share_a_panel),
		cmocka_unit_test(methods_can_be_chosen),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
