/* Cross-validation: the folds of a repetition are a partition of the rows, in the proportions of
 * the classes. */
#include "tests/close.h"
#include "tests/unit/harness/data/test_data_load.h"

#include <math.h>
#include <string.h>

enum { MOST = 128 };

/* How often each row of the file, known by its first column, is in a part; and its rows of +1. */
static size_t tally(const struct part *part, int seen[MOST])
{
	size_t positive = 0;

	for (ptrdiff_t i = 0; i < part->X.rows; i++) {
		seen[(int)mat_get(part->X, i, 0)]++;
		positive += part->y[i] > 0;
	}
	return positive;
}

static struct dataset load_fold(struct place *place, long folds, long fold, long repetition)
{
	place->options.split.folds = folds;
	place->options.split.fold = fold;
	return load(place, repetition);
}

/* n rows, every k-th of them positive: each row is tested once, and trained on or validated in
 * every other fold; sizes of the folds, and of their classes, differ by at most one. */
static void check_folds(struct place *place, int n, int k, long folds)
{
	int tested[MOST] = {0}, validated[MOST] = {0}, trained[MOST] = {0};
	size_t least = SIZE_MAX, most = 0, fewest = SIZE_MAX, largest = 0;

	write_rows(place, n, k);
	for (long fold = 1; fold <= folds; fold++) {
		struct dataset data = load_fold(place, folds, fold, 0);
		size_t rows = (size_t)data.test.X.rows, positive = tally(&data.test, tested);
		int once[MOST] = {0};

		tally(&data.validation, validated);
		tally(&data.train, trained);
		tally(&data.test, once);
		tally(&data.validation, once);
		tally(&data.train, once);
		for (int i = 0; i < n; i++)
			assert_int_equal(once[i], 1);
		least = rows < least ? rows : least;
		most = rows > most ? rows : most;
		fewest = positive < fewest ? positive : fewest;
		largest = positive > largest ? positive : largest;
	}
	for (int i = 0; i < n; i++) {
		assert_int_equal(tested[i], 1);
		assert_int_equal(trained[i] + validated[i], folds - 1);
	}
	check_at_most((double)most, (double)least + 1);
	if (place->options.split.stratified)
		check_at_most((double)largest, (double)fewest + 1);
}

static void every_row_is_tested_once(void **state)
{
	static const struct {
		int n, k;
		long folds;
	} cases[] = {{103, 4, 5}, {100, 2, 10}, {60, 7, 7}, {23, 3, 2}, {29, 2, 3}, {20, 2, 20}};
	struct place *place = *state;

	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
		for (int stratified = 0; stratified < 2; stratified++) {
			place->options.split.stratified = stratified;
			place->options.split.validation = 0;
			check_folds(place, cases[c].n, cases[c].k, cases[c].folds);
			place->options.split.validation = 0.2;
			check_folds(place, cases[c].n, cases[c].k, cases[c].folds);
		}
}

/* 77 rows of -1 in 5 folds are 15 each and 2 more; the 26 of +1 go on behind these: 5 each, and one
 * more in the third. */
static void the_classes_are_dealt_in_turn(void **state)
{
	struct place *place = *state;

	write_rows(place, 103, 4);
	for (long fold = 1; fold <= 5; fold++) {
		struct dataset data = load_fold(place, 5, fold, 3);
		int seen[MOST] = {0};
		size_t here = tally(&data.test, seen);

		assert_int_equal(here, fold == 3 ? 6 : 5);
		assert_int_equal(data.test.X.rows, fold <= 3 ? 21 : 20);
	}
}

static bool same_test(const struct dataset *a, const struct dataset *b)
{
	int first[MOST] = {0}, second[MOST] = {0};

	tally(&a->test, first);
	tally(&b->test, second);
	return memcmp(first, second, sizeof first) == 0;
}

/* Repetitions deal anew; the validation part does not move the test part, and is another one in
 * each fold. */
static void repetitions_deal_anew(void **state)
{
	struct place *place = *state;
	struct dataset first, again, other, with;
	int validated[MOST] = {0}, most = 0;

	write_rows(place, 60, 3);
	first = load_fold(place, 4, 2, 0);
	again = load_fold(place, 4, 2, 0);
	other = load_fold(place, 4, 2, 1);
	assert_true(same_test(&first, &again));
	assert_false(same_test(&first, &other));
	place->options.split.validation = 0.25;
	with = load_fold(place, 4, 2, 0);
	assert_true(same_test(&first, &with));
	for (long fold = 1; fold <= 4; fold++) {
		with = load_fold(place, 4, fold, 0);
		tally(&with.validation, validated);
	}
	for (int i = 0; i < 60; i++)
		most = validated[i] > most ? validated[i] : most;
	assert_int_equal(most, 1);
}

