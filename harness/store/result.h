/* result.json: what a record says of its cell (struct result, harness/store/rows.h). */
#ifndef STORE_RESULT_H
#define STORE_RESULT_H

#include "harness/store/rows.h"

enum cell_status {
	CELL_OK,
	CELL_FAILED,
	CELL_TIMEOUT,
	CELL_OOM,
	CELL_CRASHED,
	CELL_SKIPPED,
	CELL_INTERRUPTED,
	CELL_DAMAGED /* never in a record: for readers of one whose files are not as they were */
};

extern const char *const cell_status_names[]; /* "ok", "failed", ... , NULL */

/* All numbers NaN, all texts NULL. */
struct result result_empty(void);

/* The field of the fact's name, or a further one; texts are copied. */
void result_set(struct result *result, const struct fact *fact, struct arena *arena);

/* By name: a column of summary.csv or a further fact. NaN or NULL: not known, there is none, or it
 * is of the other type. */
double result_number(const struct result *result, const char *name);
const char *result_text(const struct result *result, const char *name);

enum status result_write(const struct result *result, const char *path, struct err *err);
enum status result_read(const char *path, struct arena *arena, struct result *out, struct err *err);

#endif
