/* Columns of the prepared features as options name them. */
#ifndef MODEL_COLUMNS_H
#define MODEL_COLUMNS_H

#include "solvers/core/option.h"
#include "solvers/core/status.h"

#include <stdbool.h>

struct problem;

/* Mark (d) the columns of problem->X that `given` lists: by name, `last`, or numbers from 0 on. A
 * STATUS_SPEC error about `option` for a text that is none of these. */
enum status columns_mark(const struct problem *problem, const char *option, struct texts given,
			 bool *marked, struct err *err);

#endif
