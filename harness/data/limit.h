/* Smaller parts: the option `limit` of a data set. */
#ifndef DATA_LIMIT_H
#define DATA_LIMIT_H

#include "harness/data/data_options.h"
#include "harness/data/split.h"
#include "harness/data/table.h"
#include "solvers/core/rng.h"

extern const struct option limit_rows[];

/* Drop rows of the training and the test part, in place; what is kept stays in its order. Each part
 * has a stream of its own (in this order), so that neither depends on the limit of the other. */
enum status limit_apply(const struct limit_options *options, bool regression, struct rng rng[2],
			struct rows parts[SPLIT_ROLES], struct err *err);

#endif
