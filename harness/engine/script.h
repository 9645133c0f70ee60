/* What the scripts of all engines have in common. */
#ifndef ENGINE_SCRIPT_H
#define ENGINE_SCRIPT_H

#include "harness/engine/engine.h"

/* "round-1-group-2.sh", "round-1-next.sh" with group 0. */
const char *script_name(const struct batch *batch, size_t group, struct arena *arena);

/* Add a file to those of a batch. */
void script_add(struct batch_files *files, const char *name, const char *text);

/* The lines of a script that compute task `number` (a word for the shell) of a group. TERM is
 * passed on to the worker, which gives its cells back. `limited`: the time limit is kept here, and
 * what is printed goes to a log here, since no batch system does either. */
const char *script_task(const struct batch *batch, const struct batch_group *group,
			const char *number, bool limited, struct arena *arena);

#endif
