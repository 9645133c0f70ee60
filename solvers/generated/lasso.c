/* Active set of the lasso. See lasso.h. */
#include "solvers/generated/lasso.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <string.h>

/* Share of its own square that a column has outside the span of active ones, at least. */
static const double independent = 256 * REAL_EPSILON;

struct lasso lasso_new(ptrdiff_t most, struct arena *arena)
{
	struct lasso l = {0};

	l.L = mat_lower(arena, most);
	l.active = ARENA_ARRAY(arena, ptrdiff_t, most);
	l.sign = ARENA_ARRAY(arena, double, most);
	l.used = ARENA_ARRAY(arena, bool, most);
	l.barred = ARENA_ARRAY(arena, bool, most);
	l.c = ARENA_ARRAY(arena, real, most);
	l.z = ARENA_ARRAY(arena, real, most);
	l.w = ARENA_ARRAY(arena, real, most);
	return l;
}

static struct mat factor_of(const struct lasso *l)
{
	return mat_rows(mat_cols(l->L, 0, l->count), 0, l->count);
}

/* w = L^-1 (column j of G over the active entries); what of its square is left. */
static double project(struct lasso *l, struct mat G, ptrdiff_t j)
{
	double norm;

	for (ptrdiff_t i = 0; i < l->count; i++)
		l->w[i] = mat_get(G, l->active[i], j);
	blas_trsv(factor_of(l), PLAIN, l->w);
	norm = blas_norm((size_t)l->count, l->w);
	return (double)mat_get(G, j, j) - norm * norm;
}

/* Entry j joins, with w as project left it. */
static void append(struct lasso *l, ptrdiff_t j, double left, double sign)
{
	for (ptrdiff_t i = 0; i < l->count; i++)
		mat_set(l->L, l->count, i, l->w[i]);
	mat_set(l->L, l->count, l->count, (real)sqrt(left));
	l->active[l->count] = j;
	l->sign[l->count++] = sign;
	l->used[j] = true;
}

/* The entry at place p leaves: rotations bring the rows below it back to a triangle. */
static void drop(struct lasso *l, ptrdiff_t p)
{
	l->used[l->active[p]] = false;
	for (ptrdiff_t i = p; i + 1 < l->count; i++) {
		l->active[i] = l->active[i + 1];
		l->sign[i] = l->sign[i + 1];
	}
	for (ptrdiff_t j = 0; j < l->count; j++) {
		real *column = mat_col(l->L, j);
		ptrdiff_t from = j > p ? j : p;

		/* row i + 1 becomes row i; column j then begins at row j - 1 */
		for (ptrdiff_t i = j > p ? from - 1 : from; i + 1 < l->count; i++)
			column[i] = column[i + 1];
	}
	l->count--;
	for (ptrdiff_t j = p; j < l->count; j++) {
		real *x = mat_col(l->L, j), *y = mat_col(l->L, j + 1);
		double length = hypot((double)x[j], (double)y[j]), c, s;

		if (!(length > 0))
			continue;
		c = (double)x[j] / length;
		s = (double)y[j] / length;
		for (ptrdiff_t i = j; i < l->count; i++) {
			double a = (double)x[i], b = (double)y[i];

			x[i] = (real)(c * a + s * b);
			y[i] = (real)(c * b - s * a);
		}
	}
}

/* Column j, a combination of active ones, changes along it in the direction `way`, until an active
 * entry or its own is 0: the former leaves. False if its own is, or if there is no end. */
static bool exchange(struct lasso *l, ptrdiff_t j, double way, real *a)
{
	double most = way * (double)a[j] < 0 ? fabs((double)a[j]) : HUGE_VAL;
	ptrdiff_t p = -1;

	for (ptrdiff_t i = 0; i < l->count; i++) {
		double toward = way * (double)l->w[i] * l->sign[i];
		double length = toward > 0 ? fabs((double)a[l->active[i]]) / toward : HUGE_VAL;

		if (length < most) {
			most = length;
			p = i;
		}
	}
	if (!isfinite(most))
		return false;
	for (ptrdiff_t i = 0; i < l->count; i++)
		a[l->active[i]] -= (real)(most * way * (double)l->w[i]);
	a[j] = p < 0 ? 0 : a[j] + (real)(most * way);
	if (p < 0)
		return false;
	a[l->active[p]] = 0;
	drop(l, p);
	return true;
}

/* Entry j, of this sign or, where it is not 0, of its own, becomes active after as many exchanges
 * as it takes, each in the direction in which |a|_1 falls; false if it does not. */
