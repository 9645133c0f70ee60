/* Where the perturbation delta of one point may be: an l_p ball around 0, cut with a box around 0.
 */
#ifndef MODEL_REGION_H
#define MODEL_REGION_H

#include "solvers/model/threat.h"

struct region {
	enum norm norm;
	double eps;
	ptrdiff_t d;
	const real *low, *high; /* d: within [-eps, eps]; both 0 where frozen */
	bool boxed;             /* the box is smaller than the ball in some free coordinate */
};

/* The ends of delta_i at a clean point with the value x: within eps, and within the box of the
 * threat widened to hold x. */
struct region_side {
	double low, high;
};
struct region_side region_side_of(const struct threat *threat, ptrdiff_t i, double x);

/* min g'delta over the region, or a bound just below it where both ball and box bind (l_2, l_1):
 * every multiplier of the ball gives a bound from below. */
double region_minimum(const struct region *region, const real *g);

/* v <- the point of the region nearest to v in the l_2 norm. */
void region_project(const struct region *region, real *v);

#endif
