/* Runs of one user on one machine: those that want it alone, and the others.
 *
 * A run that shares holds a read lock while cells of it are running; one that wants the machine
 * alone says so first, after which no other run starts a cell, and takes the write lock when the
 * last one has ended. It keeps it to its end. */
#ifndef SCHED_ALONE_H
#define SCHED_ALONE_H

#include <stdbool.h>

struct alone {
	int fd;           /* -1: no lock file can be had; then every run may start */
	const char *none; /* why there are no locks, or NULL */
	bool exclusive, held;
};

/* Open the lock file of this user, in $TMPDIR or /tmp. */
struct alone alone_open(bool exclusive);

/* Take the lock, unless it is held, if that can be done now: may a cell be started? */
bool alone_may_start(struct alone *alone);

/* No cell of this run is running: a run that shares lets one go first that waits. */
void alone_rest(struct alone *alone);

void alone_close(struct alone *alone);

#endif
