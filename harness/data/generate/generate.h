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

/* What a generator makes with its options. */
struct generate_shape {
	size_t d;       /* features */
	size_t classes; /* of a classification, at least 2 */
	size_t targets; /* of a row of a regression */
};

/* Rows in the making. */
struct generated {
	struct table table; /* n + test rows */
	size_t train;       /* the first n of them */
	size_t classes;
	const char **class; /* names: "-1" and "1" of two, else "1", "2", .. */
};

struct generator {
	struct desc base;
	struct generate_shape (*shape)(const void *options);
	/* Fill x and each row's label or target of a table of that shape. */
	void (*generate)(const void *options, struct rng *rng, struct arena *arena,
			 struct generated *out);
};

/* For generators: the class of one row, from 0, as its label, or where the task is regression as
 * the one target: the number in the class's name. With probability `flip` a row that is not of the
 * test part gets the next class, the last one's being the first. */
void generate_label(struct generated *out, size_t row, size_t class, double flip, struct rng *rng);

#endif
