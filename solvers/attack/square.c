/* Square attack on the margin (Andriushchenko et al. 2020): random search that uses no gradient.
 *
 * A query changes a random block of coordinates and is kept if the margin falls. The block is a
 * share p of the coordinates, which is halved by the published schedule.
 *     l_inf: the block goes to clean +- eps;
 *     l_2:   half of the block goes back to clean, and what this frees of eps^2, with what the ball
 *            leaves, goes to the other half: its direction plus a random bump.
 *
 * The published blocks are squares of pixels. Rows of features have no such structure, so a block
 * is a run of neighbouring columns with one sign (smooth features: pixels in rows, spectra), a
 * random subset with a sign for each column (any features), or both in turn.
 *
 * A query costs two passes over the rows of U that belong to its block: with h = U'x kept for each
 * sample, h changes by the sum over the block of (change of x_i) U_i. */
#include "solvers/core/attack.h"
#include "solvers/core/rng.h"

#include <math.h>
#include <omp.h>
#include <string.h>

struct square_options {
	long queries, restarts, block;
	double share;
	bool stop_when_broken;
};

enum { BLOCK_MIXED, BLOCK_RUN, BLOCK_SUBSET };

static const char *const block_names[] = {"mixed", "run", "subset", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct square_options, queries), .initial = "1000", .range = RANGE_FROM(1),
	 .doc = "points tried per restart; the published attack tries 5000"},
	{OPTION_FIELD(struct square_options, restarts), .initial = "1", .range = RANGE_FROM(1),
	 .doc = "starts: the first is the worst point known (at first the clean one), the others "
		"are corners of the ball"},
	{OPTION_FIELD(struct square_options, block), .initial = "mixed", .names = block_names,
	 .doc = "block of coordinates that a query changes: a run of neighbours with one sign, a "
		"random subset with a sign each, or both in turn"},
	{OPTION_FIELD(struct square_options, share), .initial = "0.8",
	 .range = {.has_min = true, .has_max = true, .above = true, .min = 0, .max = 1},
	 .doc = "share of the coordinates in the first blocks"},
	{OPTION_FIELD(struct square_options, stop_when_broken), .initial = "true",
	 .doc = "leave a sample alone once it is misclassified; false goes on to lower its margin"},
	{0},
};

/* The search of one thread on one sample. F coordinates are free. */
struct search {
	const struct attack_job *job;
	const struct square_options *options;
	struct mat weights; /* m x d: column i is row i of U */
	ptrdiff_t sample, F;
	ptrdiff_t *order; /* F: the free coordinates; of a query its block in front */
	ptrdiff_t *free;  /* F: the same, ascending */
	real *x;          /* d: worst point of this start */
	real *to;         /* d: of a query the new values of its block, by place in the block */
	real *h, *trial;  /* m: U'x, and at the query */
	double margin;    /* at x */
	struct rng rng;
};

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

/* h and margin from x itself, without the rounding of the changes. */
static void refresh(struct search *s)
{
	memset(s->h, 0, (size_t)s->weights.rows * sizeof(real));
	for (ptrdiff_t i = 0; i < s->weights.cols; i++)
		add_row(s, s->h, i, s->x[i]);
	s->margin = margin_of(s, s->h);
}

/* The value nearest to v in the box widened to hold the clean value. */
static real boxed(const struct search *s, ptrdiff_t i, double v)
{
	const struct threat *threat = &s->job->threat;
	double clean = (double)mat_get(s->job->X, s->sample, i);
	double low = threat->lower ? fmin((double)threat->lower[i], clean) : -HUGE_VAL;
	double high = threat->upper ? fmax((double)threat->upper[i], clean) : HUGE_VAL;

	return (real)fmin(fmax(v, low), high);
}

static double delta_of(const struct search *s, ptrdiff_t i)
{
	return (double)s->x[i] - (double)mat_get(s->job->X, s->sample, i);
}

static double random_sign(struct search *s)
{
	return rng_bits(&s->rng) & 1 ? 1 : -1;
}

