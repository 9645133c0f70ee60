/* Products of matrices of `real` in double, whatever `real` is, for bounds that must hold. */
#ifndef CVX_WIDE_H
#define CVX_WIDE_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

#include <stddef.h>

/* Room to multiply X (n x d) and up to m columns. */
struct wide {
	ptrdiff_t rows; /* converted at once */
	double *x, *q;  /* rows x d, rows x m; NULL where `real` is double */
};

struct wide wide_new(ptrdiff_t d, ptrdiff_t m, struct arena *arena);

/* Z = X'Q, Z (d x m) */
void wide_transposed(const struct wide *wide, struct mat X, struct mat Q, double *Z);

/* z (d) = X'q, q (n), its sums in twice the digits: wrong by eps |z| and (n eps)^2 |x|'|q| at most
 * (Ogita, Rump, Oishi 2005). Twenty times the work. */
void wide_transposed_twice(struct mat X, const real *q, double *z);

/* |z| of d numbers */
double wide_norm(ptrdiff_t d, const double *z);

#endif
