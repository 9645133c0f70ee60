/* Small instances with known optima (tests/golden/optima). */
#ifndef TESTS_INSTANCE_H
#define TESTS_INSTANCE_H

#include "solvers/model/trainer.h"

#include <jansson.h>

struct instance {
	struct arena arena;
	struct problem problem;
	struct mat D;
	json_t *json;
};

/* X, y and the patterns D of tests/golden/optima/<name>.json, and the file itself, whose `optima`
 * have loss, eps, beta and objective. */
void instance_load(struct instance *in, const char *name);

/* The loss of an optimum, with the scale 2 of the logistic ones. */
struct loss_term instance_loss(json_t *optimum, struct arena *arena);

#endif
