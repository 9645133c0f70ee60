/* From raw rows to prepared matrices. */
#ifndef DATA_TRANSFORM_H
#define DATA_TRANSFORM_H

#include "harness/data/data.h"
#include "harness/data/split.h"

/* Raw rows with targets or classes -1 and +1. */
struct rows {
	size_t n, d;
	double *x; /* n x d row-major */
	double *y; /* n */
};

/* Missing values (NaN) of all parts become the mean of their column over the training part. */
enum status transform_fill(struct rows parts[SPLIT_ROLES], struct arena *scratch, size_t *filled,
			   struct err *err);

/* Fit the steps in order: shift and scale (train->d), and whether a bias column follows. */
enum status transform_fit(const struct choices *steps, const struct rows *train, double *shift,
			  double *scale, bool *bias, struct err *err);

/* X_ij = (x_ij - shift_j) scale_j, as `real`, and a last column of ones if `bias`. */
enum status transform_apply(const struct rows *rows, const double *shift, const double *scale,
			    bool bias, struct arena *arena, struct part *out, struct err *err);

#endif
