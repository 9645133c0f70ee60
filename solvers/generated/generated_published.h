/* Conditional gradients over neurons, as published (Bach 2017, section 2.5; Frank and Wolfe 1956;
 * steps of Jaggi 2013): the point moves by 2/(2 + k) of the way to t times the neuron of largest
 * value, or to 0 where none is worth beta. t bounds the sum of the norms. Slow, as a baseline of
 * column generation; the objective may rise. */
#ifndef GENERATED_GENERATED_PUBLISHED_H
#define GENERATED_GENERATED_PUBLISHED_H

#include "solvers/generated/generated_neurons.h"
#include "solvers/generated/generated_price.h"

struct published {
	struct neurons *neurons;
	struct price *price;
	double norms;  /* t; NaN: the least objective over beta */
	double least;  /* objective so far */
	struct mat nu; /* n x 1: -grad L */
	real *phi, *f; /* n: outputs of the atom; of a trial */
	long k;
};

/* The loss has a gradient. */
struct published published_new(struct neurons *neurons, struct price *price, double norms,
			       struct arena *arena);

/* One step; returns the objective. *found is the largest value of a neuron before it. */
double published_step(struct published *s, double *found);

#endif
