/* The open cells of a plan in groups of like needs, for tasks of a batch system.
 *
 * A group has the tasks that its work asks for; they share its cells by claims as they go, so a
 * group needs no further split. What a cell needs comes from the forecast, its time also from the
 * cells of its method that the folder has: seconds = work x (their seconds / their work). A cell
 * that ran out of memory, or into the time limit of the spec, is open again where a larger limit is
 * allowed. */
#ifndef SCHED_PACK_H
#define SCHED_PACK_H

#include "harness/sched/plan.h"

struct pack_order {
	size_t workers;                   /* tasks in all; 0: chosen by the work */
	double minutes;                   /* of a task, in the first round */
	long round;                       /* from 1; each allows twice what the one before did */
	double memory;                    /* bytes of a task at least */
	double most_memory, most_seconds; /* of a task, of a cell; HUGE_VAL and NaN: none given */
};

struct pack_group {
	size_t cells, tasks;
	double seconds;      /* of all its cells, expected */
	double bytes;        /* of a task */
	double minutes;      /* of a task */
	double cell_bytes;   /* limit of a cell */
	double cell_seconds; /* limit of a cell that is tried again; NaN: that of the spec */
	bool own_memory;     /* the spec's limit of memory is raised for its cells */
};

struct pack {
	size_t count, cells;
	size_t again;    /* of the cells, those that have a record */
	size_t given_up; /* that a limit ended, and no larger one is allowed */
	size_t measured; /* of the cells, those whose time is by measured ones */
	struct pack_group *group;
	size_t *of;      /* by place in the plan: its group from 1; 0: not open */
	double *seconds; /* by place, expected */
};

void pack_plan(const struct plan *plan, const struct resource_options *resources,
	       const struct pack_order *order, struct arena *arena, struct pack *out);

/* The file that tells the tasks: a line "CELL GROUP STAMP" for each, where the stamp is of the
 * record that is to be replaced, or "-". */
enum status pack_write(const struct plan *plan, const struct pack *pack, const char *path,
		       struct err *err);

/* Leave out the cells that such a file gives to other groups; those that it does not name, which
 * were chosen since, are everyone's. Mark those as open again whose record is still the one of the
 * stamp. */
enum status pack_read(struct plan *plan, const char *path, long group, struct err *err);

#endif
