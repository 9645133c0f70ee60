/* Student's interval of a mean, also of values that are not independent. */
#ifndef STATS_STUDENT_H
#define STATS_STUDENT_H

#include <stddef.h>

struct student {
	double mean, low, high; /* NaN where there are too few values */
	size_t count;           /* of the values that are not NaN */
};

/* The 95 % interval
 *
 *     mean -+ t sqrt((1 / n + overlap) s^2),  s^2 = sum_i (x_i - mean)^2 / (n - 1),
 *
 * t the two-sided quantile of n - 1 degrees of freedom (Student 1908). `overlap`: n_test / n_train
 * where every value comes from a new random split of the same data, else 0: such values are not
 * independent (the corrected interval of Nadeau and Bengio, Machine Learning 2003). */
struct student student_interval(const double *values, size_t count, double overlap);

/* P(|T| <= t) with `freedom` degrees of freedom, a whole number > 0: a finite sum (Abramowitz and
 * Stegun 1964, 26.7.3 and 26.7.4). */
double student_share(double t, size_t freedom);

/* The t for which it is `share`, in (0, 1). */
double student_quantile(double share, size_t freedom);

#endif
