/* Where a restriction starts: a given network, one that another trainer makes first, or sampled
 * directions. */
#ifndef RESTRICTION_RESTRICTION_START_H
#define RESTRICTION_RESTRICTION_START_H

#include "solvers/gates/start.h"
#include "solvers/restriction/restriction.h"

struct restriction_options {
	struct threat_options threat;
	struct start_options start;
	long width, slope_steps, epochs, batch, memory, proof;
	double learning_rate, blur, gap, fall;
};

struct restriction_start {
	struct net net;
	bool sampled;     /* directions only: training starts from zero weights */
	const char *note; /* where it came from */
};

/* The network to start from, in `arena`. The errors of start_network. */
enum status restriction_start(const struct problem *problem, const struct restriction_options *o,
			      struct arena *arena, struct restriction_start *out, struct err *err);

#endif
