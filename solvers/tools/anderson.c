/* Anderson acceleration. See anderson.h.
 *
 * With r_k = F(x_k) - x_k, differences R = [r_k - r_k-1, ..] and G = [F(x_k) - F(x_k-1), ..], the
 * next point is F(x_k) - G c, c = argmin |r_k - R c|^2 + lambda |c|^2, lambda a small share of
 * |R|_F^2 + |r_k|^2. By the second |c| <= 1 / (2 sqrt(share)), as max_s s / (s^2 + share) shows.
 * Residuals are kept times the roots of the weights, so that their norm is the Euclidean one. */
#include "solvers/tools/anderson.h"

#include "solvers/core/blas.h"

#include <assert.h>
#include <math.h>
#include <string.h>

struct anderson {
	size_t size;
	ptrdiff_t memory, filled, next; /* columns, columns in use, column to write */
	struct anderson_part part[ANDERSON_PARTS];
	int parts;
	struct ranks *ranks;
	double theta;
	struct mat R, G;    /* size x memory */
	struct mat gram;    /* memory x memory: R'R, both triangles */
	struct mat factor;  /* its factor */
	real *c;            /* memory */
	real *x, *r, *g;    /* size: last point, residual and image */
	double first, best; /* |r| at first and at least; HUGE_VAL: none */
	double kept;        /* accelerated points so far */
	bool started;       /* r and g are those of an iteration before */
	bool accelerated;   /* the point under way is an extrapolated one */
};

/* Shares of |R|_F^2 and of |r|^2 that regularise. */
static const double share_of_differences = 1e-10, share_of_residual = 1e-8;

/* The safeguard: growth of the residual that is still accepted, and its bound. */
static const double growth = 1.2, most = 1e3, power = 1 + 1e-6;

struct anderson *anderson_new(struct arena *arena, size_t size, struct anderson_memory memory,
			      double theta)
{
	ptrdiff_t columns = memory.differences;
	struct anderson *self = ARENA_NEW(arena, struct anderson);
	double pair = 2 * (double)size * (arena_narrow(arena) ? sizeof(float) : sizeof(double));
	real **vectors[] = {&self->x, &self->r, &self->g};

	self->size = size;
	self->memory = columns;
	self->ranks = memory.ranks;
	self->theta = theta;
	self->R = mat_new(arena, (ptrdiff_t)size, columns);
	self->G = mat_new(arena, (ptrdiff_t)size, columns);
	for (long j = 0; j < memory.differences; j++) {
		/* pair j, from 0 on, is that of the anderson_after number j + 2, the first of which
		 * ends iteration 1 */
		arena_untouched_before(arena, (double)(j + 1) * (double)memory.interval + 1, pair);
	}
	self->gram = mat_new(arena, columns, columns);
	self->factor = mat_new(arena, columns, columns);
	self->c = ARENA_ARRAY(arena, real, columns);
	for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++)
		*vectors[v] = ARENA_ARRAY(arena, real, size);
	if (!arena_counts(arena))
		anderson_weigh(self, &(struct anderson_part){size, 1, false}, 1);
	return self;
}

void anderson_weigh(struct anderson *self, const struct anderson_part *parts, int count)
{
	size_t size = 0;

	assert(count <= ANDERSON_PARTS);
	self->parts = count;
	for (int p = 0; p < count; p++) {
		self->part[p] = parts[p];
		size += parts[p].count;
	}
	assert(size == self->size);
	(void)size;
	anderson_reset(self);
}

/* Forget the differences. */
static void restart(struct anderson *self)
{
	self->filled = self->next = 0;
	self->started = self->accelerated = false;
}

void anderson_reset(struct anderson *self)
{
	restart(self);
	self->first = self->best = HUGE_VAL;
	self->kept = 0;
}

void anderson_before(struct anderson *self, const real *x)
{
	memcpy(self->x, x, self->size * sizeof *x);
}

/* The weighted residual takes the place of the point. */
static real *form_residual(struct anderson *self, const real *x)
{
	size_t k = 0;

	for (int p = 0; p < self->parts; p++) {
		real root = (real)sqrt(self->part[p].weight);

		for (size_t end = k + self->part[p].count; k < end; k++)
			self->x[k] = root * (x[k] - self->x[k]);
	}
	return self->x;
}

