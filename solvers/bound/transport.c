/* See transport.h. */
#include "solvers/bound/transport.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	NEAREST = 10,
	REFRESHED = 3, /* times that pairs are looked for again */
	RANK = 20,
	BLOCK = 32,
	STEPS = 10, /* of a round */
	FIRST = 8,
	METRIC = 3, /* steps of the metric in each, FIRST in the beginning */
	ROUNDS = 40,
	LAST_LOOK = 14, /* round that looks for pairs */
	LAST = 60,      /* of the metric, after the last step of pi */
	HALVINGS = 40
};

/* Exponent of a change of pi, after the last look for pairs a smaller one so that it settles, and
 * its largest factor. */
static const double power = 0.5, late_power = 0.25, most_change = 5;
/* Share of its range that a nu keeps to. */
static const double inside = 1 - 1e-9;
/* A new pair starts with this share of the mean flow. */
static const double fresh = 0.1;
/* Least gain, and least length of V'delta relative to the mean. */
static const double least_gain = 1e-3, least_length = 1e-3;

struct transport transport_new(struct dual *dual, struct arena *arena)
{
	ptrdiff_t n = dual->rows->n, d = dual->rows->d, r = d < RANK ? d : RANK;
	struct transport t = {.dual = dual};

	t.X = mat_new(arena, d, n);
	t.V = mat_new(arena, d, r);
	t.Z = mat_new(arena, r, n);
	t.L = mat_new(arena, r, n);
	t.LX = mat_new(arena, d, n);
	t.block = mat_new(arena, n, BLOCK);
	t.room = n * (1 + 2 * NEAREST * (1 + REFRESHED));
	t.pair = ARENA_ARRAY(arena, struct transport_pair, t.room);
	t.nu = ARENA_ARRAY(arena, double, n);
	t.slope = ARENA_ARRAY(arena, double, n);
	t.shift = ARENA_ARRAY(arena, double, n);
	t.length = ARENA_ARRAY(arena, double, n);
	t.b = ARENA_ARRAY(arena, real, d);
	t.along = ARENA_ARRAY(arena, real, d);
	t.G = mat_new(arena, d, d);
	t.H = mat_new(arena, d, d);
	t.M = mat_new(arena, d + 1, d + 1);
	t.w = ARENA_ARRAY(arena, real, d);
	t.coefficient = ARENA_ARRAY(arena, double, d);
	t.alpha = ARENA_ARRAY(arena, real, dual->problem->X.rows);
	blas_expect_eigen(arena, d);
	t.rng = rng_stream(dual->problem->seed, "transport", 0);
	return t;
}

/* --- pairs ---------------------------------------------------------------------------------------
 */

static bool upper_side(const struct transport *t, ptrdiff_t i)
{
	return t->dual->mean[i] > 0;
}

static int by_rows(const void *a, const void *b)
{
	const struct transport_pair *p = a, *q = b;

	if (p->i != q->i)
		return p->i < q->i ? -1 : 1;
	if (p->j != q->j)
		return p->j < q->j ? -1 : 1;
	return (p->pi < q->pi) - (p->pi > q->pi);
}

/* Sorted, each pair once, with its largest flow. */
static void tidy(struct transport *t)
{
	ptrdiff_t kept = 0;

	qsort(t->pair, (size_t)t->count, sizeof *t->pair, by_rows);
	for (ptrdiff_t p = 0; p < t->count; p++)
		if (kept == 0 || t->pair[kept - 1].i != t->pair[p].i ||
		    t->pair[kept - 1].j != t->pair[p].j)
			t->pair[kept++] = t->pair[p];
	t->count = kept;
}

static void add(struct transport *t, ptrdiff_t i, ptrdiff_t j, double pi)
{
	if (t->count < t->room)
		t->pair[t->count++] = (struct transport_pair){.i = i, .j = j, .pi = pi};
}

