/* Random partition of rows into training, validation and test part. */
#include "harness/data/split.h"

#include <math.h>

enum { CLASSES = 2, LEAST_TRAINING = 2 };

/* A share (< 1) or count of n rows, as a count. */
static enum status count_of(const char *name, double value, size_t n, size_t *count,
			    struct err *err)
{
	double rows = value < 1 ? round(value * (double)n) : value;

	if (rows != floor(rows))
		return err_set(err, STATUS_SPEC,
			       "split.%s: expected a share below 1 or a whole number, got %g", name,
			       value);
	if (rows > (double)n)
		return err_set(err, STATUS_SPEC, "split.%s: %g rows asked for, but there are %zu",
			       name, value, n);
	if (value > 0 && rows == 0)
		return err_set(err, STATUS_SPEC, "split.%s: a share of %g of %zu rows is no row",
			       name, value, n);
	*count = (size_t)rows;
	return STATUS_OK;
}

void split_quota(size_t k, const size_t left[CLASSES], size_t take[CLASSES])
{
	double total = (double)(left[0] + left[1]);
	double exact[CLASSES];
	size_t rest = k;

	for (size_t c = 0; c < CLASSES; c++) {
		exact[c] = total > 0 ? (double)k * ((double)left[c] / total) : 0;
		take[c] = (size_t)exact[c] < left[c] ? (size_t)exact[c] : left[c];
		rest -= take[c];
	}
	while (rest > 0) {
		bool second = exact[1] - (double)take[1] > exact[0] - (double)take[0];
		size_t c = take[second] < left[second] ? second : !second;

		take[c]++;
		rest--;
	}
}

/* Blocks of a shuffled class go to the folds in turn; the next class goes on where the last one has
 * ended. The rows of each class are turned until those of the fold asked for come first. Returns
 * how many these are, by class. */
static void turn_to_fold(size_t folds, size_t fold, const size_t count[CLASSES],
			 size_t *index[CLASSES], size_t take[CLASSES], struct arena *scratch)
{
	size_t first = 0; /* that has one row more, where they do not divide evenly */

	for (size_t c = 0; c < CLASSES; c++) {
		size_t n = count[c], each = n / folds, more = n % folds, start = 0;
		size_t *turned = ARENA_ARRAY(scratch, size_t, n);

		for (size_t f = 0; f <= fold; f++) {
			start += f ? take[c] : 0;
			take[c] = each + ((f + folds - first) % folds < more);
		}
		for (size_t i = 0; i < n; i++)
			turned[i] = index[c][(start + i) % n];
		index[c] = turned;
		first = (first + more) % folds;
	}
}

/* test: rows of the largest fold */
static enum status check_folds(const struct split_options *options, const struct split_rows *rows,
			       size_t test, struct err *err)
{
	if (rows->has_test)
		return err_set(
			err, STATUS_SPEC,
			"split.folds: the source has a test part of its own; leave it out, as "
			"the test part is a fold");
	if ((size_t)options->folds > rows->n)
		return err_set(err, STATUS_SPEC, "split.folds: %ld folds asked for, of %zu rows",
			       options->folds, rows->n);
	if (options->inner_fold > 0 && (size_t)options->inner > rows->n - test)
		return err_set(err, STATUS_SPEC,
			       "split.inner: %ld folds asked for, of %zu rows outside of a fold",
			       options->inner, rows->n - test);
	return STATUS_OK;
}

enum status split_assign(const struct split_options *options, const struct split_rows *rows,
			 struct rng *rng, struct arena *scratch, unsigned char *role,
			 struct err *err)
{
	size_t test = 0, validation = 0, left[CLASSES] = {0}, takes[2][CLASSES];
	size_t inner = (size_t)options->inner, at = (size_t)options->inner_fold;
	size_t *index[CLASSES], *room = ARENA_ARRAY(scratch, size_t, rows->n);
	bool classes = options->stratified && rows->y;

	if (rows->has_test && options->test > 0)
		return err_set(err, STATUS_SPEC,
			       "split.test: the source has a test part of its own; leave test out, "
			       "or write 0 for no test part");
	if (options->fold > 0) {
		test = (rows->n + (size_t)options->folds - 1) / (size_t)options->folds;
		TRY(check_folds(options, rows, test, err));
	} else if (!isnan(options->test)) {
		TRY(count_of("test", options->test, rows->n, &test, err));
	}
	TRY(count_of("validation", options->validation, rows->n, &validation, err));
	if (at > 0)
		validation = (rows->n - test + inner - 1) / inner;
	if (test + validation + LEAST_TRAINING > rows->n)
		return err_set(err, STATUS_SPEC,
			       "split: %zu test and %zu validation rows of %zu leave fewer than %d "
			       "training rows",
			       test, validation, rows->n, LEAST_TRAINING);

	for (size_t i = 0; i < rows->n; i++)
		left[classes && rows->y[i] > 0]++;
	index[0] = room;
	index[1] = room + left[0];
	left[0] = left[1] = 0;
	for (size_t i = 0; i < rows->n; i++) {
		size_t c = classes && rows->y[i] > 0;

		index[c][left[c]++] = i;
		role[i] = SPLIT_TRAIN;
	}
	for (size_t c = 0; c < CLASSES; c++)
		rng_shuffle(rng, left[c], index[c]);

	if (options->fold > 0)
		turn_to_fold((size_t)options->folds, (size_t)options->fold - 1, left, index,
			     takes[0], scratch);
	else
		split_quota(test, left, takes[0]);
	for (size_t c = 0; c < CLASSES; c++) { /* in random order: the first are the test part */
		for (size_t i = 0; i < takes[0][c]; i++)
			role[index[c][i]] = at > 0 ? SPLIT_NONE : SPLIT_TEST;
		index[c] += takes[0][c];
		left[c] -= takes[0][c];
	}
	if (at > 0)
		turn_to_fold(inner, at - 1, left, index, takes[1], scratch);
	else
		split_quota(validation, left, takes[1]);
	for (size_t c = 0; c < CLASSES; c++)
		for (size_t i = 0; i < takes[1][c]; i++)
			role[index[c][i]] = SPLIT_VALIDATION;
	return STATUS_OK;
}
