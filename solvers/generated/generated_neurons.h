/* The neurons in use of the program over networks of any width, and its value:
 *
 *     L(F, Y) + beta sum_j |A_j|,   F = Phi A,   Phi = relu(X U),   |u_j| = 1 */
#ifndef GENERATED_GENERATED_NEURONS_H
#define GENERATED_GENERATED_NEURONS_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"
#include "solvers/model/trainer.h"

#include <stdint.h>

struct neurons {
	const struct problem *problem;
	ptrdiff_t count, room; /* in use; the most there can be */
	struct mat U;          /* d x room */
	struct mat Phi;        /* n x room */
	struct mat A;          /* room x k */
	struct mat F;          /* n x k */
	/* patterns of neurons (neurons_merge): words of a column per neuron */
	uint64_t *on, *off;
	ptrdiff_t words;
	double *apart;    /* room: ranks that tell a neuron from another */
	ptrdiff_t *index; /* room */
	/* a point to come back to */
	struct mat U_kept, A_kept; /* d x room, room x k */
	ptrdiff_t kept;            /* of its neurons */
};

/* None yet. */
struct neurons neurons_new(const struct problem *problem, ptrdiff_t room, struct arena *arena);

/* Views of those in use. */
struct mat neurons_directions(const struct neurons *s); /* d x count */
struct mat neurons_features(const struct neurons *s);   /* n x count */

/* Phi of the neurons from `first` on. */
void neurons_activate(struct neurons *s, ptrdiff_t first);

/* F, and the objective there. */
void neurons_output(struct neurons *s);
double neurons_objective(const struct neurons *s);

/* |A_j| */
double neurons_size(const struct neurons *s, ptrdiff_t j);

/* Neurons without weight leave. */
void neurons_prune(struct neurons *s);

/* U and A are kept; and are again what they were, with Phi and F. */
void neurons_remember(struct neurons *s);
void neurons_go_back(struct neurons *s);

/* Neurons whose output weights point the same way and whose patterns of activation agree become
 * one, |A_i| u_i + |A_j| u_j, with the same outputs and no larger norm. A preactivation within
 * `slack` of 0 agrees with any: then outputs change by as much. Phi and F follow. */
void neurons_merge(struct neurons *s, double slack);

#endif
