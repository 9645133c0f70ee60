/* A path of penalties in geometric steps from the least one at which the weights are zero down to
 * the one that is asked for, and where the method stood at each: path.csv of the record. */
#ifndef GATED_GATED_PATH_H
#define GATED_GATED_PATH_H

#include "solvers/model/trainer.h"

#include <stdbool.h>

/* Where it stood when it was done with a penalty. */
struct gated_point {
	double beta, objective, bound;
	double used;     /* gates or neurons that are not 0 */
	double screened; /* that were left out; NaN: the method leaves none out */
	double steps;
	double accuracy[2], loss[2]; /* of the training part, of the validation part */
};

struct gated_path {
	const struct problem *problem;
	long most, at, steps;    /* penalties of the path; done; steps at the present one */
	double first, tolerance; /* its largest penalty; the gap at which one is done */
	bool stalled;            /* a penalty was left above the tolerance */
	struct gated_point *point;
	real *f; /* outputs of any part */
};

struct gated_path gated_path_new(const struct problem *problem, long most, double tolerance,
				 struct arena *arena);

/* The penalty to begin with; the weights are zero at `largest`. */
double gated_path_begin(struct gated_path *path, double largest);

/* Of a relative gap after so many steps: is the penalty at work done with, or given up? */
bool gated_path_is_done(struct gated_path *path, double gap, long most_steps);

/* The penalty at work is done with; the next one, or NaN behind the last. */
double gated_path_next(struct gated_path *path, struct gated_point point);

/* Accuracies and losses of a point at the outputs F of the training part, and of a model, that of
 * the point, on the validation part. */
void gated_path_judge(const struct gated_path *path, struct mat F, const struct model *model,
		      const struct model_work *work, struct gated_point *point);

/* The table of the penalties that are done, and of that at work. */
void gated_path_tell(const struct gated_path *path, struct gated_point now, struct facts *facts);

#endif
