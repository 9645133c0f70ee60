/* One sample is a few kilobytes: what a query touches of it and of U stays in the cache. */
#include "solvers/attack/search.h"

#include <math.h>
#include <string.h>

/* margin = y sum_j alpha_j relu(h_j) */
static double margin_of(const struct search *s, const real *h)
{
	const real *alpha = s->job->net->alpha;
	real sum = 0;

#pragma omp simd reduction(+ : sum)
	for (ptrdiff_t j = 0; j < s->weights.rows; j++)
		sum += alpha[j] * (h[j] < 0 ? 0 : h[j]);
	return (double)(s->job->y[s->sample] * sum);
}

/* h += change U_i */
static void add_row(const struct search *s, real *restrict h, ptrdiff_t i, real change)
{
	const real *restrict u = mat_col(s->weights, i);

#pragma omp simd
	for (ptrdiff_t j = 0; j < s->weights.rows; j++)
		h[j] += change * u[j];
}

static double delta_of(const struct search *s, ptrdiff_t i)
{
	return (double)s->x[i] - (double)s->clean[i];
}

static void measure(struct search *s)
{
	s->square = 0;
	for (ptrdiff_t b = 0; b < s->F; b++)
		s->square += delta_of(s, s->free[b]) * delta_of(s, s->free[b]);
}

/* h = U'v */
static void products(const struct search *s, real *h, const real *v)
{
	memset(h, 0, (size_t)s->weights.rows * sizeof(real));
	for (ptrdiff_t i = 0; i < s->weights.cols; i++)
		add_row(s, h, i, v[i]);
}

/* h and margin from x itself, without the rounding of the changes. */
static void refresh(struct search *s)
{
	products(s, s->h, s->x);
	s->margin = margin_of(s, s->h);
}

/* The value nearest to v in the box widened to hold the clean value. */
static real boxed(const struct search *s, ptrdiff_t i, double v)
{
	const struct threat *threat = &s->job->threat;
	double clean = (double)s->clean[i];
	double low = fmin((double)threat_lower(threat, i), clean);
	double high = fmax((double)threat_upper(threat, i), clean);

	return (real)fmin(fmax(v, low), high);
}

/* A block of `count` coordinates, and a bump for each in `to`. */
static void choose_run(struct search *s, ptrdiff_t count)
{
	size_t first = rng_below(&s->rng, (size_t)(s->F - count + 1));
	real sign = rng_bits(&s->rng) & 1 ? 1 : -1;

	memcpy(s->block, s->free + first, (size_t)count * sizeof *s->block);
	for (ptrdiff_t b = 0; b < count; b++)
		s->to[b] = sign;
}

/* The first steps of a shuffle. */
static void choose_subset(struct search *s, ptrdiff_t count)
{
	for (ptrdiff_t b = 0; b < count; b++) {
		ptrdiff_t with = b + (ptrdiff_t)rng_below(&s->rng, (size_t)(s->F - b));

		s->block[b] = s->order[with];
		s->order[with] = s->order[b];
		s->order[b] = s->block[b];
		s->to[b] = (real)rng_normal(&s->rng);
	}
}

/* eps^2 - |delta|^2 over the coordinates outside of the block */
static double left_by_others(const struct search *s, ptrdiff_t count)
{
	double left = s->job->threat.eps * s->job->threat.eps - s->square;

	for (ptrdiff_t b = 0; b < count; b++)
		left += delta_of(s, s->block[b]) * delta_of(s, s->block[b]);
	return fmax(0, left);
}

static double length(const real *v, ptrdiff_t count)
{
	double square = 0;

	for (ptrdiff_t b = 0; b < count; b++)
		square += (double)v[b] * (double)v[b];
	return sqrt(square);
}

/* to = clean + factor to, in the box */
static void place(struct search *s, ptrdiff_t from, ptrdiff_t count, double factor)
{
	for (ptrdiff_t b = from; b < from + count; b++)
		s->to[b] = boxed(s, s->block[b],
				 (double)s->clean[s->block[b]] + factor * (double)s->to[b]);
}

/* x_i = clean_i + eps sign(bump_i) */
static void jump_linf(struct search *s, ptrdiff_t count, double share)
{
	(void)share;
	for (ptrdiff_t b = 0; b < count; b++)
		s->to[b] = s->to[b] < 0 ? -1 : 1;
	place(s, 0, count, s->job->threat.eps);
}

/* The first half of the block gets what the second half and the ball leave: its direction plus that
 * of the bump, at full length. */
static void jump_l2(struct search *s, ptrdiff_t count, double share)
{
	ptrdiff_t half = (count + 1) / 2;
	double bump = length(s->to, half), left = sqrt(left_by_others(s, count)), old = 0, v;

	(void)share;
	for (ptrdiff_t b = 0; b < half; b++)
		old += delta_of(s, s->block[b]) * delta_of(s, s->block[b]);
	for (ptrdiff_t b = 0; b < half; b++)
		s->to[b] = (real)((old > 0 ? delta_of(s, s->block[b]) / sqrt(old) : 0) +
				  (double)s->to[b] / bump);
	v = length(s->to, half);
	place(s, 0, half, v > 0 ? left / v : 0);
	place(s, half, count - half, 0);
}

