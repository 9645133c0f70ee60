/* Gather, scatter, compaction and bookkeeping of samples under attack. Chunks of live samples are
 * attacked in parallel; each chunk stays in the cache of one thread. */
#include "solvers/attack/chunk.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum {
	CAPACITY = 256, /* rows: enough to pay for packing U; more leave the cache */
	GRAIN = 16,     /* rows come in multiples of the GEMM kernel's tile */
	DROP_SHARE = 4  /* compact when a quarter is done: a few passes over the chunk in all */
};

/* How many samples a chunk of `live` ones shared by `threads` should hold. */
static ptrdiff_t capacity_of(ptrdiff_t live, int threads)
{
	ptrdiff_t rows = (live + threads - 1) / threads;

	rows = (rows + GRAIN - 1) / GRAIN * GRAIN;
	return rows < CAPACITY ? rows : CAPACITY;
}

static bool fixes_rival(const struct chunk_plan *plan)
{
	return plan->loss == CHUNK_RIVAL || plan->loss == CHUNK_TARGETED;
}

/* With several outputs. */
static void make_several(struct chunk *chunk, const struct chunk_plan *plan, ptrdiff_t capacity,
			 struct arena *arena)
{
	bool whole = plan->loss == CHUNK_MARGIN;

	chunk->label = ARENA_ARRAY(arena, int, capacity);
	chunk->rival = fixes_rival(plan) ? ARENA_ARRAY(arena, int, capacity) : NULL;
	chunk->outputs =
		chunk->rival ? ARENA_ARRAY(arena, real, capacity * model_outputs(chunk->job->model))
			     : NULL;
	chunk->decides = whole ? chunk->f : ARENA_ARRAY(arena, real, capacity);
	chunk->of = (struct model_margin){
		.y = {.k = model_outputs(chunk->job->model), .label = chunk->label},
		.rival = chunk->rival,
		.ratio = plan->loss == CHUNK_RATIO || plan->loss == CHUNK_TARGETED,
		.entropy = plan->loss == CHUNK_ENTROPY,
		.margin = chunk->decides,
		.loss = whole ? NULL : chunk->f,
	};
}

static void make(struct chunk *chunk, const struct chunk_plan *plan, const struct attack_job *job,
		 ptrdiff_t capacity, struct arena *arena)
{
	ptrdiff_t d = job->X.cols;

	*chunk = (struct chunk){
		.job = job,
		.done = plan->stop_when_broken ? 0 : (real)-HUGE_VAL,
		.sample = ARENA_ARRAY(arena, ptrdiff_t, capacity),
		.y = ARENA_ARRAY(arena, real, capacity),
		.margin = ARENA_ARRAY(arena, real, capacity),
		.better = ARENA_ARRAY(arena, real, capacity),
		.pull = ARENA_ARRAY(arena, real, capacity),
		.f = ARENA_ARRAY(arena, real, capacity),
		.length = ARENA_ARRAY(arena, real, capacity),
		.scale = ARENA_ARRAY(arena, real, capacity),
		.shrink = ARENA_ARRAY(arena, real, capacity),
		.clean = mat_new(arena, capacity, d),
		.at = mat_new(arena, capacity, d),
		.best = mat_new(arena, capacity, d),
		.slope = mat_new(arena, capacity, d),
		.mats = plan->mats,
		.numbers = plan->numbers,
		.work = model_work_serial(arena, job->model->kind, model_size(job->model)),
	};
	for (size_t i = 0; i < plan->mats; i++)
		chunk->mat[i] = mat_new(arena, capacity, d);
	for (size_t i = 0; i < plan->numbers; i++)
		chunk->number[i] = ARENA_ARRAY(arena, real, capacity);
	for (size_t i = 0; i < CHUNK_LINES && (plan->lines || job->threat.norm == NORM_L1); i++)
		chunk->line[i] = ARENA_ARRAY(arena, real, d);
	chunk->decides = chunk->f;
	if (model_outputs(job->model) > 1)
		make_several(chunk, plan, capacity, arena);
}

