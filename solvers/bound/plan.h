/* nu'relu(X u) as a sum of differences of neighbours: a transport of the positive part of nu to its
 * negative part,
 *
 *     sum_i nu_i relu(x_i'u) = sum_p w_p (relu(a_p'u) - relu(b_p'u)),   w > 0
 *
 * a or b is 0 for what stays alone. Over a box |relu(a'u) - relu(b'u)| <= |(a - b)'u| is much less
 * than either term where a and b are near each other. */
#ifndef BOUND_PLAN_H
#define BOUND_PLAN_H

#include "solvers/bound/distinct.h"

struct plan {
	ptrdiff_t count, room;
	ptrdiff_t *a, *b; /* rows; -1: 0 */
	double *w;
	double size; /* sum of w (|a|_1 + |b|_1) */
	struct plan_pair *pair;
	double *left; /* n */
};

/* Up to n terms more than there are rows. */
struct plan plan_new(const struct distinct *rows, struct arena *arena);

/* The pairs that save most first, among the nearest of each row; what is left stays alone. Returns
 * a bound of sum_i |nu_i - what the terms give it| |x_i|_1, the rounding. */
double plan_make(struct plan *plan, const struct distinct *rows, const double *nu);

#endif
