/* Lower bounds of the relaxation. See lift_bound.h. */
#include "solvers/lift/lift_bound.h"

#include "solvers/core/blas.h"
#include "solvers/semidefinite/semidefinite.h"

#include <math.h>

enum { SEARCH = 14 }; /* bisections of the digits of 1 - t */

/* Units of tau, in the least eigenvalue that it is to raise. */
static const double units[] = {0.5, 1, 2};

struct lift_bound lift_bound_new(const struct lift *lift, struct arena *arena)
{
	struct lift_bound b = {.lift = lift};

	b.M = mat_new(arena, lift->order, lift->order);
	b.work = mat_new(arena, lift->order, lift->order);
	b.T = mat_new(arena, 2 * lift->n, 2 * lift->n);
	b.w = ARENA_ARRAY(arena, real, lift->order);
	blas_expect_eigen(arena, lift->order);
	return b;
}

/* T as it may be; M_bb(i, i) without its free diagonal is -(T_aa + T_bb)(i, i). */
static void allow(const struct lift *l, struct mat T, struct mat Z)
{
	ptrdiff_t n = l->n;

	for (ptrdiff_t j = 0; j < 2 * n; j++)
		for (ptrdiff_t i = 0; i < 2 * n; i++)
			mat_set(T, i, j,
				fmax((double)mat_get(T, i, j), 0) > 0 ? mat_get(T, i, j) : 0);
	for (ptrdiff_t i = 0; i < n; i++) {
		real free = -(mat_get(Z, i, i) + mat_get(T, i, i) + mat_get(T, n + i, n + i)) / 2;

		mat_set(T, i, n + i, free);
		mat_set(T, n + i, i, free);
	}
}

/* work = M(t, tau), lower triangle, and what rounding may have done to it: entries of M are sums of
 * up to 4n products, of which |M| with its signs taken off is not known, but each is at most the
 * largest entry of T in size. */
static double form(const struct lift_bound *b, double t, double tau, double rounding)
{
	const struct lift *l = b->lift;
	ptrdiff_t n = l->n, q = n + l->d;
	double trace = 0;

	for (ptrdiff_t j = 0; j < l->order; j++)
		for (ptrdiff_t i = j; i < l->order; i++)
			mat_set(b->work, i, j, (real)(i < q ? t * t : t) * mat_get(b->M, i, j));
	for (ptrdiff_t i = 0; i < n; i++) {
		mat_set(b->work, i, i, mat_get(b->work, i, i) + (real)(2 * tau));
		for (ptrdiff_t k = 0; k < l->d; k++)
			mat_set(b->work, n + k, i,
				mat_get(b->work, n + k, i) + (real)tau * mat_get(l->X, i, k));
	}
	for (ptrdiff_t j = n; j < l->order; j++)
		mat_set(b->work, j, j, mat_get(b->work, j, j) + (real)(l->gamma / 2));
	for (ptrdiff_t j = 0; j < l->order; j++)
		trace += fabs((double)mat_get(b->work, j, j));
	return rounding + 4 * (double)l->order * REAL_EPSILON * trace;
}

/* Is M(t, tau) semidefinite, whatever rounding did (Rump 2006)? */
static bool feasible(const struct lift_bound *b, double t, double tau, double rounding)
{
	double shift = form(b, t, tau, rounding);

	for (ptrdiff_t j = 0; j < b->work.cols; j++)
		mat_set(b->work, j, j, mat_get(b->work, j, j) - (real)shift);
	return blas_cholesky(b->work);
}

/* The largest t for this tau, in digits of 1 - t; 0: none. */
static double largest(const struct lift_bound *b, double tau, double rounding)
{
	double low = 0, high = -log10(REAL_EPSILON) - 1;

	if (!feasible(b, 0, tau, rounding))
		return 0;
	for (int i = 0; i < SEARCH; i++) {
		double middle = (low + high) / 2;

		if (feasible(b, 1 - pow(10, -middle), tau, rounding))
			low = middle;
		else
			high = middle;
	}
	return 1 - pow(10, -low);
}

static double value(const struct lift *l, struct mat R, double t)
{
	double linear = 0, square = 0, size = 0, s;

	for (ptrdiff_t c = 0; c < l->c; c++) {
		double product = -blas_dot((size_t)l->rows, mat_col(R, c), mat_col(l->Y, c));
		double norm = blas_norm((size_t)l->rows, mat_col(R, c));

		linear += product;
		square += norm * norm;
		size += norm * blas_norm((size_t)l->rows, mat_col(l->Y, c));
	}
	s = square > 0 ? fmax(0, fmin(t, linear / square)) : 0;
	return l->constant + s * linear - s * s * square / 2 -
	       2 * (double)(l->rows + l->c) * REAL_EPSILON * (s * size + s * s * square);
}

/* A bound of the size of rounding in the entries of M. */
static double rounding_of(const struct lift *l, struct mat T, struct mat R)
{
	double terms = (double)(4 * l->n + 4 * l->d + l->rows) * REAL_EPSILON;

	return terms * (blas_mat_norm(T) * (1 + 2 * (double)l->n) +
			blas_mat_norm(R) * (1 + sqrt((double)l->n)));
}

double lift_bound_at(struct lift_bound *b, struct mat R, struct mat multipliers, struct mat Z)
{
	struct mat T = b->T;
	const struct lift *l = b->lift;
	double rounding, least, t = 0;

	mat_copy(T, multipliers);
	semidefinite_symmetrize(T);
	allow(l, T, Z);
	lift_gather(l, T, b->M);
	lift_couple(l, R, 0.5, b->M);
	rounding = rounding_of(l, T, R);
	if (feasible(b, 1, 0, rounding))
		return value(l, R, 1);
	form(b, 1, 0, 0);
	if (!blas_eigen(b->work, b->w))
		return value(l, R, 0);
	least = fmax(0, -(double)b->w[0]) + rounding;
	for (size_t k = 0; k < sizeof units / sizeof *units; k++)
		t = fmax(t, largest(b, units[k] * least, rounding));
	return value(l, R, t);
}
