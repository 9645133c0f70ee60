/* A quadratic with an l1 penalty, by its active set (Osborne, Presnell, Turlach 2000; Lee, Battle,
 * Raina, Ng 2007, feature sign search):
 *
 *     min over a in R^N   a'G a / 2 - b'a + beta |a|_1,   G = Phi'Phi >= 0.
 *
 * On the active set with its signs the minimum is a linear system, whose Cholesky factor is kept:
 * an entry that would change its sign stops at 0 and leaves, the entry of the largest violated
 * |b - G a| > beta enters. A column that is a combination of active ones is exchanged for one of
 * them along the combination, on which Phi a does not change: active columns are independent, so
 * that there are never more of them than the rank of Phi. From a near optimum a handful of changes
 * of N (active) operations each. */
#ifndef GENERATED_LASSO_H
#define GENERATED_LASSO_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

#include <stddef.h>

struct lasso {
	struct mat L; /* most x most: lower factor of G over the active entries, in their order */
	ptrdiff_t *active; /* most */
	double *sign;      /* most: of the active entries */
	bool *used;        /* most: of entry i */
	bool *barred;      /* most: entry i left as soon as it had entered: rounding */
	real *c;           /* most: b - G a */
	real *z, *w;       /* most */
	ptrdiff_t count;
};

/* For up to `most` entries. */
struct lasso lasso_new(ptrdiff_t most, struct arena *arena);

/* Improves a (N) for G (N x N, both triangles) and b (N), never raising the objective but by
 * rounding, until no slope exceeds beta (1 + tolerance). Entries that are not active are 0. */
void lasso_solve(struct lasso *l, struct mat G, const real *b, double beta, double tolerance,
		 real *a);

/* The active entries of a become those of independent columns, by exchanges along combinations:
 * Phi a stays as it is but for rounding, |a|_1 does not rise. */
void lasso_reduce(struct lasso *l, struct mat G, real *a);

#endif
