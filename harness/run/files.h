/* The files that the options of a trainer name, read by the rows of the options (core/option.h): a
 * new option with a path needs nothing here, a new kind of file its reader. */
#ifndef RUN_FILES_H
#define RUN_FILES_H

#include "harness/spec/spec.h"
#include "solvers/model/trainer.h"

/* Into problem->files; its X is known. STATUS_SPEC for a network on other features. */
enum status files_read(const struct cell *cell, struct problem *problem, struct arena *arena,
		       struct err *err);

#endif
