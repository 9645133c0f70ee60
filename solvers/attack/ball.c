/* One fused pass per coordinate: keep the worst point, step, project. */
#include "solvers/attack/ball.h"

#include <math.h>
#include <string.h>

enum { LEVELS = 200 }; /* of the search for a projection: a third of them are halvings */
static const double near_eps = 1e-13;

static inline real smaller(real a, real b)
{
	return a < b ? a : b;
}

static inline real larger(real a, real b)
{
	return a > b ? a : b;
}

/* at = clip(at - step pull sign(slope)) on [clean - eps, clean + eps] and the box */
static void descend_linf(struct chunk *chunk, double step)
{
	const struct threat *threat = &chunk->job->threat;
	const real *restrict pull = chunk->pull, *restrict better = chunk->better;
	real eps = (real)threat->eps, size = (real)step;

	for (ptrdiff_t i = 0; i < chunk->at.cols; i++) {
		const real *restrict clean = mat_col(chunk->clean, i), *restrict slope = mat_col(
									       chunk->slope, i);
		real *restrict at = mat_col(chunk->at, i), *restrict best = mat_col(chunk->best, i);
		real low = threat_lower(threat, i), high = threat_upper(threat, i);

		if (threat_frozen(threat, i))
			continue;
#pragma omp simd
		for (ptrdiff_t r = 0; r < chunk->rows; r++) {
			real c = clean[r], x = at[r], g = pull[r] * slope[r];
			real move = g > 0 ? -size : (g < 0 ? size : 0);

			best[r] = better[r] > 0 ? x : best[r];
			at[r] = threat_clip(smaller(larger(x + move, c - eps), c + eps), c, low,
					    high);
		}
	}
}

/* length_r = sum over free coordinates of slope^2 */
static void slope_lengths(struct chunk *chunk)
{
	real *restrict length = chunk->length;

	memset(length, 0, (size_t)chunk->rows * sizeof *length);
	for (ptrdiff_t i = 0; i < chunk->slope.cols; i++) {
		const real *restrict slope = mat_col(chunk->slope, i);

		if (threat_frozen(&chunk->job->threat, i))
			continue;
#pragma omp simd
		for (ptrdiff_t r = 0; r < chunk->rows; r++)
			length[r] += slope[r] * slope[r];
	}
}

/* at -= scale slope; length_r = |at - clean|^2 */
static void step_l2(struct chunk *chunk)
{
	const real *restrict scale = chunk->scale, *restrict better = chunk->better;
	real *restrict length = chunk->length;

	memset(length, 0, (size_t)chunk->rows * sizeof *length);
	for (ptrdiff_t i = 0; i < chunk->at.cols; i++) {
		const real *restrict clean = mat_col(chunk->clean, i), *restrict slope = mat_col(
									       chunk->slope, i);
		real *restrict at = mat_col(chunk->at, i), *restrict best = mat_col(chunk->best, i);

		if (threat_frozen(&chunk->job->threat, i))
			continue;
#pragma omp simd
		for (ptrdiff_t r = 0; r < chunk->rows; r++) {
			real x = at[r], delta = x - scale[r] * slope[r] - clean[r];

			best[r] = better[r] > 0 ? x : best[r];
			at[r] = clean[r] + delta;
			length[r] += delta * delta;
		}
	}
}

/* at = clean + scale (at - clean), then the box, which holds the clean point: it only shortens */
static void shrink_l2(struct chunk *chunk)
{
	const struct threat *threat = &chunk->job->threat;
	const real *restrict scale = chunk->scale;

	for (ptrdiff_t i = 0; i < chunk->at.cols; i++) {
		const real *restrict clean = mat_col(chunk->clean, i);
		real *restrict at = mat_col(chunk->at, i);
		real low = threat_lower(threat, i), high = threat_upper(threat, i);

		if (threat_frozen(threat, i))
			continue;
#pragma omp simd
		for (ptrdiff_t r = 0; r < chunk->rows; r++)
			at[r] = threat_clip(clean[r] + scale[r] * (at[r] - clean[r]), clean[r], low,
					    high);
	}
}

