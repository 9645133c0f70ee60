/* Local pricing. See generated_price.h. */
#include "solvers/generated/generated_price.h"

#include "solvers/core/blas.h"
#include "solvers/core/rng.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	FIXED = 8,      /* fixed-point steps */
	GRADIENT = 50,  /* gradient steps */
	SPARSE = 5,     /* samples in a combination, about */
	FEW = 24,       /* features */
	SLOTS = 2,      /* of the table of rows, per row */
	CLIMBS = 100,   /* features at most for exact maxima */
	SCATTERED = 32, /* climbs in a round beside the ascents */
	CHUNK = 256,    /* samples at a time where features are few */
	TURNS = 50,     /* of a climb, of several outputs */
	ENOUGH = 4      /* times the neurons that are wanted are violated: no more starts */
};

/* Lengths of gradient steps: from 1 down to this. */
static const double shortest = 2e-3;

/* The same of brief ascents. */
enum { BRIEF_FIXED = 4, BRIEF_GRADIENT = 10 };
static const double brief_shortest = 2e-2;

/* Samples times features. */
static const double many = 3e5;

/* 1 - u'v of two directions that are one. */
static const double known = 1e-13 > REAL_EPSILON ? 1e-13 : REAL_EPSILON;

/* Operations of the climbs of a round. */
static const double climbing = 4e9;

/* What a value may lack before its maximum is climbed to, as a share. */
static const double reach = 0.02;

/* Share of the value that a turn gains at least. */
static const double turned = 16 * REAL_EPSILON;

/* Lengths by which neurons in use are moved. */
static const double least_moved = 0.03, most_moved = 1;

static bool few(const struct problem *problem)
{
	return problem->X.cols <= FEW && problem->y.k == 1;
}

/* Whether maxima are found to rounding: systems of order d for each. */
static bool climbs(const struct problem *problem)
{
	return problem->X.cols <= CLIMBS;
}

static bool same_row(const struct price *s, ptrdiff_t i, ptrdiff_t j)
{
	ptrdiff_t n = s->n, c = 0;

	while (c < s->problem->X.cols &&
	       memcmp(s->X + i + c * n, s->X + j + c * n, sizeof *s->X) == 0)
		c++;
	return c == s->problem->X.cols;
}

/* The place of row i in the table of rows: its own, or that of an equal one. */
static ptrdiff_t slot_of(const struct price *s, ptrdiff_t i)
{
	ptrdiff_t n = s->n, size = SLOTS * n;
	uint64_t hash = 14695981039346656037u; /* Fowler, Noll, Vo */
	ptrdiff_t slot;

	for (ptrdiff_t c = 0; c < s->problem->X.cols; c++) {
		uint32_t bits;

		memcpy(&bits, s->X + i + c * n, sizeof bits);
		hash = (hash ^ bits) * 1099511628211u;
	}
	slot = (ptrdiff_t)(hash % (uint64_t)size);
	while (s->table[slot] > 0 && !same_row(s, s->table[slot] - 1, i))
		slot = (slot + 1) % size;
	return slot;
}

/* X (n x d) without its repeated rows, columns n apart, and which of the `rows` left each sample
 * has. */
static void take_rows(struct price *s, struct mat X)
{
	for (ptrdiff_t i = 0; i < X.rows; i++) {
		ptrdiff_t slot, at = s->rows;

		for (ptrdiff_t c = 0; c < X.cols; c++)
			s->X[at + c * X.rows] = (float)mat_get(X, i, c) + 0.0F; /* no -0 */
		slot = slot_of(s, at);
		if (s->table[slot] == 0)
			s->table[slot] = ++s->rows;
		s->row[i] = s->table[slot] - 1;
		for (ptrdiff_t c = 0; c < X.cols && climbs(s->problem); c++)
			mat_set(s->climb.X, s->row[i], c, mat_get(X, i, c));
	}
	if (climbs(s->problem))
		climb_begin(&s->climb, s->rows);
}

struct price price_new(const struct problem *problem, ptrdiff_t starts, struct arena *arena)
{
	struct price s = {.problem = problem, .starts = starts};
	struct arena scratch = arena_beside(arena);
	ptrdiff_t n = ranks_total(problem->ranks, problem->X.rows), d = problem->X.cols,
		  k = problem->y.k, share;
	float **points[] = {&s.U, &s.C, &s.best};
	struct mat whole = problem->ranks ? mat_new(&scratch, n, d) : problem->X;

