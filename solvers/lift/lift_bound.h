/* Lower bounds of the relaxation from any multipliers, safe against rounding.
 *
 * For R (rows x c) and a symmetric T (2n x 2n), T >= 0 but for the diagonal of T_ab, which is
 * free,
 *
 *     M(t, tau) = [ t^2 (-K'T K) + tau A + gamma/2 I_u   t F'R / 2 ]        A = [2I X; X' 0]
 *                 [ t R'F / 2                            gamma/2 I ]
 *
 * and M >= 0 gives the bound -s <R, Y> - s^2 |R|^2 / 2 for every s <= t: tau is more of the free
 * diagonal. */
#ifndef LIFT_LIFT_BOUND_H
#define LIFT_LIFT_BOUND_H

#include "solvers/lift/lift.h"

struct lift_bound {
	const struct lift *lift;
	struct mat M, work; /* order x order */
	struct mat T;       /* 2n x 2n */
	real *w;            /* order */
};

struct lift_bound lift_bound_new(const struct lift *lift, struct arena *arena);

/* Entries of T (2n x 2n) that are not allowed count as 0, and its free diagonal is chosen so that
 * the diagonal of M in b is that of Z (order x order). At least `constant`, the bound of R = 0. */
double lift_bound_at(struct lift_bound *bound, struct mat R, struct mat T, struct mat Z);

#endif