/* shrink_r = the factor that brings a vector of squared length length_r into the ball */
static void shrink_factors(const struct chunk *chunk, real *shrink)
{
	real eps = (real)chunk->job->threat.eps;

	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		real length = (real)sqrt((double)chunk->length[r]);

		shrink[r] = length > eps ? eps / length : 1;
	}
}

/* at = project(at - step pull slope / |slope|) on the l_2 ball, then on the box */
static void descend_l2(struct chunk *chunk, double step)
{
	slope_lengths(chunk);
	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		real length = (real)sqrt((double)chunk->length[r]);

		chunk->scale[r] = length > 0 ? (real)step * chunk->pull[r] / length : 0;
	}
	step_l2(chunk);
	shrink_factors(chunk, chunk->scale);
	shrink_l2(chunk);
}

/* Both projections are clips to one box, so the step is one pass. */
static void push_linf(struct chunk *chunk, const struct ball_momentum *how)
{
	const struct threat *threat = &chunk->job->threat;
	const real *restrict pull = chunk->pull, *restrict step = how->step;
	real eps = (real)threat->eps, blend = how->blend;

	for (ptrdiff_t i = 0; i < chunk->at.cols; i++) {
		const real *restrict clean = mat_col(chunk->clean, i), *restrict slope = mat_col(
									       chunk->slope, i);
		real *restrict at = mat_col(chunk->at, i), *restrict old = mat_col(how->old, i);
		real low = threat_lower(threat, i), high = threat_upper(threat, i);

		if (threat_frozen(threat, i))
			continue;
#pragma omp simd
		for (ptrdiff_t r = 0; r < chunk->rows; r++) {
			real c = clean[r], x = at[r], g = pull[r] * slope[r];
			real move = g > 0 ? -step[r] : (g < 0 ? step[r] : 0);
			real z = threat_clip(smaller(larger(x + move, c - eps), c + eps), c, low,
					     high);
			real v = x + blend * (z - x) + (1 - blend) * (x - old[r]);

			old[r] = x;
			at[r] = threat_clip(smaller(larger(v, c - eps), c + eps), c, low, high);
		}
	}
}

/* length_r = |at - scale slope - clean|^2 */
static void reach_l2(struct chunk *chunk)
{
	const real *restrict scale = chunk->scale;
	real *restrict length = chunk->length;

	memset(length, 0, (size_t)chunk->rows * sizeof *length);
	for (ptrdiff_t i = 0; i < chunk->at.cols; i++) {
		const real *restrict clean = mat_col(chunk->clean, i), *restrict slope = mat_col(
									       chunk->slope, i);
		const real *restrict at = mat_col(chunk->at, i);

		if (threat_frozen(&chunk->job->threat, i))
			continue;
#pragma omp simd
		for (ptrdiff_t r = 0; r < chunk->rows; r++) {
			real delta = at[r] - scale[r] * slope[r] - clean[r];

			length[r] += delta * delta;
		}
	}
}

/* z = clean + shrink (at - scale slope - clean) in the box, then the blend; length_r = |at -
 * clean|^2 */
static void blend_l2(struct chunk *chunk, const struct ball_momentum *how, const real *shrink)
{
	const struct threat *threat = &chunk->job->threat;
	const real *restrict scale = chunk->scale;
	real *restrict length = chunk->length, blend = how->blend;

	memset(length, 0, (size_t)chunk->rows * sizeof *length);
	for (ptrdiff_t i = 0; i < chunk->at.cols; i++) {
		const real *restrict clean = mat_col(chunk->clean, i), *restrict slope = mat_col(
									       chunk->slope, i);
		real *restrict at = mat_col(chunk->at, i), *restrict old = mat_col(how->old, i);
		real low = threat_lower(threat, i), high = threat_upper(threat, i);

		if (threat_frozen(threat, i))
			continue;
#pragma omp simd
		for (ptrdiff_t r = 0; r < chunk->rows; r++) {
			real c = clean[r], x = at[r], far = x - scale[r] * slope[r] - c;
			real z = threat_clip(c + shrink[r] * far, c, low, high);
			real v = x + blend * (z - x) + (1 - blend) * (x - old[r]);

			old[r] = x;
			at[r] = v;
			length[r] += (v - c) * (v - c);
		}
	}
}

