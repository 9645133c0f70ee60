/* One fused pass per coordinate: keep the worst point, step, project. */
#include "solvers/attack/ball.h"

#include <math.h>
#include <string.h>

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

static const struct {
	void (*descend)(struct chunk *chunk, double step);
	void (*push)(struct chunk *chunk, const struct ball_momentum *how);
	void (*scatter)(struct chunk *chunk, ptrdiff_t row, struct rng *rng);
} balls[] = {
	[NORM_LINF] = {descend_linf, push_linf, scatter_linf},
	[NORM_L2] = {descend_l2, push_l2, scatter_l2},
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
		uint64_t index = restart << 32 | (uint64_t)chunk->sample[r];
		struct rng rng = rng_stream(chunk->job->seed, purpose, index);

		balls[chunk->job->threat.norm].scatter(chunk, r, &rng);
	}
}
