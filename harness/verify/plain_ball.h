/* The ball and box around a sample, in the units of an attack or a certificate, by plain loops: for
 * `verify`. delta is in those units, x + scale o delta is what the network sees. */
#ifndef VERIFY_PLAIN_BALL_H
#define VERIFY_PLAIN_BALL_H

#include "harness/assess/target.h"
#include "harness/verify/reload.h"

struct plain_ball {
	const struct model *model;
	const struct part *part; /* prepared */
	long norm;               /* enum norm */
	double eps;
	const struct reals *clip;
	double *scale, *shift; /* d; 1 and 0 in prepared units; scale times the factor */
	double *factor;        /* d: of eps */
	bool *frozen;          /* d */
	double *low, *high, *delta, *slope; /* d: scratch */
	struct mat x, gradient;             /* 1 x d: scratch */
	double *f;                          /* k: outputs at x */
	double noise; /* of the last margin, over the epsilon of the precision */
	struct model_work work;
};

struct plain_ball plain_ball_new(const struct reload *stored, const struct aim *aim, double eps,
				 struct arena *arena);

/* The margin at x_k + scale o delta. */
double plain_ball_margin(struct plain_ball *ball, ptrdiff_t k, const double *delta);

/* How far delta is outside ball or box, at most 0 inside. */
double plain_ball_excess(struct plain_ball *ball, ptrdiff_t k, const double *delta);

/* The least margin that a few steps to the minimum of the linear piece find, from the sample and
 * from random points. */
double plain_ball_attack(struct plain_ball *ball, ptrdiff_t k);

#endif
