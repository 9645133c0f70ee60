/* An over-relaxed splitting as one fixed-point map, and its acceleration.
 *
 * A split variable and its scaled dual are kept as their sum alone: the proximal map gives the
 * variable and the rest is the dual. All sums, one behind the other, are a vector x, which an
 * iteration maps to x + theta (side - split): what Anderson acceleration (anderson.h) and a change
 * of penalties (penalty.h) need. Every `interval` iterations x takes an accelerated point. */
#ifndef TOOLS_ACCELERATED_H
#define TOOLS_ACCELERATED_H

#include "solvers/tools/anderson.h"

struct accelerated {
	real *x; /* size */
	size_t size;
	long iteration; /* made so far */
	long interval;
	double zero;               /* objective of zero weights */
	double held;               /* of the last plain iterate held */
	struct anderson *anderson; /* NULL: plain */
	bool due;                  /* its start has been seen */
};

/* x = 0; plain without differences. */
struct accelerated accelerated_new(size_t size, struct anderson_memory memory, double relaxation,
				   struct arena *arena);

/* The map has changed; with parts so has the norm in which it is averaged. */
void accelerated_restart(struct accelerated *self, const struct anderson_part *parts, int count);

/* Before an iteration. */
void accelerated_before(struct accelerated *self);

/* After an iteration that led to x with this objective: an accelerated point above both the zero
 * weights and the iterate it left is refused at once; else, if one is due, the next point is found.
 * True if x is not the plain iterate: the split variables have to be formed anew. */
bool accelerated_after(struct accelerated *self, double objective);

#endif
