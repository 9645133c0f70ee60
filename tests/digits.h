/* Ten classes of MNIST ($RELUBENCH_DATA/mnist) for benchmarks. */
#ifndef TESTS_DIGITS_H
#define TESTS_DIGITS_H

#include "solvers/model/trainer.h"

#include <stdbool.h>

enum { DIGITS_ALL = 60000, DIGITS_D = 28 * 28 + 1, DIGITS_K = 10 };

/* The first n images: centred pixels in [0, 1] and a bias; one-hot targets. False if the files are
 * not there. */
bool digits_load(struct problem *problem, ptrdiff_t n, struct arena *arena);

#endif
