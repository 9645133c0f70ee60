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

/* A block of doubles, column-major. */
struct block {
	const double *at;
	ptrdiff_t stride, cols;
};

/* Z += X'Q */
static void add_product(ptrdiff_t rows, struct block X, struct block Q, double *Z)
{
	cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, (int)X.cols, (int)Q.cols, (int)rows, 1,
		    X.at, (int)X.stride, Q.at, (int)Q.stride, 1, Z, (int)X.cols);
}

/* The matrix itself, where `real` is double. */
static struct block whole(struct mat A)
{
	return (struct block){(const double *)(const void *)A.at, A.stride, A.cols};
}

static void convert(struct mat A, ptrdiff_t first, ptrdiff_t rows, double *to)
{
	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t k = 0; k < rows; k++)
			to[k + j * rows] = (double)mat_get(A, first + k, j);
}

void wide_transposed(const struct wide *wide, struct mat X, struct mat Q, double *Z)
{
	for (ptrdiff_t i = 0; i < X.cols * Q.cols; i++)
		Z[i] = 0;
	if (X.cols == 0 || Q.cols == 0)
		return;
	if (!narrow) {
		add_product(X.rows, whole(X), whole(Q), Z);
		return;
	}
	for (ptrdiff_t first = 0; first < X.rows; first += wide->rows) {
		ptrdiff_t rows = X.rows - first < wide->rows ? X.rows - first : wide->rows;

		convert(X, first, rows, wide->x);
		convert(Q, first, rows, wide->q);
		add_product(rows, (struct block){wide->x, rows, X.cols},
			    (struct block){wide->q, rows, Q.cols}, Z);
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

static double dot_twice(ptrdiff_t n, const real *x, const real *q)
{
	double sum[LANES] = {0}, error[LANES] = {0}, total = 0, rest = 0;
	ptrdiff_t whole = n / LANES * LANES;

	for (ptrdiff_t first = 0; first < whole; first += LANES) {
#pragma omp simd
		for (ptrdiff_t l = 0; l < LANES; l++)
			add_exactly((double)x[first + l], (double)q[first + l], &sum[l], &error[l]);
	}
	for (ptrdiff_t k = whole; k < n; k++)
		add_exactly((double)x[k], (double)q[k], &sum[0], &error[0]);
	for (ptrdiff_t l = 0; l < LANES; l++) {
		add_exactly(sum[l], 1, &total, &rest);
		rest += error[l];
	}
	return total + rest;
}

void wide_transposed_twice(struct mat X, const real *q, double *z)
{
	for (ptrdiff_t j = 0; j < X.cols; j++)
		z[j] = dot_twice(X.rows, mat_col(X, j), q);
}

double wide_norm(ptrdiff_t d, const double *z)
{
	return cblas_dnrm2((int)d, z, 1);
}
