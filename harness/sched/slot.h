/* One place of the process pool: a running cell from its temporary folder to its record. */
#ifndef SCHED_SLOT_H
#define SCHED_SLOT_H

#include "harness/executor/executor.h"
#include "harness/sched/layout.h"
#include "harness/sched/progress.h"
#include "harness/verify/inputs.h"

/* What all slots of a run share. */
struct slot_context {
	const struct layout *layout;
	const struct executor *executor;
	void *state; /* of the executor */
	const char *worker_folder;
	char *const *environment;
	double time_limit; /* s per cell, NaN = none */
	double grace;      /* s after it, to evaluate and record what there is */
	bool choose_threads;
	long ranks; /* processes of a worker, that `launch` starts */
	const char *launch;
	double memory_limit;  /* resident bytes per cell, NaN = none */
	double address_limit; /* bytes, NaN = none */
	double threads;
	struct inputs *inputs; /* checksums of what the cells read; NULL: not recorded */
};

struct slot {
	bool busy;
	size_t place; /* at the executor */
	struct planned *at;
	const char *tmp, *record; /* where it is computed, and where it goes */
	double start, deadline;   /* progress_now(); the deadline moves on once it is passed */
	bool asked;               /* to stop: at the time limit, or because the run ends */
	bool timed_out;           /* at the time limit */
	const char *date;         /* when it was started */
	struct progress_report report;
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

/* Take in a line that the worker has said. */
void slot_hear(struct slot *slot, const char *line);

/* End the worker for good, because the run ends, by asking or at once. Nothing is recorded of it.
 */
void slot_stop(struct slot *slot, const struct slot_context *context, bool at_once);

/* Ask it to end when its time is over, and kill it when it was asked and did not within the grace
 * time. */
void slot_enforce(struct slot *slot, const struct slot_context *context);

/* The worker has ended; is there something to record, or recorded by itself? Not of one that was
 * told to stop because the run ends. */
bool slot_is_complete(const struct slot *slot, const struct job_end *end);

/* Read the record that the worker has committed, or write and commit one of how it ended. `out`
 * lives until slot_free. Of a cell that was to be completed and was not, `out` says why, and its
 * record stays as it is. */
enum status slot_finish(struct slot *slot, const struct slot_context *context,
			const struct job_end *end, struct result *out, struct err *err);

/* Remove what is left of the temporary folder; the slot is free again. */
void slot_free(struct slot *slot);

#endif
