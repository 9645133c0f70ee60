/* The penalty rho of an ADMM and when it changes: what makes both relative residuals fall alike
 * (Boyd et al. 2011, section 3.4.1), bounded, at geometrically spaced iterations, so that the steps
 * settle. */
#ifndef CONVEX_PENALTY_H
#define CONVEX_PENALTY_H

#include "solvers/core/mat.h"

#include <stdbool.h>

struct penalty {
	double rho;
	double least, most; /* a factor of 1e6 from the start on either side, unless lowered */
	long next;          /* iteration at which it may change */
	bool adapt;
};

/* Units: with X / u and u V for X and V a program is the same but for beta / u, so that rho goes
 * with u^2 and penalties of preactivations relative to rho with 1 / u^2. u^2 here is the mean
 * square of the features, 1 if they are all zero. */
double penalty_unit(struct mat X);

struct penalty penalty_new(double rho, bool adapt);

/* The factor by which rho changes after `iteration`, 1 if it does not; rho is updated. */
double penalty_change(struct penalty *penalty, long iteration, double primal, double dual);

#endif
