/* Directions inside the cones of patterns, of nearly the largest least margin, with what proves it:
 *
 *     margin(h) = min_k e_k b_k'h / |h|  <=  |B'(e o eta)| / sum eta   for every eta >= 0
 *
 * (b_k = x_k / |x_k|; weak duality of the largest margin and the distance of the hull of the e_k
 * b_k from zero). The right side is zero exactly if no direction is strictly inside (Gordan 1873).
 */
#ifndef GATES_INTERIOR_H
#define GATES_INTERIOR_H

#include "solvers/gates/signcone.h"
#include "solvers/gates/splitting.h"

struct interior {
	struct mat H;   /* d x P: unit directions; zero where none is known */
	struct mat U;   /* r x P: the same in the coordinates of signcone.h */
	double *margin; /* P: of H, 0 where none is known */
	double *limit;  /* P: no direction has a larger one */
	bool ready;
	ptrdiff_t *at; /* scratch, P: columns at work */
};

struct interior interior_new(const struct signcone *cone, ptrdiff_t P, struct arena *arena);
/* Operations of the search, at most. */
double interior_flops(double n, double d, double P);

/* Directions for all patterns D (n x P) at once, unless they are there; `start` (d x P) are first
 * guesses, kept where they are better. `s` needs room for P columns. Allocates nothing. */
void interior_search(struct interior *in, struct splitting *s, struct gates D, struct mat start);

#endif
