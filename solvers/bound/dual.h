/* From a dual point and a bound of what it does to neurons to a lower bound of the objective. */
#ifndef BOUND_DUAL_H
#define BOUND_DUAL_H

#include "solvers/model/trainer.h"

/* For any alpha (n) and K >= max over |u| <= 1 of |alpha'relu(X u)|: the largest -L*(-s alpha) with
 * 0 <= s K <= beta, less its rounding. No network of any width has a lower objective L(f, y) +
 * beta sum_j |a_j| |u_j|. At least 0. */
double dual_bound(const struct problem *problem, const real *alpha, double K);

#endif
