/* What a plot is: a descriptor of plots.def. */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include "harness/report/records/records.h"
#include "solvers/core/desc.h"
#include "solvers/core/status.h"

#include <stdbool.h>

struct plot {
	struct desc base;
	/* Write <folder>/plots/<stem>.dat and <stem>.gp for these records; *written = false if the
	 * records hold nothing to plot. The caller runs gnuplot (figure_draw). */
	enum status (*write)(const void *options, const struct records *records, const char *stem,
			     bool *written, struct err *err);
	bool size; /* its x may be a column of summary.csv too, not only a swept option */
};

#endif
