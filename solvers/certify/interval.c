/* Interval bounds (Gowal et al. 2018): relu at the worse end of each neuron's own range.
 *
 *     min y f >= sum_j c_j relu(c_j > 0 ? below_j : above_j),  c_j = y alpha_j */
#include "solvers/certify/points.h"

#include <omp.h>

static double interval_bound(const struct points *p, ptrdiff_t k)
{
	const real *below = mat_col(p->below, k), *above = mat_col(p->above, k);
	const real *c = mat_col(p->C, k);
	double sum = 0;

	for (ptrdiff_t j = 0; j < p->C.rows; j++) {
		double z = (double)(c[j] > 0 ? below[j] : above[j]);

		sum += z > 0 ? (double)c[j] * z : 0;
	}
	return sum - 2 * certify_noise(p->X.rows, p->C.rows, p->gain, p->reach[k]);
}

static void run(const void *options, struct certify_job *job, struct arena *arena)
{
	int threads = omp_get_max_threads();
	ptrdiff_t rows = points_room(job->X.rows, threads);
	struct points *points = ARENA_ARRAY(arena, struct points, threads);

	(void)options;
	mat_copy(job->worst, job->X);
	for (int t = 0; t < threads; t++)
		points_new(&points[t], job, rows, arena);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
	for (ptrdiff_t first = 0; first < job->X.rows; first += rows) {
		ptrdiff_t count = first + rows < job->X.rows ? rows : job->X.rows - first;
		struct points *p = &points[omp_get_thread_num()];

		points_load(p, first, count);
		for (ptrdiff_t k = 0; k < count; k++) {
			job->lower[first + k] = interval_bound(p, k);
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
