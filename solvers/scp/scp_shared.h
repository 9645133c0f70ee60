/* Sampled convex program of several outputs that share their neurons:
 *
 *     min over A in R^(N x k)   L(Phi A, Y) + beta sum_j |A_j|,   Phi = relu(X U), |u_j| = 1,
 *
 * A_j the rows of A: weight decay (beta/2)(|U|^2 + |A|^2) of the network with neurons sqrt|A_j| u_j
 * and output weights A_j / sqrt|A_j|. For one output it is the l1 program of scp.h. Dual:
 * max -L*(-Alpha) s.t. |Phi_j' Alpha| <= beta for each j, Alpha n x k; Alpha = -grad L, scaled into
 * the feasible set, gives the lower bound.
 *
 * The squared loss is solved on the Gram matrix (scp_group.h), for which Phi is only formed in
 * blocks of rows. Smooth losses take two steps an iteration, both with a line search:
 *
 *     to the minimum of the model with curvature I x Phi'diag(w)Phi, w_r a bound on the eigenvalues
 *     of the Hessian of sample r, which settles the rows in use;
 *     a Newton step on these, by conjugate gradients that the model preconditions.
 *
 * A loss with kinks is split off (ADMM),
 *
 *     A = argmin |Phi A - (Z - W)|^2 / 2 + (beta / rho) sum_j |A_j|,   F = Phi A,
 *     Z = prox of L / rho at F + W,   W = W + F - Z,
 *
 * so that the first step is the program of the squared loss, and rho W is a dual point. */
#ifndef SCP_SCP_SHARED_H
#define SCP_SCP_SHARED_H

#include "solvers/model/trainer.h"
#include "solvers/scp/scp_group.h"
#include "solvers/tools/penalty.h"

struct scp_shared {
	const struct problem *problem;
	struct mat U;           /* d x N, borrowed */
	struct mat Phi;         /* a block of rows x N; all n where the loss is not quadratic */
	struct mat A;           /* N x k: the iterate */
	struct mat F;           /* n x k: Phi A, as of the last step or certificate */
	struct scp_group group; /* the iterate in double */
	struct mat slopes, S;   /* n x k, N x k: a dual point, Phi' times it */
	struct mat y;           /* a block of rows x k: targets of the block */
	/* of a loss that is not quadratic; else empty */
	struct mat T; /* n x k: scratch */
	/* of a smooth one */
	struct mat V;        /* n x k: outputs of a direction */
	real *w;             /* n: square roots */
	struct mat weighted; /* a block of rows x N: diag(w)^(1/2) Phi */
	double *before;      /* N x k */
	/* of one with kinks */
	struct mat Z, W; /* n x k: split outputs, scaled dual */
	struct penalty penalty;
	double misfit; /* |F - Z|^2 of the last step */
	long iteration;
};

/* A = 0, with the directions U, columns of length 1; a loss of problem->y.k outputs. The Gram
 * matrix takes n N^2 flops. Where the arena counts, nothing is computed. */
struct scp_shared *scp_shared_new(const struct problem *problem, struct mat U, struct arena *arena);

/* The same for up to `room` neurons, without any yet: scp_shared_take. */
struct scp_shared *scp_shared_room(const struct problem *problem, ptrdiff_t room,
				   struct arena *arena);

/* The program is that of the directions U from now on, from the point A (N x k; NULL: 0). */
void scp_shared_take(struct scp_shared *s, struct mat U, const struct mat *A);

/* One iteration: improves A. Allocates nothing. */
void scp_shared_step(struct scp_shared *s, struct progress *progress);

/* From the raw features: objective of A, and the lower bound of its dual point. */
void scp_shared_certify(struct scp_shared *s, struct certificate *certificate);

#endif
