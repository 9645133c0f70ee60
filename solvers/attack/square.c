/* Square attack on the margin (Andriushchenko et al. 2020): random search that uses no gradient.
 *
 * A query changes a random block of coordinates and is kept if the margin falls. The block is a
 * share p of the coordinates, which is halved by the published schedule.
 *
 * The published blocks are squares of pixels. Rows of features have no such structure, so a block
 * is a run of neighbouring columns with one sign (smooth features: pixels in rows, spectra) or a
 * random subset with a sign for each column (any features). Both visit the rim of the ball only, in
 * steps that are coarse where columns are few; a third move, which is not published, shakes a
 * random subset by about p eps from where it is. By default the first two take turns, and each
 * sixth move is a shake: on 784 pixels shakes find little, in a few dimensions some of them do.
 *
 *     run, subset  l_inf: the block goes to clean + eps or clean - eps; l_2: half of the block goes
 *                  back to clean, and what this frees of eps^2, with what the ball leaves, goes to
 *                  the other half, along its direction plus that of a random bump; l_1: the same
 *                  of eps
 *     shake        the block moves by about share eps, then back into the ball
 *
 * A query costs two passes over the rows of U that belong to its block: with h = U'x kept, h
 * changes by the sum over the block of (change of x_i) U_i. One sample is a few kilobytes: what a
 * query touches of it and of U stays in the cache. */
#include "solvers/core/rng.h"
#include "solvers/model/attack.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { MOVE_RUN, MOVE_SUBSET, MOVE_SHAKE, MOVES };

struct square_options {
	long queries, restarts, move;
	double share;
	bool stop_when_broken;
};

static const char *const move_names[] = {"run", "subset", "shake", "all", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct square_options, queries), .initial = "1000", .range = RANGE_FROM(1),
	 .doc = "points tried per restart; the published attack tries 5000"},
	{OPTION_FIELD(struct square_options, restarts), .initial = "1", .range = RANGE_FROM(1),
	 .doc = "starts: the first is the worst point known (at first the clean one), the others "
		"are corners of the ball"},
	{OPTION_FIELD(struct square_options, move), .initial = "all", .names = move_names,
	 .doc = "what a query changes: a run of neighbouring columns with one sign, a random "
		"subset with a sign each, a random subset by a little, or these in turn"},
	{OPTION_FIELD(struct square_options, share), .initial = "0.8",
	 .range = {.has_min = true, .has_max = true, .above = true, .min = 0, .max = 1},
	 .doc = "share of the coordinates in the first blocks"},
	{OPTION_FIELD(struct square_options, stop_when_broken), .initial = "true",
	 .doc = "leave a sample alone once it is misclassified; false goes on to lower its margin"},
	{0},
};

/* Of one thread, on one sample after the other. F coordinates are free. */
struct walk {
	const struct attack_job *job;
	struct model_layers
		net;        /* the model as one; if it is none, each query is a pass of its own */
	struct mat weights; /* m x d: column i is row i of U */
	struct mat point;   /* 1 x d: of such a pass */
	struct model_work work;
	ptrdiff_t sample, F;
	ptrdiff_t *free;  /* F: the free coordinates, ascending */
	ptrdiff_t *order; /* F: the same, shuffled more with every subset */
	ptrdiff_t *block; /* F: coordinates of a query, */
	real *to;         /* F: and their new values */
	real *clean, *x;  /* d: clean and worst point of this start */
	double size;      /* |x - clean|^2, or |x - clean|_1 */
	real *h, *trial;  /* m: U'x, and at the query */
	real *base;       /* m: U'x at the clean point */
	double margin;    /* at x */
	double shrink;    /* of a query: delta times this once its block has moved */
	struct rng rng;
};

static bool is_net(const struct walk *s)
{
	return s->job->model->kind->relu != NULL;
}

/* sum_j A_jc relu(h_j) */
static real output(const struct walk *s, const real *h, ptrdiff_t c)
{
	const real *a = mat_col(s->net.A, c);
	real sum = 0;

#pragma omp simd reduction(+ : sum)
	for (ptrdiff_t j = 0; j < s->weights.rows; j++)
		sum += a[j] * (h[j] < 0 ? 0 : h[j]);
	return sum;
}

/* margin = y f, or f_y - max_{c != y} f_c */
static double margin_of(const struct walk *s, const real *h)
{
	real rival = (real)-HUGE_VAL;
	int y;

	if (!s->job->label)
		return (double)(s->job->y[s->sample] * output(s, h, 0));
	y = s->job->label[s->sample];
	for (int c = 0; c < s->net.A.cols; c++) {
		real f = c == y ? rival : output(s, h, c);

		rival = f > rival ? f : rival;
	}
	return (double)(output(s, h, y) - rival);
}

