/* The program over the neurons in use alone, warm started:
 *
 *     min over A   L(Phi A, Y) + beta sum_j |A_j|
 *
 * Several outputs go to the shared program of scp (scp_shared.h). Of one output and a loss with a
 * continuous second derivative: Newton steps, in each the lasso of the quadratic model by its
 * active set (lasso.h) and a line search. Other losses of one output go to the interior point of
 * scp; at the end the features of neurons with weights are independent, so that there are no more
 * of them than samples. */
#ifndef GENERATED_GENERATED_MASTER_H
#define GENERATED_GENERATED_MASTER_H

#include "solvers/generated/generated_neurons.h"
#include "solvers/generated/lasso.h"
#include "solvers/scp/scp.h"
#include "solvers/scp/scp_interior.h"
#include "solvers/scp/scp_shared.h"

struct master {
	struct neurons *neurons;
	struct mat nu; /* n x k: the dual point, -grad L at the minimum */
	struct lasso lasso;
	struct mat G; /* room x room */
	/* of a smooth loss */
	struct mat weighted;  /* a block of rows x room: diag(h)^(1/2) Phi; none if h is constant */
	real *b, *to, *slope; /* room */
	real *h, *f;          /* n */
	/* of another loss */
	struct scp *scp;
	struct scp_interior *interior;
	real *before; /* room */
	/* of several outputs, in the place of all others */
	struct scp_shared *shared;
};

/* With k outputs. */
bool master_takes(struct loss_term loss, ptrdiff_t k);

struct master master_new(struct neurons *neurons, struct arena *arena);

/* Improves A until the share of the objective that the model promises is below `tolerance`; never
 * raises the objective, which is returned. F and nu follow. */
double master_solve(struct master *s, double tolerance);

#endif
