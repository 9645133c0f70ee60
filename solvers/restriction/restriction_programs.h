/* The sequence of convex programs of the restriction: L-BFGS on F smoothed over h; then slopes from
 * the best point; then again, with a third of h each time F has stalled. F at the best point never
 * rises. */
#ifndef RESTRICTION_RESTRICTION_PROGRAMS_H
#define RESTRICTION_RESTRICTION_PROGRAMS_H

#include "solvers/restriction/restriction.h"
#include "solvers/tools/lbfgs.h"

struct restriction_programs_options {
	long slope_steps, memory, proof;
	double blur, gap, fall;
};

struct restriction_programs {
	const struct restriction_programs_options *options;
	struct restriction r;
	struct lbfgs lbfgs;
	struct mat A, G, A_new, G_new, best; /* d x m */
	real *direction;
	double h;                        /* smoothing */
	double smooth;                   /* smoothed value at A */
	double value;                    /* F at `best` */
	double round, look;              /* F when the program, and the last look, began */
	struct restriction_dual average; /* of the dual points since the proof began */
	double most;                     /* largest fall of F between two looks at this program */
	double lower;                    /* best bound of the program at hand */
	long iterations;                 /* in the program at hand */
	long programs;                   /* solved */
	bool proving, ended;             /* the last program is known; its bound is, too */
};

/* Room beside r, which it takes over; `best` is zero and `value` infinite. */
struct restriction_programs restriction_programs_new(
	const struct restriction *r, const struct restriction_programs_options *options,
	struct arena *arena);

/* A becomes the best point if its F, `exact`, is lower. */
void restriction_programs_keep(struct restriction_programs *s, struct mat A, double exact);

/* A new convex program: slopes from the best point, at which F is not higher. */
void restriction_programs_begin(struct restriction_programs *s);

/* One iteration of L-BFGS, and what follows from it. Not after `ended`. */
void restriction_programs_step(struct restriction_programs *s);

#endif
