/* A path of penalties in geometric steps down to the one that is asked for, for trainers that start
 * each of them from the one before. */
#ifndef CVX_PENALTY_PATH_H
#define CVX_PENALTY_PATH_H

#include "solvers/model/trainer.h"

#include <stdbool.h>

struct penalty_path {
	const struct problem *problem;
	long at, steps;          /* penalties that are done with; steps at the present one */
	double first, tolerance; /* its largest penalty; the gap at which one is done */
	double worst_gap;        /* of those done with; NaN: none of them has a bound */
	bool stalled;            /* a penalty was left above the tolerance */
	bool left;               /* the caller has been told that the present one is done with */
};

/* tolerance: of relative gaps; less than rounding is taken for that. */
struct penalty_path penalty_path_new(const struct problem *problem, double tolerance);

/* The penalty to begin with; the model is zero at `largest`. */
double penalty_path_begin(struct penalty_path *path, double largest);

/* Of a relative gap after so many steps: is the penalty at work done with, or given up? */
bool penalty_path_is_done(struct penalty_path *path, double gap, long most_steps);

/* The caller is told of a penalty that is done with. True: it was the last one. */
bool penalty_path_leave(struct penalty_path *path, struct penalty_done done,
			struct progress *progress);

/* At the begin of a step: does another penalty begin? Then it is in *beta. */
bool penalty_path_turns(struct penalty_path *path, double *beta);

/* "path_worst_gap", the largest certified gap of all penalties. */
void penalty_path_tell(const struct penalty_path *path, struct facts *facts);

#endif
