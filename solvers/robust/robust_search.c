/* Shared parts of the searches for robust neurons. See robust_search.h. */
#include "solvers/robust/robust_search.h"

#include "solvers/core/blas.h"

#include <math.h>

enum {
	POWER_STEPS = 30, /* |X|_2 to a few per cent */
	PASSES = 50       /* of the projection on the simplex; a handful is usual */
};

double robust_search_norm(struct mat X, struct arena *scratch)
{
	real *v = ARENA_ARRAY(scratch, real, X.cols), *f = ARENA_ARRAY(scratch, real, X.rows);

	for (ptrdiff_t j = 0; j < X.cols; j++)
		v[j] = (real)(1 + 0.37 * (double)(j % 7));
	return blas_squared_norm(X, POWER_STEPS, v, f) * 1.05;
}

/* Shift by what is over, among the positive ones, until none turns. */
void robust_search_simplex(ptrdiff_t n, real *x)
{
	double level = -HUGE_VAL;

	for (int pass = 0; pass < PASSES; pass++) {
		double sum = -1, count = 0, next;

		for (ptrdiff_t k = 0; k < n; k++)
			if ((double)x[k] > level) {
				sum += (double)x[k];
				count++;
			}
		next = sum / count;
		if (!(next > level))
			break;
		level = next;
	}
	for (ptrdiff_t k = 0; k < n; k++) {
		double above = (double)x[k] - level;

		x[k] = above > 0 ? (real)above : 0;
	}
}
