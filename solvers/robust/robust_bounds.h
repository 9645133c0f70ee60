/* The largest radius at which a pattern admits a neuron other than zero, from both sides.
 *
 *     max over |v|_q <= 1 of min_k e_k x_k'v  =  min over the simplex of |X'(e o lambda)|_p
 *
 * where the frozen columns are left out of both norms and X'(e o lambda) is zero in them. Any v
 * bounds it from below, any such lambda from above. */
#ifndef ROBUST_ROBUST_BOUNDS_H
#define ROBUST_ROBUST_BOUNDS_H

#include "solvers/core/mat.h"
#include "solvers/model/threat.h"

struct robust_limits {
	double lower, upper; /* >= 0; infinite where frozen columns alone give every sign */
};

/* Limits of all patterns D (n x P) on the data X (n x d) at once, close where the eps of the threat
 * lies between them, with scratch memory beside `arena`; column i of H (d x P), if its limit is
 * above 0, becomes the direction v_i that the lower one is from. */
void robust_bounds(struct mat X, struct mat D, const struct threat *threat, struct mat H,
		   struct robust_limits *limits, const struct arena *arena);

#endif
