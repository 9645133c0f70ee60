/* How a loss enters the interior point for SCP: by dual variables a_k = dl/df_k of their own
 * (dual_box.h), which keep their digits where outputs cancel, in double for either precision.
 *
 * With the residual r = f - l*'(a) - p' + q', where p' = (mu - c_p) / (high - a) and q' =
 * (mu - c_q) / (a - low) are what the multipliers become but for the part of da, and with
 * v = l*''(a) + p / (high - a) + q / (a - low), a Newton step satisfies
 *
 *     v da = df + r.
 *
 * with the products of the last direction taken off (Mehrotra 1992); an entropy has
 * l*'''(a) da^2 / 2 in their place. The order of calls: dual_box_start, then for each step
 * curvature, residual, dual_box_follow (the last two once more with `correct`), dual_box_longest,
 * dual_box_move. */
#ifndef SCP_SCP_LOSS_H
#define SCP_SCP_LOSS_H

#include "solvers/model/dual_box.h"

#include <stdbool.h>
#include <stddef.h>

/* Whether the conjugate has one of the two forms. */
bool scp_loss_takes(struct loss_term loss);

/* a shrinks by the factor `scale` <= 1, and p - q becomes what f (n) leaves, with products of about
 * mu or more: a warm start of a program that has changed. */
void scp_loss_shrink(struct dual_box *box, const double *f, double scale, double mu);

/* v (n), >= 0 */
void scp_loss_curvature(const struct dual_box *box, double *v);

/* r (n) at f (n) for the parameter mu; with `correct` less the second-order terms of the last
 * direction. */
void scp_loss_residual(const struct dual_box *box, const double *f, double mu, bool correct,
		       double *r);

#endif
