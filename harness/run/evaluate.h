/* The shared evaluator: every method's network and certificate are measured here, off the clock. */
#ifndef RUN_EVALUATE_H
#define RUN_EVALUATE_H

#include "harness/data/data.h"
#include "solvers/core/trainer.h"

struct evaluator {
	const struct problem *problem;
	const struct dataset *data;
	const struct trainer *trainer;
	void *state;
	struct net net; /* of the current iterate */
	struct net_work work;
	real *f;           /* outputs: as long as the longest part */
	double best_bound; /* largest lower bound so far: bounds stay valid */
};

/* NaN where a part is empty or a figure does not apply. */
struct scores {
	double accuracy, rmse;
	double r2;       /* 1 - (sum of squared errors) / (that of the part's mean) */
	double positive; /* share of samples with f > 0 */
};

struct evaluation {
	struct certificate certificate;
	double objective_network;
	double gap; /* (upper - best lower bound so far) / max(1, |upper|) */
	struct scores train, validation, test;
};

struct evaluator evaluate_new(const struct problem *problem, const struct dataset *data,
			      const struct trainer *trainer, void *state, struct arena *arena);

/* Network, objectives, certificate and accuracies of the current iterate. */
void evaluate_iterate(struct evaluator *evaluator, struct evaluation *out);

/* A sample counts as correct when y f > 0; f = 0 is wrong for both classes. */
bool evaluate_correct(real f, real y);

#endif
