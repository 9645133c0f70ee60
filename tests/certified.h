/* The certified worst-case objective of a network by a convex restriction with its own slopes. */
#ifndef TESTS_CERTIFIED_H
#define TESTS_CERTIFIED_H

#include "solvers/restriction/restriction.h"

/* `steps` as for restriction_renew; with balanced layers, whose decay is sum |a_i|. margin: n,
 * lower bounds of y f over the balls, or NULL. */
double certified_objective(const struct problem *problem, const struct threat *threat,
			   const struct net *net, long steps, real *margin);

#endif
