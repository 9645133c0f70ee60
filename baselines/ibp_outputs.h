/* Certified training of a network of k outputs by interval bounds (Gowal et al. 2018), the last
 * layer taken into the margin: with r_j = eps |u_j|_q as in ibp.h and a_jc the output weights, for
 * every |delta|_p <= eps and rival c of the label y
 *
 *     f_y - f_c >= M_c = sum_j s_j relu(h_j - sign(s_j) r_j),   s_j = a_jy - a_jc.
 *
 * Losses of classes read differences of outputs and rise with those of rivals, so that the loss at
 * the outputs F_y = 0, F_c = -M_c is a bound: of the hinge loss the one of the worst margin, of the
 * cross entropy log(1 + sum_c exp(-M_c)). */
#ifndef BASELINES_IBP_OUTPUTS_H
#define BASELINES_IBP_OUTPUTS_H

#include "solvers/core/mat.h"
#include "solvers/model/threat.h"

#include <stdbool.h>

/* The neurons of one thread and what it reads and writes for them. */
struct ibp_outputs_job {
	struct mat U, A;  /* d x count, count x k */
	const int *label; /* samples */
	const struct threat *threat;
	double eps;  /* of the moment */
	real *radii; /* count: r_j, set by ibp_outputs_forward */
};

/* f = relu(H)' A and F (samples x k each), the share of these neurons, from H = U'B (count x
 * samples). */
void ibp_outputs_forward(const struct ibp_outputs_job *job, struct mat H, struct mat f,
			 struct mat F);

/* Slopes g = dL/df and G = dL/dF (samples x k each) become H = dL/dH; gA (count x k) and slope_r =
 * dL/dr (count) are set, gA is added to with `add`. */
struct ibp_outputs_slopes {
	struct mat g, G, gA;
	real *slope_r;
	real *scratch; /* count */
	bool add;
};
void ibp_outputs_backward(const struct ibp_outputs_job *job, struct mat H,
			  const struct ibp_outputs_slopes *slopes);

#endif
