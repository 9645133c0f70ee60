/* Activation patterns: the columns d_i in {0,1}^n of D, d_ki = [x_k' h_i >= 0].
 *
 * Sets are nested: with the same seed a larger P extends a smaller one. Duplicates are dropped and
 * drawing goes on until P distinct patterns are found or the draws run out. */
#ifndef CORE_PATTERN_H
#define CORE_PATTERN_H

#include "solvers/core/arena.h"
#include "solvers/core/desc.h"
#include "solvers/core/mat.h"
#include "solvers/core/status.h"

#include <stdbool.h>
#include <stdint.h>

struct problem;

enum { PATTERN_ALL = -1 }; /* the count that `all` stands for */

/* patterns: 60 | all | {count: 72, from: gaussian} | {file: D.npy} */
struct pattern_options {
	long count;
	struct choice from; /* struct pattern_source */
	const char *file;   /* NPY, n x P of 0 and 1; read by the harness */
};

extern const struct option pattern_rows[];

struct patterns {
	struct mat D; /* n x P, 0 or 1 */
	struct mat H; /* d x P, h_i; a column of zeros where no generator is known */
	bool all;     /* every pattern that X admits: the program is the exact one */
	const struct pattern_options *options; /* how they were asked for */
};

/* Patterns that `options` asks for at most, for forecasts: the count; of all, the bound of cells.h
 * or the limit of the enumeration, whichever is smaller. */
double pattern_most(const struct pattern_options *options, ptrdiff_t n, ptrdiff_t d);

/* "12 patterns found, 100 asked for"; NULL where as many are used as `options` asks for. */
const char *pattern_note(const struct pattern_options *options, ptrdiff_t used,
			 struct arena *arena);

/* A way to propose directions h. */
struct pattern_source {
	struct desc base;
	/* Write the index-th direction (d). Same seed and index, same direction. */
	void (*direction)(const struct problem *problem, const void *options, uint64_t index,
			  real *h);
};

/* Sample or take from problem->patterns. At least one pattern, or an error. */
enum status pattern_sample(const struct pattern_options *options, const struct problem *problem,
			   struct arena *arena, struct patterns *out, struct err *err);

#endif
