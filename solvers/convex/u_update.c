/* What u-updates share. */
#include "solvers/convex/u_update.h"

#include <string.h>

enum {
	ROWS = 512 /* rows of a block: its part of f stays in L1, and blocks divide among threads */
};

void u_update_outputs(struct mat D, struct mat Y, real *f)
{
#pragma omp parallel for schedule(static)
	for (ptrdiff_t first = 0; first < D.rows; first += ROWS) {
		ptrdiff_t count = first + ROWS < D.rows ? ROWS : D.rows - first;

		memset(f + first, 0, (size_t)count * sizeof *f);
		for (ptrdiff_t i = 0; i < D.cols; i++) {
			const real *d = mat_col(D, i) + first, *y = mat_col(Y, i) + first;

#pragma omp simd
			for (ptrdiff_t k = 0; k < count; k++)
				f[first + k] += d[k] * y[k];
		}
	}
}

void u_update_spread(struct mat D, const real *g, struct mat Y)
{
#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < D.cols; i++) {
		const real *d = mat_col(D, i);
		real *y = mat_col(Y, i);

#pragma omp simd
		for (ptrdiff_t k = 0; k < D.rows; k++)
			y[k] = d[k] * g[k];
	}
}
