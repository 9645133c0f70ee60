/* What the search for the largest radius of a pattern (robust_bounds.h) and that for its direction
 * of the largest margin (robust_margin.c) share. */
#ifndef ROBUST_ROBUST_SEARCH_H
#define ROBUST_ROBUST_SEARCH_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

/* x (n) becomes its projection on the simplex (Michelot 1986). */
void robust_search_simplex(ptrdiff_t n, real *x);

/* |X|_2^2 with a margin, as the power method stays below. */
double robust_search_norm(struct mat X, struct arena *scratch);

#endif
