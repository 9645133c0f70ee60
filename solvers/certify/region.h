/* Where the perturbation delta of one point may be: an l_p ball around 0, cut with a box around 0.
 */
#ifndef CERTIFY_REGION_H
#define CERTIFY_REGION_H

#include "solvers/model/attack.h"

struct region {
	enum norm norm;
	double eps;
	ptrdiff_t d;
	const real *low, *high; /* d: within [-eps, eps]; both 0 where frozen */
	bool boxed;             /* the box is smaller than the ball in some free coordinate */
};

/* min g'delta over the region, or a bound just below it where both ball and box bind (l_2, l_1):
 * every multiplier of the ball gives a bound from below. */
double region_minimum(const struct region *region, const real *g);

/* v <- the point of the region nearest to v in the l_2 norm. */
void region_project(const struct region *region, real *v);

#endif