/* Put `count` coordinates in front of `order`: neighbours, or any. */
static void choose_run(struct search *s, ptrdiff_t count)
{
	size_t first = rng_below(&s->rng, (size_t)(s->F - count + 1));

	memcpy(s->order, s->free + first, (size_t)count * sizeof *s->order);
}

static void choose_subset(struct search *s, ptrdiff_t count)
{
	memcpy(s->order, s->free, (size_t)s->F * sizeof *s->order);
	for (ptrdiff_t b = 0; b < count; b++) {
		ptrdiff_t with = b + (ptrdiff_t)rng_below(&s->rng, (size_t)(s->F - b));
		ptrdiff_t i = s->order[b];

		s->order[b] = s->order[with];
		s->order[with] = i;
	}
}

/* x_i = clean_i +- eps */
static void aim_linf(struct search *s, ptrdiff_t count, bool run)
{
	double sign = random_sign(s);

	for (ptrdiff_t b = 0; b < count; b++) {
		ptrdiff_t i = s->order[b];
		double move = s->job->threat.eps * (run ? sign : random_sign(s));

		s->to[b] = boxed(s, i, (double)mat_get(s->job->X, s->sample, i) + move);
	}
}

/* The first half of the block gets what the second half and the ball leave. */
static void aim_l2(struct search *s, ptrdiff_t count, bool run)
{
	ptrdiff_t half = (count + 1) / 2;
	double outside = 0, inside = 0, length = 0, bump = 0, sign = random_sign(s), left;

	for (ptrdiff_t b = 0; b < s->F; b++)
		outside += delta_of(s, s->free[b]) * delta_of(s, s->free[b]);
	for (ptrdiff_t b = 0; b < count; b++) {
		double delta = delta_of(s, s->order[b]);

		outside -= delta * delta;
		inside += b < half ? delta * delta : 0;
		s->to[b] = (real)(run ? sign : rng_normal(&s->rng));
		bump += b < half ? (double)s->to[b] * (double)s->to[b] : 0;
	}
	for (ptrdiff_t b = 0; b < half; b++) {
		double old = inside > 0 ? delta_of(s, s->order[b]) / sqrt(inside) : 0;
		double v = old + (bump > 0 ? (double)s->to[b] / sqrt(bump) : 0);

		s->to[b] = (real)v;
		length += v * v;
	}
	left = sqrt(fmax(0, s->job->threat.eps * s->job->threat.eps - fmax(0, outside)));
	for (ptrdiff_t b = 0; b < count; b++) {
		double clean = (double)mat_get(s->job->X, s->sample, s->order[b]);
		double scale = b < half && length > 0 ? left / sqrt(length) : 0;

		s->to[b] = boxed(s, s->order[b], clean + scale * (double)s->to[b]);
	}
}

static void (*const aims[])(struct search *s, ptrdiff_t count,
			    bool run) = {[NORM_LINF] = aim_linf, [NORM_L2] = aim_l2};

/* Try a block of `count` coordinates; keep it if the margin falls. */
static void query(struct search *s, ptrdiff_t count, bool run)
{
	double margin;
	real *kept = s->h;

	(run ? choose_run : choose_subset)(s, count);
	aims[s->job->threat.norm](s, count, run);
	memcpy(s->trial, s->h, (size_t)s->weights.rows * sizeof(real));
	for (ptrdiff_t b = 0; b < count; b++)
		add_row(s, s->trial, s->order[b], s->to[b] - s->x[s->order[b]]);
	margin = margin_of(s, s->trial);
	if (!(margin < s->margin))
		return;
	for (ptrdiff_t b = 0; b < count; b++)
		s->x[s->order[b]] = s->to[b];
	s->h = s->trial;
	s->trial = kept;
	s->margin = margin;
}

/* Coordinates of the block of query q: the share, halved after 0.001, 0.005, ... of the queries
 * (published for 10,000 of them: 10, 50, 200, ...). */
