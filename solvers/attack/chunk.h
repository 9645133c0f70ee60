/* Samples under attack, gathered into contiguous matrices that one thread works on.
 *
 * Rows leave the chunk when they are done: the products of the others get smaller. What an attack
 * keeps for each row beside the points (a momentum, a step length) travels with the row. */
#ifndef ATTACK_CHUNK_H
#define ATTACK_CHUNK_H

#include "solvers/model/attack.h"

enum { CHUNK_MATS = 2, CHUNK_NUMBERS = 8 };

struct chunk {
	const struct attack_job *job;
	real done;         /* a row whose margin is not above it is finished */
	ptrdiff_t rows;    /* in use */
	ptrdiff_t *sample; /* row of the job's X behind each row */
	real *y;           /* -1 or +1 */
	real *margin;      /* y f at `best` */
	real *better;      /* 1 where `at` is worse for the network than `best`, else 0 */
	real *pull;        /* y, or 0 where the loss of the attack is flat */
	real *f;           /* outputs */
	real *length, *scale, *shrink; /* per-row scratch of the l_2 moves */
	/* capacity x d: clean points, current points, worst points seen, df/dx at the current
	 * points */
	struct mat clean, at, best, slope;
	struct mat mat[CHUNK_MATS];  /* capacity x d, the attack's own; as many as it asked for */
	real *number[CHUNK_NUMBERS]; /* capacity, likewise */
	size_t mats, numbers;
	struct model_work work;
};

/* An attack that works on chunks, from one start after the other. */
struct chunk_plan {
	/* Attack the rows from start number `restart`, then chunk_store. The current points are the
	 * clean ones on entry, `how` is the plan's. */
	void (*attack)(struct chunk *chunk, const void *how, long restart);
	const void *how;
	long restarts;
	bool stop_when_broken; /* leave a sample alone as soon as its margin is <= 0 */
	size_t mats, numbers;  /* kept per row for the attack */
};

/* Run the plan on all samples of the job that are not finished, chunk by chunk, in parallel. With
 * eps = 0 nothing happens. */
void chunk_run(const struct chunk_plan *plan, struct attack_job *job, struct arena *arena);

/* Write worst points and margins back to the job. */
void chunk_store(const struct chunk *chunk);

/* f at the current points, with its gradient or without, and `margin`, `better` from it. A finished
 * row never counts as better. */
void chunk_gradient(struct chunk *chunk);
void chunk_forward(struct chunk *chunk);

/* to = at in the rows where mark > 0; to: capacity x d, mark: capacity. */
void chunk_keep(struct chunk *chunk, struct mat to, const real *mark);

/* Store and drop the finished rows once they are a good part of the chunk. */
void chunk_compact(struct chunk *chunk);

#endif
