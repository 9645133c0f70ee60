/* Starting one worker process. */
#ifndef SCHED_CHILD_H
#define SCHED_CHILD_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <sys/types.h>

struct child_order {
	const char *program;
	const char *folder; /* of the cell, holds cell.json; log.txt is written there */
	char *const *environment;
	const char
		*start; /* folder to start in, or NULL; then `program` and `folder` are absolute */
	double address_limit; /* bytes of address space, NaN = none */
	bool choose_threads;  /* the worker may take fewer than its environment says */
	const char *record;   /* folder of the record to complete, or NULL */
};

struct child {
	pid_t pid;    /* also the id of its process group */
	int progress; /* reading end of its progress pipe, non-blocking */
};

/* Fork and exec. The child has its own process group, so that Ctrl-C reaches only the parent, and
 * dies when the parent does. A program that cannot be run shows as exit status 127 with a line in
 * log.txt. */
enum status child_start(const struct child_order *order, struct child *out, struct err *err);

/* The core type OpenBLAS should be told to use, or NULL to leave the choice to it (or to the user,
 * who may have set OPENBLAS_CORETYPE). Older versions do not know newer AMD cores and fall back to
 * kernels without AVX-512; naming the type makes products 1.7 times faster there. */
const char *child_core_type(void);

/* The environment of a worker: that of this process, with the number of BLAS threads, the core type
 * and, unless the user has chosen how threads wait (OMP_WAIT_POLICY, GOMP_SPINCOUNT,
 * OPENBLAS_THREAD_TIMEOUT), passive waiting: beside one busy process, spinning threads take a
 * hundred times as long. Ends with NULL. */
char *const *child_environment(long threads, struct arena *arena);

#endif
