/* Lawson and Hanson's active set method; see nnls.h for the notation. */
#include "solvers/tools/nnls.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { STEPS_PER_DIMENSION = 10 /* rows enter and leave about once; the limit guards cycling */ };

/* Slopes this small relative to |x_k| |r| are rounding. */
static const double slope_tolerance = 1e-12;
/* A row is dependent on the passive ones if less than this share of its square is new. */
static const double pivot_tolerance = 1e-12;

struct nnls nnls_new(struct mat X, struct arena *arena)
{
	ptrdiff_t n = X.rows, d = X.cols;
	struct nnls s = {0};

	s.size = ARENA_ARRAY(arena, double, n);
	s.slope = ARENA_ARRAY(arena, double, n);
	s.push = ARENA_ARRAY(arena, double, n);
	s.r = ARENA_ARRAY(arena, double, d);
	s.gram = ARENA_ARRAY(arena, double, d *d);
	s.factor = ARENA_ARRAY(arena, double, d *d);
	s.right = ARENA_ARRAY(arena, double, d);
	s.z = ARENA_ARRAY(arena, double, d);
	s.eta = ARENA_ARRAY(arena, double, d);
	s.passive = ARENA_ARRAY(arena, ptrdiff_t, d);
	s.row = ARENA_ARRAY(arena, double, d *d);
	if (!arena_counts(arena))
		nnls_take(&s, X);
	return s;
}

void nnls_take(struct nnls *s, struct mat X)
{
	s->X = X;
	memset(s->size, 0, (size_t)X.rows * sizeof *s->size);
	for (ptrdiff_t j = 0; j < X.cols; j++)
		for (ptrdiff_t k = 0; k < X.rows; k++)
			s->size[k] += (double)mat_get(X, k, j) * (double)mat_get(X, k, j);
	for (ptrdiff_t k = 0; k < X.rows; k++)
		s->size[k] = sqrt(s->size[k]);
}

static double dot(ptrdiff_t d, const double *x, const double *y)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < d; j++)
		sum += x[j] * y[j];
	return sum;
}

static double sign_of(const real *d, ptrdiff_t k)
{
	return d[k] > 0 ? 1 : -1;
}

/* out = X r, of the doubles r */
static void multiply(struct mat X, const double *u, double *out)
{
	memset(out, 0, (size_t)X.rows * sizeof *out);
	for (ptrdiff_t j = 0; j < X.cols; j++) {
		const real *x = mat_col(X, j);
		double c = u[j];

#pragma omp simd
		for (ptrdiff_t k = 0; k < X.rows; k++)
			out[k] += c * (double)x[k];
	}
}

/* A row and the rank that has it. */
struct nnls_row {
	int owner;
	ptrdiff_t k; /* -1: not of this rank, or none */
};

/* A row becomes passive: a new row of the Gram matrix, eta = 0. */
static void enter(struct nnls *s, const struct nnls_block *b, struct nnls_row new)
{
	ptrdiff_t m = s->count, d = s->X.cols;
	double *row = s->row + m * d;

	s->passive[m] = new.k;
	s->eta[m] = 0;
	for (ptrdiff_t j = 0; j < d && new.k >= 0; j++)
		row[j] = sign_of(b->d, new.k) * (double)mat_get(s->X, new.k, j);
	ranks_share(s->ranks, new.owner, row, (size_t)d * sizeof *row);
	for (ptrdiff_t i = 0; i <= m; i++) /* e_k e_l x_k'x_l */
		s->gram[m * d + i] = s->gram[i * d + m] = dot(d, row, s->row + i * d);
	s->right[m] = -dot(d, row, b->g);
	s->count++;
}

/* The i-th passive row leaves; the later ones move up. */
static void leave(struct nnls *s, ptrdiff_t i)
{
	ptrdiff_t d = s->X.cols, m = --s->count;

	s->factored = s->factored < i ? s->factored : i;
	for (ptrdiff_t a = i; a < m; a++) {
		s->passive[a] = s->passive[a + 1];
		s->eta[a] = s->eta[a + 1];
		s->right[a] = s->right[a + 1];
		memcpy(s->row + a * d, s->row + (a + 1) * d, (size_t)d * sizeof(double));
		memmove(s->gram + a * d, s->gram + (a + 1) * d, (size_t)(m + 1) * sizeof(double));
	}
	for (ptrdiff_t a = 0; a < m; a++)
		memmove(s->gram + a * d + i, s->gram + a * d + i + 1,
			(size_t)(m - i) * sizeof(double));
}

/* gram z = right by Cholesky; false if the rows are dependent. */
static bool solve_passive(struct nnls *s)
{
	ptrdiff_t d = s->X.cols;

	for (ptrdiff_t i = s->factored; i < s->count; s->factored = ++i) {
		double *row = s->factor + i * d, whole = s->gram[i * d + i], rest;

		for (ptrdiff_t j = 0; j < i; j++)
			row[j] = (s->gram[i * d + j] - dot(j, row, s->factor + j * d)) /
				 s->factor[j * d + j];
		rest = whole - dot(i, row, row);
		if (!(rest > pivot_tolerance * whole))
			return false;
		row[i] = sqrt(rest);
	}
	for (ptrdiff_t i = 0; i < s->count; i++) {
		double *row = s->factor + i * d;

		s->z[i] = (s->right[i] - dot(i, row, s->z)) / row[i];
	}
	for (ptrdiff_t i = s->count - 1; i >= 0; i--) {
		s->z[i] /= s->factor[i * d + i];
		for (ptrdiff_t j = 0; j < i; j++)
			s->z[j] -= s->factor[i * d + j] * s->z[i];
	}
	return true;
}

