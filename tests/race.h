/* Data of an experiment and races to certified gaps, for benchmarks. */
#ifndef TESTS_RACE_H
#define TESTS_RACE_H

#include "tests/fashion.h"

struct race_data {
	struct arena arena;
	struct experiment experiment;
	struct dataset data;
};

/* Where the data come from: the spec file or, if `path` is NULL, the spec `text`, whose first data
 * set is taken, if $RELUBENCH_DATA holds `folder`; else the spec `stand_in`. */
struct race_source {
	const char *folder, *path, *text, *stand_in;
};

/* Prints the error and returns 1 if it cannot. */
int race_load(struct race_data *race, const struct race_source *source);

/* The training part, the bias column frozen, loss ("hinge") and beta given. */
struct problem race_problem(struct race_data *race, const char *loss, double beta);

/* Gap of a certificate: the share of the objective at its feasible point. */
double race_gap(const struct certificate *certificate);

/* A certified gap to reach, and in how many seconds (0: no goal). */
struct race_goal {
	double gap, seconds;
};

/* Steps until all goals (`count`, falling gaps) are reached, `patience` seconds are over or the
 * method has ended; prints when each was reached, after how many seconds of setup, steps and
 * certificates. There are as many of these as 5 % of the time allow. */
void race_to_gaps(struct fashion_run *run, const struct race_goal *goals, int count,
		  double patience);

/* GFLOP/s of X (n x d) times d x m, the fastest of several. */
double race_gemm_rate(ptrdiff_t n, ptrdiff_t d, ptrdiff_t m);

#endif
