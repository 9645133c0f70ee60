/* How a loss enters a primal-dual interior point method: as gradient and Hessian that a Newton
 * system in the outputs f sees.
 *
 * A smooth loss gives L'(f) and L''(f) and nothing else, but see interior_loss_bound. A loss whose
 * conjugate is a quadratic on an interval (struct loss_box) keeps its dual variable a_k = dl/df_k
 * strictly inside (low, high), with a multiplier p_k of the upper and q_k of the lower end (none
 * where that is infinite). Its central path is
 *
 *     f = quadratic a + y + p - q,   (high - a) p = mu,   (a - low) q = mu.
 *
 * With r = f - quadratic a - y - p + q and the products c_p = -da dp, c_q = da dq of the last
 * direction (Mehrotra 1992; 0 without `correct`) a Newton step is
 *
 *     rho = (mu - c_p) / (high - a) - p - (mu - c_q) / (a - low) + q
 *     W = 1 / (quadratic + p / (high - a) + q / (a - low)),   da = W (df + r - rho)
 *     dp = (mu - c_p + p da) / (high - a) - p,   dq = (mu - c_q - q da) / (a - low) - q,
 *
 * so that a + da = g + W df with g = a + W (r - rho): the outer system takes g as the gradient and
 * W as the Hessian. The order of calls: start, then for each step weights, gradient, direction
 * (both once more with `correct`), longest, move. */
#ifndef MODEL_INTERIOR_LOSS_H
#define MODEL_INTERIOR_LOSS_H

#include "solvers/core/arena.h"
#include "solvers/model/trainer.h"

#include <stdbool.h>
#include <stddef.h>

struct interior_loss;

/* Whether the loss can take part: smooth, or with a box; and that in words. */
extern const char interior_loss_wanted[];
bool interior_loss_takes(struct loss_term loss);

/* For the loss and the targets of `problem`, which is borrowed; interior_loss_takes must hold. */
struct interior_loss *interior_loss_new(const struct problem *problem, struct arena *arena);

/* From now on a is a variable of its own also for a smooth loss whose conjugate is an entropy: a =
 * L'(h), where h follows f by the directions, so that a keeps its digits where f is a difference of
 * large numbers. Only weights, offset, follow and move know of it; before start. */
void interior_loss_separate(struct interior_loss *self, struct arena *arena);

/* From now on a smooth loss whose conjugate is an entropy keeps a strictly inside its interval with
 * multipliers, as a box does, l*'(a) in the place of quadratic a + y. Along a step a moves on a
 * line, where L'(f) does not, so that the step of length t leaves 1 - t of the residual of dual
 * equations. Not with interior_loss_separate; before start. */
void interior_loss_bound(struct interior_loss *self, struct arena *arena);

/* a, p, q on the path of parameter mu > 0 at the outputs f (n). */
void interior_loss_start(struct interior_loss *self, const real *f, double mu);

/* W (n) at f (n), >= 0; positive for a box. */
void interior_loss_weights(struct interior_loss *self, const real *f, real *w);

/* g (n) at f (n) for the parameter mu; with `correct` the products of the last direction are taken
 * off. */
void interior_loss_gradient(struct interior_loss *self, const real *f, double mu, bool correct,
			    real *g);

/* The direction of a, p, q that belongs to df (n); f, mu and correct as for the gradient. */
void interior_loss_direction(struct interior_loss *self, const real *f, const real *df, double mu,
			     bool correct);

/* After a move: h = f where they differ by more than rounding, as where W is zero. */
void interior_loss_sync(struct interior_loss *self, const real *f);

/* a (n) at f (n). */
void interior_loss_variable(const struct interior_loss *self, const real *f, real *a);

/* The direction in two parts that keep their digits next to an end: da (n), by what a moves where f
 * stays, w (n) the weights; then the direction whose da is that plus W df. */
void interior_loss_offset(const struct interior_loss *self, const real *f, const real *w, double mu,
			  bool correct, double *da);
void interior_loss_follow(struct interior_loss *self, const real *f, const real *w,
			  const double *da, double mu, bool correct);

/* Largest step along the direction that leaves no slack or multiplier negative; HUGE_VAL if every
 * step does. */
double interior_loss_longest(const struct interior_loss *self);

/* Sum of the products of slacks and multipliers after a step; their number is added to *count. */
double interior_loss_products(const struct interior_loss *self, double length, double *count);

/* a, p, q += length times their direction. */
void interior_loss_move(struct interior_loss *self, double length);

/* |r|_inf at f (n), which a Newton step of length 1 closes, of a bound loss to first order; 0 for
 * smooth losses. */
double interior_loss_residual(const struct interior_loss *self, const real *f);

/* a (n), inside the domain of the conjugate in exact and in rounded arithmetic; for smooth losses
 * L'(f) at f (n). -a is the dual point of a certificate. */
const real *interior_loss_dual(struct interior_loss *self, const real *f);

#endif
