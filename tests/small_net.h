/* Random nets of at most 6 neurons in at most 4 dimensions, and the true minimum of y f over a ball
 * of any norm and a box. */
#ifndef TESTS_SMALL_NET_H
#define TESTS_SMALL_NET_H

#include "solvers/model/certify.h"

enum { SMALL_POINTS = 60, SMALL_D = 4, SMALL_WIDTH = 6 };

struct small {
	struct arena arena;
	struct net net;
	struct certify_job job; /* d and m: at most SMALL_D and SMALL_WIDTH */
	real low[SMALL_D], high[SMALL_D];
	bool frozen[SMALL_D];
};

/* Every point has a label that the network gives it, but for outputs of 0. */
struct small *small_new(uint64_t seed, enum norm norm, double eps, bool boxed);
void small_free(struct small *s);

/* min over delta of the threat of y f(x_k + delta), to about 1e-11. */
double small_minimum(const struct small *s, ptrdiff_t k);

#endif