/* h += change U_i */
static void add_row(const struct walk *s, real *restrict h, ptrdiff_t i, real change)
{
	const real *restrict u = mat_col(s->weights, i);

#pragma omp simd
	for (ptrdiff_t j = 0; j < s->weights.rows; j++)
		h[j] += change * u[j];
}

/* The same of another kind of model, at s->point. */
static double margin_at_point(struct walk *s)
{
	const struct attack_job *job = s->job;
	real margin;
	const struct model_margin margins = {
		.y = {.n = 1,
		      .k = model_outputs(job->model),
		      .at = job->y ? job->y + s->sample : NULL,
		      .label = job->label ? job->label + s->sample : NULL},
		.margin = &margin};

	model_margin(job->model, s->point, &margins, &s->work);
	return (double)margin;
}

static double delta_of(const struct walk *s, ptrdiff_t i)
{
	return (double)s->x[i] - (double)s->clean[i];
}

/* What a number adds to the size of delta in a ball that is no box: its square, or of l_1 its
 * absolute value. */
static double part_of(const struct walk *s, double v)
{
	return s->job->threat.norm == NORM_L1 ? fabs(v) : v * v;
}

/* The length of a delta of that size. */
static double root_of(const struct walk *s, double size)
{
	return s->job->threat.norm == NORM_L1 ? size : sqrt(size);
}

static void measure(struct walk *s)
{
	s->size = 0;
	for (ptrdiff_t b = 0; b < s->F; b++)
		s->size += part_of(s, delta_of(s, s->free[b]));
}

/* h = U'v */
static void products(const struct walk *s, real *h, const real *v)
{
	memset(h, 0, (size_t)s->weights.rows * sizeof(real));
	for (ptrdiff_t i = 0; i < s->weights.cols; i++)
		add_row(s, h, i, v[i]);
}

/* h and margin from x itself, without the rounding of the changes. */
static void refresh(struct walk *s)
{
	for (ptrdiff_t i = 0; !is_net(s) && i < s->point.cols; i++)
		mat_set(s->point, 0, i, s->x[i]);
	products(s, s->h, s->x);
	s->margin = is_net(s) ? margin_of(s, s->h) : margin_at_point(s);
}

/* The value nearest to v in the box widened to hold the clean value. */
static real boxed(const struct walk *s, ptrdiff_t i, double v)
{
	const struct threat *threat = &s->job->threat;
	double clean = (double)s->clean[i];
	double low = fmin((double)threat_lower(threat, i), clean);
	double high = fmax((double)threat_upper(threat, i), clean);

	return (real)fmin(fmax(v, low), high);
}

/* A block of `count` coordinates, and a bump for each in `to`. */
static void choose_run(struct walk *s, ptrdiff_t count)
{
	size_t first = rng_below(&s->rng, (size_t)(s->F - count + 1));
	real sign = rng_bits(&s->rng) & 1 ? 1 : -1;

	memcpy(s->block, s->free + first, (size_t)count * sizeof *s->block);
	for (ptrdiff_t b = 0; b < count; b++)
		s->to[b] = sign;
}

/* The first steps of a shuffle. */
static void choose_subset(struct walk *s, ptrdiff_t count)
{
	for (ptrdiff_t b = 0; b < count; b++) {
		ptrdiff_t with = b + (ptrdiff_t)rng_below(&s->rng, (size_t)(s->F - b));

		s->block[b] = s->order[with];
		s->order[with] = s->order[b];
		s->order[b] = s->block[b];
		s->to[b] = (real)rng_normal(&s->rng);
	}
}

/* What the coordinates outside of the block leave of the ball's size. */
static double left_by_others(const struct walk *s, ptrdiff_t count)
{
	double left = part_of(s, s->job->threat.eps) - s->size;

	for (ptrdiff_t b = 0; b < count; b++)
		left += part_of(s, delta_of(s, s->block[b]));
	return fmax(0, left);
}

static double length(const struct walk *s, const real *v, ptrdiff_t count)
{
	double size = 0;

	for (ptrdiff_t b = 0; b < count; b++)
		size += part_of(s, (double)v[b]);
	return root_of(s, size);
}

/* to = clean + factor to, in the box */
static void place(struct walk *s, ptrdiff_t from, ptrdiff_t count, double factor)
{
	for (ptrdiff_t b = from; b < from + count; b++)
		s->to[b] = boxed(s, s->block[b],
				 (double)s->clean[s->block[b]] + factor * (double)s->to[b]);
}

