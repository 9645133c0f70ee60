/* The projection by Newton's method on nu. See poly_projection.h. */
#include "solvers/poly/poly_projection.h"

#include "solvers/core/blas.h"

#include <math.h>

struct poly_projection poly_projection_new(ptrdiff_t order, struct arena *arena)
{
	blas_expect_eigen(arena, order);
	return (struct poly_projection){.W = mat_new(arena, order, order),
					.product = mat_new(arena, order, order),
					.values = ARENA_ARRAY(arena, real, order),
					.steps = 30,
					.accurate = 1e-12};
}

/* W = (V - nu G)_+; <G, W> returned, its derivative in nu in *slope, tr W in *trace. */
static double positive_part(struct poly_projection *s, struct mat V, double nu, double *slope,
			    double *trace)
{
	ptrdiff_t order = V.rows, d = order - 1, first = 0;
	double value = 0, scale;
	struct mat positive, rest;

	mat_copy(s->W, V);
	for (ptrdiff_t i = 0; i < order; i++)
		mat_set(s->W, i, i, mat_get(s->W, i, i) - (real)(i < d ? nu : -nu));
	*slope = *trace = 0;
	if (!blas_eigen(s->W, s->values))
		return NAN;
	while (first < order && !(s->values[first] > 0))
		first++;
	positive = mat_cols(s->W, first, order - first);
	rest = s->product;
	/* B = P'G P of the positive ones and all: I - 2 p_d p_d' */
	for (ptrdiff_t j = first; j < order; j++) {
		double last = (double)mat_get(s->W, d, j), e = (double)s->values[j];

		value += e * (1 - 2 * last * last);
		*trace += e;
		for (ptrdiff_t i = 0; i < order; i++) {
			double other = (double)mat_get(s->W, d, i), lower = (double)s->values[i];
			double b = (i == j ? 1 : 0) - 2 * last * other;
			double weight = i >= first ? 1 : e / (e - lower);

			*slope -= (i < first ? 2 : 1) * weight * b * b;
		}
	}
	for (ptrdiff_t j = first; j < order; j++) {
		scale = sqrt((double)s->values[j]);
		blas_scale((size_t)order, scale, mat_col(s->W, j));
	}
	if (positive.cols > 0)
		blas_gemm(1, positive, PLAIN, positive, TRANSPOSED, 0, rest);
	else
		mat_fill(rest, 0);
	mat_copy(s->W, rest);
	return value;
}

void poly_projection_project(struct poly_projection *s, struct mat V, double *nu, struct mat Z)
{
	ptrdiff_t d = V.rows - 1;
	double low = -HUGE_VAL, high = HUGE_VAL, slope, trace, value = 0;

	for (int i = 0; i < s->steps; i++) {
		double next;

		value = positive_part(s, V, *nu, &slope, &trace);
		if (!(fabs(value) > s->accurate * trace))
			break;
		if (value > 0)
			low = *nu;
		else
			high = *nu;
		next = *nu - value / slope;
		if (!(next > low && next < high))
			next = isfinite(low) && isfinite(high) ? low + (high - low) / 2 : *nu;
		*nu = next;
	}
	if (isnan(value))
		return;
	if (value > 0)
		mat_set(s->W, d, d, mat_get(s->W, d, d) + (real)value);
	for (ptrdiff_t i = 0; i < d && value < 0; i++)
		mat_set(s->W, i, i, mat_get(s->W, i, i) - (real)(value / (double)d));
	mat_copy(Z, s->W);
}
