/* Who may write to a results folder: one run, or several shards of one at the same time. */
#ifndef SCHED_LOCK_H
#define SCHED_LOCK_H

#include "harness/sched/plan.h"

#define LOCK_FILE "lock" /* in the results folder */

/* Take the lock file at `path`: alone, or beside others if shard.count > 1 or it claims. The lock
 * ends with the process or when *fd is closed. STATUS_ENV if another run is in the way; the
 * message names its process. Where the file system has no locks *none says why, and the lock keeps
 * nobody out; else it is NULL. */
enum status lock_take(const char *path, struct sched_shard shard, int *fd, const char **none,
		      struct err *err);

/* Does this errno of a lock say that there are no locks, not that another one is in the way? */
bool lock_has_none(int code);

/* One at a time among the shards of a run: wait for it, give it back. */
void lock_files(int fd);
void lock_free_files(int fd);

/* Does a living process hold the lock? */
bool lock_is_held(const char *path);

#endif
