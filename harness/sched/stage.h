/* Cells that wait for others: a rung of successive halving for the one before it, and the training
 * on all rows outside a fold for its inner folds. */
#ifndef SCHED_STAGE_H
#define SCHED_STAGE_H

#include "harness/sched/plan.h"

/* Keep the cells of a plan that are run whatever comes, and of those that wait the ones of settings
 * that were chosen; of at most `most`, which the experiment counts. What is chosen depends on
 * finished cells alone: whoever computed them, in whatever order and with however many settings
 * before, finds the same cells.
 *
 * A choice is made where `select` makes one (for each repetition and fold, or for all of them),
 * when every cell that it compares has ended; by the mean over inner folds and the median over
 * repetitions, cells that are not ok as the worst; of equal settings those whose first cell has the
 * lower id. */
void stage_choose(struct plan *plan, size_t most, struct arena *arena);

#endif
