/* A stored cell computed again, and compared with its record; or its data alone; or another
 * method on its data. */
#ifndef MERGE_REPEAT_H
#define MERGE_REPEAT_H

#include "harness/merge/repeat_compare.h"
#include "harness/store/cellfile.h"
#include "harness/store/result.h"

struct repeat_order {
	const char *worker_folder;
	const char *data;            /* folder to look for moved data in (inputs_find), or NULL */
	struct cellfile_method with; /* of repeat_with */
};

/* Repeat the cell `id` of the results folder in a temporary folder, with the number of threads it
 * had and without limits. Times and memory are not compared. Texts live in `arena`. */
enum status repeat_cell(const char *folder, const char *id, const struct repeat_order *order,
			struct arena *arena, struct repeat *out, struct err *err);

/* The data that it trains on, prepared by the same program in its precision, as files of the folder
 * `to` (harness/data/export.h): an absolute path. */
enum status repeat_data(const char *folder, const char *id, const struct repeat_order *order,
			const char *to, struct arena *arena, struct err *err);

/* Another method on its data, loss and beta, from its network if it has one (`start_file`, filled
 * here): the result of that. */
enum status repeat_with(const char *folder, const char *id, struct repeat_order order,
			struct arena *arena, struct result *out, struct err *err);

#endif
