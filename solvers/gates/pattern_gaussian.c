/* Directions h ~ N(0, I): the sampling of the published algorithm (Bai, Gautam, Sojoudi 2023,
 * section 2). */
#include "solvers/gates/pattern_gaussian.h"

#include "solvers/core/rng.h"
#include "solvers/gates/pattern.h"
#include "solvers/model/trainer.h"

void pattern_gaussian_direction(const struct problem *problem, uint64_t index, real *h)
{
	struct rng rng = rng_stream(problem->seed, "patterns", index);

	for (ptrdiff_t j = 0; j < problem->X.cols; j++)
		h[j] = (real)rng_normal(&rng);
}

static void direction(const struct pattern_stream *stream, uint64_t index, real *h)
{
	pattern_gaussian_direction(stream->problem, index, h);
}

const struct pattern_source pattern_gaussian = {
	.base = {.name = "gaussian",
		 .doc = "[X h >= 0], h ~ N(0, I); never ends",
		 .cite = "bai2023"},
	.independent = true,
	.direction = direction,
};
