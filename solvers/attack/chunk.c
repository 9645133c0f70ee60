/* Gather, scatter, compaction and bookkeeping of samples under attack. */
#include "solvers/attack/chunk.h"

enum {
	CAPACITY = 256, /* rows: enough to pay for packing U; more leave the cache */
	GRAIN = 16,     /* rows come in multiples of the GEMM kernel's tile */
	DROP_SHARE = 4  /* compact when a quarter is done: a few passes over the chunk in all */
};

ptrdiff_t chunk_capacity(ptrdiff_t live, int threads)
{
	ptrdiff_t rows = (live + threads - 1) / threads;

	rows = (rows + GRAIN - 1) / GRAIN * GRAIN;
	return rows < CAPACITY ? rows : CAPACITY;
}

void chunk_new(struct chunk *chunk, const struct attack_job *job, ptrdiff_t capacity,
	       struct arena *arena)
{
	ptrdiff_t d = job->X.cols;

	*chunk = (struct chunk){
		.job = job,
		.sample = ARENA_ARRAY(arena, ptrdiff_t, capacity),
		.y = ARENA_ARRAY(arena, real, capacity),
		.margin = ARENA_ARRAY(arena, real, capacity),
		.better = ARENA_ARRAY(arena, real, capacity),
		.f = ARENA_ARRAY(arena, real, capacity),
		.length = ARENA_ARRAY(arena, real, capacity),
		.scale = ARENA_ARRAY(arena, real, capacity),
		.clean = mat_new(arena, capacity, d),
		.at = mat_new(arena, capacity, d),
		.best = mat_new(arena, capacity, d),
		.slope = mat_new(arena, capacity, d),
		.work = net_work_serial(arena, job->net->U.cols),
	};
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

/* Row which[r] of to = row r of from. */
static void scatter(struct mat to, struct mat from, const ptrdiff_t *which, ptrdiff_t count)
{
	for (ptrdiff_t i = 0; i < from.cols; i++) {
		const real *source = mat_col(from, i);
		real *sink = mat_col(to, i);

		for (ptrdiff_t r = 0; r < count; r++)
			sink[which[r]] = source[r];
	}
}

void chunk_load(struct chunk *chunk, const ptrdiff_t *sample, ptrdiff_t count)
{
	const struct attack_job *job = chunk->job;

	chunk->rows = count;
	for (ptrdiff_t r = 0; r < count; r++) {
		chunk->sample[r] = sample[r];
		chunk->y[r] = job->y[sample[r]];
		chunk->margin[r] = job->margin[sample[r]];
	}
	gather(chunk->clean, job->X, sample, count);
	gather(chunk->best, job->worst, sample, count);
	mat_copy(mat_rows(chunk->at, 0, count), mat_rows(chunk->clean, 0, count));
}

void chunk_store(const struct chunk *chunk)
{
	const struct attack_job *job = chunk->job;

	for (ptrdiff_t r = 0; r < chunk->rows; r++)
		job->margin[chunk->sample[r]] = chunk->margin[r];
	scatter(job->worst, chunk->best, chunk->sample, chunk->rows);
}

/* margin = min(margin, y f), marking the rows where it fell */
static void observe(struct chunk *chunk, real done)
{
	const real *restrict f = chunk->f, *restrict y = chunk->y;
	real *restrict margin = chunk->margin, *restrict better = chunk->better;

#pragma omp simd
	for (ptrdiff_t r = 0; r < chunk->rows; r++) {
		real now = y[r] * f[r], old = margin[r];

		int improved = (now < old) & (old > done); /* no branch: this is vector code */

		better[r] = improved ? 1 : 0;
		margin[r] = improved ? now : old;
	}
}

void chunk_gradient(struct chunk *chunk, real done)
{
	net_input_gradient(chunk->job->net, mat_rows(chunk->at, 0, chunk->rows), chunk->f,
			   mat_rows(chunk->slope, 0, chunk->rows), &chunk->work);
	observe(chunk, done);
}

void chunk_forward(struct chunk *chunk, real done)
{
	net_forward(chunk->job->net, mat_rows(chunk->at, 0, chunk->rows), chunk->f, &chunk->work);
	observe(chunk, done);
}

void chunk_keep(struct chunk *chunk)
{
	const real *restrict better = chunk->better;

	for (ptrdiff_t i = 0; i < chunk->at.cols; i++) {
		const real *restrict at = mat_col(chunk->at, i);
		real *restrict best = mat_col(chunk->best, i);

#pragma omp simd
		for (ptrdiff_t r = 0; r < chunk->rows; r++)
			best[r] = better[r] > 0 ? at[r] : best[r];
	}
}

void chunk_compact(struct chunk *chunk, real done)
{
	ptrdiff_t kept = 0;
	ptrdiff_t keep[CAPACITY];

	for (ptrdiff_t r = 0; r < chunk->rows; r++)
		if (chunk->margin[r] > done)
			keep[kept++] = r;
	if ((chunk->rows - kept) * DROP_SHARE < chunk->rows)
		return;
	chunk_store(chunk);
	gather(chunk->clean, chunk->clean, keep, kept); /* in place: keep[r] >= r */
	gather(chunk->at, chunk->at, keep, kept);
	gather(chunk->best, chunk->best, keep, kept);
	for (ptrdiff_t r = 0; r < kept; r++) {
		chunk->sample[r] = chunk->sample[keep[r]];
		chunk->y[r] = chunk->y[keep[r]];
		chunk->margin[r] = chunk->margin[keep[r]];
	}
	chunk->rows = kept;
}
