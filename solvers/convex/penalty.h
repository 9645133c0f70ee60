/* The penalty rho of an ADMM and when it changes: what makes both relative residuals fall alike
 * (Boyd et al. 2011, section 3.4.1), bounded, at geometrically spaced iterations, so that the steps
 * settle. */
#ifndef CONVEX_PENALTY_H
#define CONVEX_PENALTY_H

#include <stdbool.h>

struct penalty {
	double first, rho; /* at the start and now */
	long next;         /* iteration at which it may change */
	bool adapt;
};

struct penalty penalty_new(double rho, bool adapt);

/* The factor by which rho changes after `iteration`, 1 if it does not; rho is updated. */
double penalty_change(struct penalty *penalty, long iteration, double primal, double dual);

#endif
