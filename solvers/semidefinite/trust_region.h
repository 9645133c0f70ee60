/* The least value of a quadratic function over a ball or a sphere, in the eigenbasis of its matrix:
 *
 *     min  sum_i e_i u_i^2 + 2 g_i u_i     over |u|_2 <= radius, or |u|_2 = radius.
 *
 * By strong duality (S-lemma) it is the largest  -l radius^2 - sum_i g_i^2 / (e_i + l)  over l >=
 * -min e, and l >= 0 for the ball: Newton's method on 1/|u(l)| = 1/radius, u(l) = -g / (e + l)
 * (More & Sorensen 1983). Every l gives a bound, also in the hard case, where g has no part
 * along the least e and no l gives the length. */
#ifndef SEMIDEFINITE_TRUST_REGION_H
#define SEMIDEFINITE_TRUST_REGION_H

#include <stdbool.h>
#include <stddef.h>

struct trust_region {
	ptrdiff_t d;
	const double *e, *g; /* d */
	double sign;         /* of both: -1 for the largest value, negative */
	double radius;       /* > 0 */
	bool sphere;
};

/* The bound of the best l found, not above the minimum but for rounding; u (d): a point of the ball
 * or sphere with about that value. */
double trust_region_least(const struct trust_region *t, double *u);

#endif
