/* What selections compare beyond the evaluation: accuracy on the validation part under attack. */
#ifndef ASSESS_SELECTION_H
#define ASSESS_SELECTION_H

#include "harness/assess/assessed.h"

/* Attack the validation part as each entry of order->cell->selects asks, by itself; out[i] is of
 * entry i, as of assault_run. The test part is never read. */
enum status selection_run(const struct assess_order *order, struct arena *arena,
			  struct assessed *out, struct err *err);

/* What an entry says; NaN of a data set without validation part. */
double selection_accuracy(const struct assessed *entry);

/* Which entry of `selects` is the cell's own; cell->selects.count: none. */
size_t selection_own(const struct cell *cell);

#endif
