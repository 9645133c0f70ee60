/* Subset accuracy of outputs that were fitted to one-hot targets: a sample counts where every
 * output, compared with one threshold, equals its target, as in multi-label classification; it asks
 * more than that the largest output is right. Prakhya, Birdal and Yurtsever (2025) choose the
 * threshold of 0, 0.01, .. 0.99 that is best on the test labels, which is optimistic. */
#ifndef ASSESS_SUBSET_H
#define ASSESS_SUBSET_H

#include "harness/data/data.h"
#include "harness/store/result.h"
#include "solvers/model/trainer.h"

enum { SUBSET_THRESHOLDS = 100 };

/* Threshold number t. */
double subset_threshold(size_t t);

/* Of outputs f (rows x k, an output behind the other) on a part that has class numbers; NaN where
 * it is empty. */
double subset_accuracy(const struct part *part, ptrdiff_t k, const real *f, double threshold);

/* Fields of the record: with the threshold that is best on the validation part, the least of equal
 * ones, and with the one that is best on the test part. Those whose part is empty stay empty, as do
 * all of data without class numbers. */
void subset_fill(const struct dataset *data, const real *const f[OUTPUTS_PARTS],
		 struct result *result);

#endif
