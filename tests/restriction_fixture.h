/* Random neurons and slopes of the convex restriction on a toy problem. */
#ifndef TESTS_RESTRICTION_FIXTURE_H
#define TESTS_RESTRICTION_FIXTURE_H

#include "solvers/restriction/restriction_renew.h"
#include "tests/toy.h"

enum { N = 30, D = 3, M = 6, NORMS = 3 };

static const double BETA = 0.5;

struct restriction_fixture {
	struct toy toy;
	struct threat threat; /* the last coordinate, the bias, is frozen */
	struct mat A, G;      /* D x M */
	real sigma[M];
	struct net net; /* the network of A */
	struct restriction r;
};

/* Neurons of both signs, slopes p for own and -p for others. The fixture is static. */
struct restriction_fixture *restriction_fixture_make(long p, const char *loss, double eps);
void restriction_fixture_free(struct restriction_fixture *f);

/* A = normal numbers times `scale`. */
void restriction_fixture_draw(struct mat A, uint64_t stream, double scale);

/* Call `check` for every norm and loss. */
void restriction_fixture_each(void (*check)(struct restriction_fixture *f), double eps);

#endif
