/* Anderson acceleration of type II of a fixed-point iteration x <- F(x), with the safeguard of
 * Zhang, O'Donoghue and Boyd 2020: a point whose residual |F(x) - x| has grown is given up for the
 * last plain iterate, and the memory is dropped. Fixed points are those of F. */
#ifndef CONVEX_ANDERSON_H
#define CONVEX_ANDERSON_H

#include "solvers/core/arena.h"
#include "solvers/core/real.h"

#include <stdbool.h>
#include <stddef.h>

struct anderson;

/* Vectors of `size` numbers; `memory` >= 1 differences are kept. */
struct anderson *anderson_new(struct arena *arena, size_t size, long memory);

/* Bytes that anderson_new takes. */
double anderson_bytes(double size, long memory);

/* Forget the differences: F has changed. */
void anderson_reset(struct anderson *self);

/* x is where F is about to be applied. */
void anderson_before(struct anderson *self, const real *x);

/* x holds F(x) of the point before on entry, and the next point on return. True if that is not the
 * plain iterate. */
bool anderson_after(struct anderson *self, real *x);

#endif
