/* What solvers of the program share. See poly_program.h. */
#include "solvers/poly/poly_program.h"

#include "solvers/core/blas.h"

double poly_program_factor(const struct poly_program *program, ptrdiff_t i, ptrdiff_t j)
{
	ptrdiff_t d = program->problem->X.cols;

	return program->activation[(i == d) + (j == d)] / ((i == d) != (j == d) ? 2 : 1);
}

void poly_program_gather(const struct poly_program *program, const real *v, struct mat work,
			 struct mat C)
{
	const struct mat X = program->problem->X;
	ptrdiff_t n = X.rows, d = X.cols;
	double sum = 0;

	for (ptrdiff_t j = 0; j < d; j++)
		for (ptrdiff_t k = 0; k < n; k++)
			mat_set(work, k, j, v[k] * mat_get(X, k, j));
	for (ptrdiff_t k = 0; k < n; k++)
		sum += (double)v[k];
	blas_gemm(program->activation[0], X, TRANSPOSED, work, PLAIN, 0,
		  mat_rows(mat_cols(C, 0, d), 0, d));
	blas_gemv(program->activation[1] / 2, X, TRANSPOSED, v, 0, mat_col(C, d));
	mat_set(C, d, d, (real)(program->activation[2] * sum));
	for (ptrdiff_t j = 0; j < d; j++)
		mat_set(C, d, j, mat_get(C, j, d));
}

void poly_program_form(const struct poly_program *program, struct mat Z, struct mat less,
		       struct mat Q)
{
	for (ptrdiff_t j = 0; j < Q.cols; j++)
		for (ptrdiff_t i = 0; i < Q.rows; i++)
			mat_set(Q, i, j,
				(real)(poly_program_factor(program, i, j) *
				       (double)(mat_get(Z, i, j) - mat_get(less, i, j))));
}
