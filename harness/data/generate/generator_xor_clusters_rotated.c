/* Generator `xor_clusters_rotated`: `xor_clusters` in the coordinates of the span of its points.
 *
 * N points in d dimensions (d >> N) span at most r = 2 + min(N, d - 2) dimensions together with the
 * two cluster means, and an orthonormal basis of the span keeps all their inner products. Training
 * that starts at N(0, omega^2 I) and moves along the points, or that penalises Euclidean norms,
 * does not see the rotation, so r features give the same law of every output as d.
 *
 * The points are drawn in these coordinates at once. The first two axes are mu_1 / norm and
 * mu_2 / norm; x_i has the coordinates
 *
 *     +-norm [its mean] + noise N(0, I_2),   then   noise (l_i1, .., l_i,i-1, l_ii, 0, .., 0)
 *
 * with l_ij ~ N(0, 1) and l_ii ~ chi with d - 1 - i degrees of freedom (i = 1 .. N): the triangular
 * factor of the Gram matrix of N standard normal vectors in d - 2 dimensions (Bartlett 1933).
 * No d-dimensional vector is ever formed. Xu, Wang, Frei, Vardi, Hu, ICLR 2024. */
#include "harness/data/generate/generate.h"

#include <math.h>

struct rotated_options {
	struct generate_size size;
	long d;
	double norm, noise, flip;
};

static const struct option rows[] = {
	GENERATE_SIZE_ROWS(struct rotated_options),
	{OPTION_FIELD(struct rotated_options, d), .initial = "40000", .range = RANGE_FROM(2),
	 .doc = "dimension of the space the points are from; the table has at most n + test + 2 "
		"features"},
	{OPTION_FIELD(struct rotated_options, norm), .initial = "35.355", .range = RANGE_FROM(0),
	 .doc = "length of the cluster means; 2.5 sqrt(d / n) in the published experiment"},
	{OPTION_FIELD(struct rotated_options, noise), .initial = "1", .range = RANGE_FROM(0),
	 .doc = "standard deviation of a cluster in every direction"},
	{OPTION_FIELD(struct rotated_options, flip), .initial = "0.05",
	 .range = RANGE_WITHIN(0, 0.5),
	 .doc = "probability that a label is turned; 0.05 in the published experiment"},
	{0},
};

/* Gamma variate of shape a >= 1 and scale 1 (Marsaglia and Tsang 2000, without their squeeze). */
static double draw_gamma(struct rng *rng, double a)
{
	double d = a - 1.0 / 3, c = 1 / sqrt(9 * d);

	for (;;) {
		double x = rng_normal(rng), v = pow(1 + c * x, 3), u = 1 - rng_uniform(rng);

		if (v > 0 && log(u) < x * x / 2 + d * (1 - v + log(v)))
			return d * v;
	}
}

static struct generate_shape shape(const void *options)
{
	const struct rotated_options *o = options;
	size_t count = (size_t)(o->size.n + o->size.test), left = (size_t)o->d - 2;

	return (struct generate_shape){2 + (count < left ? count : left), 2, 1};
}

static void generate(const void *options, struct rng *rng, struct arena *arena,
		     struct generated *out)
{
	const struct rotated_options *o = options;
	size_t left = (size_t)o->d - 2, rank = out->table.d - 2;

	(void)arena;
	for (size_t i = 0; i < out->table.n; i++) {
		bool positive = rng_uniform(rng) < 0.5;
		double sign = rng_uniform(rng) < 0.5 ? 1 : -1, *x = out->table.x + i * out->table.d;

		for (size_t j = 0; j < 2; j++)
			x[j] = o->noise * rng_normal(rng);
		x[positive ? 0 : 1] += sign * o->norm;
		/* row i of the triangular factor in `rank` columns; the table is zero beyond */
		for (size_t j = 0; j < rank && j < i; j++)
			x[2 + j] = o->noise * rng_normal(rng);
		/* the length of a standard normal vector in k dimensions: chi_1 is |N(0, 1)|,
		 * chi_k^2 twice a Gamma variate of shape k / 2 */
		if (i < rank)
			x[2 + i] =
				o->noise *
				(left - i == 1 ? fabs(rng_normal(rng))
					       : sqrt(2 * draw_gamma(rng, (double)(left - i) / 2)));
		generate_label(out, i, positive, o->flip, rng);
	}
}

const struct generator generator_xor_clusters_rotated = {
	.base = {.name = "xor_clusters_rotated",
		 .doc = "xor_clusters of any dimension in the coordinates of the points' span",
		 .cite = "xu2024",
		 .options = rows,
		 .size = sizeof(struct rotated_options)},
	.shape = shape,
	.generate = generate,
};
