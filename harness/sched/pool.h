/* Computing the missing cells of a plan. */
#ifndef SCHED_POOL_H
#define SCHED_POOL_H

#include "harness/sched/plan.h"

struct sched_options {
	long jobs, threads;       /* 0 = choose */
	struct sched_shard shard; /* several shards may run at the same time */
	double cell_memory; /* resident bytes per cell where the spec sets no limit; 0: none */
	double lease;       /* s that a claim is good for (shard.claims) */
	bool force;         /* recompute finished cells */
	bool retry_failed;  /* recompute finished cells whose status is not ok */
	bool retime;        /* recompute finished cells whose times were disturbed */
	bool fail_fast;     /* start no further cell after one that is not ok */
	bool quiet;
	bool color;
	const char *worker_folder; /* where relubench-worker-double and -single lie */
	struct texts sets;         /* "path=value" of --set, recorded beside the spec's copy */
};

struct sched_summary {
	size_t computed, completed, reused;
	size_t not_ok; /* of both: status not ok, or diverged */
	bool interrupted;
	double seconds;
};

/* Compute the missing cells. A failing cell does not stop the others. Progress goes to stderr. */
enum status sched_run(const struct experiment *experiment, struct plan *plan,
		      const struct sched_options *options, struct sched_summary *out,
		      struct err *err);

#endif
