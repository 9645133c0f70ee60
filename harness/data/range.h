/* Columns of any size between the smallest and the largest double: sums of squares of values scaled
 * by a power of two, which is exact, and divisors whose reciprocal no double holds. */
#ifndef DATA_RANGE_H
#define DATA_RANGE_H

#include "harness/data/table.h"

/* The power of two that divides values of size up to `largest` >= 0 to size below 2; 1 for 0. */
double range_unit(double largest);

/* Whether values from low to high are one value up to rounding: a few units in the last place of
 * the larger one apart. */
bool range_is_constant(double low, double high);

/* What a column from low to high that is constant is divided by: 1 if it is exactly so, else at
 * least its size, so that what remains of the rounding stays below 1e-14. */
double range_constant_size(double low, double high);

/* The smallest and the largest value of each column over the rows of all ranks. */
struct range_ends {
	double *low, *high; /* d */
};

struct range_ends range_ends(const struct rows *rows, struct arena *arena);

/* Mean and standard deviation (divisor n) of each column over the rows of all ranks, to the bit
 * those of one process; the deviation is 0 where all values are equal up to rounding. `size` is the
 * divisor that gives variance 1, or that of a constant column. */
struct range_moments {
	double mean, deviation, size;
};

struct range_moments *range_moments(const struct rows *rows, struct arena *arena);

/* Stages that divide column j by size[j] > 0 (d); where a reciprocal is no normal number, two of
 * them. */
void range_divide(struct stages *stages, const double *size, struct arena *arena);

/* An error for the first prepared value or one of k targets of which no solver may take a fourth
 * power, with its position (rows and columns count from 0) and the remedy. X: the rows of the part
 * that are here, from row `first` on. */
enum status range_check(const struct part *part, struct mat X, ptrdiff_t first, ptrdiff_t k,
			struct err *err);

#endif
