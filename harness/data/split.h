/* Which row goes to which part. */
#ifndef DATA_SPLIT_H
#define DATA_SPLIT_H

#include "solvers/core/arena.h"
#include "solvers/core/rng.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { SPLIT_FOLDS_MOST = 1000 };

struct split_options { /* a share of the rows if < 1, a count if >= 1 */
	double test;   /* NaN: the source's own test part, or 0 if it has none */
	double validation;
	bool stratified;
	long folds; /* of k equal parts of all rows one is the test part; 0 = none */
	long fold;  /* which of them, from 1: of a cell, no option */
	long inner; /* of k equal parts of the rows outside a fold one is the validation part */
	long inner_fold; /* which of them, from 1: of a cell; 0: none, all of them are trained on */
};

enum split_role {
	SPLIT_TRAIN,
	SPLIT_VALIDATION,
	SPLIT_TEST,
	SPLIT_ROLES,
	SPLIT_NONE = SPLIT_ROLES /* in no part */
};

/* What is split: n rows of `classes` classes; `label` has their numbers from 0, and is NULL for
 * regression, where stratification has no meaning and is left out. */
struct split_rows {
	size_t n, classes;
	const int *label;
	bool has_test; /* the source has a test part of its own, which is not among these rows */
};

/* Draw without replacement; shares are of n. The test part is drawn first, so it does not depend on
 * the size of the validation part. Stratified: each class gives its share, rounded by largest
 * remainders. Leaves at least 2 training rows, or an error.
 *
 * The folds of one stream are a partition of the rows; their sizes, and those of each class in
 * them, differ by at most 1. The validation part of a fold is of the rows that follow it.
 * Inner folds are a partition of the rows outside of their fold, which is in no part then: what is
 * chosen in them has not seen it. */
enum status split_assign(const struct split_options *options, const struct split_rows *rows,
			 struct rng *rng, struct arena *scratch, unsigned char *role,
			 struct err *err);

/* Rows that are drawn from by turns: those of each class, or all. Two classes in their order, more
 * as they first appear, so that another order of the classes draws the same rows. */
struct split_strata {
	size_t count;
	size_t *left;     /* rows of each */
	const int *label; /* as in split_rows; NULL: one stratum */
	const size_t *of; /* by class */
};

struct split_strata split_strata_of(const struct split_rows *rows, struct arena *arena);

/* The stratum of a row. */
static inline size_t split_stratum(const struct split_strata *strata, size_t row)
{
	return strata->label ? strata->of[strata->label[row]] : 0;
}

/* take[c] of k rows from `count` strata of left[c] rows: floor of the exact share, the rest to the
 * largest remainders (a tie goes to the first stratum). k <= sum of left, so none is asked for more
 * than it has. */
void split_quota(size_t k, size_t count, const size_t *left, size_t *take);

#endif
