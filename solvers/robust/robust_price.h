/* Patterns that may lower the objective of the robust program: pricing of its dual.
 *
 * With A = (a_k) the subgradients of the worst losses psi_k, a pattern d that is not in the program
 * lowers its objective if and only if one of its robust neurons has
 *
 *     | sum_k d_k a_k'v | > beta,   |v|_2 = 1,  e_k x_k'v >= eps |v|_q for all k:
 *
 * a_k = b_k x_k + T_k stands for the worst case of sample k over its ball. The search is local:
 * from many starts at once along the gradient sum_k [x_k'v > 0] a_k and away from samples whose
 * balls cross the wall of v; and across the walls that the neurons in use touch, one sample at a
 * time. It proves nothing: where it finds no pattern there may be one. */
#ifndef ROBUST_ROBUST_PRICE_H
#define ROBUST_ROBUST_PRICE_H

#include "solvers/robust/robust.h"

/* Where the program stands. */
struct robust_look {
	struct mat At;   /* d x n: the subgradients */
	struct mat V, W; /* d x P: the neurons of the patterns r->D */
	struct mat seen; /* patterns that are not looked for: those of the program among them */
	long round;      /* other starts in each */
};

/* Put up to D.cols patterns (n) in D, each with |sum_k d_k a_k|, which its price is at most, above
 * beta, the largest first; returns how many. One output. */
ptrdiff_t robust_price(const struct robust *r, const struct robust_look *look, struct mat D);

#endif
