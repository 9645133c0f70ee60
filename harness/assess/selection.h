/* What selections compare beyond the evaluation: accuracy on the validation part under attack. */
#ifndef ASSESS_SELECTION_H
#define ASSESS_SELECTION_H

#include "harness/assess/earlier.h"
#include "harness/data/data.h"
#include "harness/spec/spec.h"
#include "solvers/core/status.h"
#include "solvers/model/model.h"

struct selection {
	const struct cell *cell; /* its `selects` */
	const struct dataset *data;
	const struct model *model;
	const char *path;
	const struct earlier *kept; /* entries that need no computing, or NULL */
};

/* Attack the validation part as each selection asks, by itself; `path` gets a row like those of
 * attack.csv for each, `accuracy` what it says. Writes no file if there is none. `effort`: of each,
 * or NULL. The test part is never read. */
enum status selection_run(const struct selection *selection, double *accuracy,
			  struct effort *effort, struct err *err);

/* Which entry of `selects` is the cell's own; cell->selects.count: none. */
size_t selection_own(const struct cell *cell);

#endif
