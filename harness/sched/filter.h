/* The cells of a plan that --filter names. */
#ifndef SCHED_FILTER_H
#define SCHED_FILTER_H

#include "harness/sched/plan.h"

/* Leave out of the plan what the filter (may be NULL) does not name:
 * "method=admm,rho=0.1,repetition=0". A key that occurs twice may have either value. STATUS_SPEC
 * for a key that no cell has, or if no cell is left. */
enum status filter_apply(struct plan *plan, const char *text, struct err *err);

#endif
