/* What u-updates share. */
#include "solvers/admm/u_update.h"

#include "solvers/core/blas.h"
#include "solvers/core/substitution.h"

void u_update_correct(const struct u_system *system, const real *g, struct mat Z, struct mat U,
		      struct mat Y)
{
	ptrdiff_t half = system->D.cols * system->k;
	struct mat B = mat_cols(U, half, half), YB = mat_cols(Y, half, half);

	u_update_spread(system, g, YB);
	ranks_gemm(system->ranks, 1, system->X, YB, 0, Z);
	blas_cholesky_solve(system->M, Z);
	for (ptrdiff_t i = 0; i < half; i++)
		blas_axpy((size_t)B.rows, system->c, mat_col(Z, i), mat_col(B, i));
	blas_gemm(1, system->X, PLAIN, B, PLAIN, 0, YB);
}

void u_update_spread(const struct u_system *system, const real *g, struct mat Y)
{
	ptrdiff_t P = system->D.cols;

	for (ptrdiff_t c = 0; c < system->k; c++)
		gates_spread(system->D, g + c * Y.rows, mat_cols(Y, c * P, P));
}

void u_update_outputs(const struct u_system *system, struct mat Y, real *f)
{
	ptrdiff_t P = system->D.cols;

	for (ptrdiff_t c = 0; c < system->k; c++)
		gates_outputs(system->D, mat_cols(Y, c * P, P), f + c * Y.rows);
}

void u_update_back(struct mat L, ptrdiff_t k, real *x)
{
	if (k == 1)
		blas_triangular_solve(L, BLAS_SOLVE_BLOCK, x);
	else
		substitution_solve(L, (struct mat){L.rows, k, L.rows, x});
}
