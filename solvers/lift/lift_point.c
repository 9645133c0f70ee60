/* A point of the relaxation near S. See lift_point.h.
 *
 * Entries of L below 0 are raised by moments of neurons without output weights, which only cost
 * their decay: one between two directions, u along x_i - x_j for L(a_i, b_j), x_i + x_j for L(a_i,
 * a_j), raises that entry most; e I, I the interior point of all u, raises them all. With e as
 * cheap as can be, and larger if S is not definite then. */
#include "solvers/lift/lift_point.h"

#include "solvers/core/blas.h"

#include <math.h>

enum {
	BATCH = 64,
	LEVELS = 24 /* of e, a factor `growth` apart */
};

static const double growth = 4;

/* Flops for the neurons between directions. */
static const double work = 4e9;

/* Of the size of S: what rounding takes of definiteness. */
static const double first_share = 1e-13;

struct lift_point lift_point_new(const struct lift *lift, struct arena *arena)
{
	ptrdiff_t n = lift->n, order = lift->order;
	struct lift_point p = {.lift = lift};

	p.S = mat_new(arena, order, order);
	p.work = mat_new(arena, order, order);
	p.interior = mat_new(arena, order, order);
	p.L = mat_new(arena, 2 * n, 2 * n);
	p.inner = mat_new(arena, 2 * n, 2 * n);
	p.wedge = mat_new(arena, n + lift->d, BATCH);
	p.preactivation = ARENA_ARRAY(arena, real, n);
	p.R = mat_new(arena, lift->rows, lift->c);
	if (arena_counts(arena))
		return p;
	lift_interior(lift, p.interior);
	lift_products(lift, p.interior, p.inner);
	return p;
}

/* S += weight z z' with z = 1 at b_i and -2 x_i at u: takes `weight` from L(a_i, b_i). */
static void cross(struct lift_point *p, ptrdiff_t i, double weight)
{
	const struct lift *l = p->lift;
	ptrdiff_t n = l->n;

	mat_set(p->S, i, i, mat_get(p->S, i, i) + (real)weight);
	for (ptrdiff_t k = 0; k < l->d; k++) {
		double x = weight * (double)mat_get(l->X, i, k);

		mat_set(p->S, i, n + k, mat_get(p->S, i, n + k) - (real)(2 * x));
		mat_set(p->S, n + k, i, mat_get(p->S, i, n + k));
		for (ptrdiff_t m = 0; m < l->d; m++)
			mat_set(p->S, n + m, n + k,
				mat_get(p->S, n + m, n + k) +
					(real)(4 * x * (double)mat_get(l->X, i, m)));
	}
}

/* S with L(a_i, b_i) = 0, still definite if it is. */
static void copy(struct lift_point *p, struct mat from)
{
	const struct lift *l = p->lift;

	mat_copy(p->S, from);
	for (ptrdiff_t i = 0; i < l->n; i++) {
		double much = (double)mat_get(p->S, i, i);

		for (ptrdiff_t k = 0; k < l->d; k++)
			much += (double)mat_get(l->X, i, k) * (double)mat_get(p->S, i, l->n + k);
		if (much > 0)
			cross(p, i, much);
		else
			mat_set(p->S, i, i, mat_get(p->S, i, i) - (real)much);
	}
	lift_products(l, p->S, p->L);
}

/* Of the entry (i, j), i > j and no L(a, b) of one direction: what e I leaves below 0. */
static double lacking(const struct lift_point *p, ptrdiff_t i, ptrdiff_t j, double e)
{
	return -(double)mat_get(p->L, i, j) - e * (double)mat_get(p->inner, i, j);
}

/* What the neuron between two directions, of length 1, gives that entry. */
static double product_of(const struct lift_point *p, ptrdiff_t i, ptrdiff_t j)
{
	const struct lift *l = p->lift;
	ptrdiff_t n = l->n;
	double cosine = 0;

	for (ptrdiff_t k = 0; k < l->d; k++)
		cosine += (double)mat_get(l->X, i % n, k) * (double)mat_get(l->X, j % n, k);
	return (1 + ((i < n) == (j < n) ? cosine : -cosine)) / 2;
}

