/* Rivals of the own class in blocks of rows. See rivals.h. */
#include "solvers/loss/rivals.h"

#include <math.h>

static ptrdiff_t rows_from(struct targets y, ptrdiff_t first)
{
	return y.n - first < RIVALS_ROWS ? y.n - first : RIVALS_ROWS;
}

struct rivals rivals_of(struct mat F, struct targets y, ptrdiff_t first)
{
	struct rivals rows = {.count = rows_from(y, first), .label = y.label + first};

	for (ptrdiff_t r = 0; r < rows.count; r++) {
		rows.own[r] = (double)mat_get(F, first + r, rows.label[r]);
		rows.lead[r] = -HUGE_VAL;
	}
	for (ptrdiff_t c = 0; c < F.cols; c++) {
		const real *f = mat_col(F, c) + first;

#pragma omp simd
		for (ptrdiff_t r = 0; r < rows.count; r++) {
			double lead = (double)f[r] - rows.own[r];

			/* what is not a number stays */
			rows.lead[r] = rows.label[r] != c && (lead > rows.lead[r] || isnan(lead))
					       ? lead
					       : rows.lead[r];
		}
	}
	return rows;
}

struct rivals_face rivals_face(struct mat A, struct targets y, ptrdiff_t first, double scale)
{
	/* Entries are rounded, and so are what they are sums and differences of. */
	const double slack = 16 * REAL_EPSILON;
	struct rivals_face face = {.count = rows_from(y, first), .inside = true};
	double sum[RIVALS_ROWS] = {0}, least[RIVALS_ROWS] = {0};

	for (ptrdiff_t c = 0; c < A.cols; c++) {
		const real *a = mat_col(A, c) + first;

#pragma omp simd
		for (ptrdiff_t r = 0; r < face.count; r++) {
			double b = scale * (double)a[r], other = y.label[first + r] == c ? 0 : b;

			sum[r] += b;
			least[r] = other < least[r] ? other : least[r];
			face.others[r] += other > 0 ? other : 0;
		}
	}
	for (ptrdiff_t r = 0; r < face.count; r++) {
		face.inside = face.inside && least[r] >= -slack && fabs(sum[r]) <= slack &&
			      face.others[r] <= 1 + slack;
		face.others[r] = fmin(face.others[r], 1);
	}
	return face;
}
