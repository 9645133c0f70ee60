/* Projected descent on the margin y f: what FGSM (one step) and PGD (many, restarted) have in
 * common. */
#ifndef ATTACK_DESCENT_H
#define ATTACK_DESCENT_H

#include "solvers/model/attack.h"

struct descent {
	const char *purpose;   /* of the random starts */
	long steps;            /* per restart */
	long restarts;         /* the first one starts from the clean point */
	double step;           /* length of a step */
	bool stop_when_broken; /* leave a sample alone as soon as its margin is <= 0 */
	bool flat;             /* stand still where y f > 1, as the gradient of the hinge does */
};

/* The attack's loss max(1 - m, slope (1 - m)) of the margin m has the direction of -m wherever its
 * slope is not 0: this is all that the option `slope` of FGSM and PGD decides. */
#define DESCENT_SLOPE_ROW(structure)                                                              \
	{                                                                                         \
		OPTION_FIELD(structure, slope), .initial = "1", .range = RANGE_WITHIN(0, 1),      \
						.doc = "slope of the loss max(1 - m, slope (1 - " \
						       "m)) where the margin m = y f "            \
						       "is above 1: 1 is the margin itself, "     \
						       "between 0 and 1 the leaky hinge, "        \
						       "whose steps are the same, 0 the hinge, "  \
						       "which stands still there and "            \
						       "overstates robustness"                    \
	}

/* struct attack.flat for these options: the margin above which the loss is flat. */
double descent_flat(double slope);

void descent_run(const struct descent *descent, struct attack_job *job, struct arena *arena);

#endif
