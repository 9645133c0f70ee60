/* The source `generate`: {kind: spirals, n: 300, noise: 0.1}. A generator is a descriptor of its
 * own. */
#ifndef GENERATE_GENERATE_H
#define GENERATE_GENERATE_H

#include "harness/data/data.h"
#include "solvers/core/desc.h"
#include "solvers/core/rng.h"

/* Options of the source itself. */
struct generate_options {
	struct choice kind; /* flat: struct generator */
};

/* First member of the options of every generator: n + test rows, the last `test` ones the source's
 * own test part, with the same law but without flipped labels or noise in the targets. */
struct generate_size {
	long n, test;
};

#define GENERATE_SIZE_ROWS(structure)                                                          \
	{OPTION_AS("n", structure, size.n), .initial = "300", .range = RANGE_FROM(2),          \
	 .doc = "rows"},                                                                       \
	{                                                                                      \
		OPTION_AS("test", structure, size.test),                                       \
			.initial = "0", .range = RANGE_FROM(0),                                \
			.doc = "more rows, as a test part of its own, whose labels are never " \
			       "flipped"                                                       \
	}

struct generator {
	struct desc base;
	/* Fill the table: n + test rows, d features, label texts "-1" and "1" or targets. */
	enum status (*generate)(const void *options, bool regression, struct rng *rng,
				struct arena *arena, struct table *out, struct err *err);
};

/* For generators: an empty table of the right size, and the label of one row (as target -1 or 1
 * when the task is regression). With probability `flip` the label of a row that is not of the test
 * part is turned. */
struct table generate_table(const struct generate_size *size, size_t d, bool regression,
			    struct arena *arena);
void generate_label(struct table *table, const struct generate_size *size, size_t row,
		    bool positive, double flip, struct rng *rng);

#endif
