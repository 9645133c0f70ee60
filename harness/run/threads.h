/* How many threads a cell computes with, where the spec leaves the choice. */
#ifndef RUN_THREADS_H
#define RUN_THREADS_H

#include "solvers/core/arena.h"
#include "solvers/model/trainer.h"

/* Of 1 and `available`, the faster one for iterations of this forecast. It depends on
 * sizes alone, so that the same cell has the same threads in every run. *reason says why; it lives
 * in the arena. */
int threads_choose(const struct forecast *forecast, int available, struct arena *arena,
		   const char **reason);

#endif
