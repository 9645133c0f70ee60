/* Moves of a random search around one sample: try a block of coordinates, keep it if the margin
 * falls.
 *
 *     run, subset  l_inf: the block goes to clean + eps or clean - eps; l_2: half of the block goes
 *                  back to clean, and what this frees of eps^2, with what the ball leaves, goes to
 *                  the other half, along its direction plus that of a random bump
 *     shake        the block moves by about share eps, then back into the ball
 *
 * A query costs two passes over the rows of U that belong to its block: with h = U'x kept, h
 * changes by the sum over the block of (change of x_i) U_i. */
#ifndef ATTACK_SEARCH_H
#define ATTACK_SEARCH_H

#include "solvers/core/rng.h"
#include "solvers/model/attack.h"
#include "solvers/model/net.h"

enum { MOVE_RUN, MOVE_SUBSET, MOVE_SHAKE, MOVES };

/* Of one thread, on one sample after the other. F coordinates are free. */
struct search {
	const struct attack_job *job;
	const struct net *net; /* the model as one, or NULL: then each query is a pass of its own */
	struct mat weights;    /* m x d: column i is row i of U */
	struct mat point;      /* 1 x d: of such a pass */
	struct model_work work;
	ptrdiff_t sample, F;
	ptrdiff_t *free;  /* F: the free coordinates, ascending */
	ptrdiff_t *order; /* F: the same, shuffled more with every subset */
	ptrdiff_t *block; /* F: coordinates of a query, */
	real *to;         /* F: and their new values */
	real *clean, *x;  /* d: clean and worst point of this start */
	double square;    /* |x - clean|^2 */
	real *h, *trial;  /* m: U'x, and at the query */
	real *base;       /* m: U'x at the clean point */
	double margin;    /* at x */
	double shrink;    /* of a query: delta times this once its block has moved */
	struct rng rng;
};

/* The model as a ReLU network, or NULL. */
const struct net *search_net(const struct attack_job *job);

/* weights: U', m x d; of another kind of model 0 x d. */
struct search search_new(const struct attack_job *job, struct mat weights, struct arena *arena);

/* Begin at the clean point of the sample, or at its worst. */
void search_begin(struct search *s, ptrdiff_t sample, bool clean);

/* Try one move on a share of the free coordinates, in (0, 1]. */
void search_query(struct search *s, double share, long move);

/* The margin at x, computed anew, without the rounding of the changes. If it is below the job's,
 * x becomes the job's worst point of the sample. */
void search_end(struct search *s);

#endif
