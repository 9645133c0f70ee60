/* Steps of the interior-point method along its central path. */
#ifndef IPM_IPM_PATH_H
#define IPM_IPM_PATH_H

#include "solvers/ipm/ipm_state.h"

/* One step: predictor, corrector (Mehrotra 1992). OUTCOME_RUNNING, or how it ended: solved, or no
 * step is left. */
enum outcome ipm_path_step(struct ipm *s);

/* f at the current blocks, and a where it follows from f. */
void ipm_path_outputs(struct ipm *s);

/* Norm of sign X'(D o (a + da)) - (z + dz) - X'(E o (lambda + dlambda)), which it leaves with its
 * sign turned in R; without the steps unless `ahead`. */
double ipm_path_residual(struct ipm *s, bool ahead);

/* L + beta sum |x_j| at the current blocks */
double ipm_path_objective(const struct ipm *s);

#endif
