/* What a selection compares beyond the evaluation: accuracy on the validation part under attack. */
#ifndef RUN_SELECTION_H
#define RUN_SELECTION_H

#include "harness/data/data.h"
#include "harness/spec/spec.h"
#include "solvers/core/net.h"
#include "solvers/core/status.h"

struct selection {
	double accuracy, seconds; /* NaN: not asked for */
};

/* Attack the validation part as the selection of the cell asks; `path` gets a row like those of
 * attack.csv. Writes no file for another selection. The test part is never read. */
enum status selection_run(const struct cell *cell, const struct dataset *data,
			  const struct net *net, const char *path, struct selection *out,
			  struct err *err);

#endif
