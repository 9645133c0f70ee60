/* The files that the options of a cell name: every option that is a path, at any depth. */
#ifndef SPEC_PATHS_H
#define SPEC_PATHS_H

#include "harness/spec/schema.h"

/* May put another path in its place. */
typedef void spec_path_visit(const struct option *row, const char **path, void *context);

/* Paths of the data source, then those of the method (patterns, a network to start from), in the
 * order of their rows. */
void spec_each_data_path(const struct cell *cell, spec_path_visit *visit, void *context);
void spec_each_train_path(const struct cell *cell, spec_path_visit *visit, void *context);

/* The canonical text of a bound cell, as after such a change. */
const char *spec_cell_text(const struct cell *cell, struct arena *arena);

#endif
