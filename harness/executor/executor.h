/* Where the workers of a run compute: processes of this machine, or jobs of others.
 *
 * A job is the command line of a worker. It computes in a folder of its own, commits its record
 * there by itself (harness/worker.c) and exits. Its executor starts it, passes on what it
 * says meanwhile, and tells how it ended; a job that has committed no record is judged by the
 * scheduler. Time limits are the scheduler's, which cancels; memory limits are the executor's. */
#ifndef EXECUTOR_EXECUTOR_H
#define EXECUTOR_EXECUTOR_H

#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/status.h"

#include <stdbool.h>

struct job {
	const char *const *command; /* program and arguments, ends with NULL */
	char *const *environment;   /* ends with NULL */
	bool launched;        /* by a program that starts processes and passes SIGUSR1 on to them */
	const char *folder;   /* of the cell, holds cell.json, gets log.txt; there until it ends */
	const char *start;    /* folder to start in, or NULL; then the paths above are absolute */
	double memory_limit;  /* resident bytes of all processes here, NaN = none */
	double address_limit; /* bytes of address space, NaN = none */
};

/* How a job ended, as far as the executor knows. */
struct job_end {
	int wait_status; /* as waitpid gives it; W_EXITCODE(status, 0) where there is no process */
	double peak_bytes;  /* largest resident set, 0 = not known */
	double over_memory; /* bytes in use when it was stopped for that, else 0 */
	bool kernel_oom;    /* the kernel killed something for lack of memory while it ran */
};

struct job_event {
	size_t place;     /* of the job */
	const char *line; /* a line of its progress, until the next call; NULL: it has ended */
	struct job_end end;
};

enum job_cancel {
	CANCEL_ASK,  /* end training early and leave a record of it: SIGTERM, SIGUSR1 if launched */
	CANCEL_DROP, /* the run ends, nothing will be recorded: SIGINT */
	CANCEL_KILL
};

struct executor {
	struct desc base;
	/* For up to `places` jobs at once. `wake`: a descriptor; `wait` returns when it can be
	 * read, also before its time, and leaves the reading to the caller. -1: none. */
	enum status (*open)(const void *options, size_t places, int wake, struct arena *arena,
			    void **state, struct err *err);
	/* Start a job in a free place. A program that cannot be run is a job that ends with exit
	 * status 127 and a line in log.txt. */
	enum status (*submit)(void *state, size_t place, const struct job *job, struct err *err);
	/* The next event; false if there is none within `seconds`. A place is free again after the
	 * end of its job. */
	bool (*wait)(void *state, double seconds, struct job_event *out);
	void (*cancel)(void *state, size_t place, enum job_cancel how);
	/* No job is running. NULL: all of it lies in the arena. */
	void (*close)(void *state);
};

#endif
