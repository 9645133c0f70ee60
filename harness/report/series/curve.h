/* The median of the traces of a group, with its band. */
#ifndef REPORT_CURVE_H
#define REPORT_CURVE_H

#include "harness/report/records/records.h"
#include "harness/report/series/floors.h"

#include <stdbool.h>
#include <stddef.h>

enum { CURVE_COLUMNS = 4 }; /* x, median, low, high */

struct curve {
	size_t count; /* rows, ascending in x; 0 = no trace has both columns */
	double *at;   /* count x CURVE_COLUMNS, row after row */
	bool band;    /* of several runs */
	size_t runs;
	double *value; /* count x runs: of each run at the x of a row */
};

/* Seconds at row i of a record's trace by when column y had its value: of setup and solve, and for
 * a gap of the certificates too, without which there is none. NaN: the trace does not say. */
double curve_seconds(const struct record *record, size_t i, const char *y);

/* Has the trace values of y but not the seconds they took? So have traces of earlier versions,
 * which do not know the time of certificates. */
bool curve_untimed(const struct record *record, const char *y);

/* "time of setup and solve in s", for the axis of column y. */
const char *curve_time_label(const char *y);

/* Column y of trace.csv against column x, over the cells of a group that are ok, where all of them
 * have begun; x "seconds" is curve_seconds. `floors`: what y is measured from, or NULL. */
struct curve curve_of(const struct group *group, const char *x, const char *y,
		      const struct floors *floors, struct arena *arena);

#endif
