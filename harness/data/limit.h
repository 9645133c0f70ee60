/* Smaller parts: the option `limit` of a data set. */
#ifndef DATA_LIMIT_H
#define DATA_LIMIT_H

#include "harness/data/split.h"
#include "harness/data/table.h"
#include "solvers/core/rng.h"

/* Rows kept of each part after the split, 0 = all: so many in all, or so many of each class. */
struct limit_options {
	long train, test;
	long train_per_class, test_per_class;
	bool random; /* false: the first ones; true: drawn, in the proportions of the classes */
};

extern const struct option limit_rows[];

/* Drop rows of the training and the test part, in place; what is kept stays in its order. classes:
 * how many, 0 for a regression. Each part has a stream of its own (in this order), so that neither
 * depends on the limit of the other. */
enum status limit_apply(const struct limit_options *options, size_t classes, struct rng rng[2],
			struct rows parts[SPLIT_ROLES], struct err *err);

#endif