	s.n = n;
	share = ranks_rows_of(0, ranks_count(problem->ranks), PRICE_BLOCK).rows; /* the largest */
	s.many = (double)n * (double)d >= many;
	s.gathered = mat_new(arena, problem->ranks ? n : 0, k);
	s.X = ARENA_ARRAY(arena, float, n *d);
	s.nu = ARENA_ARRAY(arena, float, n *k);
	for (size_t i = 0; i < sizeof points / sizeof *points; i++)
		*points[i] = ARENA_ARRAY(arena, float, d *starts);
	s.value = ARENA_ARRAY(arena, float, starts);
	s.Z = ARENA_ARRAY(arena, float, n *share);
	s.q = ARENA_ARRAY(arena, float, k *share);
	s.W = ARENA_ARRAY(arena, float, k > 1 ? n * share : 0);
	s.w = ARENA_ARRAY(arena, double, k);
	s.order = ARENA_ARRAY(arena, ptrdiff_t, starts);
	s.row = ARENA_ARRAY(arena, ptrdiff_t, n);
	s.table = ARENA_ARRAY(arena, ptrdiff_t, SLOTS * n);
	s.Q = ARENA_ARRAY(arena, double, few(problem) ? d *d : 0);
	if (climbs(problem))
		s.climb = climb_new(n, d, arena);
	if (!arena_counts(arena))
		take_rows(&s, ranks_whole(problem->ranks, problem->X, whole));
	arena_release(&scratch);
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

/* q (d) loses its part along the unit vector p. */
static void without(ptrdiff_t d, const double *p, double *q)
{
	double along = 0;

	for (ptrdiff_t j = 0; j < d; j++)
		along += p[j] * q[j];
	for (ptrdiff_t j = 0; j < d; j++)
		q[j] -= along * p[j];
}

/* A combination of some samples. */
static void combine_samples(const struct price *s, struct rng *rng, float *u)
{
	ptrdiff_t n = s->n, d = s->problem->X.cols;

	memset(u, 0, (size_t)d * sizeof *u);
	for (int t = 0; t < SPARSE; t++) {
		ptrdiff_t i = (ptrdiff_t)rng_below(rng, (size_t)s->rows);
		float weight = (float)rng_normal(rng);

		for (ptrdiff_t j = 0; j < d; j++)
			u[j] += weight * s->X[i + j * n];
	}
}

/* The direction on which d - 1 samples have kinks: what is left of a random one. */
static void kink(struct price *s, struct rng *rng, float *u)
{
	ptrdiff_t n = s->n, d = s->problem->X.cols, count = 0;

	random_direction(rng, d, u);
	for (ptrdiff_t t = 0; t + 1 < d; t++) {
		ptrdiff_t i = (ptrdiff_t)rng_below(rng, (size_t)s->rows);
		double *q = s->Q + count * d, before = 0, square = 0;

		for (ptrdiff_t j = 0; j < d; j++) {
			q[j] = (double)s->X[i + j * n];
			before += q[j] * q[j];
		}
		for (ptrdiff_t p = 0; p < count; p++)
			without(d, s->Q + p * d, q);
		for (ptrdiff_t j = 0; j < d; j++)
			square += q[j] * q[j];
		if (!(square > 1e-8 * before)) /* a combination of those before, but for rounding */
			continue;
		for (ptrdiff_t j = 0; j < d; j++)
			q[j] /= sqrt(square);
		count++;
	}
	for (ptrdiff_t j = 0; j < d; j++)
		s->Q[(d - 1) * d + j] = (double)u[j];
	for (ptrdiff_t p = 0; p < count; p++)
		without(d, s->Q + p * d, s->Q + (d - 1) * d);
	for (ptrdiff_t j = 0; j < d; j++)
		u[j] = (float)s->Q[(d - 1) * d + j];
}

/* A neuron in use, perturbed by little or much. */
static void perturb(const struct price *s, const struct neurons *neurons, struct rng *rng, float *u)
{
	ptrdiff_t d = s->problem->X.cols;
	const real *from = mat_col(neurons->U, (ptrdiff_t)rng_below(rng, (size_t)neurons->count));
	double by = most_moved * pow(least_moved / most_moved, rng_uniform(rng)) / sqrt((double)d);

	random_direction(rng, d, u);
	for (ptrdiff_t j = 0; j < d; j++)
		u[j] = (float)((double)from[j] + by * (double)u[j]);
}

/* In turn: near a neuron in use, a combination of samples, a kink, random. */
static void draw(struct price *s, const struct neurons *neurons, ptrdiff_t turn, struct rng *rng,
		 float *u)
{
	ptrdiff_t d = s->problem->X.cols;

	if (turn % 4 == 0 && neurons->count > 0)
		perturb(s, neurons, rng, u);
	else if (turn % 4 == 1)
		combine_samples(s, rng, u);
	else if (turn % 4 == 2 && few(s->problem))
		kink(s, rng, u);
	else
		random_direction(rng, d, u);
	if (!normalise(d, u)) {
		u[0] = 1;
		normalise(d, u);
	}
}

/* Starts, each kind for both signs. */
static void begin(struct price *s, const struct neurons *neurons, ptrdiff_t first, ptrdiff_t count)
{
	struct rng rng = rng_stream(s->problem->seed, "pricing", (uint64_t)s->round++);

	for (ptrdiff_t i = first; i < first + count; i++) {
		draw(s, neurons, i / 2, &rng, s->U + i * s->problem->X.cols);
		s->value[i] = -1;
	}
}

/* Z (n x count) of preactivations becomes [Z > 0] o nu, of one output; starts of odd number look
 * for the other sign. */
static void mask(const struct price *s, ptrdiff_t first, ptrdiff_t count)
{
	ptrdiff_t n = s->n;

	for (ptrdiff_t i = 0; i < count; i++) {
		float *restrict z = s->Z + i * n, sign = (first + i) % 2 ? -1 : 1;
		const float *restrict nu = s->nu;

#pragma omp simd
		for (ptrdiff_t r = 0; r < s->rows; r++)
			z[r] = z[r] > 0 ? sign * nu[r] : 0;
	}
}

/* The same of several outputs: [Z > 0] o (Nu w), w = Nu' relu(X u) / |.|. */
static void mask_outputs(const struct price *s, ptrdiff_t count)
{
	int n = (int)s->n, k = (int)s->problem->y.k, m = (int)s->rows;

	for (ptrdiff_t i = 0; i < n * count; i++)
		s->Z[i] = s->Z[i] > 0 ? s->Z[i] : 0;
	cblas_sgemm(CblasColMajor, CblasTrans, CblasNoTrans, k, (int)count, m, 1, s->nu, n, s->Z, n,
		    0, s->q, k);
	for (ptrdiff_t i = 0; i < count; i++)
		normalise(k, s->q + i * k);
	cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, m, (int)count, k, 1, s->nu, n, s->q,
		    k, 0, s->W, n);
	for (ptrdiff_t i = 0; i < n * count; i++)
		s->Z[i] = s->Z[i] > 0 ? s->W[i] : 0;
}

