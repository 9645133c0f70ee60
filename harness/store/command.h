/* The command that computes a cell of a results folder alone: `show` and the report print it. */
#ifndef STORE_COMMAND_H
#define STORE_COMMAND_H

#include "solvers/core/arena.h"

/* the spec's path, then a "path=value" of --set a line */
#define COMMAND_ORIGIN_FILE "origin.txt"

/* "relubench run 'SPEC' --set '...' --out '...'", quoted for the shell: how the folder was made.
 * NULL if it has no readable origin.txt. */
const char *command_run(const char *folder, struct arena *arena);

/* That command for one cell. */
const char *command_cell(const char *run, const char *id, struct arena *arena);

#endif