/* Targets have no classes to keep the proportions of. */
static void regression_is_dealt_too(void **state)
{
	struct place *place = *state;
	int tested[MOST] = {0};

	write_rows(place, 31, 2);
	place->options.task = DATA_REGRESSION;
	for (long fold = 1; fold <= 4; fold++) {
		struct dataset data = load_fold(place, 4, fold, 0);

		assert_int_equal(data.test.X.rows, fold == 4 ? 7 : 8);
		tally(&data.test, tested);
	}
	for (int i = 0; i < 31; i++)
		assert_int_equal(tested[i], 1);
}

/* Of every fold: its rows are in no part of an inner fold; each of the others validates once, and
 * is trained on in the other inner folds, and at last with all of them. */
static void check_inner(struct place *place, int n, long folds, long inner)
{
	struct split_options *split = &place->options.split;

	split->inner = inner;
	for (long fold = 1; fold <= folds; fold++) {
		int tested[MOST] = {0}, validated[MOST] = {0}, trained[MOST] = {0},
		    last[MOST] = {0};
		struct dataset data;
		size_t least = SIZE_MAX, most = 0;

		split->inner_fold = 0;
		data = load_fold(place, folds, fold, 1);
		assert_int_equal(data.validation.X.rows, 0);
		tally(&data.test, tested);
		tally(&data.train, last);
		for (split->inner_fold = 1; split->inner_fold <= inner; split->inner_fold++) {
			size_t rows;

			data = load_fold(place, folds, fold, 1);
			rows = (size_t)data.validation.X.rows;
			assert_int_equal(data.test.X.rows, 0);
			check_at_most(1, (double)rows);
			least = rows < least ? rows : least;
			most = rows > most ? rows : most;
			tally(&data.validation, validated);
			tally(&data.train, trained);
		}
		check_at_most((double)most, (double)least + 1);
		for (int i = 0; i < n; i++) {
			assert_int_equal(tested[i] + last[i], 1);
			assert_int_equal(validated[i], 1 - tested[i]);
			assert_int_equal(trained[i], tested[i] ? 0 : inner - 1);
		}
	}
}

static void inner_folds_do_not_see_the_fold(void **state)
{
	struct place *place = *state;

	for (int stratified = 0; stratified < 2; stratified++) {
		place->options.split.stratified = stratified;
		write_rows(place, 60, 3);
		check_inner(place, 60, 4, 3);
		write_rows(place, 23, 2);
		check_inner(place, 23, 3, 5);
	}
	place->options.task = DATA_REGRESSION;
	check_inner(place, 23, 3, 5);
}

static void check_error(struct place *place, const char *expected)
{
	struct dataset data;
	struct err err = {0};

	assert_int_equal(data_load(&place->options, 7, 0, &place->room.arena, &data, &err),
			 STATUS_SPEC);
	if (!strstr(err.text, expected))
		fail_msg("expected \"%s\", found \"%s\"", expected, err.text);
}

static void what_cannot_be_dealt_is_said(void **state)
{
	struct place *place = *state;

	write_rows(place, 12, 2);
	place->options.split.folds = 13;
	place->options.split.fold = 1;
	check_error(place, "split.folds: 13 folds asked for, of 12 rows");
	place->options.split.folds = 2;
	place->options.split.validation = 5;
	check_error(place, "6 test and 5 validation rows of 12 leave fewer than 2 training rows");
	place->options.split.validation = 0;
	place->options.split.inner = 7;
	place->options.split.inner_fold = 1;
	check_error(place, "split.inner: 7 folds asked for, of 6 rows outside of a fold");
	place->options.split.inner_fold = 0;
	place->csv.test = place->path;
	check_error(place, "split.folds: the source has a test part of its own");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_row_is_tested_once),        CASE(the_classes_are_dealt_in_turn),
		CASE(repetitions_deal_anew),           CASE(regression_is_dealt_too),
		CASE(inner_folds_do_not_see_the_fold), CASE(what_cannot_be_dealt_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
