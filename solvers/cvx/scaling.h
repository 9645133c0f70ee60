/* The step from a dual point that violates |.| <= beta to a lower bound, shared by all convex
 * programs. */
#ifndef CVX_SCALING_H
#define CVX_SCALING_H

#include "solvers/model/trainer.h"

struct scaling {
	double scale; /* s */
	double bound; /* -L*(-s alpha) */
};

/* The best s in [0, beta / largest]: with |constraint(alpha)| = largest >= 0, s alpha is feasible,
 * and so its value is a lower bound. alpha (n x k) = -grad L at some outputs. */
struct scaling scaling_best(const struct problem *problem, const real *alpha, double largest);

/* slopes (n x k) = scale times the dual point W of a split with a loss that has kinks, a
 * subgradient but for rounding, put back to where conjugates are finite: an interval, or for
 * classes rows that add up to 0 with rivals >= 0. */
void scaling_slopes(const struct problem *problem, double scale, struct mat W, struct mat slopes);

#endif
