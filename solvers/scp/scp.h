/* How the l1 program of a sampled convex program is solved: an exchangeable part (option `method`
 * of scp).
 *
 *     min over a in R^N   L(Phi a, y) + beta |a|_1,   Phi = relu(X U), n x N */
#ifndef SCP_SCP_H
#define SCP_SCP_H

#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/mat.h"
#include "solvers/core/status.h"
#include "solvers/model/trainer.h"

#include <stddef.h>

/* The program and the current iterate. A method keeps f = Phi a, and may permute the neurons. */
struct scp {
	const struct problem *problem;
	struct mat U;    /* d x N */
	struct mat Phi;  /* n x N */
	real *a;         /* N */
	real *f;         /* n */
	ptrdiff_t first; /* neurons that a nested method starts with, of the N */
};

/* A finite second derivative: what gradient steps need. */
bool scp_has_curvature(struct loss_term loss);

struct scp_method {
	struct desc base;
	bool (*takes)(struct loss_term loss); /* whether it can solve with this loss */
	const char *needs;                    /* what `takes` asks for, in words */
	bool nested;    /* solves for a first part of the neurons where scp->first asks for it */
	bool spread;    /* goes with rows on several ranks */
	ptrdiff_t most; /* the largest N for which it is taken where none is named; 0: never */
	/* Bytes and flops beyond Phi, for n samples and N neurons. */
	void (*forecast)(const void *options, ptrdiff_t n, ptrdiff_t N, struct forecast *out);
	enum status (*setup)(struct scp *scp, const void *options, struct arena *arena,
			     void **state, struct err *err);
	/* One iteration: improves scp->a and scp->f. Allocates nothing. */
	void (*step)(void *state, struct progress *progress);
	/* The method's own slopes dL/df (n), inside the domain of the conjugate, or NULL: then grad
	 * L at f is taken. */
	const real *(*slopes)(const void *state);
};

#endif
