/* The step from a dual point that violates |.| <= beta to a lower bound, shared by all convex
 * programs. */
#ifndef CORE_SCALING_H
#define CORE_SCALING_H

#include "solvers/core/trainer.h"

/* max over s in [0, min(1, beta / largest)] of -L*(-s alpha): with |constraint(alpha)| = largest, s
 * alpha is feasible, and so the value is a lower bound. alpha (n) = -grad L at some output. */
double scaling_best_bound(const struct problem *problem, const real *alpha, double largest);

#endif
