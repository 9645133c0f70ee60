/* Products of a tall matrix with a few columns; see rbcd.h. */
#include "solvers/admm/admm_rbcd.h"

#include <assert.h>
#include <string.h>

enum {
	ROWS = 1024 /* of a row block: RBCD_WIDTH sums of it stay in the L1 cache, and a column's
		       piece is whole pages of memory */
};

ptrdiff_t rbcd_padded(ptrdiff_t columns)
{
	return (columns + RBCD_WIDTH - 1) / RBCD_WIDTH * RBCD_WIDTH;
}

/* c_j = [a, a2]' b_j, j < 4: eight chains of sums hide the latency of the adder */
static void dots(ptrdiff_t n, const real *restrict a, const real *restrict a2, struct mat B,
		 real *restrict sums)
{
	const real *restrict b0 = mat_col(B, 0), *restrict b1 = mat_col(B, 1);
	const real *restrict b2 = mat_col(B, 2), *restrict b3 = mat_col(B, 3);
	real s0 = 0, s1 = 0, s2 = 0, s3 = 0, t0 = 0, t1 = 0, t2 = 0, t3 = 0;

#pragma omp simd reduction(+ : s0, s1, s2, s3, t0, t1, t2, t3)
	for (ptrdiff_t k = 0; k < n; k++) {
		s0 += a[k] * b0[k];
		s1 += a[k] * b1[k];
		s2 += a[k] * b2[k];
		s3 += a[k] * b3[k];
		t0 += a2[k] * b0[k];
		t1 += a2[k] * b1[k];
		t2 += a2[k] * b2[k];
		t3 += a2[k] * b3[k];
	}
	memcpy(sums, (real[]){s0, s1, s2, s3, t0, t1, t2, t3}, 8 * sizeof *sums);
}

void rbcd_transposed_product(struct mat A, struct mat B, struct mat C)
{
	ptrdiff_t d = A.cols;

	assert(B.cols % RBCD_WIDTH == 0 && B.rows == A.rows && C.rows == d && C.cols == B.cols);
#pragma omp parallel for schedule(static)
	for (ptrdiff_t pair = 0; pair < (d + 1) / 2; pair++) {
		ptrdiff_t j = 2 * pair, next = j + 1 < d ? j + 1 : j;
		real sums[2 * RBCD_WIDTH];

		for (ptrdiff_t c = 0; c < B.cols; c += RBCD_WIDTH) {
			dots(A.rows, mat_col(A, j), mat_col(A, next), mat_cols(B, c, RBCD_WIDTH),
			     sums);
			for (ptrdiff_t w = 0; w < RBCD_WIDTH; w++) {
				mat_set(C, j, c + w, sums[w]);
				mat_set(C, next, c + w, sums[next > j ? RBCD_WIDTH + w : w]);
			}
		}
	}
}

/* Z += A B, A: rows x 4, B: 4 x 4 given by its rows' first element and stride */
static void add_columns(ptrdiff_t rows, struct mat A, struct mat B, real (*restrict z)[ROWS])
{
	const real *restrict a0 = mat_col(A, 0), *restrict a1 = mat_col(A, 1);
	const real *restrict a2 = mat_col(A, 2), *restrict a3 = mat_col(A, 3);
	real b[RBCD_WIDTH][4];

	for (ptrdiff_t w = 0; w < RBCD_WIDTH; w++)
		memcpy(b[w], mat_col(B, w), sizeof b[w]);
#pragma omp simd
	for (ptrdiff_t k = 0; k < rows; k++) {
		real x0 = a0[k], x1 = a1[k], x2 = a2[k], x3 = a3[k];

		z[0][k] += x0 * b[0][0] + x1 * b[0][1] + x2 * b[0][2] + x3 * b[0][3];
		z[1][k] += x0 * b[1][0] + x1 * b[1][1] + x2 * b[1][2] + x3 * b[1][3];
		z[2][k] += x0 * b[2][0] + x1 * b[2][1] + x2 * b[2][2] + x3 * b[2][3];
		z[3][k] += x0 * b[3][0] + x1 * b[3][1] + x2 * b[3][2] + x3 * b[3][3];
	}
}

/* z_w = A b_w, the last columns of A one at a time */
static void block_product(struct mat A, struct mat B, real (*restrict z)[ROWS])
{
	ptrdiff_t j = 0;

	memset(z, 0, RBCD_WIDTH * sizeof *z);
	for (; j + 4 <= A.cols; j += 4)
		add_columns(A.rows, mat_cols(A, j, 4), mat_rows(B, j, 4), z);
	for (; j < A.cols; j++)
		for (ptrdiff_t w = 0; w < RBCD_WIDTH; w++)
			for (ptrdiff_t k = 0; k < A.rows; k++)
				z[w][k] += mat_get(A, k, j) * mat_get(B, j, w);
}

void rbcd_masked_product(struct mat A, struct mat B, struct gates D, const size_t *at,
			 ptrdiff_t count, real *sum)
{
	ptrdiff_t n = A.rows;

	assert(B.cols % RBCD_WIDTH == 0 && B.cols >= count && B.rows == A.cols && D.rows == n);
#pragma omp parallel for schedule(static)
	for (ptrdiff_t first = 0; first < n; first += ROWS) {
		ptrdiff_t rows = first + ROWS < n ? ROWS : n - first;
		_Alignas(64) real z[RBCD_WIDTH][ROWS];

		memset(sum + first, 0, (size_t)rows * sizeof *sum);
		for (ptrdiff_t c = 0; c < count; c++) {
			if (c % RBCD_WIDTH == 0)
				block_product(mat_rows(A, first, rows), mat_cols(B, c, RBCD_WIDTH),
					      z);
			gates_add(gates_from(D, (ptrdiff_t)at[c], first), rows, z[c % RBCD_WIDTH],
				  sum + first);
		}
	}
}
