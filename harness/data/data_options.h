/* Options of an entry of `data` in a spec. */
#ifndef DATA_DATA_OPTIONS_H
#define DATA_DATA_OPTIONS_H

#include "solvers/core/option.h"

#include <stdbool.h>

struct split_options { /* a share of the rows if < 1, a count if >= 1 */
	double test;   /* NaN: the source's own test part, or 0 if it has none */
	double validation;
	bool stratified;
};

/* Rows kept of each part after the split, 0 = all: so many in all, or so many of each class. */
struct limit_options {
	long train, test;
	long train_per_class, test_per_class;
	bool random; /* false: the first ones; true: drawn, in the proportions of the classes */
};

/* One entry of `data` in a spec. */
struct data_options {
	const char *name;
	struct choice source; /* keyed: struct source */
	struct texts classes; /* two labels, or groups of labels joined by "|", mapped to -1 and +1;
				 empty: the two that occur, in sorted order */
	long task;            /* DATA_CLASSIFICATION, DATA_REGRESSION */
	long target;          /* DATA_TARGET_RAW, DATA_TARGET_STANDARDIZE */
	struct split_options split;
	struct limit_options limit;
	struct choices prepare; /* struct prepare */
};

enum { DATA_CLASSIFICATION, DATA_REGRESSION };
enum { DATA_TARGET_RAW, DATA_TARGET_STANDARDIZE };

extern const struct option data_rows[];

#endif
