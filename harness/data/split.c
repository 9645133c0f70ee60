/* Random partition of rows into training, validation and test part. */
#include "harness/data/split.h"

#include <math.h>
#include <string.h>

enum { LEAST_TRAINING = 2 };

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

void split_quota(size_t k, size_t count, const size_t *left, size_t *take)
{
	size_t all = 0, rest = k, best;
	double most, remainder;

	for (size_t c = 0; c < count; c++)
		all += left[c];
	for (size_t c = 0; c < count; c++) {
		double exact = all > 0 ? (double)k * ((double)left[c] / (double)all) : 0;

		take[c] = (size_t)exact < left[c] ? (size_t)exact : left[c];
		rest -= take[c];
	}
	for (; rest > 0; rest--) {
		best = 0;
		most = -HUGE_VAL;
		for (size_t c = 0; c < count; c++) {
			remainder = (double)k * ((double)left[c] / (double)all) - (double)take[c];
			if (take[c] == left[c] || !(remainder > most))
				continue;
			best = c;
			most = remainder;
		}
		take[best]++;
	}
}

struct split_strata split_strata_of(const struct split_rows *rows, struct arena *arena)
{
	size_t count = rows->label ? rows->classes : 1, seen = 0;
	size_t *of = ARENA_ARRAY(arena, size_t, count), *left = ARENA_ARRAY(arena, size_t, count);

	for (size_t c = 0; c < count; c++)
		of[c] = count <= 2 ? c : count;
	for (size_t i = 0; i < rows->n; i++) {
		size_t *at = &of[rows->label ? rows->label[i] : 0];

		if (*at == count)
			*at = seen++;
		left[*at]++;
	}
	return (struct split_strata){count, left, rows->label, of};
}

/* Blocks of a shuffled class go to the folds in turn; the next class goes on where the last one has
 * ended. The rows of each class are turned until those of the fold asked for come first. Returns
 * how many these are, by class. */
static void turn_to_fold(size_t folds, size_t fold, const struct split_strata *strata,
			 size_t **index, size_t *take, struct arena *scratch)
{
	size_t first = 0; /* that has one row more, where they do not divide evenly */

	for (size_t c = 0; c < strata->count; c++) {
		size_t n = strata->left[c], each = n / folds, more = n % folds, start = 0;
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

/* The rows of each stratum in random order. */
static size_t **shuffle(const struct split_strata *strata, size_t n, struct rng *rng,
			struct arena *scratch)
{
	size_t **index = ARENA_ARRAY(scratch, size_t *, strata->count);
	size_t *end = ARENA_ARRAY(scratch, size_t, strata->count);

	for (size_t c = 0; c < strata->count; c++)
		index[c] = ARENA_ARRAY(scratch, size_t, strata->left[c]);
	for (size_t i = 0; i < n; i++) {
		size_t c = split_stratum(strata, i);

		index[c][end[c]++] = i;
	}
	for (size_t c = 0; c < strata->count; c++)
		rng_shuffle(rng, strata->left[c], index[c]);
	return index;
}

enum status split_assign(const struct split_options *options, const struct split_rows *rows,
			 struct rng *rng, struct arena *scratch, unsigned char *role,
			 struct err *err)
{
	size_t test = 0, validation = 0, *left, *takes[2], **index;
	size_t inner = (size_t)options->inner, at = (size_t)options->inner_fold;
	struct split_rows drawn = *rows;
	struct split_strata strata;

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

	if (!options->stratified)
		drawn.label = NULL;
	strata = split_strata_of(&drawn, scratch);
	left = strata.left;
	index = shuffle(&strata, rows->n, rng, scratch);
	for (int part = 0; part < 2; part++)
		takes[part] = ARENA_ARRAY(scratch, size_t, strata.count);

	memset(role, SPLIT_TRAIN, rows->n);
	if (options->fold > 0)
		turn_to_fold((size_t)options->folds, (size_t)options->fold - 1, &strata, index,
			     takes[0], scratch);
	else
		split_quota(test, strata.count, left, takes[0]);
	/* in random order: the first are the test part */
	for (size_t c = 0; c < strata.count; c++) {
		for (size_t i = 0; i < takes[0][c]; i++)
			role[index[c][i]] = at > 0 ? SPLIT_NONE : SPLIT_TEST;
		index[c] += takes[0][c];
		left[c] -= takes[0][c];
	}
	if (at > 0)
		turn_to_fold(inner, at - 1, &strata, index, takes[1], scratch);
	else
		split_quota(validation, strata.count, left, takes[1]);
	for (size_t c = 0; c < strata.count; c++)
		for (size_t i = 0; i < takes[1][c]; i++)
			role[index[c][i]] = SPLIT_VALIDATION;
	return STATUS_OK;
}
