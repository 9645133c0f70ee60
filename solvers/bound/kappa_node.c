/* Affine majorants on a box. See kappa.h. Loops over terms are over contiguous numbers, so that
 * they are vector instructions. */
#include "solvers/bound/kappa_node.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { PASSES = 3, NEWTON = 40 };

/* A pass over the slopes must lower the bound by this share of its distance to the floor. */
static const double worth = 0.05;

/* Of the bound, per squared half side, in the score of a coordinate: |u| - w'u. */
static const double cap_share = 0.05;

struct kappa_scratch {
	ptrdiff_t count;
	ptrdiff_t *index;
	double *A, *B; /* d x count, of the open terms */
	double *w, *middle_a, *reach_a, *middle_b, *reach_b, *reach;
	double *by_a, *by_b, *offset, *score, *fixed, *free;
	double *x, *slope, *weight; /* of the terms with a free slope: rows of KAPPA_MOST, s, w */
	ptrdiff_t slopes;
};

struct box {
	ptrdiff_t d;
	double middle[KAPPA_MOST], half[KAPPA_MOST], w[KAPPA_MOST], length;
};

/* c'u + c0 */
struct affine {
	double c[KAPPA_MOST], c0;
};

/* The features of a box side by side. */
enum { LANES = 4, PARTS = KAPPA_MOST / LANES };

typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef int64_t mask __attribute__((vector_size(LANES * sizeof(int64_t))));

static const lanes one = {1, 1, 1, 1};
static const mask magnitude = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};

struct lane_box {
	lanes middle[PARTS], half[PARTS];
};

struct kappa_scratch *kappa_scratch_new(ptrdiff_t room, ptrdiff_t d, int threads,
					struct arena *arena)
{
	struct kappa_scratch *all = ARENA_ARRAY(arena, struct kappa_scratch, threads);

	for (int t = 0; t < threads; t++) {
		struct kappa_scratch *s = &all[t];
		double **of_term[] = {&s->w,       &s->middle_a, &s->reach_a, &s->middle_b,
				      &s->reach_b, &s->reach,    &s->by_a,    &s->by_b,
				      &s->offset,  &s->score,    &s->fixed,   &s->free,
				      &s->slope,   &s->weight};
		double **wide[] = {&s->A, &s->B};

		s->index = ARENA_ARRAY(arena, ptrdiff_t, room);
		for (size_t i = 0; i < sizeof of_term / sizeof *of_term; i++)
			*of_term[i] = ARENA_ARRAY(arena, double, room);
		for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
			*wide[i] = ARENA_ARRAY(arena, double, room *d);
		s->x = ARENA_ARRAY(arena, double, room *KAPPA_MOST);
	}
	return all;
}

static struct box box_of(const struct kappa_node *node, ptrdiff_t d)
{
	struct box box = {.d = d};

	for (ptrdiff_t k = 0; k < d; k++) {
		box.middle[k] = node->middle[k];
		box.half[k] = k == node->face ? 0 : ldexp(1, -node->depth[k]);
		box.length += box.middle[k] * box.middle[k];
	}
	box.length = sqrt(box.length);
	for (ptrdiff_t k = 0; k < d; k++)
		box.w[k] = box.middle[k] / box.length;
	return box;
}

/* The open terms, those of -nu with a and b exchanged. */
static void gather(const struct kappa *kappa, struct kappa_scratch *s,
		   const struct kappa_boxes *boxes, ptrdiff_t at)
{
	const uint64_t *open = kappa_boxes_open(boxes, at);
	bool plus = boxes->node[at].sign > 0;
	const double *A = plus ? kappa->A : kappa->B, *B = plus ? kappa->B : kappa->A;
	ptrdiff_t terms = kappa->plan.count, count = 0;

	for (ptrdiff_t word = 0; word < boxes->words; word++)
		for (uint64_t left = open[word]; left; left &= left - 1)
			s->index[count++] = 64 * word + __builtin_ctzll(left);
	s->count = count;
	for (ptrdiff_t p = 0; p < count; p++)
		s->w[p] = kappa->w[s->index[p]];
	for (ptrdiff_t k = 0; k < kappa->rows->d; k++)
		for (ptrdiff_t p = 0; p < count; p++) {
			s->A[k * count + p] = A[k * terms + s->index[p]];
			s->B[k * count + p] = B[k * terms + s->index[p]];
		}
}

