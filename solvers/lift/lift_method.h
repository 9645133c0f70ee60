/* What a method for the relaxation shows of its iterate. */
#ifndef LIFT_LIFT_METHOD_H
#define LIFT_LIFT_METHOD_H

#include "solvers/lift/lift.h"

struct lift_method {
	void *state;
	/* One iteration; false: it can go on no more. */
	bool (*step)(void *state, struct progress *progress);
	/* The iterate, which may lack feasibility, and the multipliers of lift_bound.h, Z that of
	 * semidefiniteness. */
	struct mat S, R, T, Z;
};

#endif
