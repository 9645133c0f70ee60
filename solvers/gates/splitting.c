/* ADMM for nearest points of the cones of patterns; see splitting.h. */
#include "solvers/gates/splitting.h"

#include "solvers/core/blas.h"

static const double relaxation = 1.6;

struct splitting splitting_new(const struct signcone *cone, ptrdiff_t m, struct arena *arena)
{
	ptrdiff_t n = cone->X.rows, r = cone->B.cols;
	struct splitting s = {.cone = cone};

	s.G = mat_new(arena, r, m);
	s.V = mat_new(arena, r, m);
	s.A = mat_new(arena, n, m);
	s.Y = mat_new(arena, n, m);
	s.d = ARENA_ARRAY(arena, const uint64_t *, m);
	return s;
}

double splitting_flops(double n, double d, double m)
{
	return 4 * n * (n < d ? n : d) * m;
}

/* y = e o (s - nu) = e o (2 max(b, a) - a) */
static void form_column(const struct splitting *s, ptrdiff_t i)
{
	const real *restrict a = mat_col(s->A, i);
	real *restrict y = mat_col(s->Y, i);
	real b = (real)s->b;

#pragma omp simd
	for (ptrdiff_t k = 0; k < s->A.rows; k++)
		y[k] = a[k] > b ? a[k] : 2 * b - a[k];
	gates_flip(s->d[i], s->A.rows, y, y);
}

void splitting_step(struct splitting *s)
{
	ptrdiff_t m = s->count;
	struct mat V = mat_cols(s->V, 0, m), Y = mat_cols(s->Y, 0, m), B = s->cone->B;

#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < m; i++)
		form_column(s, i);
	ranks_gemm(s->cone->ranks, 1, B, Y, 0, V);
#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < m; i++) {
		const real *g = mat_col(s->G, i);
		real *v = mat_col(s->V, i);

		for (ptrdiff_t j = 0; j < s->V.rows; j++)
			v[j] = (real)((s->delta * (double)g[j] + (double)v[j]) /
				      (s->delta + s->cone->lambda[j]));
	}
	blas_gemm(1, B, PLAIN, V, PLAIN, 0, Y);
#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < m; i++) { /* a += theta (e o y - max(b, a)) */
		real b = (real)s->b;
		real theta = (real)relaxation;
		real ey[GATES_BLOCK];

		for (ptrdiff_t first = 0; first < s->A.rows; first += GATES_BLOCK) {
			ptrdiff_t rows = s->A.rows - first,
				  count = rows < GATES_BLOCK ? rows : GATES_BLOCK;
			real *restrict a = mat_col(s->A, i) + first;

			gates_flip(s->d[i] + first / GATES_WORD, count, mat_col(s->Y, i) + first,
				   ey);
#pragma omp simd
			for (ptrdiff_t k = 0; k < count; k++)
				a[k] += theta * (ey[k] - (a[k] > b ? a[k] : b));
		}
	}
}

void splitting_start(struct splitting *s, double b, double delta)
{
	s->count = 0;
	s->b = b;
	s->delta = delta;
	s->V.rows = s->G.rows = s->cone->B.cols;
}

void splitting_drop(struct splitting *s, ptrdiff_t i)
{
	ptrdiff_t last = --s->count;

	if (i == last)
		return;
	mat_copy(mat_cols(s->G, i, 1), mat_cols(s->G, last, 1));
	mat_copy(mat_cols(s->V, i, 1), mat_cols(s->V, last, 1));
	mat_copy(mat_cols(s->A, i, 1), mat_cols(s->A, last, 1));
	mat_copy(mat_cols(s->Y, i, 1), mat_cols(s->Y, last, 1));
	s->d[i] = s->d[last];
}

void splitting_multipliers(const struct splitting *s, struct mat Y)
{
	real b = (real)s->b, rho = (real)(1 / s->delta);

#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < s->count; i++) {
		const real *restrict a = mat_col(s->A, i);
		real *restrict y = mat_col(Y, i);

#pragma omp simd
		for (ptrdiff_t k = 0; k < s->A.rows; k++)
			y[k] = a[k] < b ? rho * (b - a[k]) : 0;
		gates_flip(s->d[i], s->A.rows, y, y);
	}
}

void splitting_penalty(struct splitting *s, double delta)
{
	real ratio = (real)(delta / s->delta), b = (real)s->b;

	s->delta = delta;
#pragma omp parallel for schedule(static)
	for (ptrdiff_t i = 0; i < s->count; i++) {
		real *a = mat_col(s->A, i);

#pragma omp simd
		for (ptrdiff_t k = 0; k < s->A.rows; k++)
			a[k] = a[k] < b ? b + ratio * (a[k] - b) : a[k];
	}
}
