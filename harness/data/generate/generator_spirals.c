/* Generator `spirals`: two interleaved arms of an Archimedean spiral in the plane.
 *
 * Row i: class c = i mod 2, s = sqrt(u), u uniform (even density along the arm), angle a = 2 pi
 * turns s + pi c, x = s (cos a, sin a) + noise N(0, I). */
#include "harness/data/generate/generate.h"

#include <math.h>

struct spirals_options {
	struct generate_size size;
	double turns, noise;
};

static const struct option rows[] = {
	GENERATE_SIZE_ROWS(struct spirals_options),
	{OPTION_FIELD(struct spirals_options, turns), .initial = "1.5", .range = RANGE_ABOVE(0),
	 .doc = "turns of each arm from the centre to radius 1"},
	{OPTION_FIELD(struct spirals_options, noise), .initial = "0.02", .range = RANGE_FROM(0),
	 .doc = "standard deviation of Gaussian noise in both coordinates"},
	{0},
};

static enum status generate(const void *options, bool regression, struct rng *rng,
			    struct arena *arena, struct table *out, struct err *err)
{
	const struct spirals_options *o = options;

	(void)err;
	*out = generate_table(&o->size, 2, regression, arena);
	for (size_t i = 0; i < out->n; i++) {
		bool positive = i % 2;
		double s = sqrt(rng_uniform(rng));
		double angle = 2 * M_PI * o->turns * s + (positive ? M_PI : 0);

		out->x[2 * i] = s * cos(angle) + o->noise * rng_normal(rng);
		out->x[2 * i + 1] = s * sin(angle) + o->noise * rng_normal(rng);
		generate_label(out, &o->size, i, positive, 0, rng);
	}
	return STATUS_OK;
}

const struct generator generator_spirals = {
	.base = {.name = "spirals",
		 .doc = "two interleaved spiral arms in the plane",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct spirals_options)},
	.generate = generate,
};
