/* Cells of a results folder, as the verbs that look at one name them. */
#ifndef CLI_CELL_H
#define CLI_CELL_H

#include "harness/cli/cli_option.h"

/* The id of the cell of a results folder that starts with `prefix`, or NULL with a message on
 * stderr. Slashes at the end of `folder` are removed. */
const char *cli_find_cell(char *folder, const char *prefix, struct arena *arena);

/* Make --data an absolute path. False, with a message, if it is no folder. */
bool cli_find_data(struct cli_args *args);

/* The folder of the cell that the operands DIR CELL name, as an absolute path, and its id; the
 * current folder becomes the one the run was started in. NULL with a message on stderr if there is
 * no such cell. --data, if it was given, becomes absolute before. */
const char *cli_enter_cell(struct cli_args *args, const char **id);

#endif
