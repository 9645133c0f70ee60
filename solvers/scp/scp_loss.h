/* How a loss enters the interior point for SCP: by dual variables a_k = dl/df_k of their own, which
 * keep their digits where outputs cancel, in double for either precision.
 *
 * The conjugate l* is a quadratic on an interval (struct loss_box), whose ends get multipliers p
 * (upper) and q (lower), or an entropy (struct loss_entropy), which needs none:
 *
 *     f = l*'(a) + p - q,   (high - a) p = mu,   (a - low) q = mu.
 *
 * With the residual r = f - l*'(a) - p' + q', where p' = (mu - c_p) / (high - a) and q' =
 * (mu - c_q) / (a - low) are what the multipliers become but for the part of da, and with
 * v = l*''(a) + p / (high - a) + q / (a - low), a Newton step satisfies
 *
 *     v da = df + r,   dp = p' + p da / (high - a) - p,   dq = q' - q da / (a - low) - q.
 *
 * c_p = -da dp and c_q = da dq are the products of the last direction (Mehrotra 1992); an entropy
 * has l*'''(a) da^2 / 2 in their place. The order of calls: start, then for each step curvature,
 * residual, direction (the last two once more with `correct`), longest, move. */
#ifndef SCP_SCP_LOSS_H
#define SCP_SCP_LOSS_H

#include "solvers/core/arena.h"
#include "solvers/model/trainer.h"

#include <stdbool.h>
#include <stddef.h>

struct scp_loss;

/* Whether the conjugate has one of the two forms. */
bool scp_loss_takes(struct loss_term loss);

/* For the loss and the targets of `problem`, which is borrowed; scp_loss_takes must hold. */
struct scp_loss *scp_loss_new(const struct problem *problem, struct arena *arena);

/* a, p, q on the path of parameter mu > 0 at the outputs f (n). */
void scp_loss_start(struct scp_loss *self, const double *f, double mu);

/* a shrinks by the factor `scale` <= 1, and p - q becomes what f (n) leaves, with products of about
 * mu or more: a warm start of a program that has changed. */
void scp_loss_shrink(struct scp_loss *self, const double *f, double scale, double mu);

/* v (n), >= 0 */
void scp_loss_curvature(const struct scp_loss *self, double *v);

/* r (n) at f (n) for the parameter mu; with `correct` less the second-order terms of the last
 * direction. */
void scp_loss_residual(const struct scp_loss *self, const double *f, double mu, bool correct,
		       double *r);

/* The direction of a, p, q that has da (n); mu and correct as for the residual. */
void scp_loss_direction(struct scp_loss *self, const double *da, double mu, bool correct);

/* Largest step along the direction that leaves no slack or multiplier negative; HUGE_VAL if every
 * step does. */
double scp_loss_longest(const struct scp_loss *self);

/* Sum of the products of slacks and multipliers after a step; their number is added to *count. */
double scp_loss_products(const struct scp_loss *self, double length, double *count);

/* a, p, q += length times their direction. */
void scp_loss_move(struct scp_loss *self, double length);

/* a (n) in double, and rounded to `real`, there inside the domain of the conjugate. -a is the dual
 * point of a certificate. */
const double *scp_loss_dual(const struct scp_loss *self);
const real *scp_loss_rounded(struct scp_loss *self);

#endif
