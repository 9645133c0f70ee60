/* How a worker ended, and the record that is kept of it. */
#ifndef SCHED_OUTCOME_H
#define SCHED_OUTCOME_H

#include "harness/executor/executor.h"
#include "harness/spec/spec.h"
#include "harness/store/result.h"

#include <stdbool.h>

/* In the worker's folder: the error of a rank behind the first one, which alone records. */
#define OUTCOME_RANK_ERROR "rank.txt"

struct ending {
	struct job_end end;
	bool timed_out;      /* it was asked to end at the wall-clock limit */
	const char *date;    /* when it was started */
	double time_limit;   /* s, for the message */
	long ranks;          /* processes; 0 or 1: the worker alone */
	double memory_limit; /* bytes, for the message */
	double threads;
};

/* Complete the record in the worker's folder `tmp`: keep the worker's own result if it is one, also
 * what it had found when a limit ended it, or when an attack failed after training, else write a
 * result with status and message. Tables that it was killed at are cut off at their last whole
 * line. `out` is what result.json now says. */
enum status outcome_record(const struct cell *cell, const struct ending *ending, const char *tmp,
			   struct arena *arena, struct result *out, struct err *err);

/* The worker ended by itself and without error. */
bool outcome_is_good(const struct ending *ending);

/* Status and message of an ending, whatever the worker has left in `tmp`. */
void outcome_describe(const struct cell *cell, const struct ending *ending, const char *tmp,
		      struct arena *arena, struct result *out);

/* The record of a cell that was never started. */
enum status outcome_skip(const struct cell *cell, const char *reason, const char *tmp,
			 struct arena *arena, struct result *out, struct err *err);

/* The last line of tmp/log.txt that is not blank, or NULL. */
const char *outcome_last_line(const char *tmp, struct arena *arena);

bool outcome_is_ok(const struct result *result);

/* Status not ok, or diverged. */
bool outcome_is_bad(const struct result *result);

#endif
