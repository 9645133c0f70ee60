/* How the l1 program of a sampled convex program is solved: an exchangeable part (option `method`
 * of scp).
 *
 *     min over a in R^N   L(Phi a, y) + beta |a|_1,   Phi = relu(X U), n x N */
#ifndef CONVEX_SCP_METHOD_H
#define CONVEX_SCP_METHOD_H

#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/mat.h"
#include "solvers/core/status.h"
#include "solvers/core/trainer.h"

#include <stddef.h>

/* The program and the current iterate. A method keeps f = Phi a. */
struct scp {
	const struct problem *problem;
	struct mat U;   /* d x N */
	struct mat Phi; /* n x N */
	real *a;        /* N */
	real *f;        /* n */
};

struct scp_method {
	struct desc base;
	bool needs_curvature; /* only losses with a finite second derivative */
	bool needs_smooth;    /* and only with a continuous one */
	/* Bytes and flops beyond Phi, for n samples and N neurons. */
	void (*forecast)(const void *options, ptrdiff_t n, ptrdiff_t N, struct forecast *out);
	enum status (*setup)(struct scp *scp, const void *options, struct arena *arena,
			     void **state, struct err *err);
	/* One iteration: improves scp->a and scp->f. Allocates nothing. */
	void (*step)(void *state, struct progress *progress);
	/* The method's own dual point alpha (n), or NULL: then -grad L at f is taken. */
	void (*dual)(const void *state, real *alpha);
};

#endif
