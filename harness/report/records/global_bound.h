/* How far each network is from the best one of any width: what the cells of one problem know of it
 * together.
 *
 * A bound whose scope is all networks (the convex program over all patterns, a semidefinite
 * relaxation, priced neurons) holds for every network on the same data, draw, loss and beta,
 * whoever trained it, also against a threat: the objective that it bounds is the clean one. */
#ifndef REPORT_GLOBAL_BOUND_H
#define REPORT_GLOBAL_BOUND_H

#include "harness/report/records/records.h"

#include <stdbool.h>

/* Does its own bound hold for ReLU networks of every width? */
bool global_bound_of(const struct record *record);

/* By how much the objective of a network is at most above the best one, as a share of that; NaN
 * where either is not known or the bound is none above 0. */
double global_bound_above(double objective, double bound);

/* Is the network below the bound by more than rounding? */
bool global_bound_breaks(const struct result *network, const struct result *bound);

/* Fill `global_bound` and `above_bound` of the results. A network below a bound of the same problem
 * by more than rounding shows that one of the two is wrong: both cells fail, with a message, and
 * count in `contradicted`. Before records_group: failed cells choose no settings. */
void global_bound_fill(struct records *records);

#endif
