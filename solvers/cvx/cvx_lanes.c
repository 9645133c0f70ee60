/* Projected gradients of several blocks; see cvx_lanes.h for the notation. */
#include "solvers/cvx/cvx_lanes.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

enum { POWER_STEPS = 20 /* a few per cent below sigma_max, which the margin makes up for */ };

static const double power_margin = 1.1;

struct cvx_lanes cvx_lanes_new(struct mat X, struct arena *arena)
{
	struct cvx_lanes lanes = {.X = X};

	lanes.step = ARENA_ARRAY(arena, real, X.rows);
	lanes.Z = mat_new(arena, X.rows, CVX_LANES);
	lanes.Z0 = mat_new(arena, X.rows, CVX_LANES);
	lanes.G = mat_new(arena, X.rows, CVX_LANES);
	lanes.R = mat_new(arena, X.cols, CVX_LANES);
	lanes.R0 = mat_new(arena, X.cols, CVX_LANES);
	lanes.g = mat_new(arena, X.cols, CVX_LANES);
	return lanes;
}

/* step_k = 1 / (L |x_k|^2), L = sigma_max(diag(1/|x_k|) X)^2 by the power method: rows of any
 * length are treated alike. */
static void find_steps(struct cvx_lanes *lanes)
{
	struct mat X = lanes->X;
	real *step = lanes->step, *v = mat_col(lanes->R, 0), *w = mat_col(lanes->G, 0);
	double sigma = 1;

	memset(step, 0, (size_t)X.rows * sizeof *step);
	for (ptrdiff_t j = 0; j < X.cols; j++)
		for (ptrdiff_t k = 0; k < X.rows; k++)
			step[k] += mat_get(X, k, j) * mat_get(X, k, j);
	for (ptrdiff_t k = 0; k < X.rows; k++)
		step[k] = step[k] > 0 ? 1 / step[k] : 0;
	for (ptrdiff_t j = 0; j < X.cols; j++)
		v[j] = (real)(1 + 1.0 / (double)(j + 1)); /* no symmetry of the columns */
	for (int i = 0; i < POWER_STEPS && sigma > 0; i++) {
		blas_scale((size_t)X.cols, 1 / blas_norm((size_t)X.cols, v), v);
		blas_gemv(1, X, PLAIN, v, 0, w);
		for (ptrdiff_t k = 0; k < X.rows; k++)
			w[k] *= step[k];
		blas_gemv(1, X, TRANSPOSED, w, 0, v);
		sigma = blas_norm((size_t)X.cols, v);
	}
	for (ptrdiff_t k = 0; k < X.rows && sigma > 0; k++)
		step[k] = (real)((double)step[k] / (power_margin * sigma));
	lanes->ready = true;
}

/* The first lanes of a matrix of the lanes. */
static struct mat used(const struct cvx_lanes *lanes, struct mat A)
{
	return mat_cols(A, 0, lanes->count);
}

/* R = g + X'Z, and the best norms. */
static void measure(struct cvx_lanes *lanes)
{
	struct mat R = used(lanes, lanes->R);

	mat_copy(R, used(lanes, lanes->g));
	blas_gemm(1, lanes->X, TRANSPOSED, used(lanes, lanes->Z), PLAIN, 1, R);
	for (ptrdiff_t i = 0; i < lanes->count; i++)
		lanes->norm[i] = fmin(lanes->norm[i], blas_norm((size_t)R.rows, mat_col(R, i)));
}

void cvx_lanes_gradients(struct cvx_lanes *lanes, const real *alpha)
{
	for (ptrdiff_t i = 0; i < lanes->count; i++) {
		const struct cvx_block *b = &lanes->block[i];
		real *q = mat_col(lanes->G, i);

		for (ptrdiff_t k = 0; k < lanes->X.rows; k++)
			q[k] = (real)b->sign * b->d[k] * alpha[k];
	}
	blas_gemm(1, lanes->X, TRANSPOSED, used(lanes, lanes->G), PLAIN, 0, used(lanes, lanes->g));
}

void cvx_lanes_start(struct cvx_lanes *lanes)
{
	if (!lanes->ready)
		find_steps(lanes);
	for (ptrdiff_t i = 0; i < lanes->count; i++) {
		lanes->t[i] = 1;
		lanes->norm[i] = HUGE_VAL;
	}
	mat_fill(used(lanes, lanes->Z), 0);
	mat_fill(used(lanes, lanes->Z0), 0);
	measure(lanes);
	mat_copy(used(lanes, lanes->R0), used(lanes, lanes->R));
}

/* z = (y - step o X r(y)) projected on e o z >= 0, y = z + m (z - z0). Returns the product of (y -
 * z+) and (z+ - z): positive where the momentum leads uphill. */
static double project(const struct cvx_lanes *lanes, ptrdiff_t i, double m)
{
	const real *restrict d = lanes->block[i].d, *restrict step = lanes->step,
			     *restrict g = mat_col(lanes->G, i);
	real *restrict z = mat_col(lanes->Z, i), *restrict z0 = mat_col(lanes->Z0, i);
	real momentum = (real)m, uphill = 0;

#pragma omp simd reduction(+ : uphill)
	for (ptrdiff_t k = 0; k < lanes->X.rows; k++) {
		real e = 2 * d[k] - 1, y = z[k] + momentum * (z[k] - z0[k]);
		real next = e * (y - step[k] * g[k]);

		next = next > 0 ? e * next : 0;
		uphill += step[k] > 0 ? (y - next) * (next - z[k]) / step[k] : 0;
		z0[k] = z[k];
		z[k] = next;
	}
	return (double)uphill;
}

void cvx_lanes_step(struct cvx_lanes *lanes)
{
	struct mat R = used(lanes, lanes->R), R0 = used(lanes, lanes->R0), swap = lanes->R0;
	double momentum[CVX_LANES];

	for (ptrdiff_t i = 0; i < lanes->count; i++) { /* R0 = r(y) */
		double next = (1 + sqrt(1 + 4 * lanes->t[i] * lanes->t[i])) / 2;
		real m = (real)(momentum[i] = (lanes->t[i] - 1) / next);
		const real *r = mat_col(R, i);
		real *r0 = mat_col(R0, i);

		for (ptrdiff_t j = 0; j < R.rows; j++)
			r0[j] = r[j] + m * (r[j] - r0[j]);
		lanes->t[i] = next;
	}
	blas_gemm(1, lanes->X, PLAIN, R0, PLAIN, 0, used(lanes, lanes->G));
#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < lanes->count; i++)
		if (project(lanes, i, momentum[i]) > 0)
			lanes->t[i] = 1;
	lanes->R0 = lanes->R;
	lanes->R = swap;
	measure(lanes);
}
