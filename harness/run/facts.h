/* What a trainer tells of itself (solvers/model/facts.h), in the record. */
#ifndef RUN_FACTS_H
#define RUN_FACTS_H

#include "harness/store/result.h"
#include "solvers/core/status.h"
#include "solvers/model/trainer.h"

/* As far as it has come, in `arena`; none if it tells nothing. */
struct facts facts_of(const struct trainer *trainer, const void *state, struct arena *arena);

/* Each table as <folder>/<name>.csv. */
enum status facts_write(const struct facts *facts, const char *folder, struct err *err);

#endif
