/* Neurons that lower the objective: local maxima of the norm that the dual point Nu gives a unit
 * direction,
 *
 *     max over |u| = 1   |Nu' relu(X u)|,
 *
 * by ascent from many starts at once. A neuron of a value above beta lowers the objective, and no
 * other does. Some fixed-point steps u <- X'(d(u) o nu) / |.| find smooth maxima; most lie on
 * kinks, x_i'u = 0, to which gradient steps of falling lengths come. What is found is no bound: a
 * larger value may exist. Directions are float, whatever `real` is: a neuron is as good as its
 * value, which the caller computes anew. */
#ifndef GENERATED_GENERATED_PRICE_H
#define GENERATED_GENERATED_PRICE_H

#include "solvers/generated/generated_neurons.h"

#include <stdint.h>

struct price {
	const struct problem *problem;
	ptrdiff_t starts;    /* of both signs together, for one output */
	float *X, *nu;       /* n x d, n x k */
	float *U, *C, *best; /* d x starts: points, gradients, the best points so far */
	float *value;        /* starts: of the best points */
	float *Z;            /* n x PRICE_BLOCK: preactivations of a block of starts */
	float *q;            /* k x PRICE_BLOCK, of several outputs: Nu' relu(X u) */
	float *W;            /* n x PRICE_BLOCK, of several outputs */
	ptrdiff_t *order;    /* starts: by value, largest first */
	long round;          /* streams of random numbers used */
};

enum { PRICE_BLOCK = 64 };

struct price price_new(const struct problem *problem, ptrdiff_t starts, struct arena *arena);

/* Fill value, best and order for the dual point nu (n x k), from random directions, sparse
 * combinations of samples, and the neurons in use, as they are and perturbed. Returns the largest
 * value found. */
double price_search(struct price *s, const struct neurons *neurons, struct mat nu);

/* Appends to *neurons, as far as there is room, up to `most` of the neurons that the last search
 * found, best first, of values above `least` and 1 - u'v > `apart` for any two. Returns how many.
 */
ptrdiff_t price_add(struct price *s, struct neurons *neurons, ptrdiff_t most, double least,
		    double apart);

#endif