static bool enter(struct lasso *l, struct mat G, ptrdiff_t j, double sign, real *a)
{
	double own = (double)mat_get(G, j, j);
	bool given = fabs((double)a[j]) > 0;

	if (!(own > 0) || l->count >= l->L.cols)
		return false;
	for (;;) {
		double left = project(l, G, j), rate = sign;

		if (left > independent * own) {
			append(l, j, left, sign);
			return true;
		}
		blas_trsv(factor_of(l), TRANSPOSED, l->w); /* w_i times the active is column j */
		for (ptrdiff_t i = 0; i < l->count; i++)
			rate -= l->sign[i] * (double)l->w[i];
		if (!exchange(l, j, given && rate > 0 ? -1 : given ? 1 : sign, a))
			return false;
	}
}

/* c = b - G a */
static void slopes(struct lasso *l, struct mat G, const real *b, const real *a)
{
	memcpy(l->c, b, (size_t)G.rows * sizeof *b);
	for (ptrdiff_t i = 0; i < l->count; i++)
		blas_axpy((size_t)G.rows, -(double)a[l->active[i]], mat_col(G, l->active[i]), l->c);
}

/* Whether the factor of all active columns at once is one of independent columns. */
static bool factor_all(struct lasso *l, struct mat G)
{
	struct mat L = factor_of(l);

	for (ptrdiff_t j = 0; j < l->count; j++)
		for (ptrdiff_t i = j; i < l->count; i++)
			mat_set(L, i, j, mat_get(G, l->active[i], l->active[j]));
	if (!blas_cholesky(L))
		return false;
	for (ptrdiff_t j = 0; j < l->count; j++) {
		double left = (double)mat_get(L, j, j);

		if (!(left * left > independent * (double)mat_get(G, l->active[j], l->active[j])))
			return false;
	}
	return true;
}

void lasso_reduce(struct lasso *l, struct mat G, real *a)
{
	l->count = 0;
	memset(l->barred, 0, (size_t)G.rows * sizeof *l->barred);
	for (ptrdiff_t j = 0; j < G.rows; j++) {
		l->used[j] = fabs((double)a[j]) > 0;
		if (!l->used[j])
			continue;
		l->active[l->count] = j;
		l->sign[l->count++] = a[j] > 0 ? 1 : -1;
	}
	if (l->count == 0 || factor_all(l, G))
		return;
	l->count = 0;
	for (ptrdiff_t j = 0; j < G.rows; j++) {
		l->used[j] = false;
		if (fabs((double)a[j]) > 0 && !enter(l, G, j, a[j] > 0 ? 1 : -1, a))
			a[j] = 0;
	}
}

/* To the minimum over the active entries, or to the first 0 on the way there, which leaves; whether
 * it came to the minimum. */
static bool descend(struct lasso *l, struct mat G, double beta, real *a)
{
	double length = 1;
	ptrdiff_t p = -1, j;

	if (l->count == 0)
		return true;
	for (ptrdiff_t i = 0; i < l->count; i++)
		l->z[i] = l->c[l->active[i]] - (real)(beta * l->sign[i]);
	blas_trsv(factor_of(l), PLAIN, l->z);
	blas_trsv(factor_of(l), TRANSPOSED, l->z);
	for (ptrdiff_t i = 0; i < l->count; i++) {
		double at = l->sign[i] * (double)a[l->active[i]],
		       change = l->sign[i] * (double)l->z[i];

		if (at + length * change > 0)
			continue;
		length = change < 0 ? fmin(length, at / -change) : 0;
		p = i;
	}
	for (ptrdiff_t i = 0; i < l->count && length > 0; i++) {
		a[l->active[i]] += (real)(length * (double)l->z[i]);
		blas_axpy((size_t)G.rows, -length * (double)l->z[i], mat_col(G, l->active[i]),
			  l->c);
	}
	if (p < 0)
		return true;
	j = l->active[p];
	l->barred[j] |= !(length > 0);
	a[j] = 0;
	drop(l, p);
	return false;
}

void lasso_solve(struct lasso *l, struct mat G, const real *b, double beta, double tolerance,
		 real *a)
{
	ptrdiff_t changes = 20 * G.rows + 100; /* far more than any has taken */

	lasso_reduce(l, G, a);
	slopes(l, G, b, a);
	while (changes-- > 0) {
		double most = beta * (1 + tolerance);
		ptrdiff_t next = -1;

		if (!descend(l, G, beta, a))
			continue;
		for (ptrdiff_t j = 0; j < G.rows; j++)
			if (!l->used[j] && !l->barred[j] && fabs((double)l->c[j]) > most) {
				most = fabs((double)l->c[j]);
				next = j;
			}
		if (next < 0)
			break;
		if (!enter(l, G, next, l->c[next] > 0 ? 1 : -1, a))
			l->barred[next] = true;
	}
}
