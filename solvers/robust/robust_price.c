/* Pricing of robust neurons. See robust_price.h. */
#include "solvers/robust/robust_price.h"

#include "solvers/core/blas.h"
#include "solvers/core/index.h"
#include "solvers/core/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	STARTS = 128, /* half of them for each sign */
	STEPS = 60
};

/* The length of the last step as a share of the first one. */
static const double shortest = 2e-3;

/* Radii by which samples are kept away from the wall of a neuron. */
static const double reach = 1.05;

struct search {
	const struct robust *r;
	struct mat At;      /* d x n */
	struct mat U;       /* d x STARTS */
	struct mat Z, M;    /* n x STARTS: preactivations; what is on, and what is too near */
	struct mat G, N;    /* d x STARTS: the gradient, and away from samples that are too near */
	struct index known; /* patterns, by the bytes in `key` */
	char *key;          /* n */
	struct found *at;   /* patterns that have been found */
	size_t count, before; /* known ones, those of the program first */
	real *g, *y;          /* d, n */
};

struct found {
	double most; /* |sum_k d_k a_k| */
	char *on;    /* n */
	size_t turn;
};

/* A copy of the pattern in s->key, if it is a new one. */
static char *keep(struct search *s, struct arena *arena)
{
	size_t n = (size_t)s->At.cols;
	char *on;

	if (index_find_bytes(&s->known, s->key, n) != INDEX_NONE)
		return NULL;
	on = ARENA_ARRAY(arena, char, n);
	memcpy(on, s->key, n);
	index_place_bytes(&s->known, on, n, s->count);
	return on;
}

static struct search search_new(const struct robust *r, struct mat At, struct mat seen,
				struct arena *arena)
{
	ptrdiff_t n = r->problem->X.rows, d = r->threat.d;
	struct search s = {.r = r,
			   .At = At,
			   .U = mat_new(arena, d, STARTS),
			   .Z = mat_new(arena, n, STARTS),
			   .M = mat_new(arena, n, STARTS),
			   .G = mat_new(arena, d, STARTS),
			   .N = mat_new(arena, d, STARTS),
			   .known = index_new((size_t)seen.cols + STARTS, arena),
			   .key = ARENA_ARRAY(arena, char, n),
			   .g = ARENA_ARRAY(arena, real, d),
			   .y = ARENA_ARRAY(arena, real, n)};

	for (ptrdiff_t i = 0; i < seen.cols; i++) {
		for (ptrdiff_t k = 0; k < n; k++)
			s.key[k] = mat_get(seen, k, i) > 0;
		s.count += keep(&s, arena) != NULL;
	}
	s.before = s.count;
	s.at = ARENA_ARRAY(arena, struct found, STARTS + 2 * r->D.cols * d + 1);
	return s;
}

static void propose(struct search *s, struct arena *arena)
{
	ptrdiff_t n = s->At.cols, d = s->At.rows;
	struct found *to = &s->at[s->count - s->before];

	to->on = keep(s, arena);
	if (!to->on)
		return;
	to->turn = s->count++;
	memset(s->g, 0, (size_t)d * sizeof *s->g);
	for (ptrdiff_t k = 0; k < n; k++)
		if (s->key[k])
			blas_axpy((size_t)d, 1, mat_col(s->At, k), s->g);
	to->most = blas_norm((size_t)d, s->g);
}

/* In turn a random direction, and a sample with some of one. */
static void begin(struct search *s, long round)
{
	struct rng rng = rng_stream(s->r->problem->seed, "robust pricing", (uint64_t)round);

	for (ptrdiff_t i = 0; i < STARTS; i++) {
		real *u = mat_col(s->U, i);

		for (ptrdiff_t j = 0; j < s->U.rows; j++)
			u[j] = (real)rng_normal(&rng);
		if (i % 4 < 2)
			continue;
		blas_axpy((size_t)s->U.rows, rng_uniform(&rng) < 0.5 ? -2 : 2,
			  mat_col(s->r->Xt, (ptrdiff_t)rng_below(&rng, (size_t)s->At.cols)), u);
	}
}

static void normalise(ptrdiff_t d, real *u)
{
	double length = blas_norm((size_t)d, u);

	if (length > 0)
		blas_scale((size_t)d, 1 / length, u);
}

/* The masks of start i from its preactivations: M what is on, with the sign that is looked for, and
 * in Z the signs of the samples whose balls touch the wall; whether there are any. */
