/* From raw rows to prepared matrices. */
#ifndef DATA_TRANSFORM_H
#define DATA_TRANSFORM_H

#include "harness/data/split.h"
#include "harness/data/table.h"

/* Missing values (NaN) of all parts become the mean of their column over the training part. */
enum status transform_fill(struct rows parts[SPLIT_ROLES], struct arena *scratch, size_t *filled,
			   struct err *err);

/* Fit the steps in order to the training part and apply them to all parts, in place; a bias column
 * is left to transform_write. */
enum status transform_prepare(const struct choices *steps, struct rows parts[SPLIT_ROLES],
			      struct arena *arena, struct stages *out, struct err *err);

/* Mean 0 and variance 1 of the targets over the training part; an error where their deviation has
 * no reciprocal. */
enum status transform_target(struct rows parts[SPLIT_ROLES], double *shift, double *scale,
			     struct err *err);

/* Rows as matrices of `real`, with a last column of ones if `bias`. An error, with the position,
 * for a value that `real` cannot hold, and for a column of which it leaves zeros only. */
enum status transform_write(const struct rows *rows, bool bias, struct arena *arena,
			    struct part *out, struct err *err);

#endif
