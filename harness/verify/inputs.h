/* The files that a cell reads, each with its length and checksum, in inputs.csv of its record: so
 * that a record moved elsewhere finds its data again and knows that they are the same.
 *
 * A record without inputs.csv is of a cell without files, or of an earlier version: then the
 * checksum over all files of the data set, in data.csv of the results folder, decides. */
#ifndef VERIFY_INPUTS_H
#define VERIFY_INPUTS_H

#include "harness/spec/spec.h"
#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>

#define INPUTS_FILE "inputs.csv"

/* Checksums of a run, so that each file is read once; start from zero bytes, give the arena back.
 */
struct inputs {
	struct arena arena;
	struct inputs_known *known;
};

/* Write <folder>/inputs.csv of a cell; nothing if it reads no file, or one that cannot be read. */
enum status inputs_write(struct inputs *inputs, const struct cell *cell, const char *folder,
			 struct err *err);

struct inputs_search {
	const char *record; /* folder of the cell */
	const char *start;  /* relative paths are relative to it; NULL: to the current folder */
	const char *data;   /* folder to search as well, or NULL */
	bool trains;        /* files of the method are needed too */
};

/* Look for every file where it was and then, by the longest part of its path and at last by its
 * name at any depth, in `data` or, without it, in $RELUBENCH_DATA; one with another checksum is
 * passed over. Paths of `cell` that were not right become those that are, and *moved true.
 * STATUS_ENV with the name of a file of which no copy is right, what its checksum should be, and
 * what was found. */
enum status inputs_find(const struct inputs_search *search, struct cell *cell, struct arena *arena,
			bool *moved, struct err *err);

#endif
