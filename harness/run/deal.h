/* The training part from the rank that has read the data to all: each gets its rows, and what is
 * said of all of them. One process reads and prepares, and no other one holds rows that are not its
 * own but those of the validation part. */
#ifndef RUN_DEAL_H
#define RUN_DEAL_H

#include "harness/data/data.h"
#include "solvers/model/trainer.h"

/* On the first rank `data` and `problem` are those of all samples; on the others they become those
 * of their rows: data has no rows, only what kind they are. Beta, seed and the loss itself are
 * known to all. Without ranks nothing changes. */
void deal_problem(struct ranks *ranks, struct dataset *data, struct problem *problem,
		  struct arena *arena);

#endif
