/* Primal-dual interior point for the l1 program of SCP, with Mehrotra's predictor and corrector:
 * the machine of the methods `newton` (all neurons) and `working_set` (a growing part of them).
 *
 * a = p - q with p, q >= 0 and multipliers zp, zq >= 0; c = dL/df, W and g as interior_loss.h has
 * them:
 *
 *     Phi'c + beta - zp = 0,  -Phi'c + beta - zq = 0,  p zp = mu,  q zq = mu
 *
 * With S = p/zp + q/zq and H = Phi' W Phi a Newton step solves (1/S + H) da = r/S: scaled by
 * S^(1/2), I + T'T of order N with T = W^(1/2) Phi S^(1/2). (The form of order n, I + T T', loses
 * the digits of da where S is large.) A step is shortened until the dual residual does not grow. */
#ifndef CONVEX_SCP_INTERIOR_H
#define CONVEX_SCP_INTERIOR_H

#include "solvers/convex/interior_loss.h"
#include "solvers/convex/scp_method.h"

#include <stdbool.h>

struct scp_interior {
	struct scp *scp;
	struct interior_loss *loss;
	bool smooth;               /* the gradient does not depend on mu */
	ptrdiff_t count;           /* N: columns in use */
	real *p, *q, *zp, *zq;     /* N */
	real *dp, *dq, *dzp, *dzq; /* N: step */
	real *rp, *rq;             /* N: right-hand sides */
	real *root_s;              /* N: S^(1/2) */
	real *slope;               /* N: Phi'c, then Phi'g */
	real *x;                   /* N: da */
	real *f, *df;              /* n: Phi (p - q), carried along; its step */
	real *g, *root_w, *t;      /* n: c, then the gradient that a step sees; W^(1/2) */
	struct mat system;         /* most x most: room for I + T'T */
	struct mat T;              /* rows of T */
	double mu, residual;       /* mean complementarity, largest dual residual */
	int idle;                  /* steps in a row that left mu as it was, nearly solved */
};

enum { SCP_INTERIOR_CHUNK = 512 }; /* rows of T built at once */

/* Bytes and flops of one iteration for n samples and up to N neurons. */
void scp_interior_forecast(ptrdiff_t n, ptrdiff_t N, struct forecast *out);

/* For up to `most` neurons of *scp, which is borrowed: the columns that scp->Phi has at each call,
 * with scp->a and scp->f as iterate. */
struct scp_interior *scp_interior_new(struct scp *scp, ptrdiff_t most, struct arena *arena);

/* Start at a = 0 with the columns of scp->Phi. */
void scp_interior_start(struct scp_interior *self);

/* Columns that scp->Phi has gained join with a = 0; the others keep their a, and mu rises until the
 * complementarity products add up to `sum`, about the gap that the columns have opened. */
void scp_interior_extend(struct scp_interior *self, double sum);

/* One iteration: publishes scp->a and scp->f. progress->end is set where rounding leaves no step.
 */
void scp_interior_step(struct scp_interior *self, struct progress *progress);

/* Sum of the complementarity products relative to the loss: how far the path still goes. */
double scp_interior_remaining(const struct scp_interior *self);

/* L + beta |a|_1 of the iterate before its small entries were set to zero. */
double scp_interior_objective(const struct scp_interior *self);

/* dL/df (n) of the iterate before its small entries were set to zero, which would cost the bound
 * digits; inside the domain of the conjugate. */
const real *scp_interior_slopes(const struct scp_interior *self);

/* Factor I + T'T at the current point; false if that fails. */
bool scp_interior_factor(struct scp_interior *self);

/* The Newton step to the complementarity `target`; with `correct` the products of the last step are
 * taken off. */
void scp_interior_direction(struct scp_interior *self, double target, bool correct);

#endif
