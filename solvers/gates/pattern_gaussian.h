/* Gaussian directions, of the source `gaussian` and of those that start from it. */
#ifndef GATES_PATTERN_GAUSSIAN_H
#define GATES_PATTERN_GAUSSIAN_H

#include "solvers/core/real.h"

#include <stdint.h>

struct problem;

/* h (d) ~ N(0, I), the index-th of the problem's seed. */
void pattern_gaussian_direction(const struct problem *problem, uint64_t index, real *h);

#endif
