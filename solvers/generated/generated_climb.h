/* Local maxima to rounding, of one output: from a direction u to one at which
 *
 *     |nu'relu(X u)| over |u| = 1
 *
 * is as large as anywhere near. Where the activations are fixed it is linear, so that its maximum
 * over a cone of one pattern is a nonnegative least squares problem (solvers/tools/nnls.h). Of
 * samples on the walls of the cone, x_i'u = 0 with the multiplier eta_i, those are crossed behind
 * which it is larger: with w_i the dual number of sample i, of the sign that is looked for, all but
 * 0 <= eta_i <= -w_i, for which neither side is. */
#ifndef GENERATED_GENERATED_CLIMB_H
#define GENERATED_GENERATED_CLIMB_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/tools/nnls.h"

struct climb {
	struct mat X;  /* rows x d, no row twice */
	real *nu, *on; /* rows: the dual point; a pattern as 0 and 1 */
	real *z;       /* rows */
	double *g;     /* d */
	struct nnls nnls;
	double left; /* operations that climbs may still take */
};

/* For up to `rows` rows: X is filled by the caller, who then calls climb_begin. */
struct climb climb_new(ptrdiff_t rows, ptrdiff_t d, struct arena *arena);
void climb_begin(struct climb *s, ptrdiff_t rows);

/* u (d) moves to a local maximum for s->nu, or as far as s->left goes; returns the value there,
 * never below that of before but by rounding. */
double climb_to_maximum(struct climb *s, real *u);

#endif
