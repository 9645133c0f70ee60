/* What the losses of classes read of several outputs, for a block of rows at a time: columns of a
 * block stay in the cache, and loops over its rows become vector code. */
#ifndef LOSS_RIVALS_H
#define LOSS_RIVALS_H

#include "solvers/core/mat.h"
#include "solvers/core/targets.h"

#include <stdbool.h>
#include <stddef.h>

enum { RIVALS_ROWS = 128 }; /* in a block: six arrays of doubles stay in L1 */

struct rivals {
	ptrdiff_t count;          /* rows of the block */
	const int *label;         /* theirs */
	double own[RIVALS_ROWS];  /* f_y */
	double lead[RIVALS_ROWS]; /* max_{c != y} f_c - f_y */
};

/* Of the rows of F (n x k) from `first` on. */
struct rivals rivals_of(struct mat F, struct targets y, ptrdiff_t first);

/* Rows b = scale a as points of the face {b + e_y on the simplex} of the conjugates. */
struct rivals_face {
	ptrdiff_t count;
	bool inside;                /* all of them, but for rounding of entries of size 1 */
	double others[RIVALS_ROWS]; /* sum_{c != y} b_c, in [0, 1] */
};

struct rivals_face rivals_face(struct mat A, struct targets y, ptrdiff_t first, double scale);

#endif
