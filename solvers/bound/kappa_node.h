/* The search of kappa.h and the bound of one of its boxes. */
#ifndef BOUND_KAPPA_NODE_H
#define BOUND_KAPPA_NODE_H

#include "solvers/bound/plan.h"

#include <stdbool.h>
#include <stdint.h>

enum { KAPPA_MOST = 8 }; /* features */

/* A box, its bound and the sum of the terms of fixed sign. */
struct kappa_node {
	double bound, value; /* value: of the sum over |u| at the centre */
	double C[KAPPA_MOST], middle[KAPPA_MOST];
	unsigned char depth[KAPPA_MOST]; /* half a side is 2^-depth */
	signed char sign;                /* of nu */
	unsigned char face, split;       /* the fixed coordinate; the one to halve */
};

/* The best value in one cone. */
struct kappa_found {
	double value, u[KAPPA_MOST];
};

struct kappa {
	const struct distinct *rows;
	struct plan plan;
	ptrdiff_t words;   /* of 64 terms */
	double *A, *B, *w; /* d x count, one feature behind the other */
	double margin;     /* of rounding, in c0 */
	struct kappa_node *node;
	uint64_t *open; /* words of each node: terms whose sign is not fixed */
	ptrdiff_t room, used, count, spares, *heap, *spare;
	long evaluated;
	double floor;              /* boxes below are left: the value at u, or what was asked for */
	double best, *u;           /* the largest |value| so far, at u (d) */
	struct kappa_found *found; /* 4 d: of each face and sign */
	double *nu, *work;
	struct kappa_scratch *scratch; /* of each thread */
	int threads;
};

struct kappa_scratch *kappa_scratch_new(ptrdiff_t room, ptrdiff_t d, int threads,
					struct arena *arena);

/* Lowers the bound of the node, fixes signs of its terms, and tells where to halve it. */
void kappa_node_bound(const struct kappa *kappa, int thread, ptrdiff_t node);

#endif
