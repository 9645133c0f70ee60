/* Each step is one gradient and one fused pass over the chunk. */
#include "solvers/attack/descent.h"

#include "solvers/attack/ball.h"
#include "solvers/attack/chunk.h"

#include <math.h>

/* x <- project(x - step direction), `steps` times, keeping the worst point of the path. */
static void descend(struct chunk *chunk, const void *how, long restart)
{
	const struct descent *descent = how;

	if (restart > 0)
		ball_scatter(chunk, descent->purpose, (uint64_t)restart);
	for (long s = 0; s < descent->steps && chunk->rows > 0; s++) {
		chunk_gradient(chunk);
		if (descent->flat) {
			/* pull = y where the hinge (1 - y f)_+ has a slope, else 0 */
			for (ptrdiff_t r = 0; r < chunk->rows; r++)
				chunk->pull[r] = chunk->y[r] * chunk->f[r] < 1 ? chunk->y[r] : 0;
		}
		ball_descend(chunk, descent->step);
		chunk_compact(chunk);
	}
	if (chunk->rows > 0) {
		chunk_forward(chunk);
		chunk_keep(chunk, chunk->best, chunk->better);
		chunk_store(chunk);
	}
}

double descent_flat(double slope)
{
	return slope > 0 ? HUGE_VAL : 1;
}

void descent_run(const struct descent *descent, struct attack_job *job, struct arena *arena)
{
	struct chunk_plan plan = {.attack = descend,
				  .how = descent,
				  .restarts = descent->restarts,
				  .stop_when_broken = descent->stop_when_broken};

	chunk_run(&plan, job, arena);
}
