/* A small random network in the plane, and the true minimum of y f over a region: it lies in a
 * vertex of the arrangement of the neurons' lines and the region's sides, or on the region's arc.
 */
#ifndef TESTS_PLANE_H
#define TESTS_PLANE_H

#include "solvers/model/certify.h"

enum {
	PLANE_POINTS = 40,
	PLANE_D = 3, /* the last coordinate is 1 and frozen */
	PLANE_WIDTH = 12
};

struct plane {
	struct arena arena;
	struct net net;
	struct certify_job job;
	real lower[PLANE_D], upper[PLANE_D];
	bool frozen[PLANE_D];
};

/* With `boxed` a clip box that many of the points are outside of. */
struct plane *plane_new(uint64_t seed, enum norm norm, double eps, bool boxed);
void plane_free(struct plane *p);

/* y f(x_k + delta), from the definition. */
double plane_value(const struct plane *p, ptrdiff_t k, const double delta[2]);

/* min over delta of the threat. */
double plane_minimum(const struct plane *p, ptrdiff_t k);

#endif