/* C of one start by one pass over the samples, of one output: for few features, where a product of
 * matrices is mostly overhead. */
static void gradient_of_few(const struct price *s, ptrdiff_t i)
{
	ptrdiff_t n = s->n, d = s->problem->X.cols;
	const float *u = s->U + i * d;
	float *c = s->C + i * d, z[CHUNK], sign = i % 2 ? -1 : 1;

	memset(c, 0, (size_t)d * sizeof *c);
	for (ptrdiff_t first = 0; first < s->rows; first += CHUNK) {
		ptrdiff_t rows = s->rows - first < CHUNK ? s->rows - first : CHUNK;
		const float *restrict nu = s->nu + first;

		memset(z, 0, sizeof z);
		for (ptrdiff_t j = 0; j < d; j++) {
			const float *restrict x = s->X + first + j * n, by = u[j];

#pragma omp simd
			for (ptrdiff_t r = 0; r < rows; r++)
				z[r] += by * x[r];
		}
#pragma omp simd
		for (ptrdiff_t r = 0; r < rows; r++)
			z[r] = z[r] > 0 ? sign * nu[r] : 0;
		for (ptrdiff_t j = 0; j < d; j++) {
			const float *restrict x = s->X + first + j * n;
			float sum = 0;

#pragma omp simd reduction(+ : sum)
			for (ptrdiff_t r = 0; r < rows; r++)
				sum += z[r] * x[r];
			c[j] += sum;
		}
	}
}

