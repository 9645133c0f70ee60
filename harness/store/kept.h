/* What a results folder has of a cell, if its files are as they were written. */
#ifndef STORE_KEPT_H
#define STORE_KEPT_H

#include "harness/store/result.h"
#include "solvers/core/arena.h"
#include "solvers/core/status.h"

#include <stdbool.h>

struct kept {
	bool present;         /* something lies in the place of the record */
	const char *damage;   /* "FILE: what is wrong with it", or NULL */
	struct result result; /* empty if there is no record or it is damaged */
};

/* Look at `record`, the folder of a cell; it need not exist. STATUS_ENV only for a record of a
 * newer format, which is not to be computed again. */
enum status kept_read(const char *record, struct arena *arena, struct kept *out, struct err *err);

#endif
