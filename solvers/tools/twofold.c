/* Dense matrices in twice the digits of double. See twofold.h. */
#include "solvers/tools/twofold.h"

#include <string.h>

/* Two steps of Newton's method, each from what a double leaves. */
struct twofold twofold_inverse(struct twofold a)
{
	struct twofold x = {1 / a.high, 0}, two = {2, 0};

	for (int step = 0; step < 2; step++)
		x = twofold_multiply(x, twofold_add(two, twofold_negative(twofold_multiply(a, x))));
	return x;
}

static struct twofold square_root(struct twofold a)
{
	struct twofold x = {sqrt(a.high), 0}, half = {0.5, 0};

	for (int step = 0; step < 2; step++)
		x = twofold_multiply(half, twofold_add(x, twofold_multiply(a, twofold_inverse(x))));
	return x;
}

struct twofold_mat twofold_new(struct arena *arena, ptrdiff_t rows, ptrdiff_t cols)
{
	return (struct twofold_mat){rows, cols, ARENA_ARRAY(arena, double, rows *cols),
				    ARENA_ARRAY(arena, double, rows *cols)};
}

struct twofold_mat twofold_cols(struct twofold_mat A, ptrdiff_t first, ptrdiff_t count)
{
	return (struct twofold_mat){A.rows, count, A.high + first * A.rows, A.low + first * A.rows};
}

void twofold_fill(struct twofold_mat A, double value)
{
	for (ptrdiff_t k = 0; k < A.rows * A.cols; k++)
		A.high[k] = value;
	memset(A.low, 0, (size_t)(A.rows * A.cols) * sizeof *A.low);
}

void twofold_axpy(ptrdiff_t n, struct twofold a, const double *x_high, const double *x_low,
		  double *y_high, double *y_low)
{
#pragma omp simd
	for (ptrdiff_t k = 0; k < n; k++) {
		struct twofold x = {x_high[k], x_low[k]}, y = {y_high[k], y_low[k]};

		y = twofold_add(y, twofold_multiply(a, x));
		y_high[k] = y.high;
		y_low[k] = y.low;
	}
}

void twofold_axpy_plain(ptrdiff_t n, struct twofold a, const double *x, double *y_high,
			double *y_low)
{
#pragma omp simd
	for (ptrdiff_t k = 0; k < n; k++) {
		struct twofold y = {y_high[k], y_low[k]}, p = twofold_product(a.high, x[k]);

		p.low += a.low * x[k];
		y = twofold_add(y, p);
		y_high[k] = y.high;
		y_low[k] = y.low;
	}
}

enum {
	LANES = 16 /* sums side by side, so that a dot product is vector code */
};

/* One more product on each of the lanes. */
static inline void add_products(const double *restrict x_high, const double *restrict x_low,
				const double *restrict y_high, const double *restrict y_low,
				double *restrict high, double *restrict low)
{
#pragma omp simd
	for (ptrdiff_t l = 0; l < LANES; l++) {
		struct twofold x = {x_high[l], x_low[l]}, y = {y_high[l], y_low ? y_low[l] : 0};
		struct twofold s =
			twofold_add((struct twofold){high[l], low[l]}, twofold_multiply(x, y));

		high[l] = s.high;
		low[l] = s.low;
	}
}

static inline struct twofold dot(ptrdiff_t n, const double *x_high, const double *x_low,
				 const double *y_high, const double *y_low)
{
	double high[LANES] = {0}, low[LANES] = {0};
	struct twofold sum = {0, 0};
	ptrdiff_t whole = n / LANES * LANES;

	for (ptrdiff_t k = 0; k < whole; k += LANES)
		add_products(x_high + k, x_low + k, y_high + k, y_low ? y_low + k : NULL, high,
			     low);
	for (ptrdiff_t l = 0; l < LANES; l++)
		sum = twofold_add(sum, (struct twofold){high[l], low[l]});
	for (ptrdiff_t k = whole; k < n; k++)
		sum = twofold_add(
			sum, twofold_multiply((struct twofold){x_high[k], x_low[k]},
					      (struct twofold){y_high[k], y_low ? y_low[k] : 0}));
	return sum;
}

struct twofold twofold_dot(ptrdiff_t n, const double *x_high, const double *x_low,
			   const double *y_high, const double *y_low)
{
	return dot(n, x_high, x_low, y_high, y_low);
}

struct twofold twofold_dot_plain(ptrdiff_t n, const double *x_high, const double *x_low,
				 const double *y)
{
	return dot(n, x_high, x_low, y, NULL);
}

