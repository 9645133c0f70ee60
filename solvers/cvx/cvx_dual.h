/* The dual side of the convex program's certificate. */
#ifndef CVX_CVX_DUAL_H
#define CVX_CVX_DUAL_H

#include "solvers/cvx/cvx.h"

/* The lower bound and its scope, from a dual point of which cvx improves the multipliers; the
 * repaired point must be there. */
void cvx_dual_bound(struct cvx *cvx, const struct cvx_dual *dual, struct certificate *out);

/* The largest of the norms |X'(+-d_i o alpha) + X'(e_i o eta_i)|, with multipliers that are
 * improved where it is above `target`. */
double cvx_dual_largest(struct cvx *cvx, const struct cvx_dual *dual, double target);

/* Of two struct cvx_order for qsort: descending; ties by the index, so that the order is one. */
int cvx_dual_by_norm(const void *a, const void *b);

#endif
