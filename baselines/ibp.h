/* Certified training of a two-layer network by interval bounds (Gowal et al. 2018).
 *
 *     r_j = eps |u_j|_q over the coordinates that are attacked, 1/p + 1/q = 1
 *     y f(x + delta) >= y F(x, y),   F(x, y) = sum_j a_j relu(u_j'x - sign(a_j y) r_j)
 *
 * for every |delta|_p <= eps: a neuron that speaks for the label gets its lower bound, one that
 * speaks against it its upper bound. The loss of training is kappa l(f, y) + (1 - kappa) l(F, y),
 * for losses that fall with the margin. Both outputs come from the same products H = U'B. */
#ifndef BASELINES_IBP_H
#define BASELINES_IBP_H

#include "baselines/baseline.h"
#include "solvers/model/attack.h"

struct ibp_options {
	struct threat_options threat; /* eps = 0: no bounds */
	double kappa;
	double plain, ramp; /* shares of the epochs */
};

extern const struct option ibp_rows[];

/* The set of neurons of one thread and what it reads and writes for them. */
struct ibp_job {
	struct mat U;      /* d x count */
	const real *alpha; /* count */
	const real *y;     /* samples: -1 or +1 */
	const struct threat *threat;
	double eps;  /* of the moment */
	real *radii; /* count: r_j with the sign of a_j, by ibp_radii */
};

/* STATUS_SPEC if the loss does not fall with the margin, or if eps is never reached. Does nothing
 * at eps = 0. */
enum status ibp_check(const struct problem *problem, const struct ibp_options *options,
		      struct err *err);

void ibp_radii(const struct ibp_job *job);

/* f = relu(H)' a and F (samples each), the share of these neurons, from H = U'B (count x samples).
 */
void ibp_forward(const struct ibp_job *job, struct mat H, real *f, real *F);

/* Slopes g = dL/df and G = dL/dF (samples each) become H = dL/dH; galpha and slope_r = dL/dr (count
 * each) are set, galpha is added to with `add`. */
struct ibp_slopes {
	const real *g, *G;
	real *galpha;
	real *slope_r;
	bool add;
};
void ibp_backward(const struct ibp_job *job, struct mat H, const struct ibp_slopes *slopes);

/* gU += dL/dr dr/dU */
void ibp_radius_gradient(const struct ibp_job *job, const real *slope_r, struct mat gU);

#endif
