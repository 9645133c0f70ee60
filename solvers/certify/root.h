/* CROWN bounds of all points of a job, the slopes of undecided ones improved. */
#ifndef CERTIFY_ROOT_H
#define CERTIFY_ROOT_H

#include "solvers/certify/points.h"
#include "solvers/certify/relax.h"

/* The chord of relu over [below, above] is slope (z - below). */
double root_chord(double below, double above);

/* Slopes of neuron j for the range [below, above] of z_j: those allowed, and the one to start from;
 * returns the constant of its bound. */
struct root_slopes {
	real low, high, start;
	double constant;
};
struct root_slopes root_slopes(real c, real below, real above);

/* How slopes are improved. One state for each thread. */
struct root_method {
	/* On a counting arena it allocates only. The members of `relax` that all problems share are
	 * set. */
	void *(*make)(const void *options, const struct relax *relax, struct arena *arena);
	/* The problems posed, after relax_bound: column k is point at[k] of `points`. */
	void (*start)(void *state, struct relax *relax, const struct points *points,
		      const ptrdiff_t *at);
	/* Leaves slopes that are allowed in relax->W, and visits a point of each problem. */
	void (*step)(void *state, struct relax *relax);
	/* Column `to` = column `from`, as relax_move. NULL: there is nothing to move. */
	void (*move)(void *state, ptrdiff_t to, ptrdiff_t from);
	/* Columns leave when 1 / drop of them are done: until then they take further steps. */
	ptrdiff_t drop;
};

/* The steps of relax.h. */
extern const struct root_method root_primal_dual;

struct root_plan {
	long steps;  /* at most */
	bool decide; /* only samples whose sign the starting slopes leave open */
	const struct root_method *method;
	const void *options; /* of the method */
};

/* lower, upper and worst of all samples: the bound for the starting slopes, and steps that improve
 * them. */
void root_run(struct certify_job *job, const struct root_plan *plan, struct arena *arena);

#endif