/* Ranges of a'u, b'u and (a - b)'u. */
static void find_ranges(struct kappa_scratch *s, const struct box *box, ptrdiff_t d)
{
	size_t bytes = (size_t)s->count * sizeof(double);
	double *zero[] = {s->middle_a, s->reach_a, s->middle_b, s->reach_b, s->reach};

	for (size_t i = 0; i < sizeof zero / sizeof *zero; i++)
		memset(zero[i], 0, bytes);
	for (ptrdiff_t k = 0; k < d; k++) {
		const double *restrict a = s->A + k * s->count, *restrict b = s->B + k * s->count;
		double m = box->middle[k], h = box->half[k];

#pragma omp simd
		for (ptrdiff_t p = 0; p < s->count; p++) {
			s->middle_a[p] += a[p] * m;
			s->reach_a[p] += fabs(a[p]) * h;
			s->middle_b[p] += b[p] * m;
			s->reach_b[p] += fabs(b[p]) * h;
			s->reach[p] += fabs(a[p] - b[p]) * h;
		}
	}
}

/* Not fmax, which is a call. */
static inline double positive(double t)
{
	return t > 0 ? t : 0;
}

/* The slope of the chord of relu over middle +- reach; 0 or 1 where there is no kink inside. */
static inline double chord(double middle, double reach)
{
	double share = (middle + reach) / (2 * reach + DBL_MIN);

	share = share > 0 ? share : 0;
	return share < 1 ? share : 1;
}

/* 1: there is a kink inside. */
static inline double has_kink(double slope)
{
	return (slope > 0 ? 1.0 : 0.0) * (slope < 1 ? 1.0 : 0.0);
}

/* by_a a'u - by_b b'u + offset of each term, the better of both ways at the centre. Numbers instead
 * of conditions, for vector instructions. */
static void relax(struct kappa_scratch *restrict s)
{
	double *restrict by_a = s->by_a, *restrict by_b = s->by_b, *restrict offset = s->offset;
	double *restrict fixed = s->fixed, *restrict free = s->free, *restrict score = s->score;
	double *restrict middle_a = s->middle_a;

#pragma omp simd
	for (ptrdiff_t p = 0; p < s->count; p++) {
		double ma = middle_a[p], ra = s->reach_a[p], mb = s->middle_b[p];
		double rb = s->reach_b[p], md = ma - mb, rd = s->reach[p];
		double sa = chord(ma, ra), sb = chord(mb, rb), sd = chord(md, rd);
		double open_a = has_kink(sa), open_b = has_kink(sb), open;
		double off_a = open_a * sa * (ra - ma), off_d = has_kink(sd) * sd * (rd - md);
		double at = positive(ma) - positive(mb), apart = sa * ma + off_a - positive(ma);
		double together = sd * md + off_d - at, pair, cost;

		open = open_a > open_b ? open_a : open_b;
		pair = together < apart ? open : 0;
		by_a[p] = sa + pair * (sd - sa);
		by_b[p] = sb + pair * (sd - sb);
		offset[p] = pair > 0 ? off_d : off_a;
		fixed[p] = 1 - open;
		free[p] = (1 - pair) * open_b;
		cost = pair > 0 ? positive(together) : apart + open_b * sb * (rb - mb) / 2;
		score[p] = s->w[p] * cost / (ra + rb + rd + DBL_MIN);
		middle_a[p] = at; /* the value at the centre takes its place */
	}
}

