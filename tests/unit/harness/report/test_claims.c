/* Claims on records in memory: statistics by hand, which cells take part, and what is said where
 * there is none. */
#include "harness/report/claims/claims.h"
#include "harness/spec/bind/bind.h"
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

#define CELL(data_, method_, value_, k, test_, objective_, seconds_, beta_)                 \
	{                                                                                   \
		.data = data_, .method = method_, .path = "neurons", .value = value_,       \
		.repetition = k, .test = test_, .validation = NAN, .objective = objective_, \
		.seconds = seconds_, .patterns = NAN, .beta = beta_                         \
	}

static const struct fixture_cell cells[] = {
	CELL("moons", "a", "10", 0, 0.90, 8, 1, "0.1"),
	CELL("moons", "a", "10", 1, 0.92, 9, 2, "0.1"),
	CELL("moons", "a", "10", 2, 0.94, 7, 4, "0.1"),
	CELL("moons", "b", "10", 0, 0.80, 8, 2, "0.1"),
	CELL("moons", "b", "10", 1, 0.84, 9, 8, "0.1"),
	CELL("moons", "b", "10", 2, 0.86, 7, 8, "0.1"),
	CELL("moons", "c", "10", 0, 0.50, 1, 1, "0.2"),
	CELL("moons", "c", "20", 0, 0.60, 1, 4, "0.2"),
	CELL("moons", "c", "40", 0, 0.70, 1, 16, "0.2"),
	CELL("moons", "c", "10", 1, 0.52, 1, 1, "0.2"),
	CELL("moons", "c", "20", 1, 0.62, 1, 2, "0.2"),
	CELL("moons", "c", "40", 1, 0.72, 1, 4, "0.2"),
};

static long column(const char *name)
{
	for (long i = 0; claim_columns[i]; i++)
		if (strcmp(claim_columns[i], name) == 0)
			return i;
	fail();
	return -1;
}

static struct claim_options claim(enum claim_statistic statistic, const char *of,
				  const char *method, const char *against)
{
	const char **rival = ARENA_NEW(arena, const char *);

	*rival = against;
	return (struct claim_options){.claim = "it is so",
				      .place = "",
				      .published = "not readable",
				      .statistic = statistic,
				      .of = column(of),
				      .trace = SCALAR_UNSET_INT,
				      .iteration = NAN,
				      .method = method,
				      .against = {against != NULL, rival},
				      .quantile = NAN,
				      .at_least = 0,
				      .at_most = NAN};
}

static struct claim_result judge(struct claim_options *one)
{
	struct records records = fixture_records(cells, LENGTH(cells), NULL, arena);
	const struct groups list = {1, one};

	return claims_judge(&records, &list).at[0];
}

static void a_difference_is_of_equal_repetitions(void **state)
{
	struct claim_options one = claim(CLAIM_DIFFERENCE, "test_accuracy", "a", "b");
	struct claim_result got = judge(&one);

	(void)state;
	assert_int_equal(got.count, 1);
	check_close(got.at[0].interval.mean, (0.10 + 0.08 + 0.08) / 3, 1e-12, 0);
	check_close(got.at[0].median, 0.08, 1e-12, 0);
	assert_int_equal(got.at[0].used, 3);
	assert_int_equal(got.verdict, FINDING_CONFIRMED);
	one.at_least = 0.2;
	assert_int_equal(judge(&one).verdict, FINDING_CONTRADICTED);
	one.margin = 0.2;
	assert_int_equal(judge(&one).verdict, FINDING_NOT_CONFIRMED);
	one.at_least = NAN;
	one.at_most = 0.09;
	one.margin = 0;
	got = judge(&one);
	assert_int_equal(got.verdict, FINDING_UNDECIDED);
	check_above(got.at[0].more, 0);
}

static void a_ratio_is_a_geometric_mean(void **state)
{
	struct claim_options one = claim(CLAIM_RATIO, "time", "a", "b");
	struct claim_result got;

	(void)state;
	one.at_least = NAN;
	one.at_most = 2;
	got = judge(&one);
	check_close(got.at[0].interval.mean, pow(0.5 * 0.25 * 0.5, 1.0 / 3), 1e-12, 0);
	check_close(got.at[0].median, 0.5, 1e-12, 0);
	assert_int_equal(got.verdict, FINDING_CONFIRMED);
}

