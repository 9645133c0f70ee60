/* The relaxation solved step by step, with bounds of its value from both sides. */
#ifndef LIFT_RELAXATION_H
#define LIFT_RELAXATION_H

#include "solvers/lift/lift_bound.h"
#include "solvers/lift/lift_method.h"
#include "solvers/lift/lift_point.h"

enum relaxation_method { RELAXATION_AUTO, RELAXATION_INTERIOR, RELAXATION_SPLITTING };

extern const char *const relaxation_methods[];

/* The first members of the options of trainers that solve it. */
struct relaxation_options {
	long method;
	double tolerance;
};

#define RELAXATION_OPTIONS(structure_)                                                             \
	{OPTION_AS("method", structure_, relaxation.method), .initial = "auto",                    \
	 .names = relaxation_methods,                                                              \
	 .doc = "interior: interior points, for orders up to about 90; splitting: ADMM; auto: by " \
		"the number of unknowns"},                                                         \
	{                                                                                          \
		OPTION_AS("tolerance", structure_, relaxation.tolerance),                          \
			.initial = "1e-4", .range = RANGE_FROM(0),                                 \
			.doc = "relative distance of the two bounds of the relaxation's value at " \
			       "which it is solved"                                                \
	}

struct relaxation {
	struct lift *lift;
	enum relaxation_method chosen;
	struct lift_method method;
	struct lift_bound bound;
	struct lift_point point;
	double tolerance;
	double lower, upper; /* the best so far */
	bool stuck;          /* the method can go on no more */
};

/* Losses that are the squared one. */
bool relaxation_takes(const struct problem *problem, const void *options, const char **wanted);
void relaxation_new(const struct problem *problem, const struct relaxation_options *options,
		    struct arena *arena, struct relaxation *out);
void relaxation_forecast(const struct relaxation_options *options, struct trainer_shape shape,
			 struct forecast *out);

void relaxation_step(struct relaxation *r, struct progress *progress);
/* Both bounds at the iterate. */
void relaxation_certify(struct relaxation *r);
/* Is the relative distance of both bounds at most the tolerance? */
bool relaxation_solved(const struct relaxation *r);
void relaxation_facts(const struct relaxation *r, struct facts *facts);

#endif
