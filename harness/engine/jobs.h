/* What was submitted, and what its tasks have left. */
#ifndef ENGINE_JOBS_H
#define ENGINE_JOBS_H

#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/status.h"

#include <stddef.h>

/* What was submitted: a line of the file `jobs` beside the scripts. */
struct batch_jobs {
	const struct desc *engine; /* of a struct engine */
	long round;
	size_t tasks;
	const char *jobs;
};

/* Note it; a first round replaces what is there. */
enum status jobs_add(const char *folder, const struct batch_jobs *jobs, struct err *err);

/* All rounds, in their order; none: *count is 0. */
enum status jobs_read(const char *folder, struct arena *arena, struct batch_jobs **out,
		      size_t *count, struct err *err);

/* What the files of the tasks of a round say. */
struct batch_tally {
	size_t started, ended, failed; /* started and not ended; ended well; ended with a status */
	const char *first_failed;      /* "1-3 (exit status 5)", or NULL */
};

struct batch_tally jobs_tally(const char *folder, long round, struct arena *arena);

#endif