static ptrdiff_t block_size(const struct search *s, long q)
{
	static const double halvings[] = {0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8};
	double share = s->options->share, done = (double)q / (double)s->options->queries;
	double count;

	for (size_t i = 0; i < sizeof halvings / sizeof *halvings; i++)
		share = done > halvings[i] ? share / 2 : share;
	count = round(share * (double)s->F) * (s->job->threat.norm == NORM_L2 ? 2 : 1);
	return (ptrdiff_t)fmin(fmax(count, s->job->threat.norm == NORM_L2 ? 2 : 1), (double)s->F);
}

static void start(struct search *s, ptrdiff_t sample, long restart)
{
	const struct attack_job *job = s->job;

	s->sample = sample;
	s->rng = rng_stream(job->seed, "square", (uint64_t)restart << 32 | (uint64_t)sample);
	for (ptrdiff_t i = 0; i < s->weights.cols; i++)
		s->x[i] = mat_get(restart ? job->X : job->worst, sample, i);
	refresh(s);
	if (restart > 0) /* the first query, a corner, is taken whatever its margin */
		s->margin = HUGE_VAL;
	query(s, s->F, false);
}

static void search_sample(struct search *s, ptrdiff_t sample, long restart)
{
	const struct attack_job *job = s->job;
	double done = s->options->stop_when_broken ? 0 : -HUGE_VAL;

	start(s, sample, restart);
	for (long q = 1; q < s->options->queries && s->margin > done; q++)
		query(s, block_size(s, q),
		      s->options->block == BLOCK_MIXED ? q % 2 : s->options->block == BLOCK_RUN);
	refresh(s);
	if (!((real)s->margin < job->margin[sample]))
		return;
	job->margin[sample] = (real)s->margin;
	for (ptrdiff_t i = 0; i < s->weights.cols; i++)
		mat_set(job->worst, sample, i, s->x[i]);
}

static struct search search_new(const struct attack_job *job, const struct square_options *o,
				struct mat weights, struct arena *arena)
{
	ptrdiff_t d = weights.cols, m = weights.rows;
	struct search s = {.job = job,
			   .options = o,
			   .weights = weights,
			   .order = ARENA_ARRAY(arena, ptrdiff_t, d),
			   .free = ARENA_ARRAY(arena, ptrdiff_t, d),
			   .x = ARENA_ARRAY(arena, real, d),
			   .to = ARENA_ARRAY(arena, real, d),
			   .h = ARENA_ARRAY(arena, real, m),
			   .trial = ARENA_ARRAY(arena, real, m)};

	for (ptrdiff_t i = 0; i < d; i++)
		if (!job->threat.frozen || !job->threat.frozen[i])
			s.free[s.F++] = i;
	return s;
}

static void run(const void *options, struct attack_job *job, struct arena *arena)
{
	const struct square_options *o = options;
	int threads = omp_get_max_threads();
	struct mat weights = mat_new(arena, job->net->U.cols, job->X.cols);
	struct search *searches = ARENA_ARRAY(arena, struct search, threads);

	mat_transpose(weights, job->net->U);
	for (int t = 0; t < threads; t++)
		searches[t] = search_new(job, o, weights, arena);
	if (!(job->threat.eps > 0) || searches[0].F == 0)
		return;
#pragma omp parallel for schedule(dynamic, 8) num_threads(threads)
	for (ptrdiff_t k = 0; k < job->X.rows; k++)
		for (long restart = 0; restart < o->restarts; restart++)
			if (job->margin[k] > 0 || !o->stop_when_broken)
				search_sample(&searches[omp_get_thread_num()], k, restart);
}

static void effort(const void *options, long *steps, long *restarts)
{
	const struct square_options *o = options;

	*steps = o->queries;
	*restarts = o->restarts;
}

const struct attack attack_square = {
	.base = {.name = "square",
		 .doc = "random search over blocks of coordinates, without gradients",
		 .cite = "andriushchenko2020",
		 .options = rows,
		 .size = sizeof(struct square_options)},
	.run = run,
	.effort = effort,
};
