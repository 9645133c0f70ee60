/* The plots of a spec from records, in the folder `out` of these. */
#ifndef REPORT_DRAW_H
#define REPORT_DRAW_H

#include "harness/report/page/html.h"
#include "harness/report/records/records.h"
#include "harness/spec/spec.h"

#include <stddef.h>
#include <stdio.h>

/* The plots of the spec or, if it names none, every one; those that need an option have nothing to
 * plot then. Behind them those of the user's scripts (custom.h). <out>/plots is there already.
 * *captions: of all, as Markdown. Names that a style has for nothing are told on standard
 * error; not the labels `elsewhere`, which tables show. */
enum status draw_plots(const struct experiment *experiment, const struct records *records,
		       const struct texts *elsewhere, struct html_plots *plots,
		       const char **captions, struct err *err);

/* Plots that could not be drawn are named; how many gnuplot failed at. */
size_t draw_tell(const struct records *records, const struct html_plots *plots, FILE *to);

#endif
