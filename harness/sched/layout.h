/* The results folder of a running experiment: lock, temporary folders, spec.yaml, plan.csv,
 * env.json. */
#ifndef SCHED_LAYOUT_H
#define SCHED_LAYOUT_H

#include "harness/machine/env.h"
#include "harness/sched/plan.h"

struct layout {
	const char *folder; /* results/<name> */
	const char *tmp;    /* folder/tmp, or a folder in it for a part: cells being computed */
	const char *cells;  /* folder/cells: finished ones */
	int lock;
};

/* Make the folders and lock them against a second run; remove what an earlier run that was killed
 * has left. STATUS_ENV if another run holds the lock; a file system without locks is said on
 * standard error. */
enum status layout_open(struct layout *out, const char *folder, struct sched_shard shard,
			struct arena *arena, struct err *err);

/* How many cells of a results folder are being computed by a living process. */
size_t layout_count_running(const char *folder);

/* Remove the temporary folders and give the lock back. */
void layout_close(struct layout *layout);

/* Copy the spec, note where it came from, describe the machine and the workers. */
enum status layout_write_origin(const struct layout *layout, const struct experiment *experiment,
				struct texts sets, const struct env_workers *workers,
				struct err *err);

/* plan.csv: one row per cell with its status, "" for one not yet computed. data.csv: one row per
 * data set with its files and their checksum. */
enum status layout_write_plan(const struct layout *layout, const struct plan *plan,
			      struct err *err);

#endif
