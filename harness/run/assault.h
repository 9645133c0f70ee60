/* Attacks on the final network: every entry of `attack`, eps by eps, on the test part. */
#ifndef RUN_ASSAULT_H
#define RUN_ASSAULT_H

#include "harness/data/data.h"
#include "harness/run/evidence.h"
#include "harness/spec/spec.h"
#include "solvers/core/net.h"
#include "solvers/core/status.h"

/* Whether the attacks can be run on data prepared like this; asked before training. */
enum status assault_check(const struct cell *cell, const struct dataset *data, struct err *err);

/* Write attack.csv at `path`. The worst point found at a smaller eps starts the search at the next
 * one, so that robust accuracy never rises with eps; a worst case over attacks starts from what the
 * other entries have found. zero_gradient is the share of test samples at which the gradient of the
 * attack's loss is zero: where it is large, a robust accuracy by gradients means little. A network
 * without neurons classifies nothing: all accuracies are 0. The margins are added to the
 * evidence, unless it is NULL. Error: what an attack gave back cannot be true (a fault of the
 * program). */
enum status assault_run(const struct cell *cell, const struct dataset *data, const struct net *net,
			const char *path, struct evidence *evidence, struct err *err);

#endif
