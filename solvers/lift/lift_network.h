/* A ReLU network with the squared loss whose second layer is fitted to its first one, and descent
 * from there. */
#ifndef LIFT_LIFT_NETWORK_H
#define LIFT_LIFT_NETWORK_H

#include "solvers/model/trainer.h"
#include "solvers/tools/lbfgs.h"

struct lift_network {
	const struct problem *problem;
	struct mat U, V;         /* d x m; m x c */
	struct mat H, F, S;      /* n x m; n x c: outputs, then their residuals; n x m */
	struct mat normal;       /* m x m */
	size_t size;             /* numbers of U and V, one behind the other */
	real *x, *g, *at, *down; /* size: both layers, gradient, those of before, direction */
	real *before;            /* size: the gradient of before */
	struct lbfgs memory;
	double objective;
};

struct lift_network lift_network_new(const struct problem *problem, ptrdiff_t width,
				     struct arena *arena);

/* The network with the first layer U (d x m), the second one by ridge regression, and neurons
 * scaled so that both layers weigh the same. Returns the objective with the second layer V
 * (c x m). */
double lift_network_fit(struct lift_network *net, struct mat U, struct mat V);
/* One step of L-BFGS; false: it finds none that is lower. */
bool lift_network_descend(struct lift_network *net);
void lift_network_copy(const struct lift_network *net, struct model *model);

#endif
