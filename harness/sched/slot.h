/* One place of the process pool: a running cell from its temporary folder to its record. */
#ifndef SCHED_SLOT_H
#define SCHED_SLOT_H

#include "harness/sched/child.h"
#include "harness/sched/layout.h"
#include "harness/sched/progress.h"
#include "harness/verify/inputs.h"

/* What all slots of a run share. */
struct slot_context {
	const struct layout *layout;
	const char *worker_folder;
	char *const *environment;
	double time_limit; /* s per cell, NaN = none */
	double grace;      /* s after it, to evaluate and record what there is */
	bool choose_threads;
	double memory_limit;  /* resident bytes per cell, NaN = none */
	double address_limit; /* bytes, NaN = none */
	double threads;
	struct inputs *inputs; /* checksums of what the cells read; NULL: not recorded */
};

struct slot {
	bool busy;
	struct planned *at;
	struct child child;
	const char *tmp, *record; /* where it is computed, and where it goes */
	double start, deadline;   /* progress_now(); the deadline moves on once it is passed */
	bool asked;               /* to stop: at the time limit, or because the run ends */
	bool timed_out;           /* at the time limit */
	const char *date;         /* when it was started */
	double over_memory;       /* bytes in use when it was stopped for that, else 0 */
	double kernel_kills;      /* of the machine, when the cell started */
	struct progress_report report;
	char line[512]; /* of the progress pipe, not yet complete */
	size_t line_used;
	const char *last_words; /* what it said before it gave up, or NULL */
	struct arena arena;     /* of this cell */
};

/* Make the folder, write cell.json, start the worker; for a cell that is completed, on what its
 * record holds. */
enum status slot_start(struct slot *slot, const struct slot_context *context, struct planned *at,
		       struct err *err);

/* Commit the record of a cell that is not to be started; one that was to be completed keeps its
 * record. */
enum status slot_skip(struct slot *slot, const struct slot_context *context, struct planned *at,
		      struct result *out, struct err *err);

/* Take in what the worker has said. */
void slot_read(struct slot *slot);

/* End the worker for good, because the run ends: by SIGINT to its process group, or kill it at
 * once. Nothing is recorded of it. */
void slot_stop(struct slot *slot, bool at_once);

/* Ask it to end (SIGTERM) when its time is over, and kill it when it was asked and did not within
 * the grace time, or uses more memory than it may. */
void slot_enforce(struct slot *slot, const struct slot_context *context);

/* Has it ended by itself or by a limit of its own, so that there is something to record? */
bool slot_is_complete(const struct slot *slot, int wait_status);

/* True if the worker has ended; *wait_status and *peak_bytes are filled. */
bool slot_ended(struct slot *slot, int *wait_status, double *peak_bytes);

/* Write and commit the record. `out` lives until slot_free. Of a cell that was to be completed and
 * was not, `out` says why, and its record stays as it is. */
enum status slot_finish(struct slot *slot, const struct slot_context *context, int wait_status,
			double peak_bytes, struct result *out, struct err *err);

/* Remove what is left of the temporary folder; the slot is free again. */
void slot_free(struct slot *slot);

#endif
