/* Output weights of several outputs. */
#include "baselines/head.h"

#include <string.h>

enum { AT_ONCE = 64 }; /* neurons */

void head_outputs(struct mat A, const real *h, real *f, ptrdiff_t stride)
{
	for (ptrdiff_t c = 0; c < A.cols; c++) {
		const real *restrict a = mat_col(A, c);
		real sum = 0;

#pragma omp simd reduction(+ : sum)
		for (ptrdiff_t j = 0; j < A.rows; j++)
			sum += a[j] * h[j];
		f[c * stride] = sum;
	}
}

void head_slopes(struct mat A, const real *h, const real *g, ptrdiff_t stride, real *s)
{
	real sum[AT_ONCE];

	for (ptrdiff_t first = 0; first < A.rows; first += AT_ONCE) {
		ptrdiff_t left = A.rows - first, count = left < AT_ONCE ? left : AT_ONCE;

		memset(sum, 0, sizeof sum);
		for (ptrdiff_t c = 0; c < A.cols; c++) {
			const real *restrict a = mat_col(A, c) + first;
			real slope = g[c * stride];

#pragma omp simd
			for (ptrdiff_t j = 0; j < count; j++)
				sum[j] += a[j] * slope;
		}
		for (ptrdiff_t j = 0; j < count; j++)
			s[first + j] = h[first + j] > 0 ? sum[j] : 0;
	}
}
