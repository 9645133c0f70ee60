/* Interval bounds (Gowal et al. 2018): relu at the worse end of each neuron's own range. */
#include "solvers/certify/points.h"

#include <omp.h>

static void run(const void *options, struct certify_job *job, struct arena *arena)
{
	int threads = omp_get_max_threads();
	ptrdiff_t rows = points_room(job->X.rows, threads);
	struct points *points = ARENA_ARRAY(arena, struct points, threads);

	(void)options;
	for (int t = 0; t < threads; t++)
		points_new(&points[t], job, rows, arena);
	if (arena_counts(arena))
		return;
	mat_copy(job->worst, job->X);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
	for (ptrdiff_t first = 0; first < job->X.rows; first += rows) {
		ptrdiff_t count = first + rows < job->X.rows ? rows : job->X.rows - first;
		struct points *p = &points[omp_get_thread_num()];

		points_load(p, first, count);
		for (ptrdiff_t k = 0; k < count; k++) {
			job->lower[first + k] = points_interval(p, k);
			job->upper[first + k] = p->value[k];
		}
	}
}

const struct certifier certifier_interval = {
	.base = {.name = "interval",
		 .doc = "interval bounds: every neuron at the worse end of its own range",
		 .cite = "gowal2018"},
	.run = run,
};
