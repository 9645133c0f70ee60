/* The search of kappa.h and the bound of one of its boxes. */
#ifndef BOUND_KAPPA_NODE_H
#define BOUND_KAPPA_NODE_H

#include "solvers/bound/kappa_boxes.h"
#include "solvers/bound/plan.h"

/* The best value in one cone. */
struct kappa_found {
	double value, u[KAPPA_MOST];
};

struct kappa {
	const struct distinct *rows;
	struct plan plan;
	double *A, *B, *w; /* d x count, one feature behind the other */
	double margin;     /* of rounding, in c0 */
	struct kappa_boxes boxes;
	long evaluated;
	double floor;              /* boxes below are left: the value at u, or what was asked for */
	double aim;                /* of looking below boxes, once there is no room for more */
	double best, *u;           /* the largest |value| so far, at u (d) */
	struct kappa_found *found; /* 4 d: of each face and sign */
	double *nu, *work;
	struct kappa_scratch *scratch; /* of each thread */
	struct kappa_boxes *below;     /* of each thread: boxes within one of the others */
	int threads;
};

struct kappa_scratch *kappa_scratch_new(ptrdiff_t room, ptrdiff_t d, int threads,
					struct arena *arena);

/* Lowers the bound of a box, as far as `floor`, fixes signs of its terms, and tells where to halve
 * it. */
void kappa_node_bound(const struct kappa *kappa, int thread, double floor,
		      struct kappa_boxes *boxes, ptrdiff_t at);

#endif
