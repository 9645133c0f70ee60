/* Room of the convex restriction, its blocks and lanes, and averages of dual points. */
#include "solvers/restriction/restriction.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <omp.h>

enum {
	BLOCK = 128, /* 128 x 784 doubles of C are 0.8 MB: in L2 between its two products */
	GRAIN = 16,  /* rows come in multiples of the tile of the GEMM kernels */
	LEAST = 32   /* rows that pay for a lane of their own */
};

static int lanes_of(double n)
{
	int threads = omp_get_max_threads(), most = 1 + (int)(n / LEAST);

	return threads < most ? threads : most;
}

/* At most BLOCK, and each lane gets the same number of blocks. */
static ptrdiff_t block_of(double n, int lanes)
{
	double blocks = lanes * ceil(n / (lanes * (double)BLOCK));

	return GRAIN * (ptrdiff_t)ceil(fmax(1, n) / (fmax(1, blocks) * GRAIN));
}

static struct restriction_lane lane_new(const struct restriction *r, struct arena *arena)
{
	ptrdiff_t d = r->threat.d, block = r->block;

	return (struct restriction_lane){
		.T = mat_new(arena, block, r->m),
		.P = mat_new(arena, block, r->m),
		.Q = mat_new(arena, block, r->m),
		.C = mat_new(arena, d, block),
		.norm = ARENA_ARRAY(arena, real, block),
		.blurred = ARENA_ARRAY(arena, real, block),
		.margin = ARENA_ARRAY(arena, real, block),
		.smooth = ARENA_ARRAY(arena, real, block),
		.f = ARENA_ARRAY(arena, real, block),
		.z = ARENA_ARRAY(arena, real, block),
		.spare = ARENA_ARRAY(arena, real, d),
		.R = mat_new(arena, d, r->m),
		.omega = ARENA_ARRAY(arena, double, r->m),
	};
}

struct restriction restriction_new(const struct problem *problem, const struct threat *threat,
				   const real *sigma, ptrdiff_t m, struct arena *arena)
{
	ptrdiff_t n = problem->X.rows;
	struct restriction r = {.problem = problem, .threat = *threat, .m = m};

	r.sigma = sigma;
	r.reach = arena_counts(arena) ? 0 : threat_reach(threat);
	r.length = arena_counts(arena) ? 0 : blas_mat_norm(problem->X) / sqrt((double)n);
	r.S = mat_new(arena, n, m);
	r.margin = ARENA_ARRAY(arena, real, n);
	r.dual = restriction_dual_new(problem, m, arena);
	r.lanes = lanes_of((double)n);
	r.block = block_of((double)n, r.lanes);
	r.lane = ARENA_ARRAY(arena, struct restriction_lane, r.lanes);
	for (int l = 0; l < r.lanes; l++)
		r.lane[l] = lane_new(&r, arena);
	r.spare = mat_new(arena, problem->X.cols, m);
	r.e = ARENA_ARRAY(arena, double, m);
	r.e_smooth = ARENA_ARRAY(arena, double, m);
	r.size = ARENA_ARRAY(arena, double, m);
	r.size_smooth = ARENA_ARRAY(arena, double, m);
	return r;
}

ptrdiff_t restriction_rows(const struct restriction *r, ptrdiff_t first)
{
	ptrdiff_t rest = r->problem->X.rows - first;

	return rest < r->block ? rest : r->block;
}

struct restriction_dual restriction_dual_new(const struct problem *problem, ptrdiff_t m,
					     struct arena *arena)
{
	return (struct restriction_dual){.alpha = ARENA_ARRAY(arena, real, problem->X.rows),
					 .omega = ARENA_ARRAY(arena, double, m),
					 .R = mat_new(arena, problem->X.cols, m)};
}

void restriction_average(struct restriction_dual *average, size_t n, double weight,
			 const struct restriction_dual *point)
{
	size_t m = (size_t)point->R.cols, count = m * (size_t)point->R.rows;

	for (size_t k = 0; k < n; k++)
		average->alpha[k] += (real)weight * (point->alpha[k] - average->alpha[k]);
	for (size_t i = 0; i < m; i++)
		average->omega[i] += weight * (point->omega[i] - average->omega[i]);
	for (size_t i = 0; i < count; i++)
		average->R.at[i] += (real)weight * (point->R.at[i] - average->R.at[i]);
}
