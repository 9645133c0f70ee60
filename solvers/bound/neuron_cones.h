/* What the products of a neuron's nonnegative parts v = z_i, w_i with its weights u and alpha = |u|
 * have in common: (alpha v, u v) lies in the second-order cone, so that of moments
 *
 *     |E u v_i| <= E alpha v_i,
 *
 * the product of a linear and a second-order cone constraint (Sturm, Zhang 2003), which
 * semidefinite and nonnegative moments do not imply. In ADMM: copies of these moments in the
 * coordinates of nonnegative.h, u = V diag(length) c, where they are linear in S, and their
 * multipliers; `weight` times the products' penalty is theirs. */
#ifndef BOUND_NEURON_CONES_H
#define BOUND_NEURON_CONES_H

#include "solvers/bound/nonnegative_bound.h"

struct neuron_cones {
	struct mat R[2], Z[2]; /* n x k: E c v_i in its rows, of v = z and w; multipliers */
	real *a[2], *y[2];     /* n: E alpha v_i; multipliers */
	struct mat last;       /* order 1 + k + n: S of the last iteration */
	struct mat Q, square;  /* n x k; k x k: scratch */
	real *q, *r;           /* n; k: scratch */
};

/* Of zeros; k: as many coordinates as there can be. */
struct neuron_cones neuron_cones_new(ptrdiff_t n, ptrdiff_t k, struct arena *arena);
/* So many coordinates, from now on. */
void neuron_cones_narrow(struct neuron_cones *s, ptrdiff_t k);

/* What a step of S is divided by beside rho: cost / (rho * this). */
double neuron_cones_share(void);
/* The lower triangle of B (alpha, c, s), what the products ask for, becomes the mean with what the
 * cones ask for, and with the last S where they ask for nothing or less. P: n x k. */
void neuron_cones_join(struct neuron_cones *s, struct mat P, struct mat B);

/* Copies and multipliers from S, over-relaxed. */
void neuron_cones_project(struct neuron_cones *s, struct mat P, const real *length, struct mat S,
			  double relaxed);

/* Multipliers times `by`. */
void neuron_cones_rescale(struct neuron_cones *s, double by);

/* The multipliers at the penalty rho, of u and alpha; V: d x k. */
void neuron_cones_tell(struct neuron_cones *s, struct mat V, const real *length, double rho,
		       struct cone_multipliers *out);

/* (a, r), r of k numbers, becomes the nearest point with |diag(length) r| <= a; length > 0. */
void neuron_cones_nearest(ptrdiff_t k, const real *length, real *a, real *r);

#endif
