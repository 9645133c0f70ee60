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

/* lower, upper and worst of all samples: the bound for the starting slopes, and `steps` primal-dual
 * steps for samples whose sign that leaves open (or for all of them). */
void root_run(struct certify_job *job, long steps, bool decide, struct arena *arena);

#endif
