/* Generator `blobs`: two Gaussian clusters, x ~ N(+-(distance / 2) u, spread^2 I) with a random
 * unit u. */
#include "harness/data/generate/generate.h"

#include <math.h>

struct blobs_options {
	struct generate_size size;
	long d;
	double distance, noise, flip;
};

static const struct option rows[] = {
	GENERATE_SIZE_ROWS(struct blobs_options),
	{OPTION_FIELD(struct blobs_options, d), .initial = "2", .range = RANGE_FROM(1),
	 .doc = "features"},
	{OPTION_FIELD(struct blobs_options, distance), .initial = "4", .range = RANGE_FROM(0),
	 .doc = "distance between the two centres"},
	{OPTION_FIELD(struct blobs_options, noise), .initial = "1", .range = RANGE_FROM(0),
	 .doc = "standard deviation of a cluster in every direction"},
	{OPTION_FIELD(struct blobs_options, flip), .initial = "0", .range = RANGE_WITHIN(0, 0.5),
	 .doc = "probability that a label is turned"},
	{0},
};

static struct generate_shape shape(const void *options)
{
	const struct blobs_options *o = options;

	return (struct generate_shape){(size_t)o->d, 2, 1};
}

static void generate(const void *options, struct rng *rng, struct arena *arena,
		     struct generated *out)
{
	const struct blobs_options *o = options;
	size_t d = (size_t)o->d;
	double *u = ARENA_ARRAY(arena, double, d), norm = 0;

	for (size_t j = 0; j < d; j++) {
		u[j] = rng_normal(rng);
		norm += u[j] * u[j];
	}
	for (size_t i = 0; i < out->table.n; i++) {
		bool positive = i % 2;
		double at = (positive ? 0.5 : -0.5) * o->distance / sqrt(norm);

		for (size_t j = 0; j < d; j++)
			out->table.x[i * d + j] = at * u[j] + o->noise * rng_normal(rng);
		generate_label(out, i, positive, o->flip, rng);
	}
}

const struct generator generator_blobs = {
	.base = {.name = "blobs",
		 .doc = "two Gaussian clusters",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct blobs_options)},
	.shape = shape,
	.generate = generate,
};
