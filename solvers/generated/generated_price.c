/* Local pricing. See generated_price.h. */
#include "solvers/generated/generated_price.h"

#include "solvers/core/rng.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIXED = 8,     /* fixed-point steps */
	GRADIENT = 50, /* gradient steps */
	SPARSE = 5     /* samples in a combination, about */
};

/* Lengths of gradient steps: from 1 down to this. */
static const double shortest = 2e-3;

/* Of the normal numbers by which neurons in use are moved. */
static const double perturbation = 0.05;

struct price price_new(const struct problem *problem, ptrdiff_t starts, struct arena *arena)
{
	struct price s = {.problem = problem, .starts = starts};
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, k = problem->y.k;
	float **points[] = {&s.U, &s.C, &s.best};

	s.X = ARENA_ARRAY(arena, float, n *d);
	s.nu = ARENA_ARRAY(arena, float, n *k);
	for (size_t i = 0; i < sizeof points / sizeof *points; i++)
		*points[i] = ARENA_ARRAY(arena, float, d *starts);
	s.value = ARENA_ARRAY(arena, float, starts);
	s.Z = ARENA_ARRAY(arena, float, n *PRICE_BLOCK);
	s.q = ARENA_ARRAY(arena, float, k *PRICE_BLOCK);
	s.W = ARENA_ARRAY(arena, float, k > 1 ? n * PRICE_BLOCK : 0);
	s.order = ARENA_ARRAY(arena, ptrdiff_t, starts);
	if (arena_counts(arena))
		return s;
	for (ptrdiff_t j = 0; j < d; j++)
		for (ptrdiff_t i = 0; i < n; i++)
			s.X[i + j * n] = (float)mat_get(problem->X, i, j);
	return s;
}

/* u (d) has length 1; false, and it is as it was, if it is zero. */
static bool normalise(ptrdiff_t d, float *u)
{
	double square = 0;
	float factor;

	for (ptrdiff_t j = 0; j < d; j++)
		square += (double)u[j] * (double)u[j];
	if (!(square > 0))
		return false;
	factor = (float)(1 / sqrt(square));
	for (ptrdiff_t j = 0; j < d; j++)
		u[j] *= factor;
	return true;
}

static void random_direction(struct rng *rng, ptrdiff_t d, float *u)
{
	for (ptrdiff_t j = 0; j < d; j++)
		u[j] = (float)rng_normal(rng);
}

/* A combination of some samples. */
static void combine_samples(const struct price *s, struct rng *rng, float *u)
{
	ptrdiff_t n = s->problem->X.rows, d = s->problem->X.cols;

	memset(u, 0, (size_t)d * sizeof *u);
	for (int t = 0; t < SPARSE; t++) {
		ptrdiff_t i = (ptrdiff_t)rng_below(rng, (size_t)n);
		float weight = (float)rng_normal(rng);

		for (ptrdiff_t j = 0; j < d; j++)
			u[j] += weight * s->X[i + j * n];
	}
}

/* Half of the starts near neurons in use, as far as there are so many, the others random. */
static void begin(struct price *s, const struct neurons *neurons)
{
	struct rng rng = rng_stream(s->problem->seed, "pricing", (uint64_t)s->round++);
	ptrdiff_t d = s->problem->X.cols, used = neurons->count;

	for (ptrdiff_t i = 0; i < s->starts; i++) {
		float *u = s->U + i * d;
		ptrdiff_t turn = i / 2;

		if (turn % 2 == 0 && used > 0) {
			const real *from =
				mat_col(neurons->U, (ptrdiff_t)rng_below(&rng, (size_t)used));
			float by = turn % 4 == 0 ? (float)perturbation : 0;

			random_direction(&rng, d, u);
			for (ptrdiff_t j = 0; j < d; j++)
				u[j] = (float)from[j] + by * u[j];
		} else if (turn % 4 == 1) {
			combine_samples(s, &rng, u);
		} else {
			random_direction(&rng, d, u);
		}
		if (!normalise(d, u)) {
			u[0] = 1;
			normalise(d, u);
		}
		s->value[i] = -1;
	}
}

/* Z (n x count) of preactivations becomes [Z > 0] o nu, of one output; starts of odd number look
 * for the other sign. */
static void mask(const struct price *s, ptrdiff_t first, ptrdiff_t count)
{
	ptrdiff_t n = s->problem->X.rows;

	for (ptrdiff_t i = 0; i < count; i++) {
		float *restrict z = s->Z + i * n, sign = (first + i) % 2 ? -1 : 1;
		const float *restrict nu = s->nu;

#pragma omp simd
		for (ptrdiff_t r = 0; r < n; r++)
			z[r] = z[r] > 0 ? sign * nu[r] : 0;
	}
}

