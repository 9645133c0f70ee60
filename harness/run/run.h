/* What a worker process does: compute one cell and write its record.
 *
 * `folder` already exists and holds cell.json (the canonical text). run_cell writes result.json,
 * trace.csv, attack.csv, certify.csv and model.npz into it. It prints nothing; progress goes to
 * `progress_fd`
 * (-1 = none) as lines "iteration gap seconds\n". */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "solvers/core/status.h"

/* Exit codes of a worker beyond enum status. */
#define RUN_EXIT_OOM 71
#define RUN_EXIT_RECORD 72 /* the record cannot be written */

enum status run_cell(const char *folder, int progress_fd, struct err *err);

#endif
