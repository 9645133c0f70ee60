/* Confidence intervals of a mean. */
#ifndef REPORT_INTERVAL_H
#define REPORT_INTERVAL_H

#include <stddef.h>

struct interval {
	double mean, low, high; /* NaN where there are too few values */
	size_t count;           /* of the values that are not NaN */
};

/* Student's 95 % interval of the mean. `overlap`: n_test / n_train where every value comes from a
 * new random split of the same data, else 0. Such values are not independent; the variance of their
 * mean is taken as (1 / count + overlap) times that of a value (Nadeau and Bengio, Machine Learning
 * 2003). */
struct interval interval_of(const double *values, size_t count, double overlap);

/* P(|T| <= t) of Student's distribution with `freedom` degrees of freedom, a whole number > 0. */
double interval_student(double t, size_t freedom);

/* The t for which it is `share`, in (0, 1). */
double interval_student_quantile(double share, size_t freedom);

#endif
