/* Order statistics over repetitions, and formats of numbers in tables. */
#ifndef REPORT_STAT_H
#define REPORT_STAT_H

#include "harness/report/records/records.h"
#include "solvers/core/arena.h"

#include <stddef.h>

struct stat {
	double median, low, high; /* 10 % and 90 % quantiles; NaN where count is 0 */
	size_t count;             /* of the values that are not NaN */
};

/* The q-quantile of ascending values by linear interpolation (type 7, as numpy); NaN if there is
 * none. */
double stat_quantile(const double *sorted, size_t count, double q);

/* Sorts `values` in place, NaN aside. */
struct stat stat_of(double *values, size_t count);

/* One number per member of the group that is ok. */
typedef double stat_pick(const struct record *record, const void *what);
struct stat stat_group(const struct group *group, stat_pick *pick, const void *what,
		       struct arena *arena);

/* stat_pick of a column of the result; `what` is its name. "time" is setup_s + solve_s; "headline"
 * the objective that a gap is about: the worst case of robust methods, else the network objective.
 * A gap below 0 by rounding is 0. */
double stat_column(const struct record *record, const void *what);

/* snprintf of one double with a format that is not a literal. */
void stat_format(char *text, size_t room, const char *format, double value);

/* "85.3 (84.1-86.9)", every number with printf format `format` for a double times `factor`; the
 * interval only where its ends differ in the digits shown; "" if there is no value. */
const char *stat_text(struct stat stat, const char *format, double factor, struct arena *arena);

/* "80.3 [75.1-84.7]" in percent: a share and its interval; NULL if one is not known. */
const char *stat_share_text(double share, double low, double high, struct arena *arena);

/* The test accuracy of one cell with its Wilson interval. Several repetitions are never pooled into
 * one interval: their test parts may overlap. */
const char *stat_test_accuracy(const struct result *result, struct arena *arena);

#endif
