/* What the cells of a plan ask for, and what their records have of it. */
#ifndef SCHED_ASKED_H
#define SCHED_ASKED_H

#include "harness/sched/plan.h"

/* With the ids known: fill in which cells share a record, what each asks for, and what is there.
 * Cells that share a record get the attacks of each other's selections. `cells`: those of the plan,
 * in its order. Error: a record of a newer format. */
enum status asked_look_up(struct plan *plan, struct cell *cells, struct arena *arena,
			  struct err *err);

/* Mark equal cells as shared but for the first of them that no filter leaves out: it is computed
 * for all. */
void asked_mark_shared(struct plan *plan, struct arena *arena);

/* Cells that are not left out: each is counted once. */
struct asked_tally {
	size_t cells, done, train, complete, shared;
	size_t more;    /* at most: cells that are chosen when these are done */
	unsigned lacks; /* kinds of entries that those to complete lack */
};

/* "30 cells: 10 done, 2 to compute, 16 to complete (attacks), 2 equal to others" */
const char *asked_text(const struct asked_tally *tally, struct arena *arena);

/* Records in the folder that an earlier version made, whose ids are of another kind. */
size_t asked_count_outdated(const char *folder);

#endif
