/* Random partition of rows into training, validation and test part. */
#include "harness/data/split.h"

#include <math.h>

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

enum status split_assign(const struct split_options *options, const struct split_rows *rows,
			 struct rng *rng, struct arena *scratch, unsigned char *role,
			 struct err *err)
{
	size_t test = 0, validation = 0, used = 0, *left, *takes[2], **index;
	size_t *room = ARENA_ARRAY(scratch, size_t, rows->n);
	struct split_rows drawn = *rows;
	struct split_strata strata;

	if (rows->has_test && options->test > 0)
		return err_set(err, STATUS_SPEC,
			       "split.test: the source has a test part of its own; leave test out, "
			       "or write 0 for no test part");
	if (!isnan(options->test))
		TRY(count_of("test", options->test, rows->n, &test, err));
	TRY(count_of("validation", options->validation, rows->n, &validation, err));
	if (test + validation + LEAST_TRAINING > rows->n)
		return err_set(err, STATUS_SPEC,
			       "split: %zu test and %zu validation rows of %zu leave fewer than %d "
			       "training rows",
			       test, validation, rows->n, LEAST_TRAINING);

	if (!options->stratified)
		drawn.label = NULL;
	strata = split_strata_of(&drawn, scratch);
	left = strata.left;
	index = ARENA_ARRAY(scratch, size_t *, strata.count);
	for (size_t c = 0; c < strata.count; used += left[c], left[c] = 0, c++)
		index[c] = room + used;
	for (size_t i = 0; i < rows->n; i++) {
		size_t c = split_stratum(&strata, i);

		index[c][left[c]++] = i;
		role[i] = SPLIT_TRAIN;
	}
	for (size_t c = 0; c < strata.count; c++)
		rng_shuffle(rng, left[c], index[c]);

	for (int part = 0; part < 2; part++) {
		takes[part] = ARENA_ARRAY(scratch, size_t, strata.count);
		split_quota(part ? validation : test, strata.count, left, takes[part]);
		for (size_t c = 0; c < strata.count; c++)
			left[c] -= takes[part][c];
	}
	for (size_t c = 0; c < strata.count; c++) /* in random order: the first are the test part */
		for (size_t i = 0; i < takes[0][c] + takes[1][c]; i++)
			role[index[c][i]] = i < takes[0][c] ? SPLIT_TEST : SPLIT_VALIDATION;
	return STATUS_OK;
}
