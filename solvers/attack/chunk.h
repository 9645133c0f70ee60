/* Samples under attack, gathered into contiguous matrices that one thread works on.
 *
 * Rows leave the chunk when they are done: the products of the others get smaller. What an attack
 * keeps for each row beside the points (a momentum, a step length) travels with the row. */
#ifndef ATTACK_CHUNK_H
#define ATTACK_CHUNK_H

#include "solvers/core/rng.h"
#include "solvers/model/attack.h"

enum { CHUNK_MATS = 2, CHUNK_NUMBERS = 8, CHUNK_LINES = 7 };

struct chunk {
	const struct attack_job *job;
	real done;      /* a row whose margin is not above it is finished */
	bool outside;   /* points may be outside of the ball: it keeps its margin, none is better */
	ptrdiff_t rows; /* in use */
	ptrdiff_t *sample; /* row of the job's X behind each row */
	int *label;        /* class number with several outputs, else NULL */
	int *rival;        /* its rival where that is fixed, else NULL */
	real *outputs;     /* rows x k, only to find it */
	real *y;           /* -1 or +1; 1 with several outputs */
	real *margin;      /* at `best` */
	real *better;      /* 1 where `at` is worse for the network than `best`, else 0 */
	real *pull;        /* y, or 0 where the loss of the attack is flat */
	real *f;           /* y f is what is descended on: the output; of several the margin, or
			      what the plan says */
	real *decides;     /* y times it is the margin: f, where that is descended on */
	real *length, *scale, *shrink; /* per-row scratch of the l_2 moves */
	real *line[CHUNK_LINES];       /* d each: a row, for the l_1 moves or if asked for */
	/* capacity x d: clean points, current points, worst points seen, gradient of f at the
	 * current points */
	struct mat clean, at, best, slope;
	struct mat mat[CHUNK_MATS];  /* capacity x d, the attack's own; as many as it asked for */
	real *number[CHUNK_NUMBERS]; /* capacity, likewise */
	size_t mats, numbers;
	struct model_margin of; /* with several outputs; its results are f and decides */
	struct model_work work;
};

/* What several outputs are descended on; one output always on its margin. */
enum chunk_loss {
	CHUNK_MARGIN,   /* against the strongest rival */
	CHUNK_RATIO,    /* over a difference of outputs (model_margin.ratio) */
	CHUNK_TARGETED, /* ratio, against one rival after the other */
	CHUNK_ENTROPY,  /* log softmax of the class */
	CHUNK_RIVAL     /* margin, against one rival after the other */
};

/* An attack that works on chunks, from one start after the other. */
struct chunk_plan {
	/* Attack the rows from start number `restart`, then chunk_store. The current points are the
	 * clean ones on entry, `how` is the plan's. */
	void (*attack)(struct chunk *chunk, const void *how, long restart);
	const void *how;
	long restarts;
	bool stop_when_broken; /* leave a sample alone as soon as its margin is <= 0 */
	bool goes_on;          /* those that it breaks by itself it does not leave alone */
	bool lines;            /* rows are gathered into chunk.line */
	size_t mats, numbers;  /* kept per row for the attack */
	enum chunk_loss loss;
	/* CHUNK_RIVAL, CHUNK_TARGETED: all starts for each of so many rivals, those with the
	 * largest outputs at the clean point */
	long targets;
};

/* Run the plan on all samples of the job that are not finished, chunk by chunk, in parallel. With
 * eps = 0 nothing happens. */
void chunk_run(const struct chunk_plan *plan, struct attack_job *job, struct arena *arena);

/* Random numbers of a row, of one draw of several. */
struct rng chunk_stream(const struct chunk *chunk, ptrdiff_t row, const char *purpose,
			uint64_t draw);

/* Write worst points and margins back to the job. */
void chunk_store(const struct chunk *chunk);

/* f and what decides at the current points, with the gradient of f or without, and `margin`,
 * `better` from them. A finished row never counts as better. */
void chunk_gradient(struct chunk *chunk);
void chunk_forward(struct chunk *chunk);

/* to = at in the rows where mark > 0; to: capacity x d, mark: capacity. */
void chunk_keep(struct chunk *chunk, struct mat to, const real *mark);

/* Store and drop the finished rows once they are a good part of the chunk. */
void chunk_compact(struct chunk *chunk);

#endif
