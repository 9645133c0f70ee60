/* Samples under attack, gathered into contiguous matrices that one thread works on.
 *
 * Rows leave the chunk when they are done: the products of the others get smaller. */
#ifndef ATTACK_CHUNK_H
#define ATTACK_CHUNK_H

#include "solvers/core/attack.h"

struct chunk {
	const struct attack_job *job;
	ptrdiff_t rows;           /* in use */
	ptrdiff_t *sample;        /* row of the job's X behind each row */
	real *y;                  /* -1 or +1 */
	real *margin;             /* y f at `best` */
	real *better;             /* 1 where `at` is worse for the network than `best`, else 0 */
	real *f, *length, *scale; /* outputs; per-row scratch of the l_2 moves */
	/* capacity x d: clean points, current points, worst points seen, df/dx at the current
	 * points */
	struct mat clean, at, best, slope;
	struct net_work work;
};

/* How many samples a chunk of `live` ones shared by `threads` should hold. */
ptrdiff_t chunk_capacity(ptrdiff_t live, int threads);

void chunk_new(struct chunk *chunk, const struct attack_job *job, ptrdiff_t capacity,
	       struct arena *arena);

/* Gather the given samples; the current points are the clean ones. */
void chunk_load(struct chunk *chunk, const ptrdiff_t *sample, ptrdiff_t count);

/* Write worst points and margins back to the job. */
void chunk_store(const struct chunk *chunk);

/* f at the current points, with its gradient or without, and `margin`, `better` from it. A row
 * whose margin is not above `done` is finished: it never counts as better. */
void chunk_gradient(struct chunk *chunk, real done);
void chunk_forward(struct chunk *chunk, real done);

/* best = at where better */
void chunk_keep(struct chunk *chunk);

/* Store and drop the rows with margin <= done once they are a good part of the chunk. */
void chunk_compact(struct chunk *chunk, real done);

#endif