/* The nearest rows of the other side, distances in column c of the block. */
static void add_nearest(struct transport *t, ptrdiff_t i, const real *inner, double flow)
{
	double best[NEAREST];
	ptrdiff_t at[NEAREST], count = 0;
	bool upper = upper_side(t, i);

	for (ptrdiff_t j = 0; j < t->X.cols; j++) {
		double square = t->length[j] - 2 * (double)inner[j];
		ptrdiff_t place = count;

		if (upper_side(t, j) == upper ||
		    (count == NEAREST && !(square < best[NEAREST - 1])))
			continue;
		if (count == NEAREST)
			place = --count;
		for (; place > 0 && best[place - 1] > square; place--) {
			best[place] = best[place - 1];
			at[place] = at[place - 1];
		}
		best[place] = square;
		at[place] = j;
		count++;
	}
	for (ptrdiff_t c = 0; c < count; c++)
		add(t, upper ? i : at[c], upper ? at[c] : i, flow);
}

/* Neighbours across the sides in the coordinates of the columns of Z. */
static void look_for_pairs(struct transport *t, struct mat Z, double flow)
{
	ptrdiff_t n = Z.cols;

	for (ptrdiff_t i = 0; i < n; i++) {
		double norm = blas_norm((size_t)Z.rows, mat_col(Z, i));

		t->length[i] = norm * norm;
	}
	for (ptrdiff_t first = 0; first < n; first += BLOCK) {
		ptrdiff_t count = n - first < BLOCK ? n - first : BLOCK;
		struct mat inner = mat_cols(t->block, 0, count);

		inner.rows = n;
		blas_gemm(1, Z, TRANSPOSED, mat_cols(Z, first, count), PLAIN, 0, inner);
		for (ptrdiff_t c = 0; c < count; c++)
			add_nearest(t, first + c, mat_col(inner, c), flow);
	}
	tidy(t);
}

/* --- steps ---------------------------------------------------------------------------------------
 */

static void measure(struct transport *t)
{
	double sum = 0;

	blas_gemm(1, t->V, TRANSPOSED, t->X, PLAIN, 0, t->Z);
	for (ptrdiff_t p = 0; p < t->count; p++) {
		struct transport_pair *q = &t->pair[p];
		const real *zi = mat_col(t->Z, q->i), *zj = q->j < 0 ? NULL : mat_col(t->Z, q->j);
		double square = 0;

		for (ptrdiff_t k = 0; k < t->Z.rows; k++) {
			double z = (double)zi[k] - (zj ? (double)zj[k] : 0);

			square += z * z;
		}
		/* a row below its mean takes its flow from 0 */
		q->along = ((double)zi[0] - (zj ? (double)zj[0] : 0)) * transport_side(t, q);
		q->length = sqrt(square);
		sum += q->length;
	}
	for (ptrdiff_t p = 0; p < t->count; p++)
		t->pair[p].g = t->pair[p].pi /
			       fmax(t->pair[p].length, least_length * sum / (double)t->count);
}

/* V <- normalised G V + b e_1'. */
static void turn_metric(struct transport *t)
{
	double norm;

	measure(t);
	transport_laplacian(t, t->Z, t->L);
	blas_gemm(1, t->X, PLAIN, t->L, TRANSPOSED, 0, t->V);
	blas_axpy((size_t)t->V.rows, 1, t->b, mat_col(t->V, 0));
	norm = blas_mat_norm(t->V);
	for (ptrdiff_t c = 0; c < t->V.cols && norm > 0; c++)
		blas_scale((size_t)t->V.rows, 1 / norm, mat_col(t->V, c));
}

/* All flow of a row has one sign: where that leaves the range of nu, the row's flow is cut. */
static void keep_inside(struct transport *t)
{
	const struct dual *dual = t->dual;
	bool all = true;

	transport_divergence(t);
	for (ptrdiff_t i = 0; i < t->X.cols; i++) {
		double most = inside * (t->nu[i] > 0 ? dual->high[i] : -dual->low[i]);
		double size = fabs(t->nu[i]);

		t->shift[i] = size > most ? most / size : 1;
		all = all && !(size > most);
	}
	if (all)
		return;
	for (ptrdiff_t p = 0; p < t->count; p++) {
		struct transport_pair *q = &t->pair[p];

		q->pi *= fmin(t->shift[q->i], q->j < 0 ? 1 : t->shift[q->j]);
	}
	transport_divergence(t);
}

/* By how much the dual objective rises along s nu. */
static double slope_along(const struct transport *t, double s)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < t->X.cols; i++)
		sum += t->nu[i] * dual_slope(t->dual, i, s * t->nu[i]);
	return sum;
}

