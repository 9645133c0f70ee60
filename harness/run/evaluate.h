/* The shared evaluator: what a method delivers, and its figures, are measured here, off the clock.
 *
 * Of each iterate there are up to two networks: that of the iterate, and that of the repaired
 * (feasible, rescaled) point of its certificate. The better one by `objective` is a candidate. A
 * trainer that certifies delivers the best candidate so far, any other one its last iterate; every
 * figure of an evaluation but the certificate is of the delivered network. */
#ifndef RUN_EVALUATE_H
#define RUN_EVALUATE_H

#include "harness/data/data.h"
#include "solvers/core/trainer.h"

/* Which point of an iteration gave the delivered network. */
enum delivered { DELIVERED_ITERATE, DELIVERED_REPAIRED };

extern const char *const delivered_names[]; /* "iterate", "repaired" */

/* NaN where a part is empty or a figure does not apply. */
struct scores {
	double accuracy, rmse;
	double r2;       /* 1 - (sum of squared errors) / (that of the part's mean) */
	double positive; /* share of samples with f > 0 */
};

/* How far the objective may be above the optimum of the program that the bound speaks of. All
 * NaN without a bound. */
struct gaps {
	double raw;  /* (objective - bound) / objective; below 0 by rounding, or where the network
			leaves the sampled program */
	double gap;  /* the same, at least 0; 0 where both are 0 */
	double zero; /* max(0, objective - bound) / (objective of the zero network) */
};

struct gaps evaluate_gaps(double objective, double bound, double objective_zero);

struct evaluation {
	struct certificate certificate; /* of the iterate */
	double objective;         /* what gap is about: the network's objective; of a robust method
				     its worst case, NaN where that is not known */
	double objective_network; /* on clean data */
	double lower_bound;       /* the largest so far: bounds stay valid */
	struct gaps gaps;
	enum delivered delivered;
	struct scores train, validation, test;
	bool finite; /* the iterate's network objective is */
};

struct evaluator {
	const struct problem *problem;
	const struct dataset *data;
	const struct trainer *trainer;
	void *state;
	bool robust;      /* `objective` is a worst case */
	struct net net;   /* delivered */
	struct net rival; /* room for a candidate */
	struct net_work work;
	real *f;                /* outputs: as long as the longest part */
	double objective_zero;  /* of the network without neurons */
	double certificate_s;   /* spent in certificates so far */
	bool any;               /* there is a delivered network */
	struct evaluation best; /* its figures */
	double best_bound;
};

struct evaluator evaluate_new(const struct problem *problem, const struct dataset *data,
			      const struct trainer *trainer, const void *options, void *state,
			      struct arena *arena);

/* Certify the current iterate, and the figures of what is delivered. */
void evaluate_iterate(struct evaluator *evaluator, struct evaluation *out);

/* A sample counts as correct when y f > 0; f = 0 is wrong for both classes. */
bool evaluate_correct(real f, real y);

#endif
