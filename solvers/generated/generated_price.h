/* Neurons that lower the objective: local maxima of the norm that the dual point Nu gives a unit
 * direction,
 *
 *     max over |u| = 1   |Nu' relu(X u)|,
 *
 * by ascent from many starts at once. A neuron of a value above beta lowers the objective, and no
 * other does. Some fixed-point steps u <- X'(d(u) o nu) / |.| find smooth maxima; most lie on
 * kinks, x_i'u = 0, to which gradient steps of falling lengths come. What is found is no bound: a
 * larger value may exist. Directions are float, whatever `real` is: a neuron is as good as its
 * value, which the caller computes anew.
 *
 * Of rows on several ranks each holds all of them in float, and makes a part of the ascents of a
 * block: n k numbers of the dual point go round in a search, and d for each start, where ascents on
 * dealt rows would sum d numbers for each start in each of 58 steps. These are fewer bytes as long
 * as n < 58 d starts, and one exchange where there were 58. An ascent is then that of one process
 * but for the rounding of narrower products. */
#ifndef GENERATED_GENERATED_PRICE_H
#define GENERATED_GENERATED_PRICE_H

#include "solvers/generated/generated_climb.h"
#include "solvers/generated/generated_neurons.h"

#include <stdint.h>

struct price {
	const struct problem *problem;
	ptrdiff_t starts;    /* of both signs together, for one output */
	ptrdiff_t tried;     /* in the last search */
	bool many;           /* samples and features, so that passes over them are the time */
	bool brief;          /* set by the caller: of many, ascents are of few steps */
	ptrdiff_t n;         /* samples, of all ranks */
	struct mat dual;     /* n x k: the dual point of the last search */
	struct mat gathered; /* n x k: room for it, of several ranks */
	float *X, *nu;       /* rows x d, rows x k, columns n apart: each row once */
	ptrdiff_t rows;      /* of X that differ */
	ptrdiff_t *row;      /* n: that of each sample */
	ptrdiff_t *table;    /* of rows by their hashes; 0: none */
	double *Q;           /* d x d, of few features: an orthonormal basis */
	float *U, *C, *best; /* d x starts: points, gradients, the best points so far */
	float *value;        /* starts: of the best points */
	float *Z;            /* n x a rank's share of PRICE_BLOCK: preactivations of starts */
	float *q;            /* k x the same, of several outputs: Nu' relu(X u) */
	float *W;            /* n x the same, of several outputs */
	double *w;           /* k: Nu' relu(X u) */
	ptrdiff_t *order;    /* starts: by value, largest first */
	long round;          /* streams of random numbers used */
	struct climb climb;  /* of few features */
	double found;        /* the largest value of the neurons last looked at */
};

enum { PRICE_BLOCK = 64 };

struct price price_new(const struct problem *problem, ptrdiff_t starts, struct arena *arena);

/* Fill value, best and order for the dual point nu (n x k), from random directions, sparse
 * combinations of samples, and the neurons in use, as they are and perturbed; from fewer starts
 * than there are where a multiple of the `wanted` neurons has been found. Returns the largest value
 * found. */
double price_search(struct price *s, const struct neurons *neurons, struct mat nu,
		    ptrdiff_t wanted);

/* Which neurons join. */
struct price_wish {
	ptrdiff_t most;
	double least; /* value */
	double apart; /* 1 - u'v of any two */
	bool exact;   /* of few features: at maxima to rounding; and those near neurons in use */
};

/* Appends to *neurons, as far as there is room, of those that the last search found, best first;
 * returns how many. s->found is the largest value, of nu in `real`. */
ptrdiff_t price_add(struct price *s, struct neurons *neurons, struct mat nu,
		    struct price_wish wish);

#endif
