/* What a flow certifies, whatever rounding did. */
#ifndef BOUND_TRANSPORT_BOUND_H
#define BOUND_TRANSPORT_BOUND_H

#include "solvers/bound/dual.h"
#include "solvers/core/rng.h"

struct transport_pair {
	ptrdiff_t i, j; /* j = -1: 0 */
	double pi, g, along, length, gain;
};

struct transport {
	struct dual *dual;
	struct mat X;     /* d x n, a row of features each column */
	struct mat V, Z;  /* d x r; r x n: V'x */
	struct mat L, LX; /* r x n; d x n: the Laplacian of g times Z and X */
	struct mat block; /* n x BLOCK: distances of candidates */
	struct transport_pair *pair;
	ptrdiff_t count, room;
	double *nu, *slope, *shift, *length; /* n: f of the dual objective; scratch; |x|^2 */
	real *b, *along;                     /* d */
	struct mat G, H, M;                  /* d x d: G, then its eigenvectors; G; 1 + d */
	real *w;                             /* d */
	double *coefficient;                 /* d: (Q'b)^2 */
	real *alpha;                         /* of the samples */
	double lower, K;                     /* the best bound; its kappa / beta */
	long rounds;
	struct rng rng;
};

/* 1: the flow goes from i to j; -1: from 0 to row i, of the lower side. */
double transport_side(const struct transport *t, const struct transport_pair *pair);

/* nu and b of the flow. */
void transport_divergence(struct transport *t);

/* L = Z times the Laplacian of g: Z and L of n columns. */
void transport_laplacian(const struct transport *t, struct mat Z, struct mat L);

/* A bound of kappa(nu) by pi and g, HUGE_VAL where none is found; keeps the lower bound that it
 * gives where that is the best. */
double transport_certify(struct transport *t);

#endif