/* Seconds grow like neurons squared in the first repetition, like neurons in the second. */
static void a_slope_is_a_line_for_each_repetition(void **state)
{
	struct claim_options one = claim(CLAIM_SLOPE, "time", "c", NULL);
	struct claim_result got;

	(void)state;
	one.x = "neurons";
	got = judge(&one);
	assert_int_equal(got.count, 1);
	check_close(got.at[0].interval.mean, 1.5, 1e-12, 0);
	assert_int_equal(got.at[0].used, 2);
}

static void where_says_which_setting(void **state)
{
	static const struct text_entry at[] = {{"neurons", "20.0"}};
	struct claim_options one = claim(CLAIM_VALUE, "test_accuracy", "c", NULL);
	struct claim_result got;

	(void)state;
	one.where = (struct text_map){1, at};
	got = judge(&one);
	check_close(got.at[0].interval.mean, 0.61, 1e-12, 0);
}

static void what_cannot_be_told_is_undecided_and_says_why(void **state)
{
	static const struct text_entry at[] = {{"neurons", "50"}};
	struct claim_options one = claim(CLAIM_DIFFERENCE, "objective_network", "a", "c");
	struct claim_result got = judge(&one);

	(void)state;
	assert_int_equal(got.verdict, FINDING_UNDECIDED);
	assert_non_null(strstr(got.at[0].note, "objectives are not the same"));
	one = claim(CLAIM_VALUE, "test_accuracy", "c", NULL);
	one.where = (struct text_map){1, at};
	got = judge(&one);
	assert_int_equal(got.verdict, FINDING_UNDECIDED);
	assert_non_null(strstr(got.at[0].note, "c has no such cells"));
	one = claim(CLAIM_VALUE, "test_rmse", "a", NULL);
	assert_non_null(strstr(judge(&one).at[0].note, "no cell has a value"));
}

/* A gap that falls by a tenth each iteration, and one that falls like 1 / iteration. */
static void a_rate_is_geometric_or_a_power(void **state)
{
	struct records records;
	struct claim_options one = claim(CLAIM_VALUE, "test_accuracy", "a", NULL);
	const struct groups list = {1, &one};
	char text[3][512];
	const char *const head = "iteration,seconds,gap\n", *const end = "end";
	struct claim_case got;

	(void)state;
	records = fixture_records(cells, LENGTH(cells), room, arena);
	for (size_t r = 0; r < 3; r++) {
		size_t length = (size_t)snprintf(text[r], sizeof text[r], "%s", head);

		for (int k = 1; k <= 8; k++)
			length += (size_t)snprintf(text[r] + length, sizeof text[r] - length,
						   "%d,%d,%.12g\n", k, k,
						   r < 2 ? pow(0.9, k) + 1e-3 * (k % 2) : 1.0 / k);
		assert_true(fixture_trace(&records, r, text[r]));
	}
	for (one.trace = 0; strcmp(claim_traces[one.trace], "gap") != 0;)
		one.trace++;
	one.fit = CLAIM_FIT_GEOMETRIC;
	one.at_least = 1;
	got = claims_judge(&records, &list).at[0].at[0];
	assert_int_equal(got.used, 3);
	check_above(got.median, 10);
	one.fit = CLAIM_FIT_NONE;
	one.iteration = 2.5;
	got = claims_judge(&records, &list).at[0].at[0];
	check_close(got.interval.mean, (2 * 0.81 + 0.5) / 3, 1e-9, 0);
	one.statistic = CLAIM_DIFFERENCE;
	one.against = (struct texts){1, &end};
	got = claims_judge(&records, &list).at[0].at[0];
	check_close(got.interval.mean, (2 * (0.81 - pow(0.9, 8)) + 0.5 - 0.125) / 3, 1e-9, 0);
}

#define BEST(data_, method_, value_, k, objective_, beta_) \
	CELL(data_, method_, value_, k, 0.5, objective_, 1, beta_)

/* Two problems with two penalties each; `c` has two settings, of which the better one counts. Of
 * `a` over the best of the others: 8/10, 6/5, 3/4, 1/1, and in the second repetition 9/10. */
