/* report.html: one self-contained page that opens offline. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "harness/report/figure/drawing.h"
#include "harness/report/figure/plot.h"
#include "harness/report/records/records.h"
#include "harness/report/tables/sheet.h"
#include "harness/spec/spec.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stddef.h>

/* A plot that was written to <folder>/plots/<stem>.*. */
struct html_plot {
	const char *stem, *title;
	const struct plot_order *order; /* what it shows; NULL: nobody knows */
	struct drawing drawing;
};

struct html_plots {
	size_t count;
	const struct html_plot *at;
	struct texts
		empty; /* those that the spec asks for and that have nothing to show, with why */
};

/* A table of the page; one without rows is left out. */
struct html_table {
	const char *id, *title; /* id: of its section, and the stem of its file */
	const char *note;       /* what its numbers are */
	struct sheet sheet;
};

struct html_tables {
	struct html_table summary, claims, sweep, paired, path, samples, attacks, certificates,
		transfer, cells, inputs;
	size_t own_count; /* tables that the spec asks for */
	const struct html_table *own;
};

enum status html_write(const struct experiment *experiment, const struct records *records,
		       const struct html_tables *tables, struct html_plots plots, struct err *err);

#endif
