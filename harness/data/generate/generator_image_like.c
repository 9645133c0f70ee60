/* Generator `image_like`: smooth images with pixels in [0, 1].
 *
 * A random field on a side x side grid has coefficients N(0, s_kl^2) in the cosine basis
 * c_k(i) = cos(pi k (i + 1/2) / side), s_kl = (1 + k^2 + l^2)^(-decay / 2), scaled to unit mean
 * variance, so that the covariance spectrum decays as it does in natural images. Each class has
 * `modes` templates, fields drawn once. Row i: class i mod 2, a template T of its class and a fresh
 * field E, x = 1/2 + contrast (separation T + E + noise N(0, I)), clipped to [0, 1]. */
#include "harness/data/generate/generate.h"

#include <math.h>

struct image_options {
	struct generate_size size;
	long side, modes;
	double decay, separation, contrast, noise, flip;
};

enum {
	MOST_SIDE = 512 /* 262144 pixels */
};

static const struct option rows[] = {
	GENERATE_SIZE_ROWS(struct image_options),
	{OPTION_FIELD(struct image_options, side), .initial = "16",
	 .range = RANGE_WITHIN(2, MOST_SIDE), .doc = "pixels in each direction; d = side^2"},
	{OPTION_FIELD(struct image_options, modes), .initial = "2", .range = RANGE_FROM(1),
	 .doc = "templates per class"},
	{OPTION_FIELD(struct image_options, decay), .initial = "2", .range = RANGE_FROM(0),
	 .doc = "exponent of the decay of the standard deviation with the frequency"},
	{OPTION_FIELD(struct image_options, separation), .initial = "1", .range = RANGE_FROM(0),
	 .doc = "weight of the template relative to the random field"},
	{OPTION_FIELD(struct image_options, contrast), .initial = "0.15", .range = RANGE_ABOVE(0),
	 .doc = "standard deviation of a pixel due to the random field"},
	{OPTION_FIELD(struct image_options, noise), .initial = "0.1", .range = RANGE_FROM(0),
	 .doc = "standard deviation of independent pixel noise relative to the random field"},
	{OPTION_FIELD(struct image_options, flip), .initial = "0", .range = RANGE_WITHIN(0, 0.5),
	 .doc = "probability that a label is turned"},
	{0},
};

struct field_maker {
	size_t side;
	double *basis; /* side x side row-major: basis[k * side + i] = c_k(i) */
	double *s;     /* side x side: s_kl */
	double *half;  /* side x side scratch */
};

static struct field_maker maker_new(struct arena *arena, size_t side, double decay)
{
	struct field_maker m = {.side = side};
	double variance = 0;

	m.basis = ARENA_ARRAY(arena, double, side *side);
	m.s = ARENA_ARRAY(arena, double, side *side);
	m.half = ARENA_ARRAY(arena, double, side *side);
	for (size_t k = 0; k < side; k++) {
		for (size_t l = 0; l < side; l++) {
			double s = pow(1 + (double)(k * k + l * l), -decay / 2);

			/* mean of c_k^2 over the grid is 1/2, or 1 for k = 0 */
			variance += s * s * (k ? 0.5 : 1) * (l ? 0.5 : 1);
			m.s[k * side + l] = s;
			m.basis[k * side + l] =
				cos(M_PI * (double)k * ((double)l + 0.5) / (double)side);
		}
	}
	for (size_t k = 0; k < side * side; k++)
		m.s[k] /= sqrt(variance);
	return m;
}

/* to += a new field, by C' (Z C) with Z the coefficients */
static void add_field(struct field_maker *m, struct rng *rng, double *to)
{
	size_t side = m->side;

	for (size_t k = 0; k < side; k++) {
		double *half = m->half + k * side;

		for (size_t j = 0; j < side; j++)
			half[j] = 0;
		for (size_t l = 0; l < side; l++) {
			double z = m->s[k * side + l] * rng_normal(rng);

			for (size_t j = 0; j < side; j++)
				half[j] += z * m->basis[l * side + j];
		}
	}
	for (size_t k = 0; k < side; k++)
		for (size_t i = 0; i < side; i++)
			for (size_t j = 0; j < side; j++)
				to[i * side + j] += m->basis[k * side + i] * m->half[k * side + j];
}

static struct generate_shape shape(const void *options)
{
	const struct image_options *o = options;

	return (struct generate_shape){(size_t)(o->side * o->side), 2, 1};
}

static void generate(const void *options, struct rng *rng, struct arena *arena,
		     struct generated *out)
{
	const struct image_options *o = options;
	size_t side = (size_t)o->side, d = side * side, modes = (size_t)o->modes;
	struct field_maker maker = maker_new(arena, side, o->decay);
	double *templates = arena_alloc(arena, 2 * modes, d * sizeof(double));

	for (size_t t = 0; t < 2 * modes; t++)
		add_field(&maker, rng, templates + t * d);
	for (size_t i = 0; i < out->table.n; i++) {
		size_t mode = 2 * rng_below(rng, modes) + i % 2;
		double *x = out->table.x + i * d;

		for (size_t j = 0; j < d; j++)
			x[j] = o->separation * templates[mode * d + j];
		add_field(&maker, rng, x);
		for (size_t j = 0; j < d; j++) {
			double pixel = 0.5 + o->contrast * (x[j] + o->noise * rng_normal(rng));

			x[j] = pixel < 0 ? 0 : pixel > 1 ? 1 : pixel;
		}
		generate_label(out, i, i % 2, o->flip, rng);
	}
}

const struct generator generator_image_like = {
	.base = {.name = "image_like",
		 .doc = "smooth images with a decaying spectrum and several templates per class",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct image_options)},
	.shape = shape,
	.generate = generate,
};
