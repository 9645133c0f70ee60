/* Rows of the training part for ranks, and what is said of all of them: each has read its own, or
 * gets them from the first one, which alone reads and prepares then. No other one holds rows that
 * are not its own but those of the validation part. */
#ifndef RUN_DEAL_H
#define RUN_DEAL_H

#include "harness/data/data.h"
#include "harness/spec/spec.h"
#include "solvers/model/trainer.h"

/* Why the first rank has to read all rows of this cell; NULL: each can read its own. */
const char *deal_reason(const struct cell *cell);

/* What the first rank finds, on all of them; NULL without ranks. It lives in the arena. */
const char *deal_agree(struct ranks *ranks, const struct cell *cell, struct arena *arena);

/* On the first rank `data` and `problem` are those of all samples; on the others they become those
 * of their rows: data has no rows, only what kind they are. Beta, seed and the loss itself are
 * known to all. Where each has read its own rows (data->slice) it has its problem already, of which
 * it takes these. Without ranks nothing changes. */
void deal_problem(struct ranks *ranks, struct dataset *data, struct problem *problem,
		  struct arena *arena);

#endif
