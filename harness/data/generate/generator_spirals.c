/* Generator `spirals`: interleaved arms of an Archimedean spiral in the plane.
 *
 * Row i: class c = i mod arms, s = sqrt(u), u uniform (even density along the arm), angle a = 2 pi
 * turns s + 2 pi c / arms, x = s (cos a, sin a) + noise N(0, I). */
#include "harness/data/generate/generate.h"

#include <math.h>

struct spirals_options {
	struct generate_size size;
	double turns, noise;
	long arms;
};

static const struct option rows[] = {
	GENERATE_SIZE_ROWS(struct spirals_options),
	{OPTION_FIELD(struct spirals_options, turns), .initial = "1.5", .range = RANGE_ABOVE(0),
	 .doc = "turns of each arm from the centre to radius 1"},
	{OPTION_FIELD(struct spirals_options, noise), .initial = "0.02", .range = RANGE_FROM(0),
	 .doc = "standard deviation of Gaussian noise in both coordinates"},
	{OPTION_FIELD(struct spirals_options, arms), .initial = "2", .range = RANGE_FROM(2),
	 .later = true,
	 .doc = "arms, each a class: of two -1 and 1, of more 1, 2, .. as they follow each other"},
	{0},
};

static struct generate_shape shape(const void *options)
{
	const struct spirals_options *o = options;

	return (struct generate_shape){2, (size_t)o->arms, 1};
}

static void generate(const void *options, struct rng *rng, struct arena *arena,
		     struct generated *out)
{
	const struct spirals_options *o = options;

	(void)arena;
	for (size_t i = 0; i < out->table.n; i++) {
		size_t arm = i % out->classes;
		double s = sqrt(rng_uniform(rng));
		double angle = 2 * M_PI * o->turns * s + 2 * M_PI * (double)arm / (double)o->arms;

		out->table.x[2 * i] = s * cos(angle) + o->noise * rng_normal(rng);
		out->table.x[2 * i + 1] = s * sin(angle) + o->noise * rng_normal(rng);
		generate_label(out, i, arm, 0, rng);
	}
}

const struct generator generator_spirals = {
	.base = {.name = "spirals",
		 .doc = "interleaved spiral arms in the plane",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct spirals_options)},
	.shape = shape,
	.generate = generate,
};
