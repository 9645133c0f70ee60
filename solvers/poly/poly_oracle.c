/* Worst cases of quadratic functions by their eigendecomposition. See poly_oracle.h. */
#include "solvers/poly/poly_oracle.h"

#include "solvers/core/blas.h"
#include "solvers/semidefinite/trust_region.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 256, STEPS = 200 };

static const double accurate = 1e-13; /* of the value at the clean point, of a distance */

struct poly_oracle *poly_oracle_new(ptrdiff_t d, const bool *frozen, struct arena *arena)
{
	struct poly_oracle *o = ARENA_NEW(arena, struct poly_oracle);
	ptrdiff_t *column = ARENA_ARRAY(arena, ptrdiff_t, d), last = d;

	*o = (struct poly_oracle){.d = d, .column = column};
	for (ptrdiff_t j = 0; j < d; j++)
		column[frozen && frozen[j] ? --last : o->free++] = j;
	o->Q = mat_new(arena, d + 1, d + 1);
	o->V = mat_new(arena, o->free, o->free);
	o->values = ARENA_ARRAY(arena, real, o->free);
	o->e = ARENA_ARRAY(arena, double, o->free);
	o->g = ARENA_ARRAY(arena, double, o->free);
	o->u = ARENA_ARRAY(arena, double, o->free);
	o->X = mat_new(arena, BLOCK, d);
	o->T = mat_new(arena, BLOCK, d);
	o->F = mat_new(arena, BLOCK, o->free);
	o->G = mat_new(arena, BLOCK, o->free);
	blas_expect_eigen(arena, o->free);
	return o;
}

bool poly_oracle_set(struct poly_oracle *o, struct mat Q)
{
	mat_copy(o->Q, Q);
	for (ptrdiff_t j = 0; j < o->free; j++)
		for (ptrdiff_t i = 0; i < o->free; i++)
			mat_set(o->V, i, j, mat_get(Q, o->column[i], o->column[j]));
	if (!blas_eigen(o->V, o->values))
		return false;
	o->size = 0;
	for (ptrdiff_t i = 0; i < o->free; i++) {
		o->e[i] = (double)o->values[i];
		o->size = fmax(o->size, fabs(o->e[i]));
	}
	return isfinite(o->size);
}

/* Of the rows at hand: T = X Q1 + 1 q2', G = its free columns in the eigenbasis. */
static void load(struct poly_oracle *o, struct mat X)
{
	ptrdiff_t n = X.rows;
	struct mat T = mat_rows(o->T, 0, n), G = mat_rows(o->G, 0, n), F = mat_rows(o->F, 0, n);

	blas_gemm(1, X, PLAIN, mat_rows(mat_cols(o->Q, 0, o->d), 0, o->d), PLAIN, 0, T);
	for (ptrdiff_t j = 0; j < o->d; j++)
		for (ptrdiff_t k = 0; k < n; k++)
			mat_set(T, k, j, mat_get(T, k, j) + mat_get(o->Q, o->d, j));
	if (o->free == 0)
		return;
	for (ptrdiff_t i = 0; i < o->free; i++)
		memcpy(mat_col(F, i), mat_col(T, o->column[i]), (size_t)n * sizeof(real));
	blas_gemm(1, F, PLAIN, o->V, PLAIN, 0, G);
}

/* f at row k of the rows at hand. */
static double value_at(const struct poly_oracle *o, struct mat X, ptrdiff_t k)
{
	double f = (double)mat_get(o->Q, o->d, o->d);

	for (ptrdiff_t j = 0; j < o->d; j++)
		f += (double)mat_get(X, k, j) *
		     ((double)mat_get(o->T, k, j) + (double)mat_get(o->Q, o->d, j));
	return f;
}

static struct trust_region region_at(struct poly_oracle *o, ptrdiff_t k, double sign, double radius)
{
	for (ptrdiff_t i = 0; i < o->free; i++)
		o->g[i] = (double)mat_get(o->G, k, i);
	return (struct trust_region){
		.d = o->free, .e = o->e, .g = o->g, .sign = sign, .radius = radius};
}

/* The rows of `worst`: those of X and the steps in the eigenbasis that G holds. T is
 * overwritten. */
static void move(struct poly_oracle *o, struct mat X, struct mat worst)
{
	struct mat G = mat_rows(o->G, 0, X.rows), T = mat_rows(o->T, 0, X.rows);

	if (worst.at != X.at)
		mat_copy(worst, X);
	if (o->free == 0)
		return;
	T.cols = o->free;
	blas_gemm(1, G, PLAIN, o->V, TRANSPOSED, 0, T);
	for (ptrdiff_t i = 0; i < o->free; i++)
		blas_axpy((size_t)X.rows, 1, mat_col(T, i), mat_col(worst, o->column[i]));
}

