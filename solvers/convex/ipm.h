/* Primal-dual interior point for the convex program over a pattern set: state shared by its
 * files.
 *
 *     min  L(f, y) + beta sum_j t_j   s.t.  E_i X x_j = s_j >= 0,  |x_j| <= t_j,  f = sum_j sign_j
 * D_i X x_j,
 *
 * where the blocks x_j are the columns v_i (sign +1) and w_i (sign -1). With multipliers lambda_j
 * >= 0 of the signs, dual cone points (zeta_j, z_j), |z_j| <= zeta_j, and a = dl/df
 * (interior_loss.h), the central path of parameter mu is
 *
 *     sign_j X'D_i a - z_j - X'E_i lambda_j = 0,  zeta_j = beta,
 *     s_j lambda_j = mu,  (t_j, x_j) o (zeta_j, z_j) = mu (1, 0),
 *
 * the cones in the scaling of Nesterov and Todd (cone.h). With t and the duals eliminated a Newton
 * step solves
 *
 *     H_j dx_j + sign_j X'D_i W df = r_j,
 *     H_j = X' diag(lambda_j / s_j) X + eta_j^-2 (I - 2 w1 w1' / (2 w0^2 - 1))   (d x d).
 *
 * With q_i = dv_i - dw_i, so that df = F q, F = [D_1 X .. D_P X], both halves reduce to
 *
 *     (S + F'W F) q = R0,   S_i = H_V (H_V + H_W)^-1 H_W,
 *
 * either assembled, of order d P, or, where that is larger, by the blocks and a coupling of order
 * n: I + W^(1/2) F S^-1 F' W^(1/2), refined. A system of order 2 d P would take eight times the
 * work. */
#ifndef CONVEX_IPM_H
#define CONVEX_IPM_H

#include "solvers/convex/cone.h"
#include "solvers/convex/interior_loss.h"
#include "solvers/core/cvx.h"
#include "solvers/core/mat.h"
#include "solvers/core/pattern.h"
#include "solvers/core/trainer.h"

/* The columns v_i, or the columns w_i. */
struct ipm_half {
	double sign;
	struct cones cones; /* primal points (t_j, x_j), dual points (zeta_j, z_j) */
	struct mat X, dX;   /* d x P: x_j and its step, views of the cones */
	struct mat S, dS;   /* n x P: s_j */
	struct mat N, dN;   /* n x P: -lambda_j, the sign that the certificate expects */
	struct mat K;       /* n x P: second-order terms that a step takes off s lambda */
	struct mat R;       /* d x P: r_j */
	struct mat shown;   /* d x P: x_j with blocks on their way to zero set to zero */
	struct mat H;       /* d x dP: H_j side by side */
};

struct ipm {
	const struct problem *problem;
	struct mat D; /* n x P */
	struct cvx cvx;
	struct ipm_half half[2];
	struct interior_loss *loss;
	struct mat Q;                /* n x P scratch */
	bool assembled;              /* one system of order dP, or blocks and a coupling */
	struct mat A;                /* dP x dP: F'W F where W is constant, or empty */
	bool formed;                 /* A holds it */
	struct mat C;                /* dP x dP, or n x n: its factor */
	struct mat T;                /* n x dP: W^(1/2) D_i X; or n x chunk: times L_i^-T */
	struct mat sums, S, factors; /* d x dP: factors of H_V + H_W; S_i; their factors */
	struct mat q, Z;             /* d x P: dv - dw; scratch */
	struct mat pairs, packed;    /* n x d(d+1)/2: x_a x_b; its product with weights; or empty */
	struct mat B, B2, G;         /* d x d and n x d scratch */
	real *target;                /* d + 1 scratch */
	real *f, *g, *root_w, *df, *u; /* n */
	double mu, residual;           /* mean complementarity, norm of the dual residual */
};

/* Block i of a d x dP matrix. */
static inline struct mat ipm_block(struct mat blocks, ptrdiff_t i)
{
	return mat_cols(blocks, i * blocks.rows, blocks.rows);
}

/* f at the current blocks. */
void ipm_outputs(struct ipm *s);

/* Norm of sign X'(D o a) - z - X'(E o lambda) over all blocks. */
double ipm_dual_residual(struct ipm *s);

/* One step along the central path: predictor, corrector (Mehrotra 1992). OUTCOME_RUNNING, or how it
 * ended: solved, or no step is left. */
enum outcome ipm_step(struct ipm *s);

/* Factor the Newton system at the current point; false if that fails. */
bool ipm_factor(struct ipm *s);

/* The Newton step to complementarity `mu` less the second-order terms K and k of its last
 * direction if `correct` (0 otherwise). */
void ipm_direction(struct ipm *s, double mu, bool correct);

#endif
