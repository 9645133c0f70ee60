/* The program over patterns of several outputs that share neurons, by conditional gradients
 * (Sahiner, Ergen, Pauly & Pilanci 2021):
 *
 *     min over A_i in s_i conv{u g' : |u| <= 1, |g| <= 1, E_i (X u) >= 0}
 *         L(F, Y) + beta s,   F = sum_i D_i X A_i,   s = sum_i s_i <= t,   E = 2 D - 1.
 *
 * The atom is the u in the cone of a pattern with the largest |Nu' D_i X u|, Nu = -grad L, and g
 * that vector over its length: cone-constrained principal components. A convex function is to be
 * maximised, so that ascents (u to the projection of its gradient on the cone, from the best u of
 * each output and sign) find local maxima. From above the value is bounded by the spectral norm of
 * Nu' D_i X, and by the root of the sum over the outputs of the squares of the largest
 * |nu_c' D_i X u|, which nonnegative least squares give exactly: bounds and gaps are valid. They
 * do not close where both exceed the best atom. */
#ifndef FRANK_WOLFE_FRANK_WOLFE_SHARED_H
#define FRANK_WOLFE_FRANK_WOLFE_SHARED_H

#include "solvers/gates/pattern.h"
#include "solvers/model/multinet.h"
#include "solvers/model/trainer.h"

/* A place in the gradient, and its length: no atom there has a larger value. */
struct frank_wolfe_block {
	double length;
	ptrdiff_t index;
};

/* Longest first; of equals the first place. */
void frank_wolfe_sort(struct frank_wolfe_block *blocks, ptrdiff_t count);

/* The best atom at the present point. */
struct frank_wolfe_look {
	double found, most; /* its value; that of any atom, from above */
};

struct frank_wolfe_shared {
	ptrdiff_t room; /* for atoms: a step adds at most one */
	/* L and s of the present point. */
	double (*value)(const void *state, double *norms);
	struct frank_wolfe_look (*look)(void *state);
	/* <Nu, F> after a look. */
	double (*product)(const void *state);
	/* The point becomes (1 - share) of itself and share times `size` times the atom of the last
	 * look; share < 0: the best one. False: no room for the atom. */
	bool (*move)(void *state, double share, double size);
	void (*network)(const void *state, struct multinet *net);
	/* Lower bound of the program without t, after a look; `most` from it. */
	double (*bound)(void *state, double most);
	/* The largest share of the largest |X u| by which a sign constraint is violated. */
	double (*violation)(void *state);
	void *state;
};

/* The patterns are borrowed. */
struct frank_wolfe_shared *frank_wolfe_shared_new(const struct problem *problem,
						  const struct patterns *patterns, ptrdiff_t room,
						  struct arena *arena);

#endif
