/* Generator `moons`: two interleaved half circles in the plane.
 *
 * Row i: class i mod 2, t uniform on [0, pi]; (cos t, sin t) for the first class, (1 - cos t, 1/2 -
 * sin t) for the second, plus noise N(0, I). */
#include "harness/data/generate/generate.h"

#include <math.h>

struct moons_options {
	struct generate_size size;
	double noise;
};

static const struct option rows[] = {
	GENERATE_SIZE_ROWS(struct moons_options),
	{OPTION_FIELD(struct moons_options, noise), .initial = "0.1", .range = RANGE_FROM(0),
	 .doc = "standard deviation of Gaussian noise in both coordinates"},
	{0},
};

static struct generate_shape shape(const void *options)
{
	(void)options;
	return (struct generate_shape){2, 2, 1};
}

static void generate(const void *options, struct rng *rng, struct arena *arena,
		     struct generated *out)
{
	const struct moons_options *o = options;

	(void)arena;
	for (size_t i = 0; i < out->table.n; i++) {
		bool positive = i % 2;
		double t = M_PI * rng_uniform(rng);
		double a = positive ? 1 - cos(t) : cos(t);
		double b = positive ? 0.5 - sin(t) : sin(t);

		out->table.x[2 * i] = a + o->noise * rng_normal(rng);
		out->table.x[2 * i + 1] = b + o->noise * rng_normal(rng);
		generate_label(out, i, positive, 0, rng);
	}
}

const struct generator generator_moons = {
	.base = {.name = "moons",
		 .doc = "two interleaved half circles in the plane",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct moons_options)},
	.shape = shape,
	.generate = generate,
};
