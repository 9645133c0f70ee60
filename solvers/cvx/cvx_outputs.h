/* Certificates of a convex program of k outputs with neurons of their own that the loss couples.
 * The blocks of each output are those of a program of one, and so are feasible points and the norms
 * of the dual constraints; the loss, its conjugate and the scales are of all outputs. */
#ifndef CVX_CVX_OUTPUTS_H
#define CVX_CVX_OUTPUTS_H

#include "solvers/cvx/cvx.h"

struct cvx_outputs {
	const struct problem *problem;
	struct cvx *of;   /* k: of each output, on its features and patterns; borrowed */
	struct mat F, FR; /* n x k */
	struct mat alpha; /* n x k: the dual point, set by the caller */
};

struct cvx_outputs cvx_outputs_new(const struct problem *problem, struct cvx *of,
				   struct arena *arena);

/* V and W: d x Pk, NV and NW: n x Pk, an output behind the other; eta = scale * max(0, -N). */
struct cvx_outputs_point {
	struct mat V, W, NV, NW;
	double scale;
};

/* As cvx_certify: of[c].R are the feasible points. */
void cvx_outputs_certify(struct cvx_outputs *all, const struct cvx_outputs_point *at,
			 struct certificate *out);

#endif
