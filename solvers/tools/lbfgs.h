/* Limited-memory BFGS directions (Nocedal 1980; Nocedal, Wright 2006, algorithm 7.4). */
#ifndef TOOLS_LBFGS_H
#define TOOLS_LBFGS_H

#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

struct lbfgs {
	struct mat S, Y;    /* N x memory: changes of point and of gradient, a ring */
	double *rho, *part; /* memory: 1 / s'y */
	ptrdiff_t count, next;
};

struct lbfgs lbfgs_new(size_t count, ptrdiff_t memory, struct arena *arena);

/* Learn from a step x -> x_new with gradients g -> g_new (N each); a step without curvature, or
 * with none but rounding, is left out. */
void lbfgs_learn(struct lbfgs *l, const real *x, const real *x_new, const real *g,
		 const real *g_new);

/* As if nothing had been learnt. */
void lbfgs_forget(struct lbfgs *l);

/* direction (N) = -H g; -g as long as nothing has been learnt. */
void lbfgs_direction(struct lbfgs *l, const real *g, real *direction);

#endif
