/* From a folder where a cell was computed to its record: manifest last, then renamed into place. */
#ifndef SCHED_COMMIT_H
#define SCHED_COMMIT_H

#include "solvers/core/status.h"

#include <stdbool.h>

struct commit {
	const char *record; /* where it goes; the folder's name is the id of the cell */
	const char *key;    /* SHA-256 of what makes the cell */
	const char *data;   /* checksum of the files of its data */
	bool keep;          /* a record that is there already stays; else it is replaced */
};

/* The id of its cell. */
const char *commit_cell(const struct commit *to);

/* `folder` is no more afterwards. */
enum status commit_record(const char *folder, const struct commit *to, struct err *err);

/* A worker that ends with this status, started at `date`, commits what it has written; after an
 * error it records that first, as its scheduler would. To complete an older record takes an end
 * without error; `folder` stays where it is else. */
enum status commit_own(const char *folder, const struct commit *to, bool completes,
		       enum status ended, const char *date, struct err *err);

#endif
