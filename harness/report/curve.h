/* The median of the traces of a group, with its band. */
#ifndef REPORT_CURVE_H
#define REPORT_CURVE_H

#include "harness/report/records.h"

#include <stdbool.h>
#include <stddef.h>

enum { CURVE_COLUMNS = 4 }; /* x, median, low, high */

struct curve {
	size_t count; /* rows, ascending in x; 0 = no trace has both columns */
	double *at;   /* count x CURVE_COLUMNS, row after row */
	bool band;    /* of several runs */
};

/* Column y of trace.csv against column x, over the cells of a group that are ok, where all of them
 * have begun. */
struct curve curve_of(const struct group *group, const char *x, const char *y, struct arena *arena);

#endif
