/* Dense matrices in twice the digits of double: each entry is an unevaluated sum of two doubles,
 * high + low, |low| <= ulp(high) / 2 (Dekker 1971; Hida, Li, Bailey 2001). Column-major, lower
 * triangles. About twenty operations for one multiplication and addition, in vector code: for
 * systems of up to a few thousand unknowns whose condition is beyond 1 / epsilon. */
#ifndef TOOLS_TWOFOLD_H
#define TOOLS_TWOFOLD_H

#include "solvers/core/arena.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

struct twofold {
	double high, low;
};

/* rows x cols; element (i, j) is high[i + j * rows] + low[i + j * rows]. A view of columns is a
 * matrix too. */
struct twofold_mat {
	ptrdiff_t rows, cols;
	double *high, *low;
};

/* Sum of a and b, |a| >= |b| or a = 0, with its rounding. */
static inline struct twofold twofold_quick(double a, double b)
{
	double sum = a + b;

	return (struct twofold){sum, b - (sum - a)};
}

static inline struct twofold twofold_product(double a, double b)
{
	double p = a * b;

	return (struct twofold){p, fma(a, b, -p)};
}

static inline struct twofold twofold_add(struct twofold a, struct twofold b)
{
	double sum = a.high + b.high, part = sum - a.high;
	double error = (a.high - (sum - part)) + (b.high - part);

	return twofold_quick(sum, error + (a.low + b.low));
}

static inline struct twofold twofold_multiply(struct twofold a, struct twofold b)
{
	double p = a.high * b.high;
	double error = fma(a.high, b.high, -p) + (a.high * b.low + a.low * b.high);

	return twofold_quick(p, error);
}

static inline struct twofold twofold_negative(struct twofold a)
{
	return (struct twofold){-a.high, -a.low};
}

struct twofold twofold_inverse(struct twofold a);

/* A zero matrix owned by the arena. */
struct twofold_mat twofold_new(struct arena *arena, ptrdiff_t rows, ptrdiff_t cols);

/* Columns first .. first + count - 1. */
struct twofold_mat twofold_cols(struct twofold_mat A, ptrdiff_t first, ptrdiff_t count);

static inline struct twofold twofold_get(struct twofold_mat A, ptrdiff_t i, ptrdiff_t j)
{
	return (struct twofold){A.high[i + j * A.rows], A.low[i + j * A.rows]};
}

static inline void twofold_set(struct twofold_mat A, ptrdiff_t i, ptrdiff_t j, struct twofold x)
{
	A.high[i + j * A.rows] = x.high;
	A.low[i + j * A.rows] = x.low;
}

void twofold_fill(struct twofold_mat A, double value);

/* y += a x, n entries */
void twofold_axpy(ptrdiff_t n, struct twofold a, const double *x_high, const double *x_low,
		  double *y_high, double *y_low);
/* The same where x is a double. */
void twofold_axpy_plain(ptrdiff_t n, struct twofold a, const double *x, double *y_high,
			double *y_low);
/* x'y */
struct twofold twofold_dot(ptrdiff_t n, const double *x_high, const double *x_low,
			   const double *y_high, const double *y_low);

/* x'y where y is a double. */
struct twofold twofold_dot_plain(ptrdiff_t n, const double *x_high, const double *x_low,
				 const double *y);

/* Lower triangle of C += A'A, and of C += A A' */
void twofold_gram(struct twofold_mat A, struct twofold_mat C);
void twofold_outer(struct twofold_mat A, struct twofold_mat C);
/* T = T L, L lower triangular */
void twofold_multiply_lower(struct twofold_mat T, struct twofold_mat L);

/* Lower Cholesky factor in place of the lower triangle of A; false if A is not positive definite.
 */
bool twofold_cholesky(struct twofold_mat A);
/* L = L^-1, lower triangular */
void twofold_lower_inverse(struct twofold_mat L);
/* x = L^-1 x and x = L^-T x, x one column of a matrix */
void twofold_forward(struct twofold_mat L, struct twofold_mat x);
void twofold_backward(struct twofold_mat L, struct twofold_mat x);

#endif
