/* Primal-dual interior point for the l1 program of SCP, with Mehrotra's predictor and corrector:
 * the machine of the methods `newton` (all neurons) and `working_set` (a growing part of them).
 *
 * x = p - q with p, q >= 0 and multipliers zp, zq >= 0; a = dL/df with variables, curvature v and
 * residual r as scp_loss.h has them:
 *
 *     Phi'a + beta - zp = 0,  -Phi'a + beta - zq = 0,  p zp = mu,  q zq = mu,  f = Phi (p - q)
 *
 * With S = p/zp + q/zq and x_0 = the step that p - q would take were it not for da, a Newton step
 * is dx = x_0 - S Phi'da, v da = Phi dx + r, in the samples or in the neurons (scp_system.h):
 *
 *     (v + Phi S Phi') da = Phi x_0 + r,
 *     (I + T'T) S^(-1/2) dx = S^(-1/2) x_0 - T' v^(-1/2) r,   T = v^(-1/2) Phi S^(1/2).
 *
 * All vectors are double; the features and the factor are `real`. */
#ifndef SCP_SCP_INTERIOR_H
#define SCP_SCP_INTERIOR_H

#include "solvers/scp/scp.h"
#include "solvers/scp/scp_loss.h"
#include "solvers/scp/scp_system.h"

#include <stdbool.h>

struct scp_interior {
	struct scp *scp;
	struct dual_box box;         /* of the loss */
	real *dual;                  /* n: its a rounded */
	ptrdiff_t count;             /* N: columns in use */
	double *p, *q, *zp, *zq;     /* N */
	double *dp, *dq, *dzp, *dzq; /* N: step */
	double *x, *size;            /* N: dx, |phi_i| */
	double *ep, *eq;             /* N: dual residuals Phi'a + beta - zp, -Phi'a + beta - zq */
	double *f, *df;              /* n: Phi (p - q), carried along; its step */
	double *r, *da;              /* n */
	real *rounded;               /* n: a vector as losses take it; scratch of the system */
	struct scp_system system;    /* with v (n) and S (N) */
	double mu, residual;         /* mean complementarity, largest dual residual */
	int idle;                    /* steps in a row that left mu as it was */
};

/* Bytes and flops of one iteration for n samples and up to N neurons. */
void scp_interior_forecast(const void *options, ptrdiff_t n, ptrdiff_t N, struct forecast *out);

/* For up to `most` neurons of *scp, which is borrowed: the columns that scp->Phi has at each call,
 * with scp->a and scp->f as iterate. */
struct scp_interior *scp_interior_new(struct scp *scp, ptrdiff_t most, struct arena *arena);

/* Start at x = 0 with the columns of scp->Phi. */
void scp_interior_start(struct scp_interior *s);

/* Columns that scp->Phi has gained join with x = 0; the others keep their x, and mu rises until the
 * complementarity products add up to `sum`, about the gap that the columns have opened. */
void scp_interior_extend(struct scp_interior *s, double sum);

/* One iteration: publishes scp->a and scp->f. progress->end is set where rounding leaves no step.
 */
void scp_interior_step(void *state, struct progress *progress);

/* Sum of the complementarity products relative to the objective: how far the path still goes. */
double scp_interior_remaining(const struct scp_interior *s);

/* L + beta |x|_1 of the iterate before its small entries were set to zero. */
double scp_interior_objective(const struct scp_interior *s);

/* dL/df (n) of the iterate before its small entries were set to zero, which would cost the bound
 * digits; inside the domain of the conjugate. */
const real *scp_interior_slopes(const void *state);

#endif