/* The trace that all repairs cost at e; HUGE_VAL: too many neurons. */
static double price(const struct lift_point *p, double e)
{
	ptrdiff_t n = p->lift->n, q = p->wedge.rows, count = 0;
	double sum = e * (double)(p->lift->d + p->lift->c);
	double most = work / ((double)q * (double)q);

	for (ptrdiff_t j = 0; j < 2 * n; j++)
		for (ptrdiff_t i = j + 1; i < 2 * n; i++) {
			double lack = i - j == n ? 0 : lacking(p, i, j, e);

			if (!(lack > 0))
				continue;
			sum += lack / product_of(p, i, j);
			if ((double)++count > most)
				return HUGE_VAL;
		}
	return sum;
}

static double cheapest(const struct lift_point *p)
{
	ptrdiff_t n = p->lift->n;
	double most = 0, best, least = HUGE_VAL;

	for (ptrdiff_t j = 0; j < 2 * n; j++)
		for (ptrdiff_t i = j; i < 2 * n; i++)
			if (i - j != n)
				most = fmax(most, -(double)mat_get(p->L, i, j) /
							  (double)mat_get(p->inner, i, j));
	best = most;
	for (int level = 0; level < LEVELS && most > 0; level++, most /= growth) {
		double here = price(p, most);

		if (here < least) {
			least = here;
			best = most;
		}
	}
	return best;
}

/* S_qq += the moments of `count` neurons. */
static void flush(struct lift_point *p, ptrdiff_t count)
{
	ptrdiff_t q = p->wedge.rows;
	struct mat S = mat_rows(mat_cols(p->S, 0, q), 0, q);

	blas_syrk(1, mat_cols(p->wedge, 0, count), PLAIN, 1, S);
	blas_symmetrize(S);
}

/* A column of the neuron between two directions: b and u, times the root of its weight. */
static void place(struct lift_point *p, ptrdiff_t i, ptrdiff_t j, double weight, real *column)
{
	const struct lift *l = p->lift;
	ptrdiff_t n = l->n;
	double a = i < n ? 1 : -1, b = j < n ? 1 : -1;
	double length = 2 * sqrt(product_of(p, i, j));
	real *u = column + n;

	for (ptrdiff_t k = 0; k < l->d; k++)
		u[k] = (real)(sqrt(weight) / length *
			      (a * (double)mat_get(l->X, i % n, k) +
			       b * (double)mat_get(l->X, j % n, k)));
	blas_gemv(1, l->X, PLAIN, u, 0, p->preactivation);
	for (ptrdiff_t k = 0; k < n; k++)
		column[k] = p->preactivation[k] < 0 ? -p->preactivation[k] : 0;
}

static void repair(struct lift_point *p, double e)
{
	ptrdiff_t n = p->lift->n, count = 0;

	for (ptrdiff_t j = 0; j < 2 * n; j++)
		for (ptrdiff_t i = j + 1; i < 2 * n; i++) {
			double lack = i - j == n ? 0 : lacking(p, i, j, e);

			if (!(lack > 0))
				continue;
			place(p, i, j, lack / product_of(p, i, j), mat_col(p->wedge, count++));
			if (count == BATCH) {
				flush(p, count);
				count = 0;
			}
		}
	flush(p, count);
}

double lift_point_near(struct lift_point *p, struct mat from)
{
	const struct lift *l = p->lift;
	double e, before = 0;

	copy(p, from);
	e = cheapest(p);
	repair(p, e);
	for (e = fmax(e, first_share * blas_mat_norm(p->S)); e < HUGE_VAL; e *= growth) {
		for (ptrdiff_t j = 0; j < l->order; j++)
			blas_axpy((size_t)l->order, e - before, mat_col(p->interior, j),
				  mat_col(p->S, j));
		before = e;
		mat_copy(p->work, p->S);
		if (blas_cholesky(p->work))
			return lift_residual(l, p->S, p->R);
	}
	return HUGE_VAL;
}
