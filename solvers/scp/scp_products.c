/* Products in double. See scp_products.h. */
#include "solvers/scp/scp_products.h"

#include "solvers/core/blas.h"

#include <string.h>

static const bool wide = sizeof(real) == sizeof(double); /* BLAS takes the vectors as they are */

enum { TILE = 1024 /* rows of double in the first cache while columns pass */ };

void scp_products_plain(struct mat Phi, const double *x, double *f)
{
	if (wide) {
		blas_gemv(1, Phi, PLAIN, (const real *)(const void *)x, 0, (real *)(void *)f);
		if (Phi.cols == 0)
			memset(f, 0, (size_t)Phi.rows * sizeof *f);
		return;
	}
	memset(f, 0, (size_t)Phi.rows * sizeof *f);
	for (ptrdiff_t first = 0; first < Phi.rows; first += TILE) {
		ptrdiff_t end = first + TILE < Phi.rows ? first + TILE : Phi.rows;

		for (ptrdiff_t j = 0; j < Phi.cols; j++) {
			const real *restrict phi = mat_col(Phi, j);
			double *restrict to = f, xj = x[j];

#pragma omp simd
			for (ptrdiff_t k = first; k < end; k++)
				to[k] += (double)phi[k] * xj;
		}
	}
}

static void transposed(struct mat Phi, const double *g, double *slope)
{
	if (wide) {
		blas_gemv(1, Phi, TRANSPOSED, (const real *)(const void *)g, 0,
			  (real *)(void *)slope);
		return;
	}
	for (ptrdiff_t j = 0; j < Phi.cols; j++) {
		const real *restrict phi = mat_col(Phi, j);
		double sum = 0;

#pragma omp simd reduction(+ : sum)
		for (ptrdiff_t k = 0; k < Phi.rows; k++)
			sum += (double)phi[k] * g[k];
		slope[j] = sum;
	}
}

void scp_products_transposed(struct ranks *ranks, struct mat Phi, const double *g, double *slope)
{
	transposed(Phi, g, slope);
	ranks_sum_all(ranks, slope, (size_t)Phi.cols);
}
