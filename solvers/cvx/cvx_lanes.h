/* Nonnegative least squares with signed rows of X, for several blocks that share the products:
 *
 *     min over eta_i >= 0   |g_i + X'(e_i o eta_i)|,   e_i = 2 d_i - 1
 *
 * by accelerated projected gradients (Beck and Teboulle 2009), restarted as by O'Donoghue and
 * Candes (2015), with steps scaled by the lengths of the rows. X: n x d. nnls.h solves one block to
 * the end. */
#ifndef CVX_CVX_LANES_H
#define CVX_CVX_LANES_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

#include <stdbool.h>
#include <stddef.h>

enum { CVX_LANES = 32 /* blocks that share the products with X */ };

struct cvx_block {
	const real *d; /* n: the pattern */
	double sign;   /* of d o alpha in g */
};

/* Projected gradients on the blocks 0 .. count-1, z = e o eta. */
struct cvx_lanes {
	struct mat X;
	real *step;          /* n: step sizes; of the first use on */
	bool ready;          /* the step sizes are known */
	struct mat Z, Z0, G; /* n x CVX_LANES: z, the z before, a gradient */
	struct mat R, R0, g; /* d x CVX_LANES: g + X'z, the one before, g */
	ptrdiff_t count;
	struct cvx_block block[CVX_LANES];
	double t[CVX_LANES];    /* of the momentum (t - 1) / t+ */
	double norm[CVX_LANES]; /* least |g + X'z| so far */
};

/* X is borrowed. */
struct cvx_lanes cvx_lanes_new(struct mat X, struct arena *arena);

/* g_i = X'(sign d_i o alpha) of the lanes' blocks; alpha (n). */
void cvx_lanes_gradients(struct cvx_lanes *lanes, const real *alpha);

/* Take in the lanes' `count`, `block` and `g`, from eta = 0 on. */
void cvx_lanes_start(struct cvx_lanes *lanes);

/* One step of all lanes. */
void cvx_lanes_step(struct cvx_lanes *lanes);

#endif
