/* The gradient of the smoothed convex restriction against differences of its value. */
#ifndef TESTS_RESTRICTION_SLOPES_H
#define TESTS_RESTRICTION_SLOPES_H

#include "solvers/restriction/restriction.h"

/* At A, which is as before afterwards; G, of the same shape, becomes the gradient. */
void restriction_slopes_check(struct restriction *r, struct mat A, struct mat G);

#endif
