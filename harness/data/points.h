/* points.csv: the samples of a two-dimensional data set, for plots of the decision boundary. */
#ifndef DATA_POINTS_H
#define DATA_POINTS_H

#include "harness/data/data.h"
#include "solvers/core/status.h"

/* Columns part, x1, x2, y in raw coordinates, and of three classes or more their names. Writes
 * nothing unless the raw data have two features. */
enum status points_write(const struct dataset *data, const char *path, struct err *err);

#endif
