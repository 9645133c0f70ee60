/* What a cell takes: the memory that its worker holds, phase by phase, on counting arenas
 * (core/arena.h), where nothing is read and nothing of the size of the data is touched; and how
 * many threads. */
#ifndef RUN_AMOUNT_H
#define RUN_AMOUNT_H

#include "harness/spec/spec.h"
#include "solvers/model/trainer.h"

#include <stddef.h>

struct amount_shape {
	size_t n_train, n_validation, n_test;
	size_t raw_d, d;   /* features before and after preparation */
	size_t k, classes; /* outputs; 0 classes: a regression */
	size_t raw_bytes;  /* of the table as read, in double */
	size_t read_bytes; /* with the content of files held while it is read */
	size_t ranks;      /* that share the training part; 0: one process */
	size_t nodes;      /* that the ranks are spread over; 0: one */
};

/* The largest sum of bytes held at one time, beyond the program itself: while loading, preparing,
 * training, evaluating, attacking or certifying. Where it depends on the data, what the shape
 * allows at most. With as many threads as OpenMP may use now. Of several ranks the sum over those
 * of a node, the first one among them. */
size_t amount_of_cell(const struct cell *cell, const struct amount_shape *shape);

/* What setup of a trainer takes for n samples of d features: allocated, and held at most, then and
 * in `steps` steps (HUGE_VAL: any number). */
struct amount {
	size_t allocated, held;
};
struct amount amount_of_setup(const struct trainer *trainer, const void *options,
			      const struct problem *shape, size_t real_size, double steps);

/* Of 1 and `available`, the faster one for iterations of this forecast. It depends on
 * sizes alone, so that the same cell has the same threads in every run. *reason says why; it lives
 * in the arena. */
int amount_threads(const struct forecast *forecast, int available, struct arena *arena,
		   const char **reason);

#endif
