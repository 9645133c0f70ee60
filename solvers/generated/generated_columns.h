/* Column generation over networks of any width of
 *
 *     min over measures A on the unit sphere   L(F, Y) + beta |A|,   F = integral relu(X u) dA(u).
 *
 * A round
 *
 *     prices: neurons with |Nu' relu(X u)| > beta, Nu = -grad L, lower the objective
 *         (generated_price.h); the best, some way apart from each other, join;
 *     solves the program over the neurons in use, warm started (generated_master.h); those that are
 *         not used leave;
 *     slides: descent on the network of the neurons in use (generated_slide.h);
 *     merges neurons with one pattern of activation, and solves again.
 *
 * No part raises the objective. Pricing is local: where it finds nothing, nothing is proved. */
#ifndef GENERATED_GENERATED_COLUMNS_H
#define GENERATED_GENERATED_COLUMNS_H

#include "solvers/gates/start.h"
#include "solvers/generated/generated_master.h"
#include "solvers/generated/generated_neurons.h"
#include "solvers/generated/generated_price.h"
#include "solvers/generated/generated_slide.h"

struct columns_size {
	long room;   /* neurons in use, at most; more if the start has more; <= 0: by samples */
	long starts; /* ascents of the pricing in a round; <= 0: as many as take about 2 GFLOP */
	long add;    /* neurons that join in a round, at most */
	long slide;  /* steps of a slide */
};

struct columns {
	const struct problem *problem; /* beta may change between rounds */
	struct columns_size size;
	struct neurons neurons;
	struct master master; /* with the dual point */
	struct price price;
	struct slide slide;
	double objective;
	double found;   /* the largest value of a neuron for the present dual point */
	bool priced;    /* it is known */
	double longest; /* row of X */
	double fell;    /* the objective, by this share in the last round */
	int quiet;      /* rounds in a row in which nothing happened */
	long rounds;
};

/* A fall by this share of the objective is none. */
extern const double columns_standing;

/* No neurons yet; room for those of the start. */
struct columns *columns_new(const struct problem *problem, struct columns_size size,
			    const struct start *start, struct arena *arena);

/* The neurons of a network, with |u_j| = 1; those without weights are left out. */
void columns_take(struct columns *s, struct model_layers net);

/* The first point: solved for the neurons that are there. */
void columns_begin(struct columns *s);

/* A neuron of direction u (d), |u| > 0, joins without weight, where there is room. */
void columns_join(struct columns *s, const double *u);

/* Solves with the neurons that have joined, slides and merges. */
void columns_solve(struct columns *s);

/* A round; returns how many neurons joined. */
ptrdiff_t columns_round(struct columns *s);

/* No room is left. */
static inline bool columns_full(const struct columns *s)
{
	return s->neurons.count == s->neurons.room;
}

/* A note where the room is used up. */
void columns_tell(const struct columns *s, struct facts *facts);

/* Operations of a round at this shape. */
double columns_flops(struct columns_size size, struct trainer_shape shape);

#endif