/* x_i = clip(x_i + share eps bump_i) */
static void shake_linf(struct search *s, ptrdiff_t count, double share)
{
	double eps = s->job->threat.eps;

	for (ptrdiff_t b = 0; b < count; b++) {
		double v = delta_of(s, s->block[b]) + share * eps * (double)s->to[b];

		s->to[b] = (real)fmin(fmax(v, -eps), eps);
	}
	place(s, 0, count, 1);
}

/* The block moves by share eps along the bump, then the whole of delta shrinks into the ball. */
static void shake_l2(struct search *s, ptrdiff_t count, double share)
{
	double step = share * s->job->threat.eps / length(s->to, count), eps = s->job->threat.eps;
	double square = eps * eps - left_by_others(s, count);

	for (ptrdiff_t b = 0; b < count; b++) {
		double v = (double)s->x[s->block[b]] + step * (double)s->to[b];

		s->to[b] = boxed(s, s->block[b], v);
		v = (double)s->to[b] - (double)s->clean[s->block[b]];
		square += v * v;
	}
	s->shrink = square > eps * eps ? eps / sqrt(square) : 1;
}

static const struct {
	void (*choose)(struct search *s, ptrdiff_t count);
	void (*aim[2])(struct search *s, ptrdiff_t count, double share); /* by norm */
} moves[MOVES] = {
	[MOVE_RUN] = {choose_run, {[NORM_LINF] = jump_linf, [NORM_L2] = jump_l2}},
	[MOVE_SUBSET] = {choose_subset, {[NORM_LINF] = jump_linf, [NORM_L2] = jump_l2}},
	[MOVE_SHAKE] = {choose_subset, {[NORM_LINF] = shake_linf, [NORM_L2] = shake_l2}},
};

/* Coordinates of a block: as many get a part of the ball as give theirs, where they do. */
static ptrdiff_t block_size(const struct search *s, double share, long move)
{
	double least = s->job->threat.norm == NORM_L2 && move != MOVE_SHAKE ? 2 : 1;

	return (ptrdiff_t)fmin(least * fmax(1, round(share * (double)s->F)), (double)s->F);
}

/* The trial has become the worst point. */
static void accept(struct search *s, ptrdiff_t count)
{
	real *old = s->h;

	for (ptrdiff_t b = 0; b < count; b++)
		s->x[s->block[b]] = s->to[b];
	for (ptrdiff_t b = 0; b < s->F && s->shrink < 1; b++) {
		ptrdiff_t i = s->free[b];

		s->x[i] = boxed(s, i, (double)s->clean[i] + s->shrink * delta_of(s, i));
	}
	measure(s);
	s->h = s->trial;
	s->trial = old;
}

void search_query(struct search *s, double share, long move)
{
	ptrdiff_t count = block_size(s, share, move);
	real *restrict trial = s->trial, shrink;
	const real *restrict base = s->base;
	double margin;

	s->shrink = 1;
	moves[move].choose(s, count);
	moves[move].aim[s->job->threat.norm](s, count, share);
	shrink = (real)s->shrink;
	memcpy(trial, s->h, (size_t)s->weights.rows * sizeof(real));
	for (ptrdiff_t b = 0; b < count; b++)
		add_row(s, trial, s->block[b], s->to[b] - s->x[s->block[b]]);
	for (ptrdiff_t j = 0; j < s->weights.rows && s->shrink < 1; j++)
		trial[j] = base[j] + shrink * (trial[j] - base[j]);
	margin = margin_of(s, trial);
	if (!(margin < s->margin))
		return;
	s->margin = margin;
	accept(s, count);
}

void search_begin(struct search *s, ptrdiff_t sample, bool clean)
{
	const struct attack_job *job = s->job;

	s->sample = sample;
	for (ptrdiff_t i = 0; i < s->weights.cols; i++) {
		s->clean[i] = mat_get(job->X, sample, i);
		s->x[i] = clean ? s->clean[i] : mat_get(job->worst, sample, i);
	}
	memcpy(s->order, s->free, (size_t)s->F * sizeof *s->order);
	products(s, s->base, s->clean);
	refresh(s);
	measure(s);
}

void search_end(struct search *s)
{
	const struct attack_job *job = s->job;

	refresh(s);
	if (!((real)s->margin < job->margin[s->sample]))
		return;
	job->margin[s->sample] = (real)s->margin;
	for (ptrdiff_t i = 0; i < s->weights.cols; i++)
		mat_set(job->worst, s->sample, i, s->x[i]);
}

struct search search_new(const struct attack_job *job, struct mat weights, struct arena *arena)
{
	ptrdiff_t d = weights.cols, m = weights.rows;
	struct search s = {.job = job,
			   .weights = weights,
			   .order = ARENA_ARRAY(arena, ptrdiff_t, d),
			   .block = ARENA_ARRAY(arena, ptrdiff_t, d),
			   .clean = ARENA_ARRAY(arena, real, d),
			   .free = ARENA_ARRAY(arena, ptrdiff_t, d),
			   .x = ARENA_ARRAY(arena, real, d),
			   .to = ARENA_ARRAY(arena, real, d),
			   .h = ARENA_ARRAY(arena, real, m),
			   .trial = ARENA_ARRAY(arena, real, m),
			   .base = ARENA_ARRAY(arena, real, m)};

	for (ptrdiff_t i = 0; i < d && !arena_counts(arena); i++)
		if (!threat_frozen(&job->threat, i))
			s.free[s.F++] = i;
	return s;
}
