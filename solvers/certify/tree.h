/* Branch and bound on the signs of the concave unstable neurons of one point.
 *
 * Terms c_j relu(z_j) with c_j > 0 are exact in the relaxation, so only neurons with c_j < 0 whose
 * sign is open are split: a node fixes some of these signs, and one that fixes all is a leaf, a
 * convex program that is solved to the end (leaf.h). Neurons of one sign are merged into one linear
 * term first. */
#ifndef CERTIFY_TREE_H
#define CERTIFY_TREE_H

#include "solvers/certify/leaf.h"
#include "solvers/certify/points.h"
#include "solvers/certify/relax.h"
#include "solvers/tools/heap.h"

struct tree_limits {
	long nodes;  /* bounded, per point */
	long steps;  /* primal-dual steps per node */
	bool decide; /* only the sign of the minimum is wanted */
	double gap;  /* else: upper - lower <= gap max(1, |upper|) */
};

struct tree {
	struct tree_limits limits;
	struct points points; /* the point */
	struct relax relax;   /* the nodes that are being bounded */
	struct leaf leaf;     /* the one that is being solved */
	ptrdiff_t signs;      /* unstable neurons; term `signs` is the sum of the others */
	struct mat U;         /* d x (m + 1) */
	real *floor, *length, *work;
	double *below, *above; /* m: ranges of the unstable */
	struct mat C, clean;   /* (m + 1) x 1, stride 0 */
	/* Nodes: slopes, point, sign of each unstable neuron (0: open), bound. */
	struct mat W, delta;
	signed char *split; /* m per node */
	double *bound;
	struct heap open; /* nodes, lowest bound first */
	ptrdiff_t *spare; /* unused ones */
	ptrdiff_t spares, bounded;
	ptrdiff_t *column; /* node behind each column of `relax` */
	double closed;     /* least bound of the nodes that are done */
	double value;      /* y f at the worst point so far */
};

void tree_new(struct tree *tree, const struct certify_job *job, struct tree_limits limits,
	      struct arena *arena);

/* Raise lower and reduce upper of a sample of the job, which hold valid bounds on entry. */
void tree_run(struct tree *tree, ptrdiff_t sample);

#endif