/* The same of several outputs: [Z > 0] o (Nu w), w = Nu' relu(X u) / |.|. */
static void mask_outputs(const struct price *s, ptrdiff_t count)
{
	int n = (int)s->problem->X.rows, k = (int)s->problem->y.k;

	for (ptrdiff_t i = 0; i < n * count; i++)
		s->Z[i] = s->Z[i] > 0 ? s->Z[i] : 0;
	cblas_sgemm(CblasColMajor, CblasTrans, CblasNoTrans, k, (int)count, n, 1, s->nu, n, s->Z, n,
		    0, s->q, k);
	for (ptrdiff_t i = 0; i < count; i++)
		normalise(k, s->q + i * k);
	cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, n, (int)count, k, 1, s->nu, n, s->q,
		    k, 0, s->W, n);
	for (ptrdiff_t i = 0; i < n * count; i++)
		s->Z[i] = s->Z[i] > 0 ? s->W[i] : 0;
}

/* Gradients C of starts first .. first + count - 1 at U; the value is u'C. */
static void gradients(struct price *s, ptrdiff_t first, ptrdiff_t count)
{
	int n = (int)s->problem->X.rows, d = (int)s->problem->X.cols;

	cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, n, (int)count, d, 1, s->X, n,
		    s->U + first * d, d, 0, s->Z, n);
	if (s->problem->y.k > 1)
		mask_outputs(s, count);
	else
		mask(s, first, count);
	cblas_sgemm(CblasColMajor, CblasTrans, CblasNoTrans, d, (int)count, n, 1, s->X, n, s->Z, n,
		    0, s->C + first * d, d);
}

/* The best point is kept; u moves along its gradient by `length` and back to the sphere, or with a
 * length of 0 to the direction of the gradient. */
static void move(struct price *s, ptrdiff_t i, float length)
{
	ptrdiff_t d = s->problem->X.cols;
	float *u = s->U + i * d, *c = s->C + i * d, value = 0;

	for (ptrdiff_t j = 0; j < d; j++)
		value += u[j] * c[j];
	if (value > s->value[i]) {
		s->value[i] = value;
		memcpy(s->best + i * d, u, (size_t)d * sizeof *u);
	}
	if (!normalise(d, c))
		return;
	for (ptrdiff_t j = 0; j < d; j++)
		u[j] = length > 0 ? u[j] + length * c[j] : c[j];
	if (!normalise(d, u))
		memcpy(u, s->best + i * d, (size_t)d * sizeof *u);
}

/* Starts by value: they are hundreds. */
static void sort(struct price *s)
{
	for (ptrdiff_t i = 0; i < s->starts; i++) {
		ptrdiff_t p = i;

		for (; p > 0 && s->value[s->order[p - 1]] < s->value[i]; p--)
			s->order[p] = s->order[p - 1];
		s->order[p] = i;
	}
}

double price_search(struct price *s, const struct neurons *neurons, struct mat nu)
{
	double factor = pow(shortest, 1.0 / (GRADIENT - 1));

	for (ptrdiff_t c = 0; c < nu.cols; c++)
		for (ptrdiff_t i = 0; i < nu.rows; i++)
			s->nu[i + c * nu.rows] = (float)mat_get(nu, i, c);
	begin(s, neurons);
	for (ptrdiff_t first = 0; first < s->starts; first += PRICE_BLOCK) {
		ptrdiff_t left = s->starts - first, count = left < PRICE_BLOCK ? left : PRICE_BLOCK;
		double length = 1;

		for (int step = 0; step < FIXED + GRADIENT; step++) {
			gradients(s, first, count);
			for (ptrdiff_t i = first; i < first + count; i++)
				move(s, i, step < FIXED ? 0 : (float)length);
			length *= step < FIXED ? 1 : factor;
		}
	}
	sort(s);
	return (double)s->value[s->order[0]];
}

/* Whether u (d) is apart from the neurons first .. count - 1. */
static bool is_apart(const struct neurons *neurons, ptrdiff_t first, const float *u, double apart)
{
	for (ptrdiff_t j = first; j < neurons->count; j++) {
		const real *v = mat_col(neurons->U, j);
		double product = 0;

		for (ptrdiff_t i = 0; i < neurons->U.rows; i++)
			product += (double)u[i] * (double)v[i];
		if (1 - product <= apart)
			return false;
	}
	return true;
}

ptrdiff_t price_add(struct price *s, struct neurons *neurons, ptrdiff_t most, double least,
		    double apart)
{
	ptrdiff_t d = neurons->U.rows, first = neurons->count;

	for (ptrdiff_t i = 0;
	     i < s->starts && neurons->count - first < most && neurons->count < neurons->room;
	     i++) {
		const float *u = s->best + s->order[i] * d;
		real *to = mat_col(neurons->U, neurons->count);
		double square = 0;

		if (!((double)s->value[s->order[i]] > least))
			break;
		if (!is_apart(neurons, first, u, apart))
			continue;
		for (ptrdiff_t j = 0; j < d; j++)
			square += (double)u[j] * (double)u[j];
		for (ptrdiff_t j = 0; j < d; j++)
			to[j] = (real)((double)u[j] / sqrt(square));
		for (ptrdiff_t c = 0; c < neurons->A.cols; c++)
			mat_set(neurons->A, neurons->count, c, 0);
		neurons->count++;
	}
	neurons_activate(neurons, first);
	return neurons->count - first;
}
