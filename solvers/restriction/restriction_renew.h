/* New slopes of a convex restriction from a network. */
#ifndef RESTRICTION_RESTRICTION_RENEW_H
#define RESTRICTION_RESTRICTION_RENEW_H

#include "solvers/restriction/restriction.h"

/* New slopes from A, kept for each sample where they raise its margin, then `steps` projected
 * gradient steps on the slopes, the best kept. Slopes of zero neurons stay. Returns F(A; S). */
double restriction_renew(struct restriction *r, struct mat A, long steps);

#endif
