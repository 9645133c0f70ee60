/* Engines that are programs of this host: a script in a group of processes of its own. */
#ifndef ENGINE_LAUNCH_H
#define ENGINE_LAUNCH_H

#include "harness/engine/engine.h"

/* The scripts of tasks, as script_task with `limited`, which get their number as argument, and the
 * one of what follows. */
void launch_write(const struct batch *batch, struct arena *arena, struct batch_files *out);

/* Start round-N.sh in a group of processes of its own; "HOST:PROCESS:START". */
enum status launch_start(const struct batch *batch, struct arena *arena, const char **jobs,
			 struct err *err);

/* Wait for it; a signal to this process is passed on. */
int launch_wait(const char *jobs);

/* End it, if it is of this host. */
enum status launch_end(const char *jobs, struct err *err);

#endif
