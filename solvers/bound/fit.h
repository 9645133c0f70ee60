/* A dual point near the best one: alpha = -grad L at the outputs of a network near the optimum,
 *
 *     min over a   L(relu(X U) a, y) + beta |a|_1,   |u_j| = 1
 *
 * whose neurons move by L-BFGS on both layers (a slide, which never raises the objective), and are
 * joined by those that local ascent of |alpha'relu(X u)| finds above beta. Losses with a kink are
 * taken with their Moreau envelope. */
#ifndef BOUND_FIT_H
#define BOUND_FIT_H

#include "solvers/core/rng.h"
#include "solvers/model/trainer.h"
#include "solvers/tools/lbfgs.h"

#include <stdbool.h>

struct fit {
	const struct problem *problem;
	struct mat U;    /* d x m: unit vectors */
	real *a;         /* m; 0: it is free */
	struct mat Phi;  /* n x m: relu(X U) */
	real *f, *g;     /* n: outputs; slopes of the loss there */
	double envelope; /* 0: of the loss itself */
	double objective;
	double violation; /* largest |g'relu(X u)| / beta found */
	long rounds;
	ptrdiff_t next; /* column that is replaced next */
	/* the slide: both layers behind each other, W = (U sqrt|a|, sign(a) sqrt|a|) */
	real *x, *gx, *at, *down, *before, *z, *trial;
	struct mat S, H;
	struct lbfgs memory;
	double slide_value;
	/* local ascent */
	struct mat V, G, A, B; /* d x starts, twice; n x starts, twice */
	double *value;
	struct rng rng;
};

struct fit fit_new(const struct problem *problem, ptrdiff_t width, struct arena *arena);

/* Some neurons of random directions; or those of a network, the longest of them. */
void fit_start(struct fit *fit);
void fit_start_at(struct fit *fit, struct mat U, const real *a);

/* Slide, solve for a, look for better neurons. False: none was found and nothing moved. */
bool fit_round(struct fit *fit);

/* A neuron with this direction (d), if there is room; it gets its weight by the next fit_solve. */
void fit_add(struct fit *fit, const double *u);
void fit_solve(struct fit *fit);

/* The objective of the network, with the loss itself. */
double fit_objective(struct fit *fit);

/* alpha (n) = -slopes. */
void fit_dual(const struct fit *fit, real *alpha);

#endif
