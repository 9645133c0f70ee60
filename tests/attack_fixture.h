/* A random network with random labelled points, for tests of attacks. */
#ifndef TESTS_ATTACK_FIXTURE_H
#define TESTS_ATTACK_FIXTURE_H

#include "solvers/model/attack.h"
#include "solvers/model/net.h"

enum { FIXTURE_WIDTH = 20 };

struct attack_fixture {
	struct arena arena;
	struct net net;
	struct model_work work;
	struct attack_job job;
	real *lower, *upper; /* d, to be filled by the test */
	bool *frozen;
};

/* n points in d dimensions, one in four misclassified. With `linear` points and weights are
 * positive, so that every neuron is active near the data. */
struct attack_fixture attack_fixture_make(ptrdiff_t n, ptrdiff_t d, bool linear);

/* Margins y f of the points P. */
void attack_fixture_margins(struct attack_fixture *t, struct mat P, real *margin);

/* Start again from the clean points. */
void attack_fixture_reset(struct attack_fixture *t);

/* Attack from the clean points; `text`: options as a spec writes them. */
void attack_fixture_from_clean(struct attack_fixture *t, const struct attack *attack,
			       const char *text);

void attack_fixture_run(struct attack_fixture *t, const struct attack *attack, const void *options);

#endif