/* The sum of the terms, of those that are fixed from now on, and of the scores. */
static struct affine collect(const struct kappa_scratch *s, const struct box *box,
			     struct kappa_node *node, double *score)
{
	struct affine f = {.c0 = 0};
	double value = 0, offset = 0;

#pragma omp simd reduction(+ : value, offset)
	for (ptrdiff_t p = 0; p < s->count; p++) {
		offset += s->w[p] * s->offset[p];
		value += s->w[p] * s->middle_a[p];
	}
	f.c0 = offset;
	for (ptrdiff_t k = 0; k < box->d; k++) {
		const double *a = s->A + k * s->count, *b = s->B + k * s->count;
		double all = 0, fixed = 0, sum = 0;

#pragma omp simd reduction(+ : all, fixed, sum)
		for (ptrdiff_t p = 0; p < s->count; p++) {
			double part = s->w[p] * (s->by_a[p] * a[p] - s->by_b[p] * b[p]);

			all += part;
			fixed += s->fixed[p] * part;
			sum += s->score[p] * (fabs(a[p] - b[p]) + fabs(a[p]) + fabs(b[p]));
		}
		value += node->C[k] * box->middle[k];
		f.c[k] = node->C[k] + all;
		node->C[k] += fixed;
		score[k] = sum * box->half[k];
	}
	node->value = value / box->length;
	return f;
}

/* c0 + max over the box of (c - t w)'u, and its slope in t. */
static double excess(const struct affine *f, const struct box *box, double t, double *slope,
		     ptrdiff_t d)
{
	double sum = f->c0;

	*slope = 0;
	for (ptrdiff_t k = 0; k < d; k++) {
		double e = f->c[k] - t * box->w[k], side = e < 0 ? -box->half[k] : box->half[k];

		sum += e * (box->middle[k] + side);
		*slope -= box->w[k] * (box->middle[k] + side);
	}
	return sum;
}

/* The least t >= floor with no excess: it is convex in t and falls by at least t / |m|, since
 * m'u >= 1 for boxes that halving makes, so that Newton's steps from the left end at the root and
 * what is left of the excess costs no more than |m| times it. */
static double least(const struct affine *f, const struct box *box, double floor, ptrdiff_t d)
{
	double t = floor, slope, over = excess(f, box, t, &slope, d);

	for (int step = 0; step < NEWTON && over > DBL_EPSILON * fabs(t); step++) {
		t -= over / slope;
		over = excess(f, box, t, &slope, d);
	}
	return t + fmax(0, over) * box->length;
}

/* The terms whose slope s is free, row by row, each of KAPPA_MOST. */
static void list_free(struct kappa_scratch *s, ptrdiff_t d)
{
	s->slopes = 0;
	for (ptrdiff_t p = 0; p < s->count; p++) {
		double *x = s->x + s->slopes * KAPPA_MOST;

		if (!(s->free[p] > 0))
			continue;
		for (ptrdiff_t k = 0; k < KAPPA_MOST; k++)
			x[k] = k < d ? s->w[p] * s->B[k * s->count + p] : 0;
		s->slope[s->slopes++] = s->by_b[p];
	}
}

/* argmin over s in [0, 1] of sum_k v_k m_k + |v_k| h_k, v = e - (s - s0) x: the slope rises by
 * 2 |x_k| h_k at each zero of v_k. It is the first of them where the slope is not negative any
 * more, found without a branch. */
