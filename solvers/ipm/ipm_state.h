/* Primal-dual interior point for the convex program over a pattern set: state shared by its
 * files.
 *
 *     min  L(f, y) + beta sum_j t_j   s.t.  E_i X x_j = s_j >= 0,  |x_j| <= t_j,
 *                                           f = sum_j sign_j D_i X x_j,
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
 * With q_i = dv_i - dw_i, so that df = F q, F = [D_1 X .. D_P X], and N_i N_i' = H_V^-1 + H_W^-1
 * both halves reduce to one system,
 *
 *     q = N t,   (I + T'T) t = N^-1 (H_V^-1 r_V - H_W^-1 r_W),   T = W^(1/2) F N,
 *
 * assembled, of order d P, or, where that is larger, its twin I + T T' of order n. Neither has an
 * eigenvalue below 1. Both are the preconditioner of conjugate gradients on the system itself,
 * whose residual is that of the dual equations at the whole direction: every part of it is moved by
 * what dx moves by and never computed anew, so that what rounding leaves of a slack is not
 * multiplied by lambda / s (ipm_newton.h). */
#ifndef IPM_IPM_STATE_H
#define IPM_IPM_STATE_H

#include "solvers/core/mat.h"
#include "solvers/cvx/cvx.h"
#include "solvers/gates/pattern.h"
#include "solvers/model/interior_loss.h"
#include "solvers/model/trainer.h"
#include "solvers/tools/cone.h"

enum {
	IPM_WIDE = 64 /* d: columns of one pattern that fill a product */
};

/* The columns v_i, or the columns w_i. */
struct ipm_half {
	double sign;
	struct cones cones; /* primal points (t_j, x_j), dual points (zeta_j, z_j) */
	struct mat X, dX;   /* d x P: x_j and its step, views of the cones */
	struct mat S, dS;   /* n x P: s_j */
	struct mat N, dN;   /* n x P: -lambda_j, the sign that the certificate expects */
	struct mat K;       /* n x P: second-order terms that a step takes off s lambda */
	struct mat shown;   /* d x P: x_j with blocks on their way to zero set to zero */
	struct mat L;       /* d x dP: lower factors of H_j side by side */
	struct mat R;       /* d x P: what the direction leaves of the dual equations */
	/* d x P: conjugate gradients: their direction, its product, what they add to dx, the
	   preconditioned residual */
	struct mat along, product, added, Z;
};

struct ipm_row;

struct ipm {
	const struct problem *problem;
	struct gates D; /* n x P */
	struct cvx cvx;
	struct ipm_half half[2];
	struct interior_loss *loss;
	struct mat Q;   /* n x P scratch */
	bool assembled; /* I + T'T, or I + T T' */
	struct ipm_extended
		*extended;        /* the factors in twice the digits; NULL: too large for them */
	bool long_digits;         /* they are in use */
	struct mat C;             /* dP x dP, or n x n: its factor */
	struct mat T;             /* n x dP, or n x chunk */
	struct mat N;             /* d x dP: lower factors N_i */
	struct mat q;             /* d x P: dv - dw */
	struct mat pairs, packed; /* n x d(d+1)/2: x_a x_b; its product with weights; or empty */
	struct mat B, G;          /* d x d and n x d scratch */
	struct mat gram, square;  /* d x d: X'X; n x n: T_i T_i' of active rows; or empty */
	double trace;             /* of X'X with columns of norm 1 */
	ptrdiff_t *kept;          /* n: rows of a block */
	struct ipm_row *shares;   /* n scratch */
	double rows_kept;         /* of the 2 P blocks, in units of n */
	real *target;             /* d + 1 scratch */
	real *scale, *size;       /* d: c_j, norms of the columns; n: |x_k| of x_kj / c_j */
	real *f, *a, *u, *masked; /* n: outputs, dl/df, scratch, d_i o u */
	real *w, *root_w;         /* n: W and its root */
	double *da;               /* n: step of a */
	long rounds;              /* of conjugate gradients in all */
	double mu, residual;      /* mean complementarity, norm of the dual residual */
	double left, enough; /* dual residual that a full step would leave; that it may leave */
	double objective;    /* L + beta sum |x_j| */
};

/* Block i of a d x dP matrix. */
static inline struct mat ipm_block(struct mat blocks, ptrdiff_t i)
{
	return mat_cols(blocks, i * blocks.rows, blocks.rows);
}

#endif