void twofold_gram(struct twofold_mat A, struct twofold_mat C)
{
#pragma omp parallel for schedule(dynamic, 8)
	for (ptrdiff_t j = 0; j < A.cols; j++) {
		for (ptrdiff_t i = j; i < A.cols; i++) {
			ptrdiff_t a = i * A.rows, b = j * A.rows;
			struct twofold dot =
				twofold_dot(A.rows, A.high + a, A.low + a, A.high + b, A.low + b);

			twofold_set(C, i, j, twofold_add(twofold_get(C, i, j), dot));
		}
	}
}

void twofold_outer(struct twofold_mat A, struct twofold_mat C)
{
#pragma omp parallel for schedule(dynamic, 8)
	for (ptrdiff_t j = 0; j < A.rows; j++) {
		ptrdiff_t at = j + j * C.rows;

		for (ptrdiff_t i = 0; i < A.cols; i++)
			twofold_axpy(A.rows - j, twofold_get(A, j, i), A.high + i * A.rows + j,
				     A.low + i * A.rows + j, C.high + at, C.low + at);
	}
}

/* Column j of T L needs columns j and later of T only. */
void twofold_multiply_lower(struct twofold_mat T, struct twofold_mat L)
{
	for (ptrdiff_t j = 0; j < T.cols; j++) {
		double *high = T.high + j * T.rows, *low = T.low + j * T.rows;
		struct twofold diagonal = twofold_get(L, j, j);

		for (ptrdiff_t k = 0; k < T.rows; k++)
			twofold_set(T, k, j, twofold_multiply(diagonal, twofold_get(T, k, j)));
		for (ptrdiff_t i = j + 1; i < T.cols; i++)
			twofold_axpy(T.rows, twofold_get(L, i, j), T.high + i * T.rows,
				     T.low + i * T.rows, high, low);
	}
}

/* Right-looking: column j is final, then the columns behind it take off their share. */
bool twofold_cholesky(struct twofold_mat A)
{
	ptrdiff_t n = A.rows;

	for (ptrdiff_t j = 0; j < n; j++) {
		struct twofold root, inverse;

		if (!(A.high[j + j * n] > 0 && isfinite(A.high[j + j * n])))
			return false;
		root = square_root(twofold_get(A, j, j));
		inverse = twofold_inverse(root);
		twofold_set(A, j, j, root);
		for (ptrdiff_t i = j + 1; i < n; i++)
			twofold_set(A, i, j, twofold_multiply(inverse, twofold_get(A, i, j)));
#pragma omp parallel for schedule(static) if (n - j > 256)
		for (ptrdiff_t c = j + 1; c < n; c++)
			twofold_axpy(n - c, twofold_negative(twofold_get(A, c, j)),
				     A.high + j * n + c, A.low + j * n + c, A.high + c * n + c,
				     A.low + c * n + c);
	}
	return true;
}

/* By columns from the last: column j below the diagonal is -L22^-1 l / l_jj. */
void twofold_lower_inverse(struct twofold_mat L)
{
	ptrdiff_t n = L.rows;

	for (ptrdiff_t j = n - 1; j >= 0; j--) {
		struct twofold inverse = twofold_inverse(twofold_get(L, j, j));
		struct twofold minus = twofold_negative(inverse);

		for (ptrdiff_t i = n - 1; i > j; i--) {
			struct twofold sum = {0, 0};

			for (ptrdiff_t k = j + 1; k <= i; k++)
				sum = twofold_add(sum, twofold_multiply(twofold_get(L, i, k),
									twofold_get(L, k, j)));
			twofold_set(L, i, j, twofold_multiply(minus, sum));
		}
		twofold_set(L, j, j, inverse);
	}
}

void twofold_forward(struct twofold_mat L, struct twofold_mat x)
{
	ptrdiff_t n = L.rows;

	for (ptrdiff_t j = 0; j < n; j++) {
		struct twofold value = twofold_multiply(twofold_get(x, j, 0),
							twofold_inverse(twofold_get(L, j, j)));

		twofold_set(x, j, 0, value);
		twofold_axpy(n - j - 1, twofold_negative(value), L.high + j + 1 + j * n,
			     L.low + j + 1 + j * n, x.high + j + 1, x.low + j + 1);
	}
}

void twofold_backward(struct twofold_mat L, struct twofold_mat x)
{
	ptrdiff_t n = L.rows;

	for (ptrdiff_t j = n - 1; j >= 0; j--) {
		ptrdiff_t below = j + 1 + j * n;
		struct twofold dot = twofold_dot(n - j - 1, L.high + below, L.low + below,
						 x.high + j + 1, x.low + j + 1);
		struct twofold rest = twofold_add(twofold_get(x, j, 0), twofold_negative(dot));

		twofold_set(x, j, 0, twofold_multiply(rest, twofold_inverse(twofold_get(L, j, j))));
	}
}
