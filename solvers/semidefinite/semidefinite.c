/* Steps and Newton systems of positive definite matrices. See semidefinite.h. */
#include "solvers/semidefinite/semidefinite.h"

#include "solvers/core/blas.h"

#include <math.h>

enum { SEARCH = 7 }; /* bisections of a step that is too long: to one per cent */

/* What the diagonal of the scaled matrix is raised by until it factors. */
static const double jitters[] = {0, 1e-14, 1e-12, 1e-10, 1e-8, 1e-6};

void semidefinite_symmetrize(struct mat M)
{
	for (ptrdiff_t j = 0; j < M.cols; j++)
		for (ptrdiff_t i = 0; i < j; i++) {
			real mean = (mat_get(M, i, j) + mat_get(M, j, i)) / 2;

			mat_set(M, i, j, mean);
			mat_set(M, j, i, mean);
		}
}

bool semidefinite_invert(struct mat F, struct mat inverse)
{
	mat_copy(inverse, F);
	if (!blas_cholesky(inverse) || !blas_cholesky_inverse(inverse))
		return false;
	blas_symmetrize(inverse);
	return true;
}

bool semidefinite_nearest(struct mat A, struct mat to, struct mat work, real *w)
{
	ptrdiff_t order = A.cols, negative = 0;
	bool few;

	mat_copy(work, A);
	if (!blas_eigen(work, w))
		return false;
	while (negative < order && w[negative] <= 0)
		negative++;
	few = order - negative <= negative;
	mat_copy(to, A);
	if (few)
		mat_fill(to, 0);
	for (ptrdiff_t j = 0; j < order; j++)
		blas_scale((size_t)order, sqrt(fabs((double)w[j])), mat_col(work, j));
	if (few)
		blas_syrk(1, mat_cols(work, negative, order - negative), PLAIN, 0, to);
	else
		blas_syrk(1, mat_cols(work, 0, negative), PLAIN, 1, to);
	blas_symmetrize(to);
	return true;
}

/* work = F + step dF, lower triangle, is positive definite? */
static bool definite(struct mat F, struct mat dF, double step, struct mat work)
{
	for (ptrdiff_t j = 0; j < F.cols; j++)
		for (ptrdiff_t i = j; i < F.rows; i++)
			mat_set(work, i, j, mat_get(F, i, j) + (real)step * mat_get(dF, i, j));
	return blas_cholesky(work);
}

double semidefinite_inside(struct mat F, struct mat dF, double limit, struct mat work)
{
	double low = 0, high = limit;

	if (definite(F, dF, limit, work))
		return limit;
	while (low <= 0 && high > 1e-12 * limit) { /* the order of magnitude */
		if (definite(F, dF, high / 4, work))
			low = high / 4;
		else
			high /= 4;
	}
	for (int i = 0; i < SEARCH; i++) {
		double middle = low + (high - low) / 2;

		if (definite(F, dF, middle, work))
			low = middle;
		else
			high = middle;
	}
	return low;
}

bool semidefinite_factor(struct mat K, real *scale)
{
	ptrdiff_t n = K.rows;

	/* the upper triangle keeps what a failed factorisation has overwritten */
	for (ptrdiff_t j = 0; j < n; j++)
		scale[j] = (real)(1 / sqrt(fmax((double)mat_get(K, j, j), 1e-300)));
	for (ptrdiff_t j = 0; j < n; j++)
		for (ptrdiff_t i = j + 1; i < n; i++)
			mat_set(K, j, i, mat_get(K, i, j) * scale[i] * scale[j]);
	for (size_t t = 0; t < sizeof jitters / sizeof *jitters; t++) {
		for (ptrdiff_t j = 0; j < n; j++) {
			mat_set(K, j, j, (real)(1 + jitters[t]));
			for (ptrdiff_t i = j + 1; i < n; i++)
				mat_set(K, i, j, mat_get(K, j, i));
		}
		if (blas_cholesky(K))
			return true;
	}
	return false;
}

void semidefinite_solve(struct mat K, const real *scale, real *x)
{
	for (ptrdiff_t k = 0; k < K.rows; k++)
		x[k] *= scale[k];
	blas_cholesky_solve(K, (struct mat){K.rows, 1, K.rows, x});
	for (ptrdiff_t k = 0; k < K.rows; k++)
		x[k] *= scale[k];
}
