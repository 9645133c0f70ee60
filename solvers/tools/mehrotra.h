/* Predictor and corrector of a primal-dual interior point method (Mehrotra 1992).
 *
 * The direction to complementarity 0 tells how far one may go; the mean product mu_a after that
 * step sets the centring sigma = (mu_a / mu)^3, and the direction that is taken aims at sigma mu
 * less the second-order terms of the first. A method gives both directions and what it knows of its
 * own slacks and multipliers. */
#ifndef TOOLS_MEHROTRA_H
#define TOOLS_MEHROTRA_H

#include <stdbool.h>
#include <stddef.h>

struct mehrotra {
	/* The direction to complementarity 0. False: no other is looked for. */
	bool (*predict)(void *state);
	/* The direction to the complementarity `target`; with `correct` less the products of the
	 * last direction. False if it does not solve its equations. */
	bool (*correct)(void *state, double target, bool correct);
	/* Step at which the first slack or multiplier vanishes; HUGE_VAL: none does. */
	double (*longest)(const void *state);
	/* Mean complementarity product after a step. */
	double (*complementarity)(const void *state, double step);
	double to_boundary; /* of the way to the boundary that a step may go */
	double least_sigma; /* a step never aims further than this share of the present products */
	/* Length of the predictor up to which its products correct nothing: they may be of any size
	 * then. */
	double far_enough;
};

/* Predictor and corrector at products of mean mu, aimed at `least` or more. */
bool mehrotra_direction(const struct mehrotra *method, void *state, double mu, double least);

/* Length of the step along the last direction: full, or `to_boundary` of the way. */
double mehrotra_length(const struct mehrotra *method, const void *state);

/* The step, or a shorter one that leaves x + step dx >= 0. */
static inline double mehrotra_limit(double step, double x, double dx)
{
	return dx < 0 && -x / dx < step ? -x / dx : step;
}

#endif
