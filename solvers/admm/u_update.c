/* What u-updates share. */
#include "solvers/admm/u_update.h"

#include "solvers/core/blas.h"

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

void u_update_correct(const struct u_system *system, const real *g, struct mat Z, struct mat U,
		      struct mat Y)
{
	ptrdiff_t P = system->D.cols;
	struct mat B = mat_cols(U, P, P), YB = mat_cols(Y, P, P);

	u_update_spread(system->D, g, YB);
	blas_gemm(1, system->X, TRANSPOSED, YB, PLAIN, 0, Z);
	blas_cholesky_solve(system->M, Z);
	for (ptrdiff_t i = 0; i < P; i++)
		blas_axpy((size_t)B.rows, system->c, mat_col(Z, i), mat_col(B, i));
	blas_gemm(1, system->X, PLAIN, B, PLAIN, 0, YB);
}