static inline double best_slope(const lanes *e, const lanes *x, double s0,
				const struct lane_box *box)
{
	const lanes never = one * 2;
	lanes at[PARTS], rise[PARTS], sum = {0};
	double slope, best = 1;

	for (int i = 0; i < PARTS; i++) {
		lanes size = x[i] * box->half[i], zero = s0 * one + e[i] / x[i];
		mask inside, low = zero <= 0 * one;

		size = (lanes)((mask)size & magnitude);
		inside = (size > 0 * one) & ~low & (zero < one);
		sum += (lanes)(((mask)size & low) | ((mask)-size & ~low)) - x[i] * box->middle[i];
		at[i] = (lanes)(((mask)zero & inside) | ((mask)never & ~inside));
		rise[i] = (lanes)((mask)(size * 2) & inside);
	}
	slope = sum[0] + sum[1] + sum[2] + sum[3];
	if (slope >= 0)
		return 0;
	for (int i = 0; i < PARTS; i++) {
		lanes after = slope * one;

		for (int j = 0; j < KAPPA_MOST; j++) {
			double zero = at[j / LANES][j % LANES], by = rise[j / LANES][j % LANES];

			after += (lanes)((mask)(by * one) & (zero * one <= at[i]));
		}
		for (int j = 0; j < LANES; j++)
			best = after[j] >= 0 && at[i][j] < best ? at[i][j] : best;
	}
	return best;
}

/* One pass over the slopes for this t. */
static void improve(struct kappa_scratch *s, const struct box *box, double t, struct affine *f)
{
	lanes e[PARTS];
	struct lane_box wide;

	memcpy(wide.middle, box->middle, sizeof wide.middle);
	memcpy(wide.half, box->half, sizeof wide.half);
	for (int k = 0; k < KAPPA_MOST; k++)
		e[k / LANES][k % LANES] = f->c[k] - t * box->w[k];
	for (ptrdiff_t p = 0; p < s->slopes; p++) {
		lanes x[PARTS];
		double to, by;

		memcpy(x, s->x + p * KAPPA_MOST, sizeof x);
		to = best_slope(e, x, s->slope[p], &wide);
		by = to - s->slope[p];
		for (int i = 0; i < PARTS; i++)
			e[i] -= by * one * x[i];
		s->slope[p] = to;
	}
	for (int k = 0; k < KAPPA_MOST; k++)
		f->c[k] = e[k / LANES][k % LANES] + t * box->w[k];
}

static void close_terms(const struct kappa_scratch *s, uint64_t *open)
{
	for (ptrdiff_t p = 0; p < s->count; p++)
		if (s->fixed[p] > 0)
			open[s->index[p] / 64] &= ~((uint64_t)1 << s->index[p] % 64);
}

/* Passes over the slopes as long as they are worth it; the bound is t before them. */
static double over_slopes(struct kappa_scratch *s, const struct box *box, struct affine *f,
			  double floor, double t)
{
	for (int pass = 0; pass < PASSES && t > floor && s->slopes > 0; pass++) {
		double before = t;

		improve(s, box, t, f);
		t = fmin(t, least(f, box, floor, box->d));
		if (!(before - t > worth * (before - floor)))
			break;
	}
	return t;
}

void kappa_node_bound(const struct kappa *kappa, int thread, double floor,
		      struct kappa_boxes *boxes, ptrdiff_t at)
{
	struct kappa_scratch *s = &kappa->scratch[thread];
	struct kappa_node *node = &boxes->node[at];
	ptrdiff_t d = kappa->rows->d;
	struct box box = box_of(node, d);
	double score[KAPPA_MOST] = {0}, t, most = -1;
	struct affine f;

	gather(kappa, s, boxes, at);
	find_ranges(s, &box, d);
	relax(s);
	f = collect(s, &box, node, score);
	close_terms(s, kappa_boxes_open(boxes, at));
	f.c0 += kappa->margin;
	t = least(&f, &box, floor, d);
	if (t > floor)
		list_free(s, d);
	t = over_slopes(s, &box, &f, floor, t);
	/* |w| is 1 up to (d + 4) eps */
	node->bound = fmin(node->bound, t * (1 + 16 * DBL_EPSILON));
	for (ptrdiff_t k = 0; k < d; k++) {
		double gain = score[k] + cap_share * t * box.half[k] * box.half[k];

		if (box.half[k] > 0 && gain > most) {
			most = gain;
			node->split = (unsigned char)k;
		}
	}
}
