/* What gnuplot makes of the script of a plot. */
#ifndef REPORT_DRAWING_H
#define REPORT_DRAWING_H

#include "harness/report/records/records.h"
#include "solvers/core/status.h"

/* What became of a plot's drawings. */
enum drawing_fate {
	DRAWING_DRAWN,
	DRAWING_KEPT,      /* they show this already */
	DRAWING_UNDRAWN,   /* there is no gnuplot */
	DRAWING_IMPOSSIBLE /* gnuplot failed */
};

struct drawing {
	enum drawing_fate fate;
	const char *message; /* of DRAWING_IMPOSSIBLE: the first that gnuplot said */
};

/* Version of the gnuplot that is found, or NULL. */
const char *drawing_gnuplot(struct arena *arena);

/* Draw <out>/plots/<stem>.{svg,png,pdf} of the records' folder `out` from the script and data
 * there. Those of the folder's earlier plots are copied instead if they are what <stem>.sha256
 * beside them says, and that is of the same script, data and gnuplot; what there is no gnuplot for
 * may be of any. `gnuplot`: its version. Messages of gnuplot go to <out>/plots/gnuplot.log. */
enum status drawing_make(const struct records *records, const char *stem, const char *gnuplot,
			 struct drawing *drawing, struct err *err);

#endif
