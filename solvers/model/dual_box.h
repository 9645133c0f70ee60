/* Dual variables a_k = dl/df_k of a loss inside the interval (low, high) of its conjugate, as an
 * interior point method moves them: with a multiplier p_k of the upper and q_k of the lower end,
 *
 *     f = l*'(a) + p - q,   (high - a) p = mu,   (a - low) q = mu.
 *
 * A step da has, with the products c_p = -da dp and c_q = da dq of the last direction (Mehrotra
 * 1992; 0 without `correct`),
 *
 *     dp = (mu - c_p + p da) / (high - a) - p,   dq = (mu - c_q - q da) / (a - low) - q.
 *
 * Slacks high - a and a - low are variables of their own, so that they keep their digits next to an
 * end, and all are double: n of them cost nothing beside the n x N data. An infinite end has the
 * slack HUGE_VAL and the multiplier 0, which the formulas leave as they are. */
#ifndef MODEL_DUAL_BOX_H
#define MODEL_DUAL_BOX_H

#include "solvers/core/arena.h"
#include "solvers/model/trainer.h"

#include <stdbool.h>
#include <stddef.h>

struct dual_box {
	const struct problem *problem;
	double *a, *da;        /* n */
	double *above, *below; /* n: high - a, a - low */
	double *p, *q;         /* n: multipliers of the ends */
	double *dp, *dq;       /* n */
};

/* For the loss and the targets of `problem`, which is borrowed; its conjugate is a quadratic on an
 * interval (struct loss_box) or an entropy (struct loss_entropy). */
struct dual_box dual_box_new(const struct problem *problem, struct arena *arena);

/* The interval of a_k. */
struct loss_box dual_box_ends(const struct dual_box *box, ptrdiff_t k);

/* l*'(a) of sample k for the slacks of a. */
double dual_box_slope(const struct dual_box *box, ptrdiff_t k, double a, double above,
		      double below);

/* l*''(a_k); l*'''(a_k) da_k^2 / 2, what l*' bends along the last direction */
double dual_box_curvature(const struct dual_box *box, ptrdiff_t k);
double dual_box_bend(const struct dual_box *box, ptrdiff_t k);

/* The a_k on the path of parameter mu at the output f, by bisection. */
double dual_box_path(const struct dual_box *box, ptrdiff_t k, double mu, double f);

/* a_k = a, multipliers on the path of parameter mu, no direction. */
void dual_box_start(struct dual_box *box, ptrdiff_t k, double mu, double a);

/* (mu - c_p) / (high - a), (mu - c_q) / (a - low): what p and q are to become, but for the part of
 * da. */
double dual_box_next_p(const struct dual_box *box, ptrdiff_t k, double mu, bool correct);
double dual_box_next_q(const struct dual_box *box, ptrdiff_t k, double mu, bool correct);

/* The direction of sample k that has this da. */
void dual_box_follow(struct dual_box *box, ptrdiff_t k, double mu, bool correct, double da);

/* Largest step along the direction that leaves no slack or multiplier negative; HUGE_VAL if every
 * step does. Of all ranks, as the products are. */
double dual_box_longest(const struct dual_box *box);

/* Sum of the products of slacks and multipliers after a step; their number is added to *count. */
double dual_box_products(const struct dual_box *box, double length, double *count);

/* a, p, q += length times their direction. */
void dual_box_move(struct dual_box *box, double length);

/* to (n) = a rounded to `real`, within `inside` <= 1 times the ends: rounding and a division by the
 * weight stay inside. */
void dual_box_round(const struct dual_box *box, double inside, real *to);

#endif
