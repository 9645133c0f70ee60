/* Options of an entry of `data` in a spec. */
#ifndef DATA_DATA_OPTIONS_H
#define DATA_DATA_OPTIONS_H

#include "harness/data/limit.h"
#include "harness/data/split.h"
#include "solvers/core/option.h"

#include <stdbool.h>

/* One entry of `data` in a spec. */
struct data_options {
	const char *name;
	struct choice source; /* keyed: struct source */
	struct texts classes; /* labels, or groups of labels joined by "|": two are mapped as
				 `coding` says, more to one output each; empty: all that occur,
				 in sorted order */
	struct text_map class_weights; /* by class; the word "balanced": as in DATA_BALANCED */
	long task;                     /* DATA_CLASSIFICATION, DATA_REGRESSION */
	long target;                   /* DATA_TARGET_RAW, DATA_TARGET_STANDARDIZE */
	long coding;                   /* DATA_SIGNS, DATA_ONE_HOT */
	long space;                    /* DATA_INPUTS, DATA_FEATURES */
	struct split_options split;
	struct limit_options limit;
	struct choices prepare; /* struct prepare */
	long draw;              /* in the place of the repetition; < 0: that */
};

enum { DATA_CLASSIFICATION, DATA_REGRESSION };
enum { DATA_TARGET_RAW, DATA_TARGET_STANDARDIZE };
enum { DATA_SIGNS, DATA_ONE_HOT };
enum { DATA_INPUTS, DATA_FEATURES };

/* Weights that give every class the same sum over the training part, n in all. */
#define DATA_BALANCED "balanced"

/* Outputs of so many classes; fewer than two are not known yet: 1. */
size_t data_outputs(const struct data_options *options, size_t classes);

extern const struct option data_rows[];

#endif
