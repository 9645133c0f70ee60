/* The bound over all networks that an entry of train asks for behind training (`bound`). */
#ifndef RUN_BOUND_H
#define RUN_BOUND_H

#include "harness/run/evaluate.h"
#include "harness/run/path.h"
#include "harness/spec/spec.h"

/* Bound the problem of the evaluator from the network that is delivered, by the method and in the
 * time of `train`, and hold the network against it; `out` is that of the last evaluation. Of a path
 * every penalty is bounded, from its own network, in an equal share of the time. Time counts as
 * that of certificates. Returns what is to be said of it: how it ended, or why there is none. */
const char *bound_find(const struct train_options *train, struct evaluator *evaluator,
		       struct path_file *path, struct arena *arena, struct evaluation *out);

#endif
