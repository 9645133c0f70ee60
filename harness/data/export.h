/* A prepared data set as files for other programs. */
#ifndef DATA_EXPORT_H
#define DATA_EXPORT_H

#include "harness/data/data.h"

/* To `folder`, for each part of train, validation and test, an empty one too:
 *
 *   X_train.npy     n x d, prepared, in the precision of this program and in Fortran order
 *   y_train.npy     n: -1 or +1, or targets; n x k, in Fortran order, of k outputs, one-hot for
 *                   classes
 *   labels_train.npy  n: class numbers from 0, of three classes or more
 *   weights_train.npy n: factors of the loss, where there are class weights
 *   rows_train.npy  n: places in the source, from 0 on, see struct table
 *
 * preparation.npz, the stages as in model.npz, and, last, data.json: precision, names of columns,
 * classes, targets and stages, and `cell`, JSON of the cell that trains on it. Files of these names
 * are replaced. */
enum status export_dataset(const struct dataset *data, const char *folder, const char *cell,
			   struct err *err);

#endif