/* Gradients C of starts first .. first + count - 1 at U; the value is u'C. */
static void gradients(struct price *s, ptrdiff_t first, ptrdiff_t count)
{
	int n = (int)s->n, d = (int)s->problem->X.cols, m = (int)s->rows;

	for (ptrdiff_t i = first; i < first + count && few(s->problem); i++)
		gradient_of_few(s, i);
	if (few(s->problem))
		return;
	cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, m, (int)count, d, 1, s->X, n,
		    s->U + first * d, d, 0, s->Z, n);
	if (s->problem->y.k > 1)
		mask_outputs(s, count);
	else
		mask(s, first, count);
	cblas_sgemm(CblasColMajor, CblasTrans, CblasNoTrans, d, (int)count, m, 1, s->X, n, s->Z, n,
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

/* Starts first .. first + count - 1 by value among those before: they are hundreds. */
static void sort(struct price *s, ptrdiff_t first, ptrdiff_t count)
{
	for (ptrdiff_t i = first; i < first + count; i++) {
		ptrdiff_t p = i;

		for (; p > 0 && s->value[s->order[p - 1]] < s->value[i]; p--)
			s->order[p] = s->order[p - 1];
		s->order[p] = i;
	}
}

static void ascend(struct price *s, ptrdiff_t first, ptrdiff_t count)
{
	bool brief = s->brief && s->many;
	int fixed = brief ? BRIEF_FIXED : FIXED, moves = brief ? BRIEF_GRADIENT : GRADIENT;
	double factor = pow(brief ? brief_shortest : shortest, 1.0 / (moves - 1)), length = 1;

	for (int step = 0; step < fixed + moves; step++) {
		gradients(s, first, count);
		for (ptrdiff_t i = first; i < first + count; i++)
			move(s, i, step < fixed ? 0 : (float)length);
		length *= step < fixed ? 1 : factor;
	}
}

/* A block of starts: each rank makes a part of their ascents, and all get the points. */
static void ascend_all(struct price *s, ptrdiff_t first, ptrdiff_t count)
{
	struct ranks *ranks = s->problem->ranks;
	struct ranks_rows mine = ranks_rows(ranks, count);
	size_t d = (size_t)s->problem->X.cols;

	if (mine.rows > 0)
		ascend(s, first + mine.first, mine.rows);
	for (int r = 0; ranks && r < ranks->count; r++) {
		struct ranks_rows of = ranks_rows_of(r, ranks->count, count);
		size_t at = (size_t)(first + of.first), starts = (size_t)of.rows;

		ranks_share(ranks, r, s->best + at * d, starts * d * sizeof *s->best);
		ranks_share(ranks, r, s->value + at, starts * sizeof *s->value);
	}
}

/* Climbs are to be of the dual point Nu w. */
static void aim(struct price *s, const double *w)
{
	struct mat nu = s->dual;

	memset(s->climb.nu, 0, (size_t)nu.rows * sizeof *s->climb.nu);
	for (ptrdiff_t c = 0; c < nu.cols; c++)
		for (ptrdiff_t i = 0; i < nu.rows; i++)
			s->climb.nu[s->row[i]] += (real)(w[c] * (double)mat_get(nu, i, c));
}

double price_search(struct price *s, const struct neurons *neurons, struct mat nu, ptrdiff_t wanted)
{
	const double one = 1;
	double beta = s->problem->beta;

	nu = s->dual = ranks_whole(s->problem->ranks, nu, s->gathered);
	memset(s->nu, 0, (size_t)(nu.rows * nu.cols) * sizeof *s->nu);
	for (ptrdiff_t c = 0; c < nu.cols; c++)
		for (ptrdiff_t i = 0; i < nu.rows; i++)
			s->nu[s->row[i] + c * nu.rows] += (float)mat_get(nu, i, c);
	if (climbs(s->problem) && nu.cols == 1)
		aim(s, &one);
	s->tried = 0;
	while (s->tried < s->starts) {
		ptrdiff_t left = s->starts - s->tried,
			  count = left < PRICE_BLOCK ? left : PRICE_BLOCK;

		begin(s, neurons, s->tried, count);
		ascend_all(s, s->tried, count);
		sort(s, s->tried, count);
		s->tried += count;
		if (s->tried > ENOUGH * wanted &&
		    (double)s->value[s->order[ENOUGH * wanted]] > beta)
			break;
	}
	return (double)s->value[s->order[0]];
}

/* Whether u (d) is apart from the neurons first .. count - 1. */
static bool is_apart(const struct neurons *neurons, ptrdiff_t first, const real *u, double apart)
{
	for (ptrdiff_t j = first; j < neurons->count; j++)
		if (1 - blas_dot((size_t)neurons->U.rows, u, mat_col(neurons->U, j)) <= apart)
			return false;
	return true;
}

/* w = Nu'relu(X u) and its length, with the features in the column of the neuron behind the last.
 */
static double value_of(const struct neurons *neurons, struct mat nu, const real *u, double *w)
{
	real *phi = mat_col(neurons->Phi, neurons->count);
	double square = 0;

	blas_gemv(1, neurons->problem->X, PLAIN, u, 0, phi);
	for (ptrdiff_t i = 0; i < nu.rows; i++)
		phi[i] = phi[i] > 0 ? phi[i] : 0;
	for (ptrdiff_t c = 0; c < nu.cols; c++)
		w[c] = blas_dot((size_t)nu.rows, mat_col(nu, c), phi);
	ranks_sum_all(neurons->problem->ranks, w, (size_t)nu.cols);
	for (ptrdiff_t c = 0; c < nu.cols; c++)
		square += w[c] * w[c];
	return sqrt(square);
}

/* u moves to a local maximum; of several outputs in turn with w = Nu'relu(X u) / |.|, of which it
 * is the largest of w'Nu'relu(X u) over unit w: neither part lowers it. */
static void climb(struct price *s, const struct neurons *neurons, struct mat nu, real *u)
{
	double before = 0, value;

	if (nu.cols == 1) {
		climb_to_maximum(&s->climb, u);
		return;
	}
	for (int turn = 0; turn < TURNS; turn++) {
		value = value_of(neurons, nu, u, s->w);
		if (!(value > before * (1 + turned)))
			break;
		before = value;
		for (ptrdiff_t c = 0; c < nu.cols; c++)
			s->w[c] /= value;
		aim(s, s->w);
		climb_to_maximum(&s->climb, u);
	}
}

/* The direction `to` joins if its value, at a maximum near it, is above `least`. */
static bool join(struct price *s, struct neurons *neurons, struct mat nu, struct price_wish wish,
		 ptrdiff_t first)
{
	real *to = mat_col(neurons->U, neurons->count);
	double value;

	if (!is_apart(neurons, first, to, wish.apart))
		return false;
	if (climbs(s->problem) && wish.exact) {
		climb(s, neurons, nu, to);
		if (!is_apart(neurons, first, to, wish.apart))
			return false;
	}
	if (!is_apart(neurons, 0, to, known))
		return false;
	value = value_of(neurons, nu, to, s->w);
	s->found = fmax(s->found, value);
	if (!(value > wish.least))
		return false;
	for (ptrdiff_t c = 0; c < neurons->A.cols; c++)
		mat_set(neurons->A, neurons->count, c, 0);
	neurons->count++;
	return true;
}

/* A direction of unit length, which that of `from` is in float only. */
static void take(const float *from, ptrdiff_t d, real *to)
{
	double square = 0;

	for (ptrdiff_t j = 0; j < d; j++)
		square += (double)from[j] * (double)from[j];
	for (ptrdiff_t j = 0; j < d; j++)
		to[j] = (real)((double)from[j] / sqrt(square));
}

/* Maxima near the neurons in use themselves. */
static void refine(struct price *s, struct neurons *neurons, struct mat nu, struct price_wish wish)
{
	ptrdiff_t first = neurons->count;

	wish.apart = -1;
	for (ptrdiff_t j = 0; j < first && neurons->count < neurons->room; j++) {
		mat_copy(mat_cols(neurons->U, neurons->count, 1), mat_cols(neurons->U, j, 1));
		join(s, neurons, nu, wish, first);
	}
}

/* Maxima next to directions from which no ascent by steps has gone elsewhere. */
static void scatter(struct price *s, struct neurons *neurons, struct mat nu, struct price_wish wish,
		    ptrdiff_t first)
{
	struct rng rng = rng_stream(s->problem->seed, "climbs", (uint64_t)s->round++);
	ptrdiff_t d = neurons->U.rows;

	for (ptrdiff_t i = 0; i < SCATTERED && neurons->count < neurons->room; i++) {
		real *to = mat_col(neurons->U, neurons->count);

		draw(s, neurons, i, &rng, s->U);
		take(s->U, d, to);
		join(s, neurons, nu, wish, first);
	}
}

ptrdiff_t price_add(struct price *s, struct neurons *neurons, struct mat nu, struct price_wish wish)
{
	ptrdiff_t d = neurons->U.rows, before = neurons->count, first;

	s->found = 0;
	s->climb.left = climbing;
	if (climbs(s->problem) && wish.exact)
		refine(s, neurons, nu, wish);
	first = neurons->count;
	for (ptrdiff_t i = 0;
	     i < s->tried && neurons->count - first < wish.most && neurons->count < neurons->room;
	     i++) {
		if (!((double)s->value[s->order[i]] > (1 - reach) * wish.least))
			break;
		take(s->best + s->order[i] * d, d, mat_col(neurons->U, neurons->count));
		join(s, neurons, nu, wish, first);
	}
	if (climbs(s->problem) && wish.exact)
		scatter(s, neurons, nu, wish, first);
	return neurons->count - before;
}