static const struct fixture_cell tried[] = {
	BEST("moons", "a", "10", 0, 8, "1"),   BEST("moons", "a", "20", 0, 6, "0.1"),
	BEST("circles", "a", "10", 0, 3, "1"), BEST("circles", "a", "20", 0, 1, "0.1"),
	BEST("moons", "b", "10", 0, 10, "1"),  BEST("moons", "b", "20", 0, 7, "0.1"),
	BEST("circles", "b", "10", 0, 4, "1"), BEST("circles", "b", "20", 0, 1, "0.1"),
	BEST("moons", "c", "10", 0, 12, "1"),  BEST("moons", "c", "15", 0, 11, "1"),
	BEST("moons", "c", "20", 0, 5, "0.1"), BEST("circles", "c", "20", 0, 2, "0.1"),
	BEST("moons", "a", "10", 1, 9, "1"),   BEST("moons", "a", "20", 1, 6, "0.1"),
	BEST("circles", "a", "10", 1, 3, "1"), BEST("circles", "a", "20", 1, 1, "0.1"),
	BEST("moons", "b", "10", 1, 10, "1"),  BEST("moons", "b", "20", 1, 5, "0.1"),
	BEST("circles", "b", "10", 1, 4, "1"), BEST("circles", "b", "20", 1, 1, "0.1"),
};

static void a_quantile_is_over_problems_losses_and_penalties(void **state)
{
	static const char *const others[] = {"b", "c"};
	static const struct text_entry at[] = {{"neurons", "20"}};
	struct records records = fixture_records(tried, LENGTH(tried), NULL, arena);
	struct claim_options one = claim(CLAIM_RATIO, "objective_network", "a", NULL);
	const struct groups list = {1, &one};
	struct claim_result got;

	(void)state;
	one.against = (struct texts){2, others};
	one.quantile = 1;
	got = claims_judge(&records, &list).at[0];
	assert_int_equal(got.count, 1);
	assert_string_equal(got.at[0].problem, "4 cases: moons, neurons=20");
	assert_int_equal(got.at[0].used, 2);
	check_close(got.at[0].interval.mean, 1.2, 1e-12, 0);
	one.quantile = 0;
	check_close(claims_judge(&records, &list).at[0].at[0].interval.mean, 0.75, 1e-12, 0);
	one.quantile = 0.5; /* between 0.8 and 1, 0.9 and 1 */
	check_close(claims_judge(&records, &list).at[0].at[0].interval.mean,
		    sqrt(sqrt(0.8) * sqrt(0.9)), 1e-12, 0);
	one.quantile = 1;
	one.where = (struct text_map){1, at};
	one.data = "circles";
	got = claims_judge(&records, &list).at[0];
	assert_string_equal(got.at[0].problem, "circles, 1 case: circles, neurons=20");
	check_close(got.at[0].interval.mean, 1, 1e-12, 0);
}

/* No quantile is of the cases that happen to have a value, and a cell below a bound counts. */
static void no_case_is_left_out_in_silence(void **state)
{
	struct records records = fixture_records(tried, LENGTH(tried), NULL, arena);
	struct claim_options one = claim(CLAIM_RATIO, "objective_network", "a", "c");
	const struct groups list = {1, &one};
	struct claim_case got;

	(void)state;
	one.quantile = 0.5;
	got = claims_judge(&records, &list).at[0].at[0];
	assert_int_equal(got.used, 0);
	assert_int_equal(got.left_out, 2);
	assert_non_null(strstr(got.note, "circles, neurons=10 has no value"));
	one = claim(CLAIM_VALUE, "above_bound", "a", NULL);
	one.quantile = 0;
	for (size_t i = 0; i < records.count; i++)
		records.at[i].result.above_bound = 0.5;
	check_close(claims_judge(&records, &list).at[0].at[0].interval.mean, 0.5, 1e-12, 0);
	records.at[3].result.above_bound = records.at[15].result.above_bound = -0.25;
	records.at[3].result.status = records.at[15].result.status = "failed";
	assert_int_equal(claims_judge(&records, &list).at[0].at[0].used, 0);
	records.at[3].contradicted = records.at[15].contradicted = true;
	got = claims_judge(&records, &list).at[0].at[0];
	check_close(got.interval.mean, -0.25, 1e-12, 0);
	assert_int_equal(got.verdict, FINDING_CONTRADICTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_difference_is_of_equal_repetitions),
		cmocka_unit_test(a_ratio_is_a_geometric_mean),
		cmocka_unit_test(a_slope_is_a_line_for_each_repetition),
		cmocka_unit_test(where_says_which_setting),
		cmocka_unit_test(what_cannot_be_told_is_undecided_and_says_why),
		cmocka_unit_test(a_rate_is_geometric_or_a_power),
		cmocka_unit_test(a_quantile_is_over_problems_losses_and_penalties),
		cmocka_unit_test(no_case_is_left_out_in_silence),
	};

	return cmocka_run_group_tests(tests, room_open, room_close);
}
