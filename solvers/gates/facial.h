/* Whether the cone K = {v : e o (X v) >= 0} of a pattern, on the row space, has a direction
 * strictly inside, with a proof. With rows b_k of length 1 (signcone.h), exactly one of (Gordan
 * 1873)
 *
 *     there is an h with e_k b_k'h > 0 for all k,     there is an eta >= 0, not zero, with
 *                                                     B'(e o eta) = 0
 *
 * holds. In the second case the rows with eta > 0 are zero on all of K; what they leave is decided
 * in turn (facial reduction, Borwein and Wolkowicz 1981), until a direction is strictly inside of
 * the rest, or nothing is left. */
#ifndef GATES_FACIAL_H
#define GATES_FACIAL_H

#include "solvers/gates/gates.h"
#include "solvers/gates/signcone.h"
#include "solvers/tools/nnls.h"

#include <stdbool.h>

enum facial_kind {
	FACIAL_UNKNOWN,
	FACIAL_OPEN, /* a direction is strictly inside */
	FACIAL_FLAT, /* none is, but K has others than zero: some rows are zero on all of it */
	FACIAL_ZERO  /* zero alone */
};

struct facial {
	const struct signcone *cone;
	/* the verdict */
	enum facial_kind kind;
	double margin;   /* OPEN, FLAT: least e_k b_k'h over the rows not zero on K, |h| = 1 */
	double residual; /* FLAT, ZERO: the largest |B'(e o eta)| of the proofs, on what rows found
			    before leave; sum eta = 1 */
	double *h;       /* r */
	double *eta;     /* n: of the last proof */
	bool *zero;      /* n: rows that are zero on K */
	/* scratch */
	struct mat T;     /* n x (r + 1): rows on what is left, and e */
	struct mat basis; /* r x r: of the rows that are zero on K, `rank` of them */
	ptrdiff_t rank;
	double *g; /* r + 1 */
	real *d;   /* n: the pattern */
	struct nnls nnls;
};

/* `cone` must be prepared. */
struct facial facial_new(const struct signcone *cone, struct arena *arena);

/* The verdict on pattern d (n), by the active set method on
 *
 *     min over eta >= 0   |(B'(e o eta), sum eta - 1)|
 *
 * whose residual (h, -tau) has e_k b_k'h >= tau >= 0 for every k. Allocates nothing. */
void facial_decide(struct facial *facial, const uint64_t *d);

#endif
