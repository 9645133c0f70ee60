/* The two matrices Z, Z' of the convex program of polynomial networks in an interior point method,
 * with the slacks of their dual constraints (HKM direction: Helmberg et al. 1996, Kojima et al.
 * 1997, Monteiro 1997).
 *
 * Z = sum_k z_k B_k with tr Z1 = Z4: B_k is the sum of two unit matrices, e_i e_j' + e_j e_i' for i
 * < j, and e_i e_i' + e_d e_d' for the diagonal. The objective of the program in z - z' and
 *
 *     beta (Z4 + Z4'),   dual slacks  X = S + beta e_d e_d' >= 0 and X' = -S + beta e_d e_d' >= 0
 *
 * up to multiples of G = diag(I, -1), S the gradient of the loss in Z. A Newton step to the
 * products Z X = mu I solves
 *
 *     (K_Z + H) dz - H dz' = <B, R> - <B, S> - c,   K_Z(k, l) = tr(Z^-1 B_k X B_l), symmetric
 * part. */
#ifndef POLY_POLY_CONE_H
#define POLY_POLY_CONE_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

#include <stdbool.h>

enum { POLY_SIDES = 2 };

struct poly_cone {
	double beta;
	ptrdiff_t order, p; /* d + 1; unknowns of one side */
	ptrdiff_t (*at)[4]; /* p: rows and columns of the two units */
	/* of each side; Z and X with their directions */
	struct mat Z[POLY_SIDES], X[POLY_SIDES], dZ[POLY_SIDES], dX[POLY_SIDES];
	struct mat inverse[POLY_SIDES], R[POLY_SIDES];
	struct mat K; /* 2p x 2p, lower triangle: K_Z and K_Z', then its factor */
	real *scale;  /* 2p: of the factored matrix */
	real *step;   /* 2p: right-hand side, then dz and dz' */
	struct mat work[3];
};

struct poly_cone *poly_cone_new(ptrdiff_t d, double beta, struct arena *arena);

/* Z = Z' = primal diag(I / d, 1), X = X' = dual I. */
void poly_cone_start(struct poly_cone *cone, double primal, double dual);

/* Inverses, and K of the slacks alone. False if rounding has made Z indefinite. */
bool poly_cone_weigh(struct poly_cone *cone);
/* K += the Hessian H (p x p, symmetric) of what is a function of z - z'. */
void poly_cone_add(struct poly_cone *cone, struct mat H);
bool poly_cone_factor(struct poly_cone *cone);

/* step = <B, R> - c for the products `target`, less those of the last direction with `correct`; the
 * caller subtracts its gradient. Then the direction. */
void poly_cone_right(struct poly_cone *cone, double target, bool correct);
void poly_cone_direct(struct poly_cone *cone);

/* Longest step, up to `limit`, that keeps all definite. */
double poly_cone_longest(const struct poly_cone *cone, double limit);
/* sum of <Z, X> after a step. */
double poly_cone_products(const struct poly_cone *cone, double length);
void poly_cone_move(struct poly_cone *cone, double length);

#endif
