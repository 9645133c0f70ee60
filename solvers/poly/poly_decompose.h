/* Neurons of a matrix Z >= 0 of order d + 1 with tr Z1 = Z4 (Bartan & Pilanci 2021, neural
 * decomposition): Z = sum_j h_j^2 [u_j; 1][u_j; 1]', |u_j| = 1. */
#ifndef POLY_POLY_DECOMPOSE_H
#define POLY_POLY_DECOMPOSE_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

struct poly_decompose {
	struct mat P; /* order x order: eigenvectors, then columns p_k */
	real *values; /* order */
};

struct poly_decompose poly_decompose_new(ptrdiff_t order, struct arena *arena);

/* Writes u_j to the first columns of U (d x at least d + 1) and sign h_j^2 to `weight`; eigenvalues
 * below `least` of the largest are dropped. Returns how many neurons there are. What Z lacks of tr
 * Z1 = Z4 by rounding changes the last of them. */
ptrdiff_t poly_decompose(struct poly_decompose *self, struct mat Z, double least, struct mat U,
			 double sign, real *weight);

#endif
