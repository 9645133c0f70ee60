/* Directions h ~ N(0, I): the sampling of the published algorithm (Bai, Gautam, Sojoudi 2023,
 * section 2). */
#include "solvers/core/pattern.h"

#include "solvers/core/rng.h"
#include "solvers/core/trainer.h"

static void direction(const struct pattern_stream *stream, uint64_t index, real *h)
{
	struct rng rng = rng_stream(stream->problem->seed, "patterns", index);

	for (ptrdiff_t j = 0; j < stream->problem->X.cols; j++)
		h[j] = (real)rng_normal(&rng);
}

const struct pattern_source pattern_gaussian = {
	.base = {.name = "gaussian",
		 .doc = "[X h >= 0], h ~ N(0, I); never ends",
		 .cite = "bai2023"},
	.independent = true,
	.direction = direction,
};
