/* report.html: one self-contained page that opens offline. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "harness/report/records.h"
#include "harness/spec/spec.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>

/* A plot that was written to <folder>/plots/<stem>.*. */
struct html_plot {
	const char *stem, *title;
	bool drawn; /* gnuplot could be run */
};

enum status html_write(const struct experiment *experiment, const struct records *records,
		       const struct html_plot *plots, size_t count, struct err *err);

#endif
