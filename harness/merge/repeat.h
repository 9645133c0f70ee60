/* A stored cell computed again, and compared with its record. */
#ifndef MERGE_REPEAT_H
#define MERGE_REPEAT_H

#include "harness/merge/repeat_compare.h"

struct repeat_order {
	const char *worker_folder;
	const char *data; /* folder to look for moved data in (inputs_find), or NULL */
};

/* Repeat the cell `id` of the results folder in a temporary folder, with the number of threads it
 * had and without limits. Times and memory are not compared. Texts live in `arena`. */
enum status repeat_cell(const char *folder, const char *id, const struct repeat_order *order,
			struct arena *arena, struct repeat *out, struct err *err);

#endif
