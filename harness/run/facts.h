/* patterns.csv: what a method knows of each of its activation patterns. */
#ifndef RUN_FACTS_H
#define RUN_FACTS_H

#include "solvers/core/status.h"
#include "solvers/model/trainer.h"

/* Columns pattern (from 0), source, active_share, largest_eps_lower, largest_eps_upper, verdict.
 * Writes nothing unless the trainer has facts on its patterns. */
enum status facts_write(const struct trainer *trainer, const void *state, const char *path,
			struct err *err);

/* Whether no pattern admits a neuron, so that only zero weights are feasible. */
bool facts_exclude_all(const struct trainer *trainer, const void *state);

#endif