/* Move eta towards z until a row reaches zero, and let such rows leave; true if z was reached. */
static bool move(struct nnls *s)
{
	ptrdiff_t first = -1;
	double step = 1;

	for (ptrdiff_t i = 0; i < s->count; i++) {
		double limit = s->eta[i] > 0 ? s->eta[i] / (s->eta[i] - s->z[i]) : 0;

		if (s->z[i] <= 0 && (first < 0 || limit < step)) {
			step = limit;
			first = i;
		}
	}
	for (ptrdiff_t i = s->count - 1; i >= 0; i--) {
		bool falls = s->z[i] <= 0;

		s->eta[i] += step * (s->z[i] - s->eta[i]);
		if (i == first || (falls && !(s->eta[i] > 0)))
			leave(s, i);
	}
	return first < 0;
}

/* r = g + X'(e o eta); returns |r| */
static double residual(struct nnls *s, const struct nnls_block *b)
{
	ptrdiff_t d = s->X.cols;

	memcpy(s->r, b->g, (size_t)d * sizeof *s->r);
	for (ptrdiff_t i = 0; i < s->count; i++)
		for (ptrdiff_t j = 0; j < d; j++)
			s->r[j] += s->eta[i] * s->row[i * d + j];
	return sqrt(dot(d, s->r, s->r));
}

/* The row with the most negative slope; false if there is none. */
static bool steepest(struct nnls *s, const struct nnls_block *b, double norm,
		     struct nnls_row *worst)
{
	double least = -slope_tolerance * norm, found;
	ptrdiff_t at = -1;

	multiply(s->X, s->r, s->slope);
	for (ptrdiff_t k = 0; k < s->X.rows; k++) {
		double slope = sign_of(b->d, k) * s->slope[k];

		if (slope < least * s->size[k]) {
			least = slope / s->size[k];
			at = k;
		}
	}
	found = at < 0 ? HUGE_VAL : least;
	worst->owner = ranks_argleast(s->ranks, &found);
	worst->k = worst->owner == ranks_at(s->ranks) ? at : -1;
	return found < HUGE_VAL;
}

/* The least t with e o (X (r + t h)) >= 0, and g'u / |u| at the feasible u = r + t h: no more than
 * the value. */
static void find_lower(const struct nnls *s, const struct nnls_block *b, struct nnls_value *value)
{
	double t = 0, square = 0, along = 0;

	for (ptrdiff_t k = 0; k < s->X.rows; k++) {
		double e = sign_of(b->d, k), slack = e * s->slope[k], push = e * s->push[k];

		if (slack < 0)
			t = fmax(t, push > 0 ? -slack / push : HUGE_VAL);
	}
	t = ranks_largest(s->ranks, t);
	value->step = t;
	for (ptrdiff_t j = 0; j < s->X.cols && isfinite(t); j++) {
		double u = s->r[j] + (t > 0 ? t * (double)b->h[j] : 0);

		square += u * u;
		along += u * b->g[j];
	}
	if (square > 0)
		value->lower = fmax(value->lower, fmax(0, along / sqrt(square)));
}

struct nnls_value nnls_solve(struct nnls *s, struct nnls_block block, double low, double high)
{
	struct nnls_value value = {0, HUGE_VAL, 0};
	ptrdiff_t d = s->X.cols, most = STEPS_PER_DIMENSION * d;
	struct nnls_row worst;
	bool independent, any;

	s->count = s->factored = 0;
	for (ptrdiff_t j = 0; j < s->X.cols; j++)
		s->z[j] = block.h ? (double)block.h[j] : 0;
	multiply(s->X, s->z, s->push);
	for (ptrdiff_t step = 0; step <= most; step++) {
		double norm = residual(s, &block);

		any = steepest(s, &block, norm, &worst);
		value.upper = fmin(value.upper, norm);
		find_lower(s, &block, &value);
		if (!any) /* optimal */
			value.lower = value.upper;
		if (!any || value.upper <= low || value.lower > high || s->count == d)
			break;
		enter(s, &block, worst);
		/* the minimum over the passive rows, without those that turn negative */
		do
			independent = solve_passive(s);
		while (independent && !move(s));
		if (!independent) /* to rounding */
			break;
	}
	return value;
}

void nnls_gradient(struct mat X, const real *d, const real *alpha, double sign, double *g)
{
	for (ptrdiff_t j = 0; j < X.cols; j++) {
		const real *x = mat_col(X, j);
		double sum = 0;

#pragma omp simd reduction(+ : sum)
		for (ptrdiff_t k = 0; k < X.rows; k++)
			sum += (double)d[k] * (double)alpha[k] * (double)x[k];
		g[j] = sign * sum;
	}
}
