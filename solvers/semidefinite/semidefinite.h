/* Positive definite matrices in interior point methods: what those of several programs share.
 * Matrices are square, of one order. */
#ifndef SEMIDEFINITE_SEMIDEFINITE_H
#define SEMIDEFINITE_SEMIDEFINITE_H

#include "solvers/core/mat.h"

#include <stdbool.h>

/* M = (M + M') / 2 */
void semidefinite_symmetrize(struct mat M);

/* inverse = F^-1; false if F is not positive definite. */
bool semidefinite_invert(struct mat F, struct mat inverse);

/* to = the semidefinite matrix nearest to A, from the smaller part of its spectrum; false if that
 * is not found. work has the shape of both, w (n) is scratch. */
bool semidefinite_nearest(struct mat A, struct mat to, struct mat work, real *w);

/* The longest step, up to `limit`, at which F + step dF is positive definite, to one per cent;
 * `work` has the shape of both. */
double semidefinite_inside(struct mat F, struct mat dF, double limit, struct mat work);

/* A Newton system K (n x n, lower triangle) in place of its factor, with a diagonal scaled to 1
 * and raised until it factors: near an optimum rounding makes it indefinite. `scale` (n) is for
 * semidefinite_solve. */
bool semidefinite_factor(struct mat K, real *scale);
/* x = K^-1 x */
void semidefinite_solve(struct mat K, const real *scale, real *x);

#endif
