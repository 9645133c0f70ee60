/* The points of a path of penalties. */
#ifndef VERIFY_VERIFY_PATH_H
#define VERIFY_VERIFY_PATH_H

#include "harness/verify/reload.h"
#include "harness/verify/verify_figures.h"

/* path.csv and models.npz of a record, if there is a path. */
enum status verify_path(const char *record, const struct reload *stored, struct verify *out,
			struct err *err);

#endif
