/* Instances that are hard on the rounding of a solver. */
#include "tests/extreme.h"

#include <math.h>

const char *const extreme_names[] = {"plain", "scaled", "correlated", "pixels", "duplicates"};

static const double correlation = 0.9999;

static double entry(enum extreme kind, double normal, double common, double share)
{
	switch (kind) {
	case EXTREME_SCALED:
		return normal * pow(10, 6 * share - 3);
	case EXTREME_CORRELATED:
		return sqrt(correlation) * common + sqrt(1 - correlation) * normal;
	case EXTREME_PIXELS:
		return normal > 0 ? floor(fmin(255, 120 * normal)) : 0;
	default:
		return normal;
	}
}

struct toy extreme_make(enum extreme kind, ptrdiff_t n, ptrdiff_t d, uint64_t seed,
			const char *loss, double beta)
{
	struct toy toy = toy_make(n, d, loss, beta);
	struct rng rng = rng_stream(seed, "extreme", (uint64_t)kind);
	real *y = ARENA_ARRAY(&toy.arena, real, n);
	bool ones = kind == EXTREME_PLAIN || kind == EXTREME_PIXELS;
	ptrdiff_t copies = kind == EXTREME_DUPLICATES ? (d / 2 < 4 ? d / 2 : 4) : 0;

	for (ptrdiff_t k = 0; k < n; k++) {
		double common = rng_normal(&rng), score = 0.3 * rng_normal(&rng);

		for (ptrdiff_t j = 0; j < d; j++) {
			double normal = rng_normal(&rng),
			       share = d > 1 ? (double)j / (double)(d - 1) : 0;
			double x = j >= d - copies
					   ? (double)mat_get(toy.problem.X, k, j - d + copies)
					   : entry(kind, normal, common, share);

			score += j == 0 ? normal : j == 1 ? fabs(normal) - 0.7 : 0;
			mat_set(toy.problem.X, k, j, (real)(ones && j == d - 1 ? 1 : x));
		}
		y[k] = (score > 0) != (rng_uniform(&rng) < 0.1) ? 1 : -1;
	}
	toy.problem.y.at = y;
	toy.problem.seed = seed;
	return toy;
}
