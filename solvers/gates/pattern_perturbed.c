/* Patterns of perturbed data, the published sampling for adversarial training (Bai, Gautam, Sojoudi
 * 2023, section 4): of each direction a ~ N(0, I) the pattern [X a >= 0] and those of random
 * corners,
 *
 *     [(X + eps sgn(R)) a >= 0],   R (n x d) Gaussian, zero in frozen columns,
 *
 * in the units of the threat; the signs are drawn as fair coins. The directions are those of
 * `gaussian`. */
#include "solvers/gates/pattern.h"

#include "solvers/core/rng.h"
#include "solvers/gates/pattern_gaussian.h"
#include "solvers/model/trainer.h"

#include <math.h>

enum { UNLIMITED = -1, COINS = 64 };

static const char *const directions_words[] = {"unlimited", NULL}; /* UNLIMITED */

struct perturbed_options {
	long directions, each;
	double eps;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct perturbed_options, directions), .initial = "unlimited",
	 .range = RANGE_FROM(1), .words = directions_words,
	 .doc = "Gaussian directions, P_a of the paper; unlimited: as many as it takes"},
	{OPTION_FIELD(struct perturbed_options, each), .initial = "4", .range = RANGE_FROM(1),
	 .doc = "patterns of each direction, S of the paper: of the data and of each - 1 corners"},
	{OPTION_FIELD(struct perturbed_options, eps), .initial = "null", .range = RANGE_FROM(0),
	 .doc = "size of each entry of the perturbations; unset: the radius of the program, 0 "
		"without perturbations"},
	{0},
};

static enum status open(struct pattern_stream *stream, struct arena *arena, struct err *err)
{
	const struct perturbed_options *o = stream->options;

	(void)arena;
	(void)err;
	if (!isnan(o->eps))
		stream->threat.eps = o->eps;
	if (o->directions != UNLIMITED)
		stream->count = (uint64_t)o->directions * (uint64_t)o->each;
	return STATUS_OK;
}

static void direction(const struct pattern_stream *stream, uint64_t index, real *h)
{
	const struct perturbed_options *o = stream->options;

	pattern_gaussian_direction(stream->problem, index / (uint64_t)o->each, h);
}

/* sum_j +-s_j h_j over the columns that are attacked */
static double shift(const struct pattern_stream *stream, const real *h, struct rng *rng)
{
	double sum = 0;
	uint64_t coins = 0;

	for (ptrdiff_t j = 0; j < stream->problem->X.cols; j++) {
		double part = (double)h[j] * (double)threat_scale(&stream->threat, j);

		if (j % COINS == 0)
			coins = rng_bits(rng);
		if (!threat_frozen(&stream->threat, j))
			sum += coins & 1 ? part : -part;
		coins >>= 1;
	}
	return sum;
}

static void move(const struct pattern_stream *stream, uint64_t index, const real *h, real *y)
{
	const struct perturbed_options *o = stream->options;
	struct rng rng = rng_stream(stream->problem->seed, "perturbed patterns", index);

	if (index % (uint64_t)o->each == 0)
		return;
	for (ptrdiff_t k = 0; k < stream->problem->X.rows; k++)
		y[k] += (real)(stream->threat.eps * shift(stream, h, &rng));
}

const struct pattern_source pattern_perturbed = {
	.base = {.name = "perturbed",
		 .doc = "patterns of perturbed data, [(X + eps sgn(R)) h >= 0]",
		 .cite = "bai2023",
		 .options = rows,
		 .size = sizeof(struct perturbed_options)},
	.open = open,
	.direction = direction,
	.move = move,
};
