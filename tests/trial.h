/* Tiny random training problems for the dense reference, many of them degenerate. */
#ifndef TESTS_TRIAL_H
#define TESTS_TRIAL_H

#include "harness/data/data.h"
#include "solvers/model/attack.h"
#include "solvers/model/trainer.h"
#include "tests/dense.h"

#include <stdbool.h>
#include <stdint.h>

enum { TRIAL_CELLS = 4 * DENSE_SAMPLES };

struct trial {
	struct arena arena;
	uint64_t seed;
	struct dense dense;
	struct problem problem;
	struct dataset data;
	bool active[TRIAL_CELLS][DENSE_N]; /* the given patterns */
	int given;
	struct mat D;
	double zero;            /* objective without neurons */
	struct dense_value all; /* over all networks */
};

/* The loss is the seed modulo 5; the next digit, modulo 10, says what is degenerate: nothing, ties,
 * a row of zeros, rows twice or opposite, rank 1, a column of zeros, a constant one, large, small,
 * one class. The trial is static: one at a time. */
struct trial *trial_new(uint64_t seed);
void trial_free(struct trial *t);

/* Optima over the given patterns; over `count` directions as `scp` documents them, normal numbers
 * of the stream "neurons", normalised; and of the robust program (dense_robust), unknown for
 * targets. */
struct dense_value trial_given(const struct trial *t);
struct dense_value trial_directions(const struct trial *t, int count);
struct dense_value trial_ball(const struct trial *t, int q, double eps);

/* The largest loss of sample k over corners of the ball around it: a bound from below. */
double trial_worst_loss(const struct trial *t, const struct net *net, int k, enum norm norm,
			double eps);

#endif
