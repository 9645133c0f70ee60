/* Rounding of a point of the relaxation to neurons: see lift_round.c. */
#ifndef LIFT_LIFT_ROUND_H
#define LIFT_LIFT_ROUND_H

#include "solvers/lift/lift.h"

struct lift_round {
	const struct lift *lift;
	struct mat X;               /* of the samples: n x d */
	ptrdiff_t columns, rank;    /* room for neurons; what A has */
	struct mat S;               /* order x order: scratch */
	struct mat A;               /* (2n + d + c) x order: Lambda = A A' */
	struct mat z, w, h;         /* (2n + d + c) x columns */
	struct mat inner, small;    /* order x columns, columns x columns */
	struct mat normal, r, part; /* d x d: 2 I + X'X, its factor; n x columns, d x columns */
	real *values;               /* order */
	double step;                /* eta */
};

struct lift_round lift_round_new(const struct lift *lift, struct mat X, ptrdiff_t columns,
				 struct arena *arena);
/* Begin at S; eta is `step` over the norm of Lambda. False if S has no decomposition. */
bool lift_round_start(struct lift_round *round, struct mat S, double step);
void lift_round_step(struct lift_round *round);
/* First layer of the current point: U (d x columns). */
struct mat lift_round_first(const struct lift_round *round);
/* Second layer: c x columns. */
struct mat lift_round_second(const struct lift_round *round);

#endif