/* x_i = clean_i + eps sign(bump_i) */
static void jump_linf(struct walk *s, ptrdiff_t count, double share)
{
	(void)share;
	for (ptrdiff_t b = 0; b < count; b++)
		s->to[b] = s->to[b] < 0 ? -1 : 1;
	place(s, 0, count, s->job->threat.eps);
}

/* The first half of the block gets what the second half and the ball leave: its direction plus that
 * of the bump, at full length. */
static void jump_round(struct walk *s, ptrdiff_t count, double share)
{
	ptrdiff_t half = (count + 1) / 2;
	double bump = length(s, s->to, half), left = root_of(s, left_by_others(s, count)), old = 0,
	       v;

	(void)share;
	for (ptrdiff_t b = 0; b < half; b++)
		old += part_of(s, delta_of(s, s->block[b]));
	old = root_of(s, old);
	for (ptrdiff_t b = 0; b < half; b++)
		s->to[b] = (real)((old > 0 ? delta_of(s, s->block[b]) / old : 0) +
				  (double)s->to[b] / bump);
	v = length(s, s->to, half);
	place(s, 0, half, v > 0 ? left / v : 0);
	place(s, half, count - half, 0);
}

/* x_i = clip(x_i + share eps bump_i) */
static void shake_linf(struct walk *s, ptrdiff_t count, double share)
{
	double eps = s->job->threat.eps;

	for (ptrdiff_t b = 0; b < count; b++) {
		double v = delta_of(s, s->block[b]) + share * eps * (double)s->to[b];

		s->to[b] = (real)fmin(fmax(v, -eps), eps);
	}
	place(s, 0, count, 1);
}

/* The block moves by share eps along the bump, then the whole of delta shrinks into the ball. */
static void shake_round(struct walk *s, ptrdiff_t count, double share)
{
	double step = share * s->job->threat.eps / length(s, s->to, count);
	double most = part_of(s, s->job->threat.eps), size = most - left_by_others(s, count);

	for (ptrdiff_t b = 0; b < count; b++) {
		double v = (double)s->x[s->block[b]] + step * (double)s->to[b];

		s->to[b] = boxed(s, s->block[b], v);
		size += part_of(s, (double)s->to[b] - (double)s->clean[s->block[b]]);
	}
	s->shrink = size > most ? s->job->threat.eps / root_of(s, size) : 1;
}

static const struct {
	void (*choose)(struct walk *s, ptrdiff_t count);
	void (*aim[3])(struct walk *s, ptrdiff_t count, double share); /* by norm */
} moves[MOVES] = {
	[MOVE_RUN] = {choose_run,
		      {[NORM_LINF] = jump_linf, [NORM_L2] = jump_round, [NORM_L1] = jump_round}},
	[MOVE_SUBSET] = {choose_subset,
			 {[NORM_LINF] = jump_linf, [NORM_L2] = jump_round, [NORM_L1] = jump_round}},
	[MOVE_SHAKE] =
		{choose_subset,
		 {[NORM_LINF] = shake_linf, [NORM_L2] = shake_round, [NORM_L1] = shake_round}},
};

/* The margin at the trial: h moves with the block, and back with all of delta. */
static double query_neurons(struct walk *s, ptrdiff_t count)
{
	real *restrict trial = s->trial, shrink = (real)s->shrink;
	const real *restrict base = s->base;

	memcpy(trial, s->h, (size_t)s->weights.rows * sizeof(real));
	for (ptrdiff_t b = 0; b < count; b++)
		add_row(s, trial, s->block[b], s->to[b] - s->x[s->block[b]]);
	for (ptrdiff_t j = 0; j < s->weights.rows && s->shrink < 1; j++)
		trial[j] = base[j] + shrink * (trial[j] - base[j]);
	return margin_of(s, trial);
}

static double query_model(struct walk *s, ptrdiff_t count)
{
	for (ptrdiff_t i = 0; i < s->point.cols; i++)
		mat_set(s->point, 0, i, s->x[i]);
	for (ptrdiff_t b = 0; b < count; b++)
		mat_set(s->point, 0, s->block[b], s->to[b]);
	for (ptrdiff_t b = 0; b < s->F && s->shrink < 1; b++) {
		ptrdiff_t i = s->free[b];
		double delta = (double)mat_get(s->point, 0, i) - (double)s->clean[i];

		mat_set(s->point, 0, i, boxed(s, i, (double)s->clean[i] + s->shrink * delta));
	}
	return margin_at_point(s);
}

