/* The two-loop recursion of L-BFGS. See lbfgs.h. */
#include "solvers/tools/lbfgs.h"

#include "solvers/core/blas.h"

#include <string.h>

/* Least cosine between s and y that says anything about curvature. */
static const double least_cosine = 1e-8;

/* A change of a gradient by so many roundings of it is nothing else. */
static const double roundings = 16;

struct lbfgs lbfgs_new(size_t count, ptrdiff_t memory, struct arena *arena)
{
	struct lbfgs l = {0};

	l.S = mat_new(arena, (ptrdiff_t)count, memory);
	l.Y = mat_new(arena, (ptrdiff_t)count, memory);
	l.rho = ARENA_ARRAY(arena, double, memory);
	l.part = ARENA_ARRAY(arena, double, memory);
	return l;
}

void lbfgs_learn(struct lbfgs *l, const real *x, const real *x_new, const real *g,
		 const real *g_new)
{
	size_t N = (size_t)l->S.rows;
	real *s = mat_col(l->S, l->next), *y = mat_col(l->Y, l->next);
	double product, change;

	for (size_t i = 0; i < N; i++) {
		s[i] = x_new[i] - x[i];
		y[i] = g_new[i] - g[i];
	}
	product = blas_dot(N, s, y);
	change = blas_norm(N, y);
	if (!(product > least_cosine * blas_norm(N, s) * change &&
	      change > roundings * REAL_EPSILON * blas_norm(N, g)))
		return;
	l->rho[l->next] = 1 / product;
	l->next = (l->next + 1) % l->S.cols;
	l->count += l->count < l->S.cols;
}

void lbfgs_forget(struct lbfgs *l)
{
	l->count = l->next = 0;
}

/* Place of the step made `age` steps ago. */
static ptrdiff_t place(const struct lbfgs *l, ptrdiff_t age)
{
	return (l->next - 1 - age + 2 * l->S.cols) % l->S.cols;
}

void lbfgs_direction(struct lbfgs *l, const real *g, real *direction)
{
	size_t N = (size_t)l->S.rows;

	memcpy(direction, g, N * sizeof *g);
	blas_scale(N, -1, direction);
	if (l->count == 0)
		return;
	for (ptrdiff_t age = 0; age < l->count; age++) {
		ptrdiff_t i = place(l, age);

		l->part[i] = l->rho[i] * blas_dot(N, mat_col(l->S, i), direction);
		blas_axpy(N, -l->part[i], mat_col(l->Y, i), direction);
	}
	blas_scale(N,
		   1 / (l->rho[place(l, 0)] *
			blas_dot(N, mat_col(l->Y, place(l, 0)), mat_col(l->Y, place(l, 0)))),
		   direction);
	for (ptrdiff_t age = l->count - 1; age >= 0; age--) {
		ptrdiff_t i = place(l, age);
		double back = l->rho[i] * blas_dot(N, mat_col(l->Y, i), direction);

		blas_axpy(N, l->part[i] - back, mat_col(l->S, i), direction);
	}
}
