/* Mean, order statistics and ranks of a sample. */
#ifndef STATS_SAMPLE_H
#define STATS_SAMPLE_H

#include "solvers/core/arena.h"

#include <stddef.h>

/* The middle of a sample, and the quantiles that 80 % of it lie between. */
struct spread {
	double median, low, high; /* low, high: 10 % and 90 % quantiles; NaN where count is 0 */
	size_t count;             /* of the values that are not NaN */
};

/* Ascending; none may be NaN. */
void sample_sort(double *values, size_t count);

/* Sort, and keep each value once; how many are left. */
size_t sample_distinct(double *values, size_t count);

/* The q-quantile of ascending values x_0, ..., x_(n-1): with h = (n - 1) q and i = floor(h)
 *
 *     x_i + (h - i) (x_(i+1) - x_i)
 *
 * (type 7 of Hyndman and Fan, The American Statistician 1996, as numpy); NaN for n = 0. */
double sample_quantile(const double *sorted, size_t count, double q);

/* The values that are not NaN are moved to the front and sorted. */
struct spread sample_spread(double *values, size_t count);

/* (1 / n) sum_i x_i over the n values that are not NaN; NaN for n = 0. *known: n. */
double sample_mean(const double *values, size_t count, size_t *known);

/* Ranks from 1, ascending; equal values share the mean of theirs. None may be NaN. */
void sample_ranks(const double *values, size_t count, double *rank);

/* Spearman's coefficient: Pearson's correlation of the ranks, which is
 *
 *     1 - 6 sum_i (rank x_i - rank y_i)^2 / (n (n^2 - 1))
 *
 * where no values are equal (Spearman, American Journal of Psychology 1904). NaN where all of x or
 * all of y are equal. */
double sample_rank_correlation(const double *x, const double *y, size_t count, struct arena *arena);

#endif
