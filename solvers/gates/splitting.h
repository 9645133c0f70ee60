/* Nearest points of the cones of patterns, for many columns that share the products with B:
 *
 *     min over v   |v - g|^2 / 2   s.t.  e o (B v) >= b
 *
 * by ADMM (Boyd et al. 2011) on s = e o (B v), in the coordinates of signcone.h, delta = 1 / rho:
 *
 *     v = (delta g + B'(e o (s - nu))) / (delta + lambda),   s = max(b, a),   nu = a - s,
 *     a += theta (e o (B v) - s)
 *
 * b = 0 and g given: the projection of g on the cone, with multipliers eta = rho max(0, -nu). b = 1
 * and g = 0: v / |v| is the direction of the largest least margin min_k e_k b_k'v, 1 / |v| that
 * margin. Both are free of units, so that one rho serves all. */
#ifndef GATES_SPLITTING_H
#define GATES_SPLITTING_H

#include "solvers/gates/gates.h"
#include "solvers/gates/signcone.h"

/* Columns 0 .. count-1 at work; all room belongs to the caller's arena. */
struct splitting {
	const struct signcone *cone;
	struct mat G, V;    /* r x m: g and v */
	struct mat A, Y;    /* n x m: a, and after a step B v */
	const uint64_t **d; /* m: patterns (n) */
	ptrdiff_t count;
	double delta, b;
};

/* Room for m columns. */
struct splitting splitting_new(const struct signcone *cone, ptrdiff_t m, struct arena *arena);

/* Operations of a step of m columns. */
double splitting_flops(double n, double d, double m);

/* No columns yet; the caller sets `count`, and of each column d, g and a. */
void splitting_start(struct splitting *s, double b, double delta);

/* One step of the columns at work. */
void splitting_step(struct splitting *s);

/* Column i is done: the last one takes its place. */
void splitting_drop(struct splitting *s, ptrdiff_t i);

/* Another delta from now on; s and the multipliers stay. */
void splitting_penalty(struct splitting *s, double delta);

/* Y = e o eta of the columns at work; Y may be s->Y. */
void splitting_multipliers(const struct splitting *s, struct mat Y);

#endif
