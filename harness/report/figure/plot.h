/* What a plot is: a descriptor of plots.def. */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include "harness/report/figure/figure.h"
#include "harness/report/records/records.h"
#include "solvers/core/desc.h"
#include "solvers/core/status.h"

#include <stdbool.h>

struct plot {
	struct desc base;
	/* Put what these records say into an empty figure; nothing if they have nothing to plot. */
	void (*fill)(const void *options, const struct records *records, struct figure *figure);
	bool exported; /* of points that an entry of `attack` with `export` stores: transfer.csv */
	bool size;     /* its x may be a column of summary.csv too, not only a swept option */
};

/* A plot to be drawn. */
struct plot_order {
	const struct plot *plot;
	const void *options;
	const struct style *look;    /* all of it said */
	const char *caption;         /* what plot_write has found to be shown */
	const char *lacks;           /* why it has found nothing, or NULL: not known */
	const struct figure *figure; /* as it was drawn */
	const char *x_name;          /* value of its option `x`, or NULL: it has none */
	size_t view_count;           /* the same over the other values of `x` */
	struct plot_view {
		const char *name;
		struct figure *figure;
	} * view;
	const struct figure_name *unused; /* of the look; the figure lacks them */
	size_t unused_count;
};

/* Write <out>/plots/<stem>.dat and <stem>.gp of the records' folder `out`; *written = false if
 * there is nothing to plot. The caller runs gnuplot (drawing.h). */
enum status plot_write(struct plot_order *order, const struct records *records, const char *stem,
		       bool *written, struct err *err);

#endif