/* Try one move on a share of the free coordinates, in (0, 1]. */
static void walk_query(struct walk *s, double share, long move)
{
	double least = s->job->threat.norm != NORM_LINF && move != MOVE_SHAKE ? 2 : 1;
	ptrdiff_t count =
		(ptrdiff_t)fmin(least * fmax(1, round(share * (double)s->F)), (double)s->F);
	double margin;
	real *old;

	s->shrink = 1;
	moves[move].choose(s, count);
	moves[move].aim[s->job->threat.norm](s, count, share);
	margin = is_net(s) ? query_neurons(s, count) : query_model(s, count);
	if (!(margin < s->margin))
		return;
	s->margin = margin;
	/* The trial has become the worst point. */
	old = s->h;
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

/* Begin at the clean point of the sample, or at its worst. */
static void walk_begin(struct walk *s, ptrdiff_t sample, bool clean)
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

/* The margin at x, computed anew, without the rounding of the changes. If it is below the job's,
 * x becomes the job's worst point of the sample. */
static void walk_end(struct walk *s)
{
	const struct attack_job *job = s->job;

	refresh(s);
	if (!((real)s->margin < job->margin[s->sample]))
		return;
	job->margin[s->sample] = (real)s->margin;
	for (ptrdiff_t i = 0; i < s->weights.cols; i++)
		mat_set(job->worst, s->sample, i, s->x[i]);
}

/* The model as a ReLU network; of another kind one without neurons. */
static struct model_layers net_behind(const struct model *model)
{
	return model->kind->relu ? model->kind->relu(model) : (struct model_layers){.U.cols = 0};
}

/* weights: U', m x d; of another kind of model 0 x d. */
static struct walk walk_new(const struct attack_job *job, struct mat weights, struct arena *arena)
{
	ptrdiff_t d = weights.cols, m = weights.rows;
	struct walk s = {.job = job,
			 .net = net_behind(job->model),
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

	if (!is_net(&s)) {
		s.point = mat_new(arena, 1, d);
		s.work = model_work_serial(arena, job->model->kind, model_size(job->model));
	}
	for (ptrdiff_t i = 0; i < d && !arena_counts(arena); i++)
		if (!threat_frozen(&job->threat, i))
			s.free[s.F++] = i;
	return s;
}

/* Share of the coordinates for query q: halved after 0.001, 0.005, ... of the queries (published
 * for 10,000 of them: 10, 50, 200, ...). */
static double share_at(const struct square_options *o, long q)
{
	static const double halvings[] = {0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8};
	double share = o->share;

	for (size_t i = 0; i < sizeof halvings / sizeof *halvings; i++)
		share = (double)q > halvings[i] * (double)o->queries ? share / 2 : share;
	return share;
}

/* One start. All but the first go from the clean point to a corner, whatever its margin. */
static void attack(struct walk *s, const struct square_options *o, ptrdiff_t sample, long restart)
{
	static const long turns[] = {MOVE_RUN,    MOVE_SUBSET, MOVE_RUN,
				     MOVE_SUBSET, MOVE_RUN,    MOVE_SHAKE};
	double done = o->stop_when_broken ? 0 : -HUGE_VAL;

	s->rng = rng_stream(s->job->seed, "square",
			    (uint64_t)restart << 32 | (uint64_t)(s->job->first + sample));
	walk_begin(s, sample, restart > 0);
	if (restart > 0)
		s->margin = HUGE_VAL;
	walk_query(s, 1, MOVE_SUBSET);
	for (long q = 1; q < o->queries && s->margin > done; q++)
		walk_query(s, share_at(o, q),
			   o->move < MOVES ? o->move
					   : turns[q % (long)(sizeof turns / sizeof *turns)]);
	walk_end(s);
}

static void run(const void *options, struct attack_job *job, struct arena *arena)
{
	const struct square_options *o = options;
	int threads = omp_get_max_threads();
	const struct model_layers net = net_behind(job->model);
	struct mat weights = mat_new(arena, net.U.cols, job->X.cols);
	struct walk *walks = ARENA_ARRAY(arena, struct walk, threads);

	for (int t = 0; t < threads; t++)
		walks[t] = walk_new(job, weights, arena);
	if (arena_counts(arena))
		return;
	if (job->model->kind->relu)
		mat_transpose(weights, net.U);
	if (!(job->threat.eps > 0) || walks[0].F == 0)
		return;
#pragma omp parallel for schedule(dynamic, 8) num_threads(threads)
	for (ptrdiff_t k = 0; k < job->X.rows; k++)
		for (long restart = 0; restart < o->restarts; restart++)
			if (job->margin[k] > 0 || !o->stop_when_broken)
				attack(&walks[omp_get_thread_num()], o, k, restart);
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
