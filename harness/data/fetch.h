/* Features of rows that were chosen without them: read, or looked at where they lie in the file. */
#ifndef DATA_FETCH_H
#define DATA_FETCH_H

#include "harness/data/data_options.h"
#include "harness/data/split.h"
#include "harness/data/table.h"

struct fetch {
	const struct data_options *options;
	struct rows *parts; /* SPLIT_ROLES, without features */
	size_t d;           /* of the source */
	bool own_test;      /* the source has a test part of its own */
};

/* Bytes of a number of the features in their file, if these rows of the training part are columns
 * of it as they are: one row behind the other, of more than two features, not prepared. 0: they are
 * not. */
size_t fetch_element(const struct fetch *fetch, const struct rows *train);

/* Features of the parts; the training part is looked at (rows->view) if it is as `real` wants it.
 * With ranks of `shared` that part becomes the rows of this rank, and the first one alone has the
 * test part. */
enum status fetch_parts(const struct fetch *fetch, struct rows_shared *shared,
			struct arena *scratch, struct err *err);

#endif
