/* The projection on K = {Z >= 0, tr Z1 = Z4} of order d + 1: (V - nu G)_+ with G = diag(I, -1) and
 * the number nu at which <G, .> of it is 0, which falls in nu. */
#ifndef POLY_POLY_PROJECTION_H
#define POLY_POLY_PROJECTION_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

struct poly_projection {
	struct mat W, product; /* order x order */
	real *values;          /* order */
	int steps;             /* eigendecompositions of one projection, at most */
	double accurate;       /* |<G, Z>| relative to tr Z at which nu is good */
};

struct poly_projection poly_projection_new(ptrdiff_t order, struct arena *arena);

/* Z = the projection of the symmetric V; *nu is where Newton's method begins, that of a matrix
 * nearby or 0, and what it has found. What is left of <G, Z> goes to the diagonal, so that Z is in
 * K but for rounding. Z stays where V is not finite. */
void poly_projection_project(struct poly_projection *projection, struct mat V, double *nu,
			     struct mat Z);

#endif
