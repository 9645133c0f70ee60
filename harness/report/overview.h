/* Figures over the records of several results folders, in a folder of their own:
 *
 *   <out>/plots/       the drawings with scripts and data, as in a results folder
 *   <out>/captions.md  what they show, and of what
 *   <out>/inputs.csv   each folder: label, path, cells, dates, program, machine, precision, seed,
 *                      SHA-256 of its records
 *   <out>/report.html  all of it, with a summary
 *   <out>/figures.yaml the spec of the figures, where it is a file of its own */
#ifndef REPORT_OVERVIEW_H
#define REPORT_OVERVIEW_H

#include "harness/report/records/folders.h"
#include "harness/spec/spec.h"

#include <stddef.h>

/* `experiment`: its plots and style. Where it has a tree, of a spec of figures, what its plots name
 * is checked against the records; the problems are added, and nothing is written. An `out` that
 * holds anything but such a folder is refused. STATUS_FAILED if records are damaged or gnuplot
 * failed: they are named on standard error, as warnings are, and all else is there. */
enum status overview_write(const struct experiment *experiment, const struct folders *folders,
			   const char *out, struct problems *problems, struct err *err);

#endif
