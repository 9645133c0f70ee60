/* The Newton system of the interior-point method: its factored matrix, and conjugate gradients that
 * it preconditions.
 *
 *     A dx = R,  A_jj = X' diag(lambda_j / s_j) X + H_cone + X'D_i W D_i X  and so on,
 *
 * applied through X, so that no entry of A is ever formed; the factored matrix is its inverse but
 * for rounding, for rows left out of H_j, and for what keeps a factor alive. See ipm_state.h. */
#ifndef IPM_IPM_NEWTON_H
#define IPM_IPM_NEWTON_H

#include "solvers/ipm/ipm_state.h"

/* Room for the rows that a factor keeps. */
void ipm_newton_allocate(struct ipm *s, struct arena *arena);

/* Factor at the current point; false if that fails. */
bool ipm_newton_factor(struct ipm *s);

/* Conjugate gradients from R: `added` gets the step that closes it, to a share `share` or to the
 * norm `small`. */
void ipm_newton_solve(struct ipm *s, double share, double small);

/* to (n) = F q */
void ipm_newton_outputs(struct ipm *s, struct mat q, real *to);

/* to -= H_cone x of cone i of a half, H_cone = eta^-2 (I - 2 w1 w1' / (2 w0^2 - 1)) */
void ipm_newton_subtract_cone(const struct cones *c, ptrdiff_t i, const real *x, real *to);

#endif
