/* Cells of a central hyperplane arrangement {x_k'h = 0}: every sign pattern sign(X h) without a
 * zero. */
#ifndef GATES_ARRANGEMENT_H
#define GATES_ARRANGEMENT_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

#include <stddef.h>

struct arrangement {
	size_t count, rows, dimension;
	signed char *sign; /* count x rows: -1 or +1; 0 for a zero row */
	double *point;     /* count x dimension: an interior point of each cell, unit length */
};

/* 2 sum_{i < r} C(n - 1, i): the number of cells of n hyperplanes in general position in R^r, and
 * an upper bound in any position (Cover 1965). */
double arrangement_bound(double n, double r);

/* Enumerate the cells of the rows of X. The dimension is the rank of X; points are returned in the
 * coordinates of X (d), in its row space. False if there are more than `limit`. */
bool arrangement_enumerate(struct mat X, size_t limit, struct arena *arena,
			   struct arrangement *out);

#endif