static bool mask(struct search *s, ptrdiff_t i)
{
	real *z = mat_col(s->Z, i), *on = mat_col(s->M, i), sign = i % 2 ? -1 : 1;
	double least = reach * s->r->threat.eps * threat_dual(&s->r->threat, mat_col(s->U, i));
	bool any = false;

	for (ptrdiff_t k = 0; k < s->Z.rows; k++) {
		bool near = fabs((double)z[k]) < least;

		on[k] = z[k] > 0 ? sign : 0;
		z[k] = !near ? 0 : z[k] > 0 ? 1 : -1;
		any = any || near;
	}
	return any;
}

/* One step of all starts: of length `length` along the gradient, where balls touch the wall less of
 * it, and of that length away from these samples. */
static void ascend(struct search *s, double length, double share)
{
	ptrdiff_t d = s->U.rows;
	bool near[STARTS];

	blas_gemm(1, s->r->problem->X, PLAIN, s->U, PLAIN, 0, s->Z); /* n x STARTS */
	for (ptrdiff_t i = 0; i < STARTS; i++)
		near[i] = mask(s, i);
	blas_gemm(1, s->At, PLAIN, s->M, PLAIN, 0, s->G);    /* d x STARTS */
	blas_gemm(1, s->r->Xt, PLAIN, s->Z, PLAIN, 0, s->N); /* d x STARTS */
	for (ptrdiff_t i = 0; i < STARTS; i++) {
		real *u = mat_col(s->U, i), *g = mat_col(s->G, i), *away = mat_col(s->N, i);

		normalise(d, g);
		normalise(d, away);
		blas_axpy((size_t)d, length * (near[i] ? share : 1), g, u);
		if (near[i])
			blas_axpy((size_t)d, length, away, u);
		normalise(d, u);
	}
}

/* The patterns at which the ascents end. */
static void climb(struct search *s, long round, struct arena *arena)
{
	double factor = pow(shortest, 1.0 / (STEPS - 1)), length = 1;

	begin(s, round);
	for (int step = 0; step < STEPS; step++) {
		ascend(s, length, 1 - (double)step / STEPS);
		length *= factor;
	}
	blas_gemm(1, s->r->problem->X, PLAIN, s->U, PLAIN, 0, s->Z);
	for (ptrdiff_t i = 0; i < STARTS; i++) {
		for (ptrdiff_t k = 0; k < s->Z.rows; k++)
			s->key[k] = mat_get(s->Z, k, i) > 0;
		propose(s, arena);
	}
}

/* Pattern i with a sample on the other side, of each of the d samples that come nearest to the wall
 * of its neuron v. */
static void cross(struct search *s, ptrdiff_t i, const real *v, struct arena *arena)
{
	ptrdiff_t n = s->At.cols, d = s->At.rows;

	if (!(blas_norm((size_t)d, v) > 0))
		return;
	for (ptrdiff_t k = 0; k < n; k++) {
		double e = mat_get(s->r->D, k, i) > 0 ? 1 : -1;

		s->key[k] = e > 0;
		s->y[k] = (real)(e * blas_dot((size_t)d, mat_col(s->r->Xt, k), v));
	}
	for (ptrdiff_t t = 0; t < d && t < n; t++) {
		ptrdiff_t nearest = 0;

		for (ptrdiff_t k = 1; k < n; k++)
			nearest = s->y[k] < s->y[nearest] ? k : nearest;
		s->y[nearest] = (real)HUGE_VAL;
		s->key[nearest] = !s->key[nearest];
		propose(s, arena);
		s->key[nearest] = !s->key[nearest];
	}
}

static int by_most(const void *a, const void *b)
{
	const struct found *p = a, *q = b;

	if (p->most != q->most)
		return p->most > q->most ? -1 : 1;
	return p->turn < q->turn ? -1 : 1;
}

ptrdiff_t robust_price(const struct robust *r, const struct robust_look *look, struct mat D)
{
	struct arena scratch = {0};
	struct search s = search_new(r, look->At, look->seen, &scratch);
	ptrdiff_t count = 0;

	climb(&s, look->round, &scratch);
	for (ptrdiff_t i = 0; i < r->D.cols; i++) {
		cross(&s, i, mat_col(look->V, i), &scratch);
		cross(&s, i, mat_col(look->W, i), &scratch);
	}
	qsort(s.at, s.count - s.before, sizeof *s.at, by_most);
	while (count < D.cols && (size_t)count < s.count - s.before &&
	       s.at[count].most > r->problem->beta) {
		for (ptrdiff_t k = 0; k < D.rows; k++)
			mat_set(D, k, count, s.at[count].on[k]);
		count++;
	}
	arena_release(&scratch);
	return count;
}