/* Row r of to = row which[r] of from; in place when which[r] >= r. */
static void gather(struct mat to, struct mat from, const ptrdiff_t *which, ptrdiff_t count)
{
	for (ptrdiff_t i = 0; i < from.cols; i++) {
		const real *source = mat_col(from, i);
		real *sink = mat_col(to, i);

		for (ptrdiff_t r = 0; r < count; r++)
			sink[r] = source[which[r]];
	}
}

/* The given one of the classes but that of the sample, by their outputs at the clean point, from
 * the largest on. */
static void aim(struct chunk *chunk, long target)
{
	ptrdiff_t classes = chunk->of.y.k;
	real *F = chunk->outputs;

	model_forward(chunk->job->model, mat_rows(chunk->clean, 0, chunk->rows), F, &chunk->work);
	for (ptrdiff_t r = 0; r < chunk->rows; r++)
		for (int c = 0; c < classes; c++) {
			long ahead = 0;

			for (int other = 0; other < classes; other++) {
				real gap = F[r + other * chunk->rows] - F[r + c * chunk->rows];

				ahead += other != chunk->label[r] &&
					 (gap > 0 || (!(gap < 0) && other < c));
			}
			if (c != chunk->label[r] && ahead == target)
				chunk->rival[r] = c;
		}
}

/* Gather the given samples; the current points are the clean ones. */
static void load(struct chunk *chunk, const ptrdiff_t *sample, ptrdiff_t count, long target)
{
	const struct attack_job *job = chunk->job;

	chunk->rows = count;
	for (ptrdiff_t r = 0; r < count; r++) {
		chunk->sample[r] = sample[r];
		chunk->y[r] = chunk->pull[r] = chunk->label ? 1 : job->y[sample[r]];
		chunk->margin[r] = job->margin[sample[r]];
		if (chunk->label)
			chunk->label[r] = job->label[sample[r]];
	}
	gather(chunk->clean, job->X, sample, count);
	gather(chunk->best, job->worst, sample, count);
	mat_copy(mat_rows(chunk->at, 0, count), mat_rows(chunk->clean, 0, count));
	if (chunk->rival)
		aim(chunk, target);
}

struct rng chunk_stream(const struct chunk *chunk, ptrdiff_t row, const char *purpose,
			uint64_t draw)
{
	uint64_t sample = (uint64_t)(chunk->job->first + chunk->sample[row]);

	return rng_stream(chunk->job->seed, purpose, draw << 32 | sample);
}

void chunk_store(const struct chunk *chunk)
{
	const struct attack_job *job = chunk->job;

	for (ptrdiff_t r = 0; r < chunk->rows; r++)
		job->margin[chunk->sample[r]] = chunk->margin[r];
	/* Row which[r] of to = row r of from. */
	for (ptrdiff_t i = 0; i < chunk->best.cols; i++) {
		const real *source = mat_col(chunk->best, i);
		real *sink = mat_col(job->worst, i);

		for (ptrdiff_t r = 0; r < chunk->rows; r++)
			sink[chunk->sample[r]] = source[r];
	}
}

/* margin = min(margin, y decides), marking the rows where it fell */
static void observe(struct chunk *chunk)
{
	real done = chunk->done;
	const real *restrict f = chunk->decides, *restrict y = chunk->y;
	real *restrict margin = chunk->margin, *restrict better = chunk->better;

	memset(better, 0, (size_t)chunk->rows * sizeof *better);
	if (chunk->outside)
		return;
#pragma omp simd
	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		real now = y[r] * f[r], old = margin[r];

		int improved = (now < old) & (old > done); /* no branch: this is vector code */

		better[r] = improved ? 1 : 0;
		margin[r] = improved ? now : old;
	}
}

void chunk_gradient(struct chunk *chunk)
{
	struct mat at = mat_rows(chunk->at, 0, chunk->rows);
	struct mat slope = mat_rows(chunk->slope, 0, chunk->rows);

	if (chunk->label)
		model_margin_gradient(chunk->job->model, at, &chunk->of, slope, &chunk->work);
	else
		model_gradient(chunk->job->model, at, chunk->f, slope, &chunk->work);
	observe(chunk);
}

