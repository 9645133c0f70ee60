/* Generator `xor_clusters`: four Gaussian clusters whose classes no linear classifier can tell
 * apart.
 *
 * mu_1 and mu_2 (d) orthogonal, |mu_1| = |mu_2| = norm, drawn uniformly. The clean label is +1 or
 * -1 with probability 1/2; x ~ N(+-mu_1, noise^2 I) for +1 and N(+-mu_2, noise^2 I) for -1, both
 * signs with probability 1/2; the label is turned with probability `flip`. Xu, Wang, Frei, Vardi,
 * Hu, ICLR 2024. */
#include "harness/data/generate/generate.h"

#include <math.h>

struct xor_options {
	struct generate_size size;
	long d;
	double norm, noise, flip;
};

static const struct option rows[] = {
	GENERATE_SIZE_ROWS(struct xor_options),
	{OPTION_FIELD(struct xor_options, d), .initial = "20", .range = RANGE_FROM(2),
	 .doc = "features"},
	{OPTION_FIELD(struct xor_options, norm), .initial = "5", .range = RANGE_FROM(0),
	 .doc = "length of the cluster means; 2.5 sqrt(d / n) in the published experiment"},
	{OPTION_FIELD(struct xor_options, noise), .initial = "1", .range = RANGE_FROM(0),
	 .doc = "standard deviation of a cluster in every direction"},
	{OPTION_FIELD(struct xor_options, flip), .initial = "0", .range = RANGE_WITHIN(0, 0.5),
	 .doc = "probability that a label is turned; 0.05 in the published experiment"},
	{0},
};

static double dot(size_t n, const double *a, const double *b)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/* Two orthonormal directions by Gram-Schmidt on Gaussian vectors. */
static void draw_directions(struct rng *rng, size_t d, double *a, double *b)
{
	double norm, along;

	for (size_t j = 0; j < d; j++)
		a[j] = rng_normal(rng);
	for (size_t j = 0; j < d; j++)
		b[j] = rng_normal(rng);
	norm = sqrt(dot(d, a, a));
	for (size_t j = 0; j < d; j++)
		a[j] /= norm;
	along = dot(d, a, b);
	for (size_t j = 0; j < d; j++)
		b[j] -= along * a[j];
	norm = sqrt(dot(d, b, b));
	for (size_t j = 0; j < d; j++)
		b[j] /= norm;
}

static struct generate_shape shape(const void *options)
{
	const struct xor_options *o = options;

	return (struct generate_shape){(size_t)o->d, 2, 1};
}

static void generate(const void *options, struct rng *rng, struct arena *arena,
		     struct generated *out)
{
	const struct xor_options *o = options;
	size_t d = (size_t)o->d;
	double *a = ARENA_ARRAY(arena, double, d), *b = ARENA_ARRAY(arena, double, d);

	draw_directions(rng, d, a, b);
	for (size_t i = 0; i < out->table.n; i++) {
		bool positive = rng_uniform(rng) < 0.5;
		double sign = rng_uniform(rng) < 0.5 ? 1 : -1;
		const double *mu = positive ? a : b;

		for (size_t j = 0; j < d; j++)
			out->table.x[i * d + j] =
				sign * o->norm * mu[j] + o->noise * rng_normal(rng);
		generate_label(out, i, positive, o->flip, rng);
	}
}

const struct generator generator_xor_clusters = {
	.base = {.name = "xor_clusters",
		 .doc = "four Gaussian clusters, opposite ones share a class",
		 .cite = "xu2024",
		 .options = rows,
		 .size = sizeof(struct xor_options)},
	.shape = shape,
	.generate = generate,
};
