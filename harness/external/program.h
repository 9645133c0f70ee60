/* A program beside this process that runs only while it is waited for, and says what it has in
 * lines of JSON. */
#ifndef EXTERNAL_PROGRAM_H
#define EXTERNAL_PROGRAM_H

#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct program {
	pid_t pid;  /* 0: it has ended, or was never started */
	FILE *said; /* its standard output */
	char *line; /* the last one, of `room` bytes */
	size_t room;
	bool held;
};

/* Start `argv` (ends with NULL) in the folder `cwd`, in a process group of its own that dies with
 * this process; what it writes to its standard error goes where this process's does. STATUS_ENV if
 * there is no such program. */
enum status program_start(struct program *program, char *const *argv, const char *cwd,
			  struct err *err);

/* Let it run until it has written a line that is a JSON object, then hold it. Other lines are
 * passed on to standard error. NULL: it has ended well; or *err says how else. */
const char *program_line(struct program *program, struct err *err);

/* Kill what is left of it. */
void program_end(struct program *program);

#endif
