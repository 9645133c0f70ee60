/* Exact extremes of a quadratic function f(x) = [x; 1]'Q [x; 1] over l_2 balls: one
 * eigendecomposition serves all points and both signs. See trust_region.h and
 * solvers/poly/polynet.h. */
#ifndef POLY_POLY_ORACLE_H
#define POLY_POLY_ORACLE_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

#include <stdbool.h>

struct poly_oracle {
	ptrdiff_t d, free;     /* columns, and those that are not frozen, which come first here */
	ptrdiff_t *column;     /* d: which they are */
	struct mat Q;          /* d + 1 x d + 1 */
	struct mat V;          /* free x free: eigenvectors */
	real *values;          /* free */
	double *e, *g, *u;     /* free: eigenvalues, and of the point at hand */
	struct mat X, T, F, G; /* block x d twice, block x free twice: scratch */
	double size;           /* largest |e| */
};

/* `frozen` (d): columns that stay as they are, or NULL. Scratch for any number of points. */
struct poly_oracle *poly_oracle_new(ptrdiff_t d, const bool *frozen, struct arena *arena);

/* From now on for Q (d + 1 x d + 1), symmetric. False if it is not finite. */
bool poly_oracle_set(struct poly_oracle *oracle, struct mat Q);

/* What is asked at the rows of X (n x d). */
struct poly_points {
	struct mat X;
	const real *y; /* n: -1 or +1; NULL: +1 */
	double radius; /* >= 0 */
	/* Results; NULL: not wanted. */
	double *value;     /* n: y f(x) */
	double *lower;     /* n: min of y f over the ball, not above it but for rounding */
	struct mat *worst; /* n x d: points with that value, in the ball; may be X */
};

void poly_oracle_margins(struct poly_oracle *oracle, const struct poly_points *points);

/* The largest value of sign f over |x|_2 = 1, not below it but for rounding, and x (d). Only
 * without frozen columns. */
double poly_oracle_sphere(struct poly_oracle *oracle, double sign, real *x);

/* Rows of X (n x d), each with the side that it should be on. */
struct poly_rows {
	struct mat X;
	const ptrdiff_t *row; /* count */
	const real *sign;     /* count: -1 or +1 */
	ptrdiff_t count;
};

/* |x' - x|_2 of the nearest x' with sign f(x') <= 0, not above it but for rounding: 0 where x is
 * one, HUGE_VAL where there is none. out[row] (n) becomes the least of what it was and this. */
void poly_oracle_distances(struct poly_oracle *oracle, const struct poly_rows *rows, double *out);

#endif
