/* The cones {v : e o (X v) >= 0} of activation patterns, e = 2 d - 1, in coordinates that all of
 * them share:
 *
 *     v = Q u,   B = diag(1 / |x_k|) X Q,   B'B = diag(lambda)
 *
 * Q (d x r) is an orthonormal basis of the row space, r <= min(n, d). As e_k^2 = 1, B'B is the Gram
 * matrix of every pattern, so that systems with it are free for any penalty. Rows have length 1:
 * margins are relative, and rows of any length are treated alike. Zero rows constrain nothing.
 *
 * To rounding, B u = diag(1 / |x_k|) X (Q u) for every u; lambda, which only steers iterations, is
 * less exact. */
#ifndef GATES_SIGNCONE_H
#define GATES_SIGNCONE_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/core/ranks.h"

#include <stdbool.h>
#include <stddef.h>

struct signcone {
	struct mat X;        /* n x d, borrowed */
	struct ranks *ranks; /* that hold the rows of X; NULL: this process alone */
	real *length;        /* n: |x_k| */
	struct mat B;        /* n x r */
	struct mat Q;        /* d x r */
	double *lambda;      /* r, ascending */
	bool ready;
	/* scratch */
	struct mat gram; /* min(n, d) square: the columns of Q where d is not above n */
	real *spectrum;  /* min(n, d) */
};

/* Room alone: the coordinates are made by the first use. X is borrowed. */
struct signcone signcone_new(struct mat X, struct arena *arena);
/* Of rows that lie on several ranks, or of features that may be larger than memory. */
struct signcone signcone_spread(struct mat X, struct ranks *ranks, bool spilled,
				struct arena *arena);

/* Operations of signcone_prepare. */
double signcone_flops(double n, double d);

/* The coordinates, unless they are there. Allocates nothing. */
void signcone_prepare(struct signcone *cone);

/* U = Q'V and V = Q U */
void signcone_reduce(const struct signcone *cone, struct mat V, struct mat U);
void signcone_expand(const struct signcone *cone, struct mat U, struct mat V);

#endif
