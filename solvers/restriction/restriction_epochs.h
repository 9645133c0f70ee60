/* Mini-batch phase of the convex restriction, for large n.
 *
 *     min over A  sum_k phi(m_k) + beta sum_i |a_i|,  m_k with the slopes that A itself gives,
 *
 * by Adam (Kingma, Ba 2015) on mini-batches: each has its slopes from the weights of the moment,
 * and the gradient holds them fixed. The rate falls linearly to 0 over the epochs and acts on the
 * mean over samples, the objective divided by n and by the weight of the loss. */
#ifndef RESTRICTION_RESTRICTION_EPOCHS_H
#define RESTRICTION_RESTRICTION_EPOCHS_H

#include "solvers/restriction/restriction.h"
#include "solvers/tools/adam.h"

struct restriction_epochs_options {
	long count, batch; /* epochs; samples of a step, 0: all */
	double learning_rate;
};

struct restriction_epochs {
	const struct problem *problem;
	const struct restriction_epochs_options *options;
	struct problem batch; /* rows of X and y from those below */
	struct restriction r; /* of `batch` */
	struct mat X;         /* n x d: shuffled */
	real *y;              /* n: of one output */
	real *weight;         /* n: of the samples; NULL: all are 1 */
	int *label;           /* n: of classes */
	size_t *order;        /* n */
	struct mat A, G;      /* d x m */
	real *mean, *square;  /* d m: of the gradients */
	struct adam adam;
	long epoch; /* made */
};

/* For the samples, ball and neurons of r; A is zero. `epochs` stays where it is: r points into it.
 */
void restriction_epochs_setup(struct restriction_epochs *epochs, const struct restriction *r,
			      const struct restriction_epochs_options *options,
			      struct arena *arena);

/* One pass over the shuffled samples, margins blurred by about `blur`; A is changed. */
void restriction_epochs_run(struct restriction_epochs *epochs, double blur);

#endif
