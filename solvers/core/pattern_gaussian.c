/* Directions h ~ N(0, I): the sampling of the published algorithm (Bai, Gautam, Sojoudi 2023,
 * section 2). */
#include "solvers/core/pattern.h"

#include "solvers/core/rng.h"
#include "solvers/core/trainer.h"

static void direction(const struct problem *problem, const void *options, uint64_t index, real *h)
{
	struct rng rng = rng_stream(problem->seed, "patterns", index);

	(void)options;
	for (ptrdiff_t j = 0; j < problem->X.cols; j++)
		h[j] = (real)rng_normal(&rng);
}

const struct pattern_source pattern_gaussian = {
	.base = {.name = "gaussian", .doc = "h ~ N(0, I)", .cite = "bai2023"},
	.direction = direction,
};
