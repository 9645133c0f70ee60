/* Primal-dual interior point for the convex program over a pattern set: state shared by its
 * files.
 *
 *     min  L(f, y) + beta sum_j t_j
 *     s.t. E_i X x_j = s_j >= 0,  |x_j| <= t_j,  f = sum_j sign_j D_i X x_j,
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
 * multiplied by lambda / s (ipm_solve.c). */
#ifndef IPM_IPM_H
#define IPM_IPM_H

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

/* A point of another method. */
struct ipm_point {
	struct mat V, W;   /* d x P */
	struct mat LV, LW; /* n x P: multipliers of E o (X V) >= 0 and E o (X W) >= 0, in units of
			      the objective; negative ones count as 0 */
	const real *alpha; /* n: -dl/df, the dual point of a certificate */
};

/* Start at zero weights. */
void ipm_start(struct ipm *s);

/* Start from a point after the setup of the trainer, of which `s` is the state, with the same
 * patterns: mu from its gap, rows and cones moved inside by as much as mu asks for (Mehrotra 1992).
 */
void ipm_start_from(struct ipm *s, const struct ipm_point *from);

/* f at the current blocks, and a where it follows from f. */
void ipm_outputs(struct ipm *s);

/* to (n) = F q */
void ipm_outputs_of(struct ipm *s, struct mat q, real *to);

/* Norm of sign X'(D o (a + da)) - (z + dz) - X'(E o (lambda + dlambda)), which it leaves with its
 * sign turned in R; without the steps unless `ahead`. */
double ipm_dual_residual(struct ipm *s, bool ahead);

/* Mean complementarity product after a step along the direction. */
double ipm_complementarity(const struct ipm *s, double step);

/* L + beta sum |x_j| at the current blocks */
double ipm_objective(const struct ipm *s);

/* One step along the central path: predictor, corrector (Mehrotra 1992). OUTCOME_RUNNING, or how it
 * ended: solved, or no step is left. */
enum outcome ipm_step(struct ipm *s);

/* Room for the rows that a factor keeps. */
void ipm_factor_allocate(struct ipm *s, struct arena *arena);

/* Factor the Newton system at the current point; false if that fails. */
bool ipm_factor(struct ipm *s);

/* The Newton step to complementarity `mu` less the second-order terms K and k of its last
 * direction if `correct` (0 otherwise). Returns the norm of the dual residual that a full step
 * would leave. */
double ipm_direction(struct ipm *s, double mu, bool correct);

/* Conjugate gradients from R: `added` gets the step that closes it, to a share `share` or to the
 * norm `small`. */
void ipm_solve(struct ipm *s, double share, double small);

/* Operations of one factorisation in twice the digits. */
double ipm_extended_flops(double n, double d, double P);

struct ipm_extended *ipm_extended_new(const struct ipm *s, struct arena *arena);

/* Factor in twice the digits at the current point and W; false if that fails. */
bool ipm_extended_factor(struct ipm *s);

/* From R: `added` of both halves, and what belongs to it: da += u, and E o (X added) in the dS of
 * each half (ipm_direction.c takes it from Q). */
void ipm_extended_solve(struct ipm *s);

/* Q = X added of a half, after ipm_extended_solve. */
void ipm_extended_products(struct ipm *s, int half);

/* to -= H_cone x of cone i of a half, H_cone = eta^-2 (I - 2 w1 w1' / (2 w0^2 - 1)) */
void ipm_subtract_cone(const struct cones *c, ptrdiff_t i, const real *x, real *to);

#endif
