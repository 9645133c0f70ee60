/* kappa(nu) = max over |u| <= 1 of |sum_i nu_i relu(x_i'u)| from above, by branch and bound over
 * boxes on the faces of the cube, for few features.
 *
 * A box with centre m has |u| >= w'u, w = m / |m|, so that t is a bound of it where
 *
 *     c0 + max over the box of (c - t w)'u <= 0
 *
 * for an affine c'u + c0 >= sum_p w_p (relu(a_p'u) - relu(b_p'u)) (plan.h): terms of fixed sign are
 * linear; relu(a'u) is below its chord, relu(b'u) above s b'u for any s in [0, 1], and their
 * difference below the chord of relu((a - b)'u), whichever is less at m. Slopes s go to the minimum
 * one after the other. The boxes with the largest bounds are halved first, so that the answer is
 * the best at any time. Where there is no room for more of them the search goes on within each, one
 * after the other, down to an aim that is lowered when all have reached it. */
#ifndef BOUND_KAPPA_H
#define BOUND_KAPPA_H

#include "solvers/bound/kappa_node.h"

#include <stdbool.h>

/* Room for so many open boxes, fewer where there are very many rows. */
struct kappa kappa_new(const struct distinct *rows, ptrdiff_t room, struct arena *arena);

/* Start on sum of alpha (per sample); values up to `floor` are of no interest. */
void kappa_pose(struct kappa *kappa, const struct problem *problem, const real *alpha,
		double floor);

/* Bound about so many boxes more. False: there is nothing to be done that room allows. */
bool kappa_run(struct kappa *kappa, long boxes);

/* The bound so far, at least `floor`. */
double kappa_bound(const struct kappa *kappa);

#endif
