/* Where a restriction starts: a given network, one that another trainer makes first, or sampled
 * directions. */
#ifndef CONVEX_RESTRICTION_START_H
#define CONVEX_RESTRICTION_START_H

#include "solvers/convex/restriction.h"

struct restriction_options {
	double eps;
	long norm; /* enum perturbation */
	const char *start_file;
	struct choice start; /* struct trainer */
	long start_steps, width, slope_steps, epochs, batch, memory, proof;
	double learning_rate, blur, gap, fall;
};

struct restriction_start {
	struct net net;
	bool sampled;     /* directions only: training starts from zero weights */
	const char *note; /* where it came from */
};

/* The network to start from, in `arena`. STATUS_SPEC if the named trainer does not take the loss;
 * whatever its setup reports. */
enum status restriction_start(const struct problem *problem, const struct restriction_options *o,
			      struct arena *arena, struct restriction_start *out, struct err *err);

/* The trainer to start with, or NULL. */
const struct trainer *restriction_starter(const struct restriction_options *o);

#endif
