/* Tables, plots and the report of one results folder: derived from its records alone.
 *
 * Reads <folder>/cells/<id>/{cell.json,result.json,trace.csv,attack.csv,certify.csv,model.npz} and
 * writes <folder>/{summary.csv,attack.csv,certify.csv,tables/,plots/,report.html}. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "harness/spec/spec.h"
#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stdio.h>

/* Add a problem for every plot of the spec whose x, y, methods or data name nothing that the
 * experiment has (check.c), and for every table whose methods, data or columns do. STATUS_SPEC
 * if there is one. */
enum status report_check_plots(const struct experiment *experiment, struct problems *problems);

/* Does a plot of the spec need transfer.csv? */
bool report_wants_transfer(const struct experiment *experiment);

/* Everything: summary.csv, attack.csv, certify.csv, tables, plots, report.html. It is built in a
 * folder of its own and renamed into place, so that readers, and reports that are built at the same
 * time, see the one or the other. STATUS_FAILED if records are damaged or gnuplot failed at plots:
 * they are named on standard error and marked in tables and page, and all else is there. */
enum status report_build(const struct experiment *experiment, const char *folder, struct err *err);

/* The table of tables/summary.md for a terminal of `width` columns (0: any number). */
enum status report_print_table(const struct experiment *experiment, const char *folder,
			       size_t width, FILE *to, struct err *err);

#endif
