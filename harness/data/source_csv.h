/* Options of the source `csv`. */
#ifndef DATA_SOURCE_CSV_H
#define DATA_SOURCE_CSV_H

#include "solvers/core/option.h"

struct csv_options {
	const char *path, *test; /* test: NULL = no test part */
	const char *separator;
	long header;
	const char *label;
	struct texts drop;
	long missing;
};

#endif
