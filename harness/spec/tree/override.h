/* --set: replacing values of a tree by path. */
#ifndef SPEC_OVERRIDE_H
#define SPEC_OVERRIDE_H

#include "harness/spec/tree/node.h"
#include "solvers/core/option.h"

/* A tree with every "path=value" of `sets` applied, e.g. "train[0].rho=0.1" or
 * "train.admm.rho=0.1". The given tree stays as it is. Problems are reported for the source
 * "--set". */
const struct node *override_apply(const struct node *root, struct texts sets, struct arena *arena,
				  struct problems *problems);

#endif
