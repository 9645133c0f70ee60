/* A gated ReLU network as a ReLU network: W_p = v - v' for each gate and output, both in the cone
 * {u : e o (X u) >= 0} of its pattern, so that the outputs on the training samples stay what they
 * are (Mishkin, Sahiner and Pilanci 2022, section 3). With z = v + v' and w = W_p:
 *
 *     exact         min |z|^2   s.t.  e o (X z) >= |X w|            (least |v|^2 + |v'|^2)
 *     approximate   min |(|X w| - e o (X z))_+|^2 + rho |z|^2
 *
 * by nonnegative least squares (Lawson and Hanson 1974, chapter 23) and by Newton's method. A w
 * that is in the cone, or -w, is taken as it is: no other pair has less |v| + |v'|. Of several
 * outputs W_p = sum_c (W_p o_c) o_c' with orthonormal o_c, a neuron pair each: the outputs one by
 * one, or the right singular vectors of W_p, whichever costs less. */
#ifndef GATED_GATED_CONE_H
#define GATED_GATED_CONE_H

#include "solvers/gates/gates.h"
#include "solvers/model/model.h"
#include "solvers/tools/nnls.h"

struct gated_cone {
	struct mat X, H; /* n x d, d x P: directions inside the cones */
	struct gates D;
	bool exact;
	/* scratch */
	struct nnls nnls;
	struct mat wide; /* n x (d + 1) */
	real *d, *y, *push, *z, *w, *before;
	double *g;
	struct mat M, right;
	struct mat each, joint; /* k x k: bases of the outputs */
	real *roots;            /* k */
};

/* For k outputs. */
struct gated_cone gated_cone_new(struct mat X, struct gates D, struct mat H, ptrdiff_t k,
				 bool exact, struct arena *arena);

/* The first gate whose direction is not inside its cone; -1: there is none. */
ptrdiff_t gated_cone_flat(struct gated_cone *cone);

/* The ReLU network of W ((d P) x k) into a model with room for 2 P k units. */
void gated_cone_network(struct gated_cone *cone, struct mat W, struct model *model);

#endif
