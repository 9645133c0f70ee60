/* Ranks (solvers/core/ranks.h) as processes of this machine over shared memory, so that methods
 * whose rows lie on several ranks are tested without MPI. */
#ifndef TESTS_FORKED_H
#define TESTS_FORKED_H

#include "solvers/core/ranks.h"

/* Run `work` on `count` ranks, one process each, ranks NULL if count is 0; every rank fills an
 * `out` of `bytes` of its own, and they come back one behind the other, count x bytes (for 0 one).
 * NULL after a line on standard error if a process does not end well. The caller unmaps nothing: it
 * stays until the test ends. */
const void *forked_run(int count, void (*work)(struct ranks *ranks, const void *given, void *out),
		       const void *given, size_t bytes);

#endif
