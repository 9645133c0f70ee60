/* A point of the relaxation near one that lacks feasibility: its value from above. */
#ifndef LIFT_LIFT_POINT_H
#define LIFT_LIFT_POINT_H

#include "solvers/lift/lift.h"

struct lift_point {
	const struct lift *lift;
	struct mat S, work;         /* order x order: the point; scratch */
	struct mat L;               /* 2n x 2n */
	struct mat interior, inner; /* an interior point, and its L */
	struct mat wedge;           /* (n + d) x a batch: moments of neurons */
	real *preactivation;        /* n */
	struct mat R;               /* rows x c */
};

struct lift_point lift_point_new(const struct lift *lift, struct arena *arena);

/* Objective of the point near `from`; HUGE_VAL if none is found. */
double lift_point_near(struct lift_point *point, struct mat from);

#endif
