/* Numbers of a record that a plot or a comparison can show: the columns of summary.csv and what
 * follows from them. */
#ifndef REPORT_COLUMN_H
#define REPORT_COLUMN_H

#include "harness/report/records/attacks.h"
#include "harness/report/records/records.h"

#include <stddef.h>

extern const char *const column_names[]; /* ends with NULL */
#define COLUMN_DOC                                                                            \
	"column of summary.csv; time: setup and solve; robust_accuracy: the lowest over the " \
	"attacks at their largest eps"

struct column {
	const char *name;
	const struct attack_kinds *kinds; /* of robust_accuracy */
};

/* stat_pick; `column` is a struct column. Also knows seconds_per_iteration. */
double column_value(const struct record *record, const void *column);

/* "solve_s" -> "solve in s" */
const char *column_label(const char *name, struct arena *arena);

#endif
