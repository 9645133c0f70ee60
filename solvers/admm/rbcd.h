/* The u-step of the published ADMM: randomised block coordinate descent on the augmented
 * Lagrangian (Bai, Gautam, Sojoudi 2023, section 3.2).
 *
 *     min over U = [u z] (d x 2P)   L(f, y) + (rho/2) |U - V + L|^2 + (rho/2) |G U - S + N|^2,
 *     f = (D o (X (u - z))) 1,   G U = [E o (X u), E o (X z)],   E = 2 D - 1
 *
 * X: n x d, D: n x P of 0 and 1; V, L: d x 2P; S, N: n x 2P; halves u and z side by side. The
 * quadratic terms depend on R = V - L + G'(S - N) alone (G'G is X'X for every pattern):
 *
 *     gradient in u_i:  X'(d_i o g) + rho q_i,  g = grad L(f),  q = M U - R,  M = I + X'X
 *     gradient in z_i: -X'(d_i o g) + rho q_{P+i}
 *
 * A block is b pairs (u_i, z_i) drawn at random. Along the gradient G of a block the terms change
 * in closed form, and q by M G, so that a trial step t costs one evaluation of the loss at f - t
 * df:
 *
 *     change(t) = L(f - t df) - L(f) - t rho <G, q> + (t^2/2) rho <G, M G> */
#ifndef ADMM_RBCD_H
#define ADMM_RBCD_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/core/rng.h"
#include "solvers/gates/gates.h"
#include "solvers/loss/loss.h"

#include <stdbool.h>
#include <stddef.h>

struct rbcd {
	/* set by the caller before rbcd_new */
	struct mat X; /* n x d */
	const real *y;
	struct loss_term loss;
	struct gates D;    /* n x P */
	ptrdiff_t block;   /* b pairs, at most P */
	double decrease;   /* a trial step must lower the augmented Lagrangian by this times its
			      length */
	double base_step;  /* first trial step; adapts */
	size_t most_steps; /* inner steps of a minimisation */
	bool slip;         /* the change is taken too large by rho |z - W + L2|^2 on the block, as
			      published */

	/* set by the caller before rbcd_start */
	double rho;
	struct mat U; /* d x 2P */
	struct mat R; /* d x 2P: V - L + G'(S - N) */
	struct mat T; /* d x P: W - L2, the z half of V - L; read with `slip` only */
	real *f;      /* n: outputs at U */

	struct mat M;          /* d x d: I + X'X, both triangles */
	struct mat q;          /* d x 2P: M U - R */
	double value;          /* L(f, y) */
	size_t steps, refused; /* inner steps and refused trial steps so far */

	/* the direction of the block: drawn[0 .. b-1] */
	size_t *drawn;        /* P: a permutation */
	struct mat G, H;      /* d x 2b: gradient and M times it (columns padded) */
	double length;        /* |G| */
	double slope, curved; /* rho <G, q>, rho <G, M G> */
	double slip_term;     /* rho |z - T|^2 on the block, or 0 */
	real *df, *trial;     /* n: f at a step t is f - t df */
	double trial_value;   /* L(trial, y) */
	struct mat Q, C, A;   /* scratch: n x b, d x b, d x b (columns padded) */
	double *sums;         /* of row blocks, so that no sum depends on the threads */
	double *decreases;    /* of the last `window` steps */
	size_t window;
};

/* Allocates, forms M. */
void rbcd_new(struct rbcd *r, struct arena *arena);
/* Flops of one inner step. */
double rbcd_step_flops(double n, double d, double block);

/* After a change of rho, U, R or f: q and the value of the loss. */
void rbcd_start(struct rbcd *r);
/* Gradient of the block drawn[0 .. b-1] and all that rbcd_change needs along it. */
void rbcd_direction(struct rbcd *r);
/* Change of the augmented Lagrangian for U - t G on the block; with `slip` as published. */
double rbcd_change(struct rbcd *r, double t);
/* Go where rbcd_change was asked last. */
void rbcd_take(struct rbcd *r, double t);

/* Inner steps until the mean of the last ceil(8 sqrt(P/b)) decreases is at most `threshold`; at
 * least that many steps. Beyond the published rule they end when rounding of the loss hides such a
 * decrease, and after most_steps: near a minimiser no step of useful length passes the step rule,
 * and a low threshold would never be reached. */
void rbcd_minimise(struct rbcd *r, double threshold, struct rng *rng);

/* C = A'B, A: n x d, B: n x c, C: d x c, c a multiple of RBCD_WIDTH; and sum_j D(:, at[j]) o
 * (A B(:, j)), A: n x d, B: d x c, summed over j < count. Both read A once, which is what a product
 * with few columns costs; a general product packs A first and takes two to three times as long. */
enum { RBCD_WIDTH = 4 };
ptrdiff_t rbcd_padded(ptrdiff_t columns);
void rbcd_transposed_product(struct mat A, struct mat B, struct mat C);
void rbcd_masked_product(struct mat A, struct mat B, struct gates D, const size_t *at,
			 ptrdiff_t count, real *sum);

#endif
