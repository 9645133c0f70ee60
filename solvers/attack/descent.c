/* Chunks of live samples are attacked in parallel; each chunk stays in the cache of one thread. */
#include "solvers/attack/descent.h"

#include "solvers/attack/ball.h"

#include <math.h>
#include <omp.h>

/* x <- project(x - step direction), `steps` times, keeping the worst point of the path. */
static void descend(struct chunk *chunk, const struct descent *descent, real done, long restart)
{
	if (restart > 0)
		ball_scatter(chunk, descent->purpose, (uint64_t)restart);
	for (long s = 0; s < descent->steps && chunk->rows > 0; s++) {
		chunk_gradient(chunk, done);
		ball_descend(chunk, descent->step);
		chunk_compact(chunk, done);
	}
	if (chunk->rows > 0) {
		chunk_forward(chunk, done);
		chunk_keep(chunk);
		chunk_store(chunk);
	}
}

/* Samples whose margin is still above `done`. */
static ptrdiff_t list_live(const struct attack_job *job, real done, ptrdiff_t *live)
{
	ptrdiff_t count = 0;

	for (ptrdiff_t k = 0; k < job->X.rows; k++)
		if (job->margin[k] > done)
			live[count++] = k;
	return count;
}

void descent_run(const struct descent *descent, struct attack_job *job, struct arena *arena)
{
	int threads = omp_get_max_threads();
	real done = descent->stop_when_broken ? 0 : (real)-HUGE_VAL;
	ptrdiff_t *live = ARENA_ARRAY(arena, ptrdiff_t, job->X.rows);
	ptrdiff_t count = list_live(job, done, live);
	struct chunk *chunks = ARENA_ARRAY(arena, struct chunk, threads);

	if (!(job->threat.eps > 0) || count == 0)
		return;
	for (int t = 0; t < threads; t++)
		chunk_new(&chunks[t], job, chunk_capacity(count, threads), arena);
	for (long restart = 0; restart < descent->restarts; restart++) {
		ptrdiff_t rows;

		count = list_live(job, done, live);
		rows = chunk_capacity(count, threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
		for (ptrdiff_t first = 0; first < count; first += rows) {
			struct chunk *chunk = &chunks[omp_get_thread_num()];

			chunk_load(chunk, live + first,
				   first + rows < count ? rows : count - first);
			descend(chunk, descent, done, restart);
		}
	}
}
