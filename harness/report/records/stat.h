/* Numbers of the members of a group, and their texts in tables. */
#ifndef REPORT_STAT_H
#define REPORT_STAT_H

#include "harness/report/records/records.h"
#include "harness/stats/sample.h"
#include "solvers/core/arena.h"

#include <stddef.h>

/* One number per member of the group that is ok. */
typedef double stat_pick(const struct record *record, const void *what);
struct spread stat_group(const struct group *group, stat_pick *pick, const void *what,
			 struct arena *arena);

/* The numbers themselves, in the order of those members; `values` has room for all members. */
size_t stat_values(const struct group *group, stat_pick *pick, const void *what, double *values);

/* stat_pick of a column of the result; `what` is its name. "time" is setup_s + solve_s; "headline"
 * the objective that a gap is about: the worst case of robust methods, else the network objective.
 * A gap below 0 by rounding is 0. */
double stat_column(const struct record *record, const void *what);

/* snprintf of one double with a format that is not a literal. */
void stat_format(char *text, size_t room, const char *format, double value);

/* "85.3 (84.1-86.9)", every number with printf format `format` for a double times `factor`; the
 * interval only where its ends differ in the digits shown; "" if there is no value. */
const char *stat_text(struct spread spread, const char *format, double factor, struct arena *arena);

/* "80.3 [75.1-84.7]" in percent: a share and its interval; NULL if one is not known. */
const char *stat_share_text(double share, double low, double high, struct arena *arena);

/* The test accuracy of one cell with its Wilson interval. Several repetitions are never pooled into
 * one interval: their test parts may overlap. */
const char *stat_test_accuracy(const struct result *result, struct arena *arena);

#endif
