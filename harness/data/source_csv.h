/* Options of the source `csv`. */
#ifndef DATA_SOURCE_CSV_H
#define DATA_SOURCE_CSV_H

#include "solvers/core/option.h"

struct csv_options {
	const char *path, *test;         /* test: NULL = no test part */
	const char *separator, *comment; /* comment: NULL = none */
	long encoding, header;
	const char *label;
	struct texts drop, one_hot;
	long missing;
	struct texts missing_values;
};

#endif
