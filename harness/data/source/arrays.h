/* Rows from two numpy arrays: features, and labels or targets. */
#ifndef SOURCE_ARRAYS_H
#define SOURCE_ARRAYS_H

#include "harness/data/data.h"
#include "harness/file/npy.h"

/* An array and where it comes from, for messages. */
struct array_file {
	const char *path;
	const char *name; /* in the file; NULL: the file is one array */
	struct npy_array array;
	const char *data; /* NULL: only its header was read, as the rows are counted */
};

/* x: n x d, or images n x h x w, flattened; y: n, or n x 1, numbers or texts; or n x k numbers:
 * targets, or one-hot labels, which get the number of their column. */
enum status arrays_table(const struct array_file *x, const struct array_file *y,
			 const struct read_request *request, struct arena *arena,
			 struct table *table, struct err *err);

/* Features of some rows of one of whose shape arrays_table has been told before. */
enum status arrays_rows(const struct array_file *x, const struct rows_wanted *wanted, double *to,
			struct err *err);

/* Features of rows one behind the other where they lie: finite ones. */
enum status arrays_check_view(const struct array_file *x, const struct rows_wanted *wanted,
			      struct mat view, struct err *err);

/* The test part, its x and its y, has as many columns. */
enum status arrays_check_test(const struct array_file test_files[2], const struct table *train,
			      const struct table *test, struct err *err);

#endif
