/* What solvers of the program share. See poly_program.h. */
#include "solvers/poly/poly_program.h"

#include "solvers/core/blas.h"

#include <math.h>

enum { IDLE = 12 };

static const double feasible = 1e-8; /* share of the first residual that counts no more */

bool poly_program_stalls(struct poly_stall *stall, double product, double length)
{
	double merit;

	stall->done += (1 - stall->done) * fmin(1, length);
	merit = product * fmax(1 - stall->done, feasible);
	if (!(stall->least > 0) || merit < 0.9 * stall->least) {
		stall->least = merit;
		stall->idle = 0;
		return false;
	}
	return ++stall->idle >= IDLE;
}

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

/* Of [x_i; 1]. */
static real coordinate(const struct poly_program *s, ptrdiff_t i, ptrdiff_t j)
{
	return j < s->problem->X.cols ? mat_get(s->problem->X, i, j) : 1;
}

void poly_program_lift(const struct poly_program *s, ptrdiff_t i, struct mat A, struct mat out)
{
	ptrdiff_t d = s->problem->X.cols;
	real last = mat_get(A, d, d);

	for (ptrdiff_t k = 0; k < d; k++) {
		real x = coordinate(s, i, k);

		for (ptrdiff_t j = 0; j < d; j++)
			mat_set(out, j, k,
				mat_get(A, j, k) + mat_get(A, j, d) * x +
					coordinate(s, i, j) * (mat_get(A, k, d) + last * x));
		mat_set(out, k, d, mat_get(A, k, d) + last * x);
		mat_set(out, d, k, mat_get(out, k, d));
	}
	mat_set(out, d, d, last);
}

void poly_program_pull(const struct poly_program *s, ptrdiff_t i, struct mat Q, struct mat out)
{
	ptrdiff_t d = s->problem->X.cols;
	real y = s->problem->y.at[i], value = 0;

	for (ptrdiff_t j = 0; j <= d; j++) {
		real sum = 0;

		for (ptrdiff_t k = 0; k <= d; k++)
			sum += mat_get(Q, k, j) * coordinate(s, i, k);
		value += sum * coordinate(s, i, j);
		mat_set(out, j, d, y * sum);
		mat_set(out, d, j, y * sum);
		for (ptrdiff_t k = 0; k < d && j < d; k++)
			mat_set(out, k, j, y * mat_get(Q, k, j));
	}
	mat_set(out, d, d, y * value);
}
