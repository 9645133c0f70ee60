/* Descent on the network of the neurons in use, first layer and second layer together:
 *
 *     min over U, A   L(relu(X U) A, Y) + beta / 2 (|U|^2 + |A|^2),
 *
 * by L-BFGS with a line search, monotone. With |u_j| = |A_j| it is the objective of
 * generated_neurons.h, and never below it otherwise. */
#ifndef GENERATED_GENERATED_SLIDE_H
#define GENERATED_GENERATED_SLIDE_H

#include "solvers/generated/generated_neurons.h"
#include "solvers/generated/generated_pass.h"
#include "solvers/tools/lbfgs.h"

struct slide {
	struct neurons *neurons;
	struct lbfgs memory;         /* rows: (d + k) room */
	real *x, *x_new, *g, *g_new; /* (d + k) room: U, then A; their gradients */
	real *direction;
	struct mat R;  /* n x k: slopes of the loss */
	struct mat W;  /* a block of rows x room */
	bool has_pass; /* of many samples and features */
	bool rough;    /* it goes by products in float */
	struct pass pass;
};

struct slide slide_new(struct neurons *neurons, const struct price *price, struct arena *arena);

/* Up to `steps` steps; fewer where one gains less than `tolerance` of the objective. U, Phi, A and
 * F are of the new point, |u_j| = 1. Where it may be `rough`, and there are many samples and
 * features, products are in float: the objective may then have risen. */
void slide_descend(struct slide *s, long steps, double tolerance, bool rough);

#endif
