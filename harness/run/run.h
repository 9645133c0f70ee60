/* What a worker process does: compute one cell and write its record, or complete a record.
 *
 * `folder` already exists and holds cell.json (the canonical text). run_cell writes result.json,
 * entries.json, trace.csv, attack.csv, certify.csv, findings.npz and model.npz into it. It prints
 * nothing. On the way it keeps the best network and a record with status "interrupted", in case it
 * is killed.
 *
 * To complete a record is to compute on its network what it lacks of the attacks, certificates and
 * selections of the cell: no trace.csv and no model.npz is written then. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "solvers/core/ranks.h"
#include "solvers/core/status.h"

#include <stdbool.h>

/* Exit codes of a worker beyond enum status. */
#define RUN_EXIT_OOM 71
#define RUN_EXIT_RECORD 72  /* the record cannot be written */
#define RUN_EXIT_STOPPED 73 /* asked to end early; the record is complete as far as it goes */

struct run_order {
	struct ranks *ranks; /* that share the rows of training, or NULL; the first one records */
	int progress_fd;     /* gets lines "iteration gap seconds\n"; -1 = none */
	bool choose_threads; /* at most those there are, by the sizes of the cell */
	const char *record;  /* folder of the record to complete; NULL: train */
	const char *cell;    /* its id, if a manifest is to follow; NULL: it is not known */
	double seconds;      /* that the cell may take; 0: any number */
	bool stopped; /* out: training was ended early by SIGTERM (harness/run/interrupt.h) */
};

enum status run_cell(const char *folder, struct run_order *order, struct err *err);

#endif