/* Row k of those at hand: the least gain of sign f within the radius; G becomes its step. */
static double descend(struct poly_oracle *o, ptrdiff_t k, double sign, double radius)
{
	struct trust_region t = region_at(o, k, sign, radius);
	double gain = 0;

	for (ptrdiff_t i = 0; i < o->free; i++)
		o->u[i] = 0;
	if (radius > 0 && o->free > 0)
		gain = fmin(0, trust_region_least(&t, o->u));
	for (ptrdiff_t i = 0; i < o->free; i++)
		mat_set(o->G, k, i, (real)o->u[i]);
	return gain;
}

void poly_oracle_margins(struct poly_oracle *o, const struct poly_points *p)
{
	for (ptrdiff_t first = 0; first < p->X.rows; first += BLOCK) {
		ptrdiff_t rest = p->X.rows - first, count = rest < BLOCK ? rest : BLOCK;
		struct mat X = mat_rows(p->X, first, count);

		load(o, X);
		for (ptrdiff_t k = 0; k < count; k++) {
			double sign = p->y ? (double)p->y[first + k] : 1;
			double value = sign * value_at(o, X, k);
			double gain = descend(o, k, sign, p->radius);

			if (p->value)
				p->value[first + k] = value;
			if (p->lower)
				p->lower[first + k] = value + gain;
		}
		if (p->worst)
			move(o, X, mat_rows(*p->worst, first, count));
	}
}

double poly_oracle_sphere(struct poly_oracle *o, double sign, real *x)
{
	struct trust_region t = {
		.d = o->d, .e = o->e, .g = o->g, .sign = -sign, .radius = 1, .sphere = true};
	double least;

	for (ptrdiff_t i = 0; i < o->d; i++) {
		o->g[i] = 0;
		for (ptrdiff_t j = 0; j < o->d; j++)
			o->g[i] += (double)mat_get(o->V, j, i) * (double)mat_get(o->Q, o->d, j);
	}
	least = trust_region_least(&t, o->u);
	for (ptrdiff_t j = 0; j < o->d; j++) {
		double sum = 0;

		for (ptrdiff_t i = 0; i < o->d; i++)
			sum += (double)mat_get(o->V, j, i) * o->u[i];
		x[j] = (real)sum;
	}
	return sign * (double)mat_get(o->Q, o->d, o->d) - least;
}

/* The dual of  min |u|^2  with  value + sum_i e_i u_i^2 + 2 g_i u_i <= 0  at the multiplier m, and
 * its derivative, the constraint at u(m) = -m g / (1 + m e). */
struct dual {
	double bound, slope, bend;
};

static struct dual dual_at(const struct trust_region *t, double value, double m)
{
	struct dual at = {.bound = m * value, .slope = value};

	for (ptrdiff_t i = 0; i < t->d; i++) {
		double e = t->sign * t->e[i], width = 1 + m * e, u = t->g[i] / width;

		at.bound -= m * m * t->g[i] * u;
		at.slope -= m * u * u * (2 + m * e);
		at.bend += 2 * u * u / width;
	}
	return at;
}

/* By strong duality (S-lemma) the largest bound over m >= 0 with 1 + m e > 0, where the slope
 * vanishes: Newton's method between a point on each side. Every m gives a bound. */
static double distance_at(struct poly_oracle *o, ptrdiff_t k, double value, double sign)
{
	struct trust_region t = region_at(o, k, sign, 1);
	double low = 0, high, least = 0, size = o->size, best = 0, m;
	struct dual at = {0};

	if (!(value > 0))
		return 0;
	for (ptrdiff_t i = 0; i < t.d; i++) {
		least = fmin(least, sign * t.e[i]);
		size = fmax(size, 2 * t.g[i] * t.g[i] / value);
	}
	high = least < 0 ? -1 / least : HUGE_VAL;
	m = size > 0 ? 0.5 / size : 1;
	for (int step = 0; step < STEPS; step++) {
		double next;

		at = dual_at(&t, value, m);
		best = fmax(best, at.bound);
		if (fabs(at.slope) <= accurate * value)
			break;
		if (at.slope > 0)
			low = m;
		else
			high = m;
		next = m + at.slope / at.bend;
		if (!(next > low && next < high))
			next = isfinite(high) ? low + (high - low) / 2 : 4 * m;
		if (!(next > m || next < m))
			break;
		m = next;
	}
	return isfinite(high) || at.slope <= accurate * value ? sqrt(best) : HUGE_VAL;
}

void poly_oracle_distances(struct poly_oracle *o, const struct poly_rows *rows, double *out)
{
	for (ptrdiff_t first = 0; first < rows->count; first += BLOCK) {
		ptrdiff_t rest = rows->count - first, count = rest < BLOCK ? rest : BLOCK;
		struct mat X = mat_rows(o->X, 0, count);

		for (ptrdiff_t j = 0; j < o->d; j++)
			for (ptrdiff_t k = 0; k < count; k++)
				mat_set(X, k, j, mat_get(rows->X, rows->row[first + k], j));
		load(o, X);
		for (ptrdiff_t k = 0; k < count; k++) {
			ptrdiff_t row = rows->row[first + k];
			double sign = (double)rows->sign[first + k];

			out[row] =
				fmin(out[row], distance_at(o, k, sign * value_at(o, X, k), sign));
		}
	}
}
