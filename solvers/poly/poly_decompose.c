/* Z = sum_k p_k p_k' by eigenvectors; pairs of columns are rotated until each has the same length
 * above and in its last entry. See poly_decompose.h. */
#include "solvers/poly/poly_decompose.h"

#include "solvers/core/blas.h"

#include <math.h>

/* Of |p|^2, below which p'Gp is zero. */
static const double zero = 1e-10;

struct poly_decompose poly_decompose_new(ptrdiff_t order, struct arena *arena)
{
	blas_expect_eigen(arena, order);
	return (struct poly_decompose){mat_new(arena, order, order),
				       ARENA_ARRAY(arena, real, order)};
}

/* p'Gq = sum of the products above less that of the last entries. */
static double form(ptrdiff_t d, const real *p, const real *q)
{
	return blas_dot((size_t)d, p, q) - (double)p[d] * (double)q[d];
}

/* Column k and a later one of the other sign become y with y'Gy = 0, in column k, and the one
 * orthogonal to it in their plane. */
static void rotate(struct mat P, ptrdiff_t k, ptrdiff_t count)
{
	ptrdiff_t d = P.rows - 1, other = -1;
	real *p = mat_col(P, k), *q;
	double pp = form(d, p, p), qq = 0, pq, root, t, scale;

	if (fabs(pp) <= zero * (blas_dot((size_t)d, p, p) + (double)p[d] * (double)p[d]))
		return;
	for (ptrdiff_t j = k + 1; j < count; j++) {
		double value = form(d, mat_col(P, j), mat_col(P, j));

		if (value * pp < 0 && fabs(value) > fabs(qq)) {
			other = j;
			qq = value;
		}
	}
	if (other < 0)
		return;
	q = mat_col(P, other);
	pq = form(d, p, q);
	/* qq t^2 + 2 pq t + pp = 0: the roots have different signs; the one without cancellation */
	root = -(pq + copysign(sqrt(pq * pq - pp * qq), pq));
	t = fabs(root / qq) < fabs(pp / root) ? root / qq : pp / root;
	scale = 1 / sqrt(1 + t * t);
	for (ptrdiff_t i = 0; i <= d; i++) {
		double a = (double)p[i], b = (double)q[i];

		p[i] = (real)((a + t * b) * scale);
		q[i] = (real)((b - t * a) * scale);
	}
}

ptrdiff_t poly_decompose(struct poly_decompose *self, struct mat Z, double least, struct mat U,
			 double sign, real *weight)
{
	ptrdiff_t d = Z.rows - 1, count = 0, neurons = 0;
	double largest;

	mat_copy(self->P, Z);
	if (!blas_eigen(self->P, self->values))
		return 0;
	largest = (double)self->values[d];
	for (ptrdiff_t j = d; j >= 0 && (double)self->values[j] > least * largest; j--)
		count++;
	/* the largest come last: they are moved to the front as they are scaled */
	for (ptrdiff_t j = 0; j < count && d - count + 1 + j <= d; j++) {
		ptrdiff_t from = d - count + 1 + j;
		double root = sqrt(fmax(0, (double)self->values[from]));

		for (ptrdiff_t i = 0; i <= d; i++)
			mat_set(self->P, i, j, (real)root * mat_get(self->P, i, from));
	}
	for (ptrdiff_t k = 0; k < count; k++) {
		const real *p = mat_col(self->P, k);
		double length, h;

		rotate(self->P, k, count);
		length = blas_norm((size_t)d, p);
		h = (length * length + (double)p[d] * (double)p[d]) / 2;
		if (!(length > 0) || !(h > 0))
			continue;
		for (ptrdiff_t i = 0; i < d; i++)
			mat_set(U, i, neurons,
				(real)(copysign(1, (double)p[d]) * (double)p[i] / length));
		weight[neurons++] = (real)(sign * h);
	}
	return neurons;
}
