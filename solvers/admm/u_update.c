/* What u-updates share. */
#include "solvers/admm/u_update.h"

#include "solvers/core/blas.h"

void u_update_correct(const struct u_system *system, const real *g, struct mat Z, struct mat U,
		      struct mat Y)
{
	ptrdiff_t P = system->D.cols;
	struct mat B = mat_cols(U, P, P), YB = mat_cols(Y, P, P);

	gates_spread(system->D, g, YB);
	blas_gemm(1, system->X, TRANSPOSED, YB, PLAIN, 0, Z);
	blas_cholesky_solve(system->M, Z);
	for (ptrdiff_t i = 0; i < P; i++)
		blas_axpy((size_t)B.rows, system->c, mat_col(Z, i), mat_col(B, i));
	blas_gemm(1, system->X, PLAIN, B, PLAIN, 0, YB);
}
