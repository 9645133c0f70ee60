/* Variance components of crossed random effects,
 *
 *     y = mean + a(first) + b(second) + e(first, second),
 *
 * a, b and e independent with variances s_a, s_b and s_e, by the method of moments: half the mean
 * squared difference of two values that share
 *
 *     the first level alone   is s_b + s_e in expectation,
 *     the second one alone       s_a + s_e,
 *     none of both               s_a + s_b + s_e.
 *
 * Of a complete table these are the estimates of the analysis of variance (Searle, Casella,
 * McCulloch, Variance Components, 1992, ch. 4); they stay unbiased where cells are missing, and may
 * be negative. */
#ifndef STATS_COMPONENTS_H
#define STATS_COMPONENTS_H

#include <stddef.h>

struct components {
	/* Of such pairs; NaN: there is none. */
	double same_first, same_second, apart;
	/* s_a, s_b, s_e; NaN: the pairs that it takes lack. */
	double first, second, both;
};

/* Of n values with the numbers of their levels. */
struct components components_of(const double *y, const double *first, const double *second,
				size_t n);

#endif
