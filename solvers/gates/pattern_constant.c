/* The pattern of all ones, on which a network is linear: with it alone a robust convex program
 * trains a robust linear classifier. */
#include "solvers/gates/pattern.h"

#include "solvers/model/trainer.h"

#include <string.h>

static enum status open(struct pattern_stream *stream, struct arena *arena, struct err *err)
{
	(void)arena;
	(void)err;
	stream->count = 1;
	return STATUS_OK;
}

/* Along a column of one sign, such as the bias; zero, whose pattern is the same, without one. */
static void direction(const struct pattern_stream *stream, uint64_t index, real *h)
{
	struct mat X = stream->problem->X;
	int sign = 0;

	(void)index;
	memset(h, 0, (size_t)X.cols * sizeof *h);
	for (ptrdiff_t j = X.cols - 1; j >= 0 && sign == 0; j--) {
		ptrdiff_t positive = 0;
		ptrdiff_t negative = 0;

		/* The sign that all entries of a column have, or 0. */
		for (ptrdiff_t k = 0; k < X.rows; k++) {
			positive += mat_get(X, k, j) > 0;
			negative += mat_get(X, k, j) < 0;
		}
		sign = positive == X.rows ? 1 : negative == X.rows ? -1 : 0;
		h[j] = (real)sign;
	}
}

const struct pattern_source pattern_constant = {
	.base = {.name = "constant", .doc = "the pattern of all ones", .cite = ""},
	.open = open,
	.direction = direction,
};
