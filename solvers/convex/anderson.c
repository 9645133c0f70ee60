/* Anderson acceleration. See anderson.h.
 *
 * With r_k = F(x_k) - x_k, differences R = [r_k - r_k-1, ..] and G = [F(x_k) - F(x_k-1), ..], the
 * next point is F(x_k) - G c, c = argmin |r_k - R c|^2 + lambda |c|^2, lambda a small share of
 * |R|_F^2. */
#include "solvers/convex/anderson.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

struct anderson {
	size_t size;
	ptrdiff_t memory, filled, next; /* columns, columns in use, column to write */
	struct mat R, G;                /* size x memory */
	struct mat gram;                /* memory x memory: R'R, both triangles */
	struct mat factor;              /* its factor */
	real *c;                        /* memory */
	real *x, *r, *g;                /* size: last point, residual and image */
	double norm;                    /* |r| of the last point taken; HUGE_VAL: none */
	bool accelerated;               /* the point under way is an extrapolated one */
};

/* Share of |R|_F^2 that regularises, and growth of the residual that is still accepted. */
static const double regularisation = 1e-10, growth = 1.2;

struct anderson *anderson_new(struct arena *arena, size_t size, long memory)
{
	struct anderson *self = ARENA_NEW(arena, struct anderson);
	real **vectors[] = {&self->x, &self->r, &self->g};

	self->size = size;
	self->memory = memory;
	self->R = mat_new(arena, (ptrdiff_t)size, memory);
	self->G = mat_new(arena, (ptrdiff_t)size, memory);
	self->gram = mat_new(arena, memory, memory);
	self->factor = mat_new(arena, memory, memory);
	self->c = ARENA_ARRAY(arena, real, memory);
	for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++)
		*vectors[v] = ARENA_ARRAY(arena, real, size);
	anderson_reset(self);
	return self;
}

double anderson_bytes(double size, long memory)
{
	double columns = (double)memory;

	return (size * (2 * columns + 3) + columns * (2 * columns + 1)) * sizeof(real);
}

void anderson_reset(struct anderson *self)
{
	self->filled = self->next = 0;
	self->norm = HUGE_VAL;
	self->accelerated = false;
}

void anderson_before(struct anderson *self, const real *x)
{
	memcpy(self->x, x, self->size * sizeof *x);
}

/* One more pair of differences, from the last residual and image and the present ones. */
static void remember(struct anderson *self, const real *r, const real *g)
{
	real *dr = mat_col(self->R, self->next), *dg = mat_col(self->G, self->next);

#pragma omp simd
	for (size_t k = 0; k < self->size; k++) {
		dr[k] = r[k] - self->r[k];
		dg[k] = g[k] - self->g[k];
	}
	if (self->filled < self->memory)
		self->filled++;
	for (ptrdiff_t j = 0; j < self->filled; j++) {
		real dot = (real)blas_dot(self->size, mat_col(self->R, j), dr);

		mat_set(self->gram, self->next, j, dot);
		mat_set(self->gram, j, self->next, dot);
	}
	self->next = (self->next + 1) % self->memory;
}

/* x -= G c; false if the least squares problem cannot be solved. */
static bool extrapolate(struct anderson *self, const real *r, real *x)
{
	ptrdiff_t m = self->filled;
	struct mat factor = mat_rows(mat_cols(self->factor, 0, m), 0, m);
	double trace = 0;

	mat_copy(factor, mat_rows(mat_cols(self->gram, 0, m), 0, m));
	for (ptrdiff_t j = 0; j < m; j++)
		trace += (double)mat_get(factor, j, j);
	for (ptrdiff_t j = 0; j < m; j++) {
		double diagonal = (double)mat_get(factor, j, j) +
				  fmax(regularisation, 10 * REAL_EPSILON) * trace;

		mat_set(factor, j, j, (real)diagonal);
		self->c[j] = (real)blas_dot(self->size, mat_col(self->R, j), r);
	}
	if (m == 0 || !blas_cholesky(factor))
		return false;
	blas_cholesky_solve(factor, (struct mat){m, 1, m, self->c});
	for (ptrdiff_t j = 0; j < m; j++)
		blas_axpy(self->size, -(double)self->c[j], mat_col(self->G, j), x);
	return true;
}

bool anderson_after(struct anderson *self, real *x)
{
	real *r = self->x; /* the residual takes the place of the point */
	double norm;

	for (size_t k = 0; k < self->size; k++)
		r[k] = x[k] - self->x[k];
	norm = blas_norm(self->size, r);
	if (self->accelerated && !(norm <= growth * self->norm)) {
		memcpy(x, self->g, self->size * sizeof *x);
		anderson_reset(self);
		return true;
	}
	if (isfinite(self->norm))
		remember(self, r, x);
	memcpy(self->r, r, self->size * sizeof *r);
	memcpy(self->g, x, self->size * sizeof *x);
	self->norm = norm;
	self->accelerated = extrapolate(self, r, x);
	return self->accelerated;
}
