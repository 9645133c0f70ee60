/* The drawing as a whole: its panels in rows, and below them, in room of their own so that they can
 * hide no curve, names, colours, legend and caption. */
#ifndef REPORT_CANVAS_H
#define REPORT_CANVAS_H

#include "harness/report/figure/figure.h"
#include "harness/report/records/records.h"
#include "solvers/core/status.h"

/* Write <out>/plots/<stem>.dat and <stem>.gp of the records' folder `out`, for gnuplot. */
enum status canvas_write(struct figure *figure, const struct records *records, const char *stem,
			 struct err *err);

#endif
