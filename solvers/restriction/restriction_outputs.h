/* The convex restriction of k >= 3 classes: margins over every rival.
 *
 * f(x) = sum_i sigma_i relu(a_i'x) with fixed sigma_i in R^k, |sigma_i| = 1, whose weight decay is
 * again that of restriction.h: the directions of the output weights of a start network; of sampled
 * neurons +-e_c less its mean, one class after the other. f_y - f_c has the output weights s_i =
 * sigma_iy - sigma_ic, so that a neuron is own where s_i > 0, else other, and with slopes p_i of
 * this pair of sample and rival
 *
 *     f_y - f_c >= m_c = sum_own s p t - eps |c|_q - sum_other |s| (p e + relu(t + (1 - 2p) e)),
 *     c = sum_i s_i p_i a_i,
 *
 * concave in A. The loss is that of classes at the outputs f_y = 0, f_c = -m_c: of the hinge loss
 * that of the least margin, of the cross entropy log(1 + sum_c exp(-m_c)), both convex in A, and a
 * certified bound on the worst case. Rival number q = 0 .. k-2 of a sample is class q, or q + 1
 * from its label on; S has a block of m columns for each. */
#ifndef RESTRICTION_RESTRICTION_OUTPUTS_H
#define RESTRICTION_RESTRICTION_OUTPUTS_H

#include "solvers/restriction/restriction_block.h"

/* The block of samples that begins at `first`: margins, losses and, if asked for, the gradient are
 * added to the lane. */
void restriction_outputs_block(struct restriction *r, struct restriction_lane *lane,
			       const struct restriction_query *query, ptrdiff_t first);

/* restriction_renew of that block: each margin on its own. The sum of the losses. */
double restriction_outputs_renew(const struct restriction *r, const struct restriction_lane *lane,
				 ptrdiff_t first, struct mat A, long steps);

#endif
