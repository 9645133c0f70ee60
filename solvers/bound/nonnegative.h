/* The doubly nonnegative relaxation of training networks of every width, squared loss, one output
 * (Prakhya, Birdal, Yurtsever 2025), with the cones of neuron_cones.h, which make it tighter, by
 * operator splitting. See nonnegative.c. */
#ifndef BOUND_NONNEGATIVE_H
#define BOUND_NONNEGATIVE_H

#include "solvers/bound/neuron_cones.h"

#include <stdbool.h>

struct nonnegative {
	struct dual *dual;
	struct nonnegative_bound bound;
	ptrdiff_t k; /* rank of X */
	double unit; /* of z */
	double rho;
	double zero;                            /* objective left over by equal rows */
	struct mat P, V;                        /* n x k, d x k: singular vectors of X */
	real *sigma, *cost;                     /* k; 1 + k + n: of the diagonal */
	real *length;                           /* k: u = V diag(length) c */
	struct products Y[2], Z[2], side[2], D; /* of neurons with alpha > 0, < 0: split, dual */
	struct neuron_cones cones[2];
	struct cone_multipliers multipliers;
	struct mat S, B, work; /* order 1 + k + n: in alpha, c, s */
	struct mat E, EP, PS;  /* n x n; n x k twice */
	real *w;
	double *f, *nu; /* n: outputs; the dual point */
	double own[2];  /* alpha alpha of either sign */
	long iteration, next;
	double value[2]; /* above max over |u| <= 1 of +- nu'relu(X u) */
	double before;   /* the lower bound when `next` was set */
};

struct nonnegative nonnegative_new(struct dual *dual, struct arena *arena);
/* Some iterations and a bound; false: nothing more is to be expected. */
bool nonnegative_round(struct nonnegative *t);

#endif
