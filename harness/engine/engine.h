/* Batch systems: where the tasks of a sweep run when they are more than the processes of one run.
 *
 * A task is a worker of `run --claim` on the cells of its group; tasks of a group are alike. An
 * engine writes the scripts of a batch and starts them. Whatever it is, a task leaves two files,
 * `GROUP-TASK.started` with its host and process and `GROUP-TASK.ended` with its exit status, in
 * the folder of its round; what only the batch system knows, `look` tells. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "harness/engine/jobs.h"
#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>

struct batch_group {
	size_t number; /* from 1 */
	size_t cells, tasks;
	double bytes;        /* memory of a task */
	long cores, minutes; /* of a task, at most */
	long ranks,
		nodes; /* processes that its cells start at once, and where; 1: the task itself */
	const char *command; /* of a task, for a shell */
};

/* The tasks of one round. */
struct batch {
	const char *name;   /* of the experiment */
	const char *folder; /* for scripts and logs, from the root on */
	const char *start;  /* where commands are run, from the root on */
	const char *next;   /* command when all tasks have ended: the next round, or the report */
	const char *partition, *account, *hosts, *options; /* or NULL */
	long round;                                        /* from 1 */
	long throttle; /* tasks at once; 0: as many as there is room for */
	long grace;    /* s before the time limit, when a task is told to end */
	long longest;  /* minutes that a task may have; 0: not known */
	size_t count;
	const struct batch_group *group;
};

struct batch_file {
	const char *name; /* in the folder of the batch */
	const char *text;
};

/* Files of one batch; room for two a group and four more. */
struct batch_files {
	size_t count;
	struct batch_file *at;
};

/* Tasks of a state, as the batch system sees them. */
struct batch_state {
	size_t tasks;
	const char *state; /* "pending", "running", ...: its word */
	const char *about; /* where, or why; "" */
};

struct batch_states {
	size_t count;
	struct batch_state *at;
	const char *none; /* why nothing is known, or NULL */
};

struct engine {
	struct desc base;
	bool queues; /* it knows partitions, accounts and tasks of several nodes */
	bool hosts;  /* it starts tasks on hosts that it is given */
	/* The most minutes that it gives a task of such a batch; 0: not known. NULL: any. */
	long (*longest)(const struct batch *batch, struct arena *arena);
	/* The scripts. */
	void (*write)(const struct batch *batch, struct arena *arena, struct batch_files *out);
	/* Start what lies in the folder of the batch. `jobs`: what `look` and `cancel` know it by,
	 * words with blanks between them. */
	enum status (*start)(const struct batch *batch, struct arena *arena, const char **jobs,
			     struct err *err);
	/* Wait for all of it, rounds and report; its exit status. NULL: it goes on by itself. */
	int (*wait)(const char *jobs);
	/* Tasks by state. NULL: it knows no more than the files of the tasks say. */
	void (*look)(const char *jobs, struct arena *arena, struct batch_states *out);
	/* End all tasks and what would follow, and wait until they have ended. */
	enum status (*cancel)(const char *jobs, struct err *err);
};

#endif