static void push_l2(struct chunk *chunk, const struct ball_momentum *how)
{
	slope_lengths(chunk);
	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		real length = (real)sqrt((double)chunk->length[r]);

		chunk->scale[r] = length > 0 ? how->step[r] * chunk->pull[r] / length : 0;
	}
	reach_l2(chunk);
	shrink_factors(chunk, chunk->shrink);
	blend_l2(chunk, how, chunk->shrink);
	shrink_factors(chunk, chunk->scale);
	shrink_l2(chunk);
}

/* One row: clean + eps u, u uniform on [-1, 1]^d */
static void scatter_linf(struct chunk *chunk, ptrdiff_t row, struct rng *rng)
{
	const struct threat *threat = &chunk->job->threat;

	for (ptrdiff_t i = 0; i < chunk->at.cols; i++) {
		real c = mat_get(chunk->clean, row, i);

		if (!threat_frozen(threat, i)) {
			real v = c + (real)(threat->eps * (2 * rng_uniform(rng) - 1));

			mat_set(chunk->at, row, i,
				threat_clip(v, c, threat_lower(threat, i),
					    threat_upper(threat, i)));
		}
	}
}

/* One row: clean + eps t^(1/d) u / |u|, u normal and t uniform on [0, 1) */
static void scatter_l2(struct chunk *chunk, ptrdiff_t row, struct rng *rng)
{
	const struct threat *threat = &chunk->job->threat;
	double square = 0, free_count = 0, scale;

	for (ptrdiff_t i = 0; i < chunk->at.cols; i++) {
		double u = threat_frozen(threat, i) ? 0 : rng_normal(rng);

		mat_set(chunk->slope, row, i, (real)u); /* free until the next gradient */
		square += u * u;
		free_count += !threat_frozen(threat, i);
	}
	if (!(square > 0))
		return;
	scale = threat->eps * pow(rng_uniform(rng), 1 / free_count) / sqrt(square);
	for (ptrdiff_t i = 0; i < chunk->at.cols; i++) {
		real c = mat_get(chunk->clean, row, i);
		real v = c + (real)scale * mat_get(chunk->slope, row, i);

		if (!threat_frozen(threat, i))
			mat_set(chunk->at, row, i,
				threat_clip(v, c, threat_lower(threat, i),
					    threat_upper(threat, i)));
	}
}

/* --- l_1: row by row ----------------------------------------------------------------------------
 */

/* A row, gathered. low and high are the ends of delta = at - clean in the box; 0 where frozen. */
struct line {
	ptrdiff_t d;
	double eps, free; /* coordinates that are not frozen */
	real *delta, *slope, *low, *high, *spare;
};

static struct line line_of(const struct chunk *chunk, ptrdiff_t row)
{
	const struct threat *threat = &chunk->job->threat;
	struct line l = {.d = chunk->at.cols,
			 .eps = threat->eps,
			 .delta = chunk->line[0],
			 .slope = chunk->line[1],
			 .low = chunk->line[2],
			 .high = chunk->line[3],
			 .spare = chunk->line[4]};

	for (ptrdiff_t i = 0; i < l.d; i++) {
		bool frozen = threat_frozen(threat, i);
		real c = mat_get(chunk->clean, row, i);

		l.free += !frozen;
		l.delta[i] = mat_get(chunk->at, row, i) - c;
		l.slope[i] = chunk->pull[row] * mat_get(chunk->slope, row, i);
		l.low[i] = frozen ? 0 : smaller(threat_lower(threat, i) - c, 0);
		l.high[i] = frozen ? 0 : larger(threat_upper(threat, i) - c, 0);
	}
	return l;
}

