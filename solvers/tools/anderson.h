/* Anderson acceleration of type II of a fixed-point iteration x <- F(x) that keeps its convergence.
 * Fixed points are those of F, an averaged operator in the norm |x|^2 = sum_p w_p |x_p|^2 over the
 * parts of x: |F(x) - x*|^2 <= |x - x*|^2 - (2/theta - 1) |r|^2, r = F(x) - x, 0 < theta <= 2. So
 * |r| never grows along plain iterates, and each point confines the fixed points to a half-space:
 *
 *     <r, x* - x> >= |r|^2 / theta
 *
 * An accelerated point
 *  - has bounded coefficients, so that its distance from the plain iterate is at most a multiple of
 *    |r|, also where the differences of residuals are rounding alone;
 *  - lies in the half-space, or the plain iterate is taken;
 *  - is given up for the plain iterate, which is held meanwhile, if the residual at the next
 *    accelerated iteration is above `growth` times the least one so far, or above
 *    first * most / (number of points kept)^(1 + tiny); then the memory is dropped, too.
 * The steps of the points kept are summable and plain iterates lie between them: the iterates are
 * bounded and converge as those of F do (Zhang, O'Donoghue, Boyd 2020, theorem 6, whose safeguard
 * the last bound is). */
#ifndef TOOLS_ANDERSON_H
#define TOOLS_ANDERSON_H

#include "solvers/core/arena.h"
#include "solvers/core/ranks.h"
#include "solvers/core/real.h"

#include <stdbool.h>
#include <stddef.h>

struct anderson;

/* A part of x and its weight w_p > 0 in the norm. */
struct anderson_part {
	size_t count;
	double weight;
	bool spread; /* every rank has numbers of its own there; else all have the same */
};

enum { ANDERSON_PARTS = 8 }; /* at most */

/* How much is remembered of the iterates. */
struct anderson_memory {
	long differences; /* >= 1 */
	long interval;    /* iterations from one anderson_after to the next: for a counting arena */
	struct ranks *ranks; /* that hold the parts; NULL: this process alone */
};

/* Vectors of `size` numbers; 0 < theta <= 2. */
struct anderson *anderson_new(struct arena *arena, size_t size, struct anderson_memory memory,
			      double theta);

/* The norm, of parts one behind the other that add up to `size`; all weights 1 without it. Forgets
 * everything. */
void anderson_weigh(struct anderson *self, const struct anderson_part *parts, int count);

/* Forget everything: F has changed. */
void anderson_reset(struct anderson *self);

/* x is where F is about to be applied. */
void anderson_before(struct anderson *self, const real *x);

/* Give up the accelerated point that the iterates x come from for the plain iterate, because of
 * what the caller knows of it. False, and nothing is done, if there is none. */
bool anderson_refuse(struct anderson *self, real *x);

/* x holds F(x) of the point before on entry, and the next point on return. True if that is not the
 * plain iterate. */
bool anderson_after(struct anderson *self, real *x);

#endif
