/* A prepared data set as files for other programs. */
#ifndef DATA_EXPORT_H
#define DATA_EXPORT_H

#include "harness/data/data.h"

/* To `folder`, for each part of train, validation and test, an empty one too:
 *
 *   X_train.npy     n x d, prepared, in the precision of this program and in Fortran order
 *   y_train.npy     n: -1 or +1, or targets
 *   rows_train.npy  n: places in the source, from 0 on, see struct table
 *
 * preparation.npz, the stages as in model.npz, and, last, data.json: precision, names of columns,
 * classes and stages, and `cell`, JSON of the cell that trains on it. Files of these names are
 * replaced. */
enum status export_dataset(const struct dataset *data, const char *folder, const char *cell,
			   struct err *err);

#endif
