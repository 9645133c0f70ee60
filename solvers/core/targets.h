/* What a model is to put out for each sample. */
#ifndef CORE_TARGETS_H
#define CORE_TARGETS_H

#include "solvers/core/real.h"

#include <stddef.h>

/* For k = 1 numbers, -1 and +1 for two classes; else each class has an output, two may have. */
struct targets {
	ptrdiff_t n, k;     /* samples, outputs */
	const real *at;     /* n x k, an output behind the other */
	const int *label;   /* n: class numbers from 0, or NULL: no classes, or one output */
	const real *weight; /* n: factors of the loss of each sample, > 0; NULL: all are 1 */
};

/* Of one output: y (n). */
static inline struct targets targets_of(const real *y, ptrdiff_t n)
{
	return (struct targets){.n = n, .k = 1, .at = y};
}

#endif