/* at = clean + delta */
static void line_store(const struct line *l, const struct chunk *chunk, ptrdiff_t row)
{
	const struct threat *threat = &chunk->job->threat;

	for (ptrdiff_t i = 0; i < l->d; i++) {
		real c = mat_get(chunk->clean, row, i);

		if (!threat_frozen(threat, i))
			mat_set(chunk->at, row, i,
				threat_clip(c + l->delta[i], c, threat_lower(threat, i),
					    threat_upper(threat, i)));
	}
}

/* How far delta_i can go down its slope in the box. */
static real line_room(const struct line *l, ptrdiff_t i)
{
	if (l->slope[i] > 0)
		return l->delta[i] - l->low[i];
	return l->slope[i] < 0 ? l->high[i] - l->delta[i] : 0;
}

/* The sum of min(max(|delta_i| - level, 0), way to the end of the box), and how many of them are
 * between. */
static double line_size(const struct line *l, double level, double *between)
{
	double sum = 0, count = 0;

#pragma omp simd reduction(+ : sum, count)
	for (ptrdiff_t i = 0; i < l->d; i++) {
		double v = (double)l->delta[i], size = (v < 0 ? -v : v) - level;
		double room = v > 0 ? (double)l->high[i] : -(double)l->low[i];

		size = size > 0 ? size : 0;
		count += size > 0 && size < room ? 1 : 0;
		sum += size < room ? size : room;
	}
	*between = count;
	return sum;
}

/* The nearest point in ball and box: clip(sign(delta_i) max(|delta_i| - level, 0)) where the sizes
 * add up to eps (Croce & Hein 2021), a root of a piecewise linear function that falls: Newton's
 * steps in a bracket, each third one halves it. */
static void line_project(const struct line *l)
{
	double low = 0, high = 0, level = 0, count, size = line_size(l, 0, &count), shrink;

	for (ptrdiff_t i = 0; i < l->d; i++)
		high = fmax(high, fabs((double)l->delta[i]));
	if (size <= l->eps)
		high = 0;
	for (int s = 1; s < LEVELS && high > low && fabs(size - l->eps) > near_eps * l->eps; s++) {
		double next = count > 0 ? level + (size - l->eps) / count : high;

		low = size > l->eps ? level : low;
		high = size > l->eps ? high : level;
		level = s % 3 && next > low && next < high ? next : low + (high - low) / 2;
		size = line_size(l, level, &count);
	}
	shrink = size > l->eps ? l->eps / size : 1; /* of rounding */
	for (ptrdiff_t i = 0; i < l->d; i++) {
		double v = (double)l->delta[i], rest = fmax(fabs(v) - level, 0);

		l->delta[i] = (real)(shrink * (v > 0 ? fmin(rest, (double)l->high[i])
						     : fmax(-rest, (double)l->low[i])));
	}
}

/* Go `step` down the slope in the l_1 norm: along the steepest coordinate to the end of the box,
 * then along the next. */
static void line_descend(const struct line *l, double step)
{
	for (ptrdiff_t i = 0; i < l->d; i++)
		l->spare[i] = line_room(l, i);
	while (step > 0) {
		ptrdiff_t steepest = -1;
		double move;

		for (ptrdiff_t i = 0; i < l->d; i++)
			if (l->spare[i] > 0 &&
			    (steepest < 0 ||
			     fabs((double)l->slope[i]) > fabs((double)l->slope[steepest])))
				steepest = i;
		if (steepest < 0)
			return;
		move = fmin(step, (double)l->spare[steepest]);
		l->delta[steepest] += (real)(l->slope[steepest] > 0 ? -move : move);
		l->spare[steepest] = 0;
		step -= move;
	}
}

/* The number that `rank` of v are above or equal to, 1 <= rank <= count; v is reordered. */
static real select_largest(real *v, ptrdiff_t count, ptrdiff_t rank)
{
	ptrdiff_t first = 0, last = count - 1;

	while (first < last) {
		real pivot = v[first + (last - first) / 2];
		ptrdiff_t left = first, right = last;

		while (left <= right) {
			real kept;

			while (v[left] > pivot)
				left++;
			while (v[right] < pivot)
				right--;
			if (left > right)
				break;
			kept = v[left];
			v[left++] = v[right];
			v[right--] = kept;
		}
		if (rank - 1 <= right)
			last = right;
		else if (rank - 1 >= left)
			first = left;
		else
			break;
	}
	return v[rank - 1];
}