/* <x, y>: parts that every rank has count once. */
static double dot(const struct anderson *self, const real *x, const real *y)
{
	double own = 0, common = 0;
	size_t k = 0;

	if (!self->ranks)
		return blas_dot(self->size, x, y);
	for (int p = 0; p < self->parts; k += self->part[p++].count)
		*(self->part[p].spread ? &own : &common) +=
			blas_dot(self->part[p].count, x + k, y + k);
	return common + ranks_sum(self->ranks, own);
}

/* <r, x - g> */
static double along_residual(const struct anderson *self, const real *r, const real *x,
			     const real *g)
{
	double sum = 0, common = 0;
	size_t k = 0;

	for (int p = 0; p < self->parts; p++) {
		bool once = self->ranks && !self->part[p].spread;
		size_t end = k + self->part[p].count;
		double part = 0;

#pragma omp simd reduction(+ : part)
		for (size_t i = k; i < end; i++)
			part += (double)r[i] * ((double)x[i] - (double)g[i]);
		k = end;
		*(once ? &common : &sum) += sqrt(self->part[p].weight) * part;
	}
	return common + ranks_sum(self->ranks, sum);
}

/* x -= G c; false, and x is as before, if the least squares problem cannot be solved or there is no
 * such point in the half-space. */
static bool extrapolate(struct anderson *self, const real *r, double norm, real *x)
{
	ptrdiff_t m = self->filled;
	struct mat factor = mat_rows(mat_cols(self->factor, 0, m), 0, m);
	double trace = 0, lambda;

	mat_copy(factor, mat_rows(mat_cols(self->gram, 0, m), 0, m));
	for (ptrdiff_t j = 0; j < m; j++)
		trace += (double)mat_get(factor, j, j);
	lambda = fmax(share_of_differences, 10 * REAL_EPSILON) * trace +
		 fmax(share_of_residual, REAL_EPSILON) * norm * norm;
	for (ptrdiff_t j = 0; j < m; j++) {
		mat_set(factor, j, j, (real)((double)mat_get(factor, j, j) + lambda));
		self->c[j] = (real)dot(self, mat_col(self->R, j), r);
	}
	if (m == 0 || !blas_cholesky(factor))
		return false;
	blas_cholesky_solve(factor, (struct mat){m, 1, m, self->c});
	for (ptrdiff_t j = 0; j < m; j++)
		blas_axpy(self->size, -(double)self->c[j], mat_col(self->G, j), x);
	if (along_residual(self, r, x, self->g) / norm >= (1 / self->theta - 1) * norm)
		return true;
	memcpy(x, self->g, self->size * sizeof *x);
	return false;
}

bool anderson_refuse(struct anderson *self, real *x)
{
	if (!self->accelerated)
		return false;
	memcpy(x, self->g, self->size * sizeof *x);
	restart(self);
	return true;
}

bool anderson_after(struct anderson *self, real *x)
{
	const real *r = form_residual(self, x);
	double norm = self->ranks ? sqrt(dot(self, r, r)) : blas_norm(self->size, r);

	if (self->accelerated && !(norm <= growth * self->best &&
				   norm <= most * self->first * pow(self->kept + 1, -power)))
		return anderson_refuse(self, x);
	self->kept += self->accelerated;
	if (self->started) {
		/* One more pair of differences, from the last residual and image and the present
		 * ones. */
		real *dr = mat_col(self->R, self->next), *dg = mat_col(self->G, self->next);

#pragma omp simd
		for (size_t k = 0; k < self->size; k++) {
			dr[k] = r[k] - self->r[k];
			dg[k] = x[k] - self->g[k];
		}
		if (self->filled < self->memory)
			self->filled++;
		for (ptrdiff_t j = 0; j < self->filled; j++) {
			real product = (real)dot(self, mat_col(self->R, j), dr);

			mat_set(self->gram, self->next, j, product);
			mat_set(self->gram, j, self->next, product);
		}
		self->next = (self->next + 1) % self->memory;
	} else if (!isfinite(self->first))
		self->first = norm;
	self->best = fmin(self->best, norm);
	self->started = true;
	memcpy(self->r, r, self->size * sizeof *r);
	memcpy(self->g, x, self->size * sizeof *x);
	self->accelerated = extrapolate(self, r, norm, x);
	return self->accelerated;
}
