/* A path of penalties, from that of the zero network down: what is kept of each, and path.csv. */
#ifndef GENERATED_GENERATED_PATH_H
#define GENERATED_GENERATED_PATH_H

#include "solvers/generated/generated_neurons.h"

struct penalty_point {
	double beta, objective, neurons, rounds;
	double violation;   /* of the largest value that pricing found, over beta; no bound */
	double accuracy[2]; /* of two classes, training part and validation part; NaN: none */
};

struct penalties {
	struct penalty_point *at; /* count */
	long count, done;
	double first, last; /* penalties */
	long rounds;        /* at this penalty */
	real *f;            /* of the validation part */
	struct net net;     /* d x room */
	struct model_work work;
};

struct penalties path_new(const struct problem *problem, long count, ptrdiff_t room,
			  struct arena *arena);

/* Penalty i of the path, geometric. */
double path_penalty(const struct penalties *s, long i);

/* One more penalty is done: that of the neurons' problem. */
void path_record(struct penalties *s, const struct neurons *neurons, double objective,
		 double violation);

/* The table "path". */
void path_tell(const struct penalties *s, struct facts *facts);

#endif
