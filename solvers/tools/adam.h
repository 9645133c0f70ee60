/* Adam (Kingma and Ba 2015), and with a decoupled decay AdamW (Loshchilov and Hutter 2019).
 *
 *     p <- beta1 p + (1 - beta1) g,   q <- beta2 q + (1 - beta2) g^2
 *     w <- w - rate (p / (1 - beta1^t)) / (sqrt(q / (1 - beta2^t)) + epsilon)
 *
 * g holds the weight decay, or, decoupled, w first shrinks and g is the data part alone. */
#ifndef TOOLS_ADAM_H
#define TOOLS_ADAM_H

#include "solvers/core/real.h"

#include <stddef.h>

struct adam {
	double beta1, beta2; /* memories of the mean gradient and of the mean square */
	double epsilon;      /* added to the root of the mean square */
	long t;              /* steps so far */
	/* of the step at hand: */
	real scale, decay; /* g = scale * gradient + decay * w */
	real shrink;       /* factor of w */
	real rate, floor;  /* rate and epsilon with both bias corrections */
};

/* With memories and floor as published, g the gradient. */
struct adam adam_new(void);

/* The next step has this learning rate. */
void adam_begin(struct adam *adam, double rate);

/* w, p and q (n each) by the step at hand. */
void adam_update(const struct adam *adam, size_t n, const real *gradient, real *w, real *p,
		 real *q);

#endif
