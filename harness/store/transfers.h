/* transfer.csv of a results folder, and whether its rows are still of the files that are there. */
#ifndef STORE_TRANSFERS_H
#define STORE_TRANSFERS_H

#include "harness/store/rows.h"

#define TRANSFER_FILE "transfer.csv"

/* The start of the SHA-256 of a file, as columns `points` and `network` have it; "" if it is not
 * there. */
const char *transfers_mark(const char *path, struct arena *arena);

/* Rows whose points and network are those of <folder>/cells now; *outdated counts the others. No
 * rows if there is no such file. */
enum status transfers_read(const char *folder, struct arena *arena, struct field_rows *out,
			   size_t *outdated, struct err *err);

#endif
