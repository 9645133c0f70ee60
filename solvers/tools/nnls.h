/* Nonnegative least squares with signed rows of X, one at a time and to the end:
 *
 *     value = min over eta >= 0 (n)   |g + X'(e o eta)|,   e = 2 d - 1, d in {0,1}^n
 *           = max over |u| <= 1       g'u   s.t.  e o (X u) >= 0
 *
 * by the active set method of Lawson and Hanson (1974, algorithm NNLS), in double whatever `real`
 * is. The second form bounds the value from below, so that a verdict may come early. */
#ifndef TOOLS_NNLS_H
#define TOOLS_NNLS_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/core/ranks.h"

#include <stddef.h>

struct nnls {
	struct mat X;
	struct ranks *ranks;         /* that hold its rows; NULL: this process alone */
	double *size, *slope, *push; /* n: |x_k|, X r, X h */
	double *r;                   /* d: g + X'(e o eta) */
	double *gram, *factor;       /* d x d: of the passive rows */
	double *right, *z;           /* d */
	double *eta;                 /* d: of the passive rows */
	ptrdiff_t *passive; /* d: the rows with eta > 0, `count` of them; -1: another rank's */
	double *row;        /* d x d: e_k x_k of these, one behind the other */
	ptrdiff_t count;
	ptrdiff_t factored; /* leading rows of `factor` that are up to date */
};

/* One block: d (n), g (d), and h (d), a direction with e o (X h) > 0, or NULL. */
struct nnls_block {
	const real *d, *h;
	const double *g;
};

/* lower <= value <= upper, equal to rounding once solved to the end; and the step that makes u = r
 * + step h feasible, HUGE_VAL if h does not help. */
struct nnls_value {
	double lower, upper, step;
};

/* X (n x d) is borrowed. For rows on several ranks the caller sets `ranks`. */
struct nnls nnls_new(struct mat X, struct arena *arena);
/* Other entries, or fewer columns or rows, from now on. */
void nnls_take(struct nnls *nnls, struct mat X);

/* Ends when upper <= low, lower > high, or at the minimum; r stays in nnls->r. */
struct nnls_value nnls_solve(struct nnls *nnls, struct nnls_block block, double low, double high);

/* g = X'(sign d o alpha), in double: d (n), alpha (n), g (d) */
void nnls_gradient(struct mat X, const real *d, const real *alpha, double sign, double *g);

#endif
