/* Primal-dual interior point for the convex program over a pattern set: state shared by its two
 * files.
 *
 *     min  L(f, y) + beta sum_j |x_j|   s.t.  E_i X x_j >= 0,   f = sum_j sign_j D_i X x_j,
 *
 * where the blocks x_j are the columns v_i (sign +1) and w_i (sign -1). With slacks s_j,
 * multipliers lambda_j >= 0 and norm duals y_j, |y_j| <= beta, the central path of parameter mu is
 *
 *     sign_j X'D_i grad L(f) + y_j - X'E_i lambda_j = 0,   E_i X x_j = s_j,   s_j lambda_j = mu,
 *     t_j y_j = beta x_j,   t_j = (mu + sqrt(mu^2 + beta^2 |x_j|^2)) / beta,
 *
 * the last line being the second-order cone |x_j| <= t_j with t_j eliminated (linearised as
 * Andersen, Christiansen, Conn and Overton 2000 do for sums of norms). A Newton step solves
 *
 *     H_j dx_j + sign_j X'D_i W df = r_j,   H_j = B_j + X' diag(lambda_j / s_j) X  (d x d).
 *
 * With q_i = dv_i - dw_i, so that df = F q, F = [D_1 X .. D_P X], both halves reduce to
 *
 *     (S + F'W F) q = R0,   S_i = H_V (H_V + H_W)^-1 H_W,
 *
 * either assembled, of order d P, or, where that is larger, by the blocks and a coupling of order
 * n: I + W^(1/2) F S^-1 F' W^(1/2), refined. A system of order 2 d P would take eight times the
 * work.
 */
#ifndef CONVEX_IPM_H
#define CONVEX_IPM_H

#include "solvers/core/cvx.h"
#include "solvers/core/mat.h"
#include "solvers/core/pattern.h"
#include "solvers/core/trainer.h"

/* The columns v_i, or the columns w_i. */
struct ipm_half {
	double sign;
	struct mat X, dX; /* d x P: x_j and its step */
	struct mat Y0;    /* d x P: y_j before the step */
	struct mat Y, dY; /* d x P: y_j */
	struct mat S, dS; /* n x P: s_j */
	struct mat N, dN; /* n x P: -lambda_j, the sign that the certificate expects */
	struct mat R;     /* d x P: r_j */
	struct mat shown; /* d x P: x_j with blocks on their way to zero set to zero */
	struct mat H;     /* d x dP: H_j side by side */
};

struct ipm {
	const struct problem *problem;
	struct mat D; /* n x P */
	struct cvx cvx;
	struct ipm_half half[2];
	struct mat Q;                /* n x P scratch */
	bool assembled;              /* one system of order dP, or blocks and a coupling */
	struct mat C;                /* dP x dP, or n x n: its factor */
	struct mat T;                /* n x dP: W^(1/2) D_i X; or n x chunk: times L_i^-T */
	struct mat sums, S, factors; /* d x dP: factors of H_V + H_W; S_i; their factors */
	struct mat R0, q, E, Z;      /* d x P: reduced system, its residual, scratch */
	struct mat pairs, packed;    /* n x d(d+1)/2: x_a x_b; its product with weights; or empty */
	struct mat B, B2, G;         /* d x d and n x d scratch */
	real *f, *g, *root_w, *df, *u; /* n */
	double mu, residual;           /* mean complementarity, norm of the dual residual */
};

/* Factor the blocks and the coupling at the current point for the parameter `mu`; false if that
 * fails. */
bool ipm_factor(struct ipm *s, double mu);

/* The Newton step to parameter `mu`; with `correct` the products of the last step are taken off. */
void ipm_direction(struct ipm *s, double mu, bool correct);

#endif
