/* The rows of a figure as CSV, for other programs. */
#ifndef REPORT_TIDY_H
#define REPORT_TIDY_H

#include "harness/report/figure/figure.h"
#include "solvers/core/status.h"

/* A row for each row of a curve: its panel, its name, what its numbers are, the numbers. */
enum status tidy_write(const struct figure *figure, const char *path, struct err *err);

#endif
