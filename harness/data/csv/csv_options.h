/* Options of the source `csv`. */
#ifndef CSV_CSV_OPTIONS_H
#define CSV_CSV_OPTIONS_H

#include "solvers/core/option.h"

enum { CSV_UTF8, CSV_LATIN1 };

enum { CSV_HEADER_AUTO, CSV_HEADER_YES, CSV_HEADER_NO };

enum { CSV_MISSING_ERROR, CSV_MISSING_DROP, CSV_MISSING_MEAN };

struct csv_options {
	const char *path, *test;         /* test: NULL = no test part */
	const char *separator, *comment; /* comment: NULL = none */
	long encoding, header;
	const char *label;
	struct texts targets; /* in the place of `label`, where it is not empty */
	struct texts drop, one_hot;
	long missing;
	struct texts missing_values;
	bool arff; /* no option: the file names and types its columns */
};

extern const struct option csv_option_rows[], arff_option_rows[]; /* of struct csv_options */

#endif
