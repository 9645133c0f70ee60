/* A path of penalties in geometric steps from the least one at which the weights are zero down to
 * the one that is asked for, and where the method stood at each: path.csv of the record. */
#ifndef CVX_PENALTY_PATH_H
#define CVX_PENALTY_PATH_H

#include "solvers/model/trainer.h"

#include <stdbool.h>

/* Where it stood when it was done with a penalty. */
struct penalty_point {
	double beta, objective, bound;
	double used;     /* gates or neurons that are not 0 */
	double screened; /* that were left out; NaN: the method leaves none out */
	double steps;
	double accuracy[2], loss[2]; /* of the training part, of the validation part */
};

struct penalty_path {
	const struct problem *problem;
	long most, at, steps;    /* penalties of the path; done; steps at the present one */
	double first, tolerance; /* its largest penalty; the gap at which one is done */
	bool stalled;            /* a penalty was left above the tolerance */
	struct penalty_point *point;
	real *f; /* outputs of any part */
};

struct penalty_path penalty_path_new(const struct problem *problem, long most, double tolerance,
				     struct arena *arena);

/* The penalty to begin with; the weights are zero at `largest`. */
double penalty_path_begin(struct penalty_path *path, double largest);

/* Of a relative gap after so many steps: is the penalty at work done with, or given up? */
bool penalty_path_is_done(struct penalty_path *path, double gap, long most_steps);

/* The penalty at work is done with; the next one, or NaN behind the last. */
double penalty_path_next(struct penalty_path *path, struct penalty_point point);

/* Accuracies and losses of a point at the outputs F of the training part, and of a model, that of
 * the point, on the validation part. */
void penalty_path_judge(const struct penalty_path *path, struct mat F, const struct model *model,
			const struct model_work *work, struct penalty_point *point);

/* The table of the penalties that are done, and of that at work. */
void penalty_path_tell(const struct penalty_path *path, struct penalty_point now,
		       struct facts *facts);

#endif
