/* The Fashion-MNIST setting of experiments/fashion_2v8.yaml for benchmarks: n 12000, d 784,
 * logistic loss with scale 2, beta 1e-4. */
#ifndef TESTS_FASHION_H
#define TESTS_FASHION_H

#include "harness/run/coordinates.h"
#include "harness/spec/spec.h"
#include "solvers/model/trainer.h"

struct fashion {
	struct arena arena;
	struct experiment experiment;
	struct dataset data;
	const struct cell *cell; /* of `admm` */
	struct problem problem;
};

/* Loads and says what; without the data set, image-like data of the same size, whose objectives
 * cannot be compared. Prints the error and returns 1 if it cannot. */
int fashion_load(struct fashion *fashion);
/* The data set is there. */
bool fashion_is_real(void);

/* A trainer at work; only setup and steps are timed. */
struct fashion_run {
	struct arena arena;
	const struct problem *problem;
	struct coordinates posed; /* the problem as the trainer gets it */
	const struct trainer *trainer;
	void *state;
	struct progress progress;
	double setup, seconds, best; /* setup; setup and steps; the fastest step */
	struct net inner, net;       /* in the trainer's coordinates; in the features */
	struct model_work work;
	real *f;
};

/* Options as a spec has them, e.g. "{patterns: 72}". Prints the error and returns 1 on failure. */
int fashion_start(struct fashion_run *run, const struct problem *problem, const char *solver,
		  const char *options);
void fashion_step(struct fashion_run *run);
/* Network objective of the current iterate; not timed. */
double fashion_objective(struct fashion_run *run);
void fashion_end(struct fashion_run *run);

#endif