void chunk_forward(struct chunk *chunk)
{
	struct mat at = mat_rows(chunk->at, 0, chunk->rows);

	if (chunk->label)
		model_margin(chunk->job->model, at, &chunk->of, &chunk->work);
	else
		model_forward(chunk->job->model, at, chunk->f, &chunk->work);
	observe(chunk);
}

void chunk_keep(struct chunk *chunk, struct mat to, const real *mark)
{
	real any = 0;

	for (ptrdiff_t r = 0; r < chunk->rows; r++)
		any = mark[r] > any ? mark[r] : any;
	for (ptrdiff_t i = 0; i < to.cols && any > 0; i++) {
		const real *restrict at = mat_col(chunk->at, i);
		real *restrict kept = mat_col(to, i);

#pragma omp simd
		for (ptrdiff_t r = 0; r < chunk->rows; r++)
			kept[r] = mark[r] > 0 ? at[r] : kept[r];
	}
}

void chunk_compact(struct chunk *chunk)
{
	ptrdiff_t kept = 0;
	ptrdiff_t keep[CAPACITY];

	for (ptrdiff_t r = 0; r < chunk->rows; r++)
		if (chunk->margin[r] > chunk->done)
			keep[kept++] = r;
	if ((chunk->rows - kept) * DROP_SHARE < chunk->rows)
		return;
	chunk_store(chunk);
	/* Move the rows keep[0 .. kept-1] to the front: in place, since keep[r] >= r. */
	gather(chunk->clean, chunk->clean, keep, kept);
	gather(chunk->at, chunk->at, keep, kept);
	gather(chunk->best, chunk->best, keep, kept);
	for (size_t i = 0; i < chunk->mats; i++)
		gather(chunk->mat[i], chunk->mat[i], keep, kept);
	for (ptrdiff_t r = 0; r < kept; r++) {
		chunk->sample[r] = chunk->sample[keep[r]];
		chunk->y[r] = chunk->y[keep[r]];
		chunk->pull[r] = chunk->y[r];
		chunk->margin[r] = chunk->margin[keep[r]];
		if (chunk->label)
			chunk->label[r] = chunk->label[keep[r]];
		if (chunk->rival)
			chunk->rival[r] = chunk->rival[keep[r]];
		for (size_t i = 0; i < chunk->numbers; i++)
			chunk->number[i][r] = chunk->number[i][keep[r]];
	}
	chunk->rows = kept;
}

/* The samples of the job whose margin is above `done`; returns their number. live: n. */
static ptrdiff_t live_samples(const struct attack_job *job, real done, ptrdiff_t *live)
{
	ptrdiff_t count = 0;

	for (ptrdiff_t k = 0; k < job->X.rows; k++)
		if (job->margin[k] > done)
			live[count++] = k;
	return count;
}

void chunk_run(const struct chunk_plan *plan, struct attack_job *job, struct arena *arena)
{
	int threads = omp_get_max_threads();
	real done = plan->stop_when_broken ? 0 : (real)-HUGE_VAL;
	ptrdiff_t *live = ARENA_ARRAY(arena, ptrdiff_t, job->X.rows);
	ptrdiff_t count = arena_counts(arena) ? job->X.rows : live_samples(job, done, live);
	struct chunk *chunks = ARENA_ARRAY(arena, struct chunk, threads);
	long rivals = model_outputs(job->model) - 1;
	long targets = rivals == 0 || !fixes_rival(plan) ? 1
		       : plan->targets < rivals          ? plan->targets
							 : rivals;

	if (!(job->threat.eps > 0) || count == 0)
		return;
	for (int t = 0; t < threads; t++)
		make(&chunks[t], plan, job, capacity_of(count, threads), arena);
	if (arena_counts(arena))
		return;
	for (long start = 0; start < targets * plan->restarts; start++) {
		ptrdiff_t rows;

		count = plan->goes_on ? count : live_samples(job, done, live);
		rows = capacity_of(count, threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
		for (ptrdiff_t first = 0; first < count; first += rows) {
			struct chunk *chunk = &chunks[omp_get_thread_num()];

			load(chunk, live + first, first + rows < count ? rows : count - first,
			     start / plan->restarts);
			plan->attack(chunk, plan->how, start % plan->restarts);
		}
	}
}
