/* X'Q in double: by blocks of rows that are converted first, where `real` is narrower. */
#include "solvers/cvx/wide.h"

#include <cblas.h>
#include <math.h>

enum { ROWS = 256 }; /* converted at once: a block of 784 columns and its share of Q stay in L2 */

static const int narrow = sizeof(real) < sizeof(double);

struct wide wide_new(ptrdiff_t d, ptrdiff_t m, struct arena *arena)
{
	struct wide wide = {.rows = ROWS};

	if (arena_narrow(arena)) {
		wide.x = ARENA_ARRAY(arena, double, ROWS *d);
		wide.q = ARENA_ARRAY(arena, double, ROWS *m);
	}
	return wide;
}

static void convert(struct mat A, ptrdiff_t first, ptrdiff_t rows, double *to)
{
	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t k = 0; k < rows; k++)
			to[k + j * rows] = (double)mat_get(A, first + k, j);
}

void wide_transposed(const struct wide *wide, struct mat X, struct mat Q, double *Z)
{
	ptrdiff_t most = narrow ? wide->rows : X.rows;

	for (ptrdiff_t i = 0; i < X.cols * Q.cols; i++)
		Z[i] = 0;
	for (ptrdiff_t first = 0; first < X.rows && X.cols > 0 && Q.cols > 0; first += most) {
		ptrdiff_t rows = X.rows - first < most ? X.rows - first : most;
		const void *x = narrow ? wide->x : (const void *)X.at;
		const void *q = narrow ? wide->q : (const void *)Q.at;

		if (narrow) {
			convert(X, first, rows, wide->x);
			convert(Q, first, rows, wide->q);
		}
		cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)X.cols, (int)Q.cols,
			    (int)rows, 1, x, (int)(narrow ? rows : X.stride), q,
			    (int)(narrow ? rows : Q.stride), 1, Z, (int)X.cols);
	}
}

enum { LANES = 8 }; /* sums side by side, so that they are vector code */

/* sum + error += x y, with the rounding of both operations */
static inline void add_exactly(double x, double y, double *sum, double *error)
{
	double product = x * y, rest = fma(x, y, -product);
	double total = *sum + product, part = total - *sum;

	*error += (*sum - (total - part)) + (product - part) + rest;
	*sum = total;
}

void wide_transposed_twice(struct mat X, const real *q, double *z)
{
	ptrdiff_t whole = X.rows / LANES * LANES;

	for (ptrdiff_t j = 0; j < X.cols; j++) {
		const real *x = mat_col(X, j);
		double sum[LANES] = {0}, error[LANES] = {0}, total = 0, rest = 0;

		for (ptrdiff_t first = 0; first < whole; first += LANES) {
#pragma omp simd
			for (ptrdiff_t l = 0; l < LANES; l++)
				add_exactly((double)x[first + l], (double)q[first + l], &sum[l],
					    &error[l]);
		}
		for (ptrdiff_t k = whole; k < X.rows; k++)
			add_exactly((double)x[k], (double)q[k], &sum[0], &error[0]);
		for (ptrdiff_t l = 0; l < LANES; l++) {
			add_exactly(sum[l], 1, &total, &rest);
			rest += error[l];
		}
		z[j] = total + rest;
	}
}

double wide_norm(ptrdiff_t d, const double *z)
{
	return cblas_dnrm2((int)d, z, 1);
}