/* The s of the largest dual objective, at most `most`, in or out of range. */
static double best_multiple(const struct transport *t, double most)
{
	const struct dual *dual = t->dual;
	double linear = 0, square = 0, low = 0, high = most;

	if (!dual->problem->loss.loss->box) {
		if (slope_along(t, most) >= 0)
			return most;
		for (int step = 0; step < HALVINGS; step++) {
			double s = (low + high) / 2;

			if (slope_along(t, s) >= 0)
				low = s;
			else
				high = s;
		}
		return low;
	}
	for (ptrdiff_t i = 0; i < t->X.cols; i++) {
		linear += t->nu[i] * dual->mean[i];
		square += t->nu[i] * t->nu[i] / dual->mass[i];
	}
	return fmin(most, linear / square);
}

/* Flow times s where the estimate of kappa asks for it; multiplicative ascent of the dual objective
 * less mu kappa. */
static void change_flow(struct transport *t)
{
	double cost = 0, s, total = 0, mu, exponent;

	measure(t);
	for (ptrdiff_t p = 0; p < t->count; p++)
		cost += t->pair[p].pi * (t->pair[p].along + t->pair[p].length) / 2;
	s = best_multiple(t, t->dual->problem->beta / cost);
	if (!(s > 0 && s < HUGE_VAL))
		return;
	for (ptrdiff_t i = 0; i < t->X.cols; i++)
		t->slope[i] = dual_slope(t->dual, i, s * t->nu[i]);
	cost = 0;
	for (ptrdiff_t p = 0; p < t->count; p++) {
		struct transport_pair *q = &t->pair[p];
		double from = t->slope[q->i], to = q->j < 0 ? 0 : t->slope[q->j];

		q->pi *= s;
		q->gain = fmax(least_gain, transport_side(t, q) * (from - to));
		total += q->pi * q->gain;
		cost += q->pi * ((q->along + q->length) / 2 + 1e-3 * q->length);
	}
	mu = total / cost;
	exponent = t->rounds > LAST_LOOK ? late_power : power;
	for (ptrdiff_t p = 0; p < t->count; p++) {
		struct transport_pair *q = &t->pair[p];
		double price = mu * ((q->along + q->length) / 2 + 1e-3 * q->length);
		double by = price > 0 ? q->gain / price : most_change;

		q->pi *= pow(fmax(1 / most_change, fmin(most_change, by)), exponent);
	}
	keep_inside(t);
}

static double mean_flow(const struct transport *t)
{
	double sum = 0;

	for (ptrdiff_t p = 0; p < t->count; p++)
		sum += t->pair[p].pi;
	return t->count > 0 ? sum / (double)t->count : 0;
}

void transport_start(struct transport *t)
{
	ptrdiff_t n = t->dual->rows->n, d = t->X.rows;
	struct mat *wide[] = {&t->X, &t->Z, &t->L, &t->LX};

	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		wide[i]->cols = n;
	for (ptrdiff_t i = 0; i < n; i++)
		for (ptrdiff_t k = 0; k < d; k++)
			mat_set(t->X, k, i, (real)distinct_at(t->dual->rows, i)[k]);
	for (ptrdiff_t c = 0; c < t->V.cols; c++)
		for (ptrdiff_t k = 0; k < d; k++)
			mat_set(t->V, k, c, (real)rng_normal(&t->rng));
	for (ptrdiff_t i = 0; i < n; i++)
		add(t, i, -1, 0.5 / NEAREST);
	look_for_pairs(t, t->X, 0.5 / NEAREST);
	keep_inside(t);
	for (int k = 0; k < FIRST; k++)
		turn_metric(t);
}

bool transport_round(struct transport *t)
{
	bool last = t->rounds == ROUNDS - 1;

	if (t->rounds >= ROUNDS || t->X.cols == 0)
		return false;
	if (t->rounds == 3 || t->rounds == 8 || t->rounds == LAST_LOOK)
		look_for_pairs(t, t->Z, fresh * mean_flow(t));
	keep_inside(t);
	for (int step = 0; step < STEPS; step++) {
		for (int k = 0; k < (t->rounds < 2 ? FIRST : METRIC); k++)
			turn_metric(t);
		change_flow(t);
	}
	for (int k = 0; k < (last ? LAST : METRIC); k++)
		turn_metric(t);
	measure(t);
	transport_certify(t);
	t->rounds++;
	return true;
}
