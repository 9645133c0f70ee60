/* The convex program of a leaf, solved to the end by an interior point method.
 *
 * Where no concave term c_j relu(z_j), c_j < 0, has an open sign, what is left to minimise is
 *
 *     g'delta + sum_j c_j max(0, z_j + u_j'delta),  c_j > 0,  delta in ball and box,
 *
 * a linear program (l_inf, l_1) or one with a second-order cone (l_2). Its dual variables w_j in
 * [0, c_j] are the slopes of relax.h, so that the bound for them is rigorous however far the
 * method got, and the leaf's minimiser is a point where the network can be evaluated.
 *
 * Primal-dual interior point method (Boyd, Vandenberghe 2004, section 11.7): the slacks of all
 * constraints are exact, the Newton system is diagonal plus the columns u_j and one for the ball,
 * and is solved by a Cholesky factor of that order. All in double. */
#ifndef CERTIFY_LEAF_H
#define CERTIFY_LEAF_H

#include "solvers/certify/region.h"
#include "solvers/core/arena.h"
#include "solvers/core/mat.h"

/* Coordinates of delta that have room; for l_1 twice: delta = (its parts above and below 0). */
struct leaf {
	ptrdiff_t d, coords, terms; /* of delta; v; terms relu */
	ptrdiff_t *column;          /* coords: the coordinate of delta */
	double *sign;               /* coords: +1, or -1 for a part below 0 */
	double *low, *high;         /* coords: ends of the box of v; unused without `boxed` */
	double *under, *over, *below, *above; /* coords: slacks of the box, their multipliers */
	double *g, *v, *direction, *right, *diagonal; /* coords */
	double *push, *best;           /* coords: d ball / d v; the v of the lowest value */
	double **u;                    /* terms + 1: columns of length `coords`, the ball's last */
	double *z, *c;                 /* terms */
	double *s, *t, *a, *w;         /* terms: slacks of s >= 0, s >= z, their multipliers */
	double *target, *weight, *off; /* terms: of w + dw = target + weight u'dv */
	double *factor, *y;            /* (terms + 1)^2, terms + 1 */
	double *storage;               /* of the columns u */
	double ball, theta, eps;       /* slack of the ball, its multiplier */
	double mu, value;              /* barrier parameter; the lowest value seen */
	bool boxed;                    /* the box is a constraint of v */
	enum norm norm;
};

/* Room for d coordinates and m terms, for regions of one norm. */
void leaf_new(struct leaf *leaf, ptrdiff_t d, ptrdiff_t m, enum norm norm, struct arena *arena);

/* Start: no terms, g = 0. */
void leaf_begin(struct leaf *leaf, const struct region *region);

/* g += c u, u (d) */
void leaf_add_linear(struct leaf *leaf, double c, const real *u);

/* One more term c max(0, z + u'delta), c > 0. */
void leaf_add_relu(struct leaf *leaf, double c, double z, const real *u);

/* Solve; the slopes are in leaf->w, in the order in which terms were added. delta (d): the
 * minimiser. */
void leaf_solve(struct leaf *leaf, real *delta);

#endif