/* Go `step` down the signs of the slope, shared by the steepest coordinates that can move. */
static void line_push(const struct line *l, double step, double share)
{
	ptrdiff_t rank = (ptrdiff_t)fmax(1, share * l->free);
	double moved = 0;
	real least;

	for (ptrdiff_t i = 0; i < l->d; i++)
		l->spare[i] = line_room(l, i) > 0 ? (real)fabs((double)l->slope[i]) : 0;
	least = select_largest(l->spare, l->d, rank);
	for (ptrdiff_t i = 0; i < l->d; i++) {
		bool moves = line_room(l, i) > 0 && (real)fabs((double)l->slope[i]) >= least;

		l->spare[i] = moves;
		moved += moves;
	}
	for (ptrdiff_t i = 0; i < l->d; i++)
		if (l->spare[i] > 0)
			l->delta[i] += (real)(l->slope[i] > 0 ? -step / moved : step / moved);
}

static void descend_l1(struct chunk *chunk, double step)
{
	chunk_keep(chunk, chunk->best, chunk->better);
	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		struct line l = line_of(chunk, r);

		line_descend(&l, step);
		line_project(&l);
		line_store(&l, chunk, r);
	}
}

void ball_project(struct chunk *chunk)
{
	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		struct line l = line_of(chunk, r);

		line_project(&l);
		line_store(&l, chunk, r);
	}
}

/* Without momentum, as published. */
static void push_l1(struct chunk *chunk, const struct ball_momentum *how)
{
	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		struct line l = line_of(chunk, r);

		if (!(l.free > 0))
			continue;
		line_push(&l, (double)how->step[r], (double)how->share[r]);
		line_project(&l);
		line_store(&l, chunk, r);
	}
}

/* One row: clean + eps t^(1/d) u / |u|_1, the sizes of u exponential and t uniform on [0, 1) */
static void scatter_l1(struct chunk *chunk, ptrdiff_t row, struct rng *rng)
{
	struct line l = line_of(chunk, row);
	double sum = 0, scale;

	for (ptrdiff_t i = 0; i < l.d; i++) {
		double size = threat_frozen(&chunk->job->threat, i) ? 0 : -log1p(-rng_uniform(rng));

		l.delta[i] = (real)(rng_bits(rng) & 1 ? size : -size);
		sum += size;
	}
	if (!(sum > 0))
		return;
	scale = l.eps * pow(rng_uniform(rng), 1 / l.free) / sum;
	for (ptrdiff_t i = 0; i < l.d; i++)
		l.delta[i] = (real)(scale * (double)l.delta[i]);
	line_store(&l, chunk, row);
}

static const struct {
	void (*descend)(struct chunk *chunk, double step);
	void (*push)(struct chunk *chunk, const struct ball_momentum *how);
	void (*scatter)(struct chunk *chunk, ptrdiff_t row, struct rng *rng);
} balls[] = {
	[NORM_LINF] = {descend_linf, push_linf, scatter_linf},
	[NORM_L2] = {descend_l2, push_l2, scatter_l2},
	[NORM_L1] = {descend_l1, push_l1, scatter_l1},
};

void ball_descend(struct chunk *chunk, double step)
{
	balls[chunk->job->threat.norm].descend(chunk, step);
}

void ball_push(struct chunk *chunk, const struct ball_momentum *how)
{
	balls[chunk->job->threat.norm].push(chunk, how);
}

void ball_scatter(struct chunk *chunk, const char *purpose, uint64_t restart)
{
	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		struct rng rng = chunk_stream(chunk, r, purpose, restart);

		balls[chunk->job->threat.norm].scatter(chunk, r, &rng);
	}
}
