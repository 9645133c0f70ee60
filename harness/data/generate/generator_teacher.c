/* Generator `teacher`: labels or targets of a random two-layer ReLU network.
 *
 * x ~ N(0, I_d); f(x) = sum_j a_j relu(w_j' x), w_j ~ N(0, I / d), a_j = +1, -1, +1, ...
 * Classification: +1 if f(x) > 0 (signs that alternate keep the classes balanced); regression: f(x)
 * + noise N(0, 1). */
#include "harness/data/generate/generate.h"

#include <math.h>

struct teacher_options {
	struct generate_size size;
	long d, neurons;
	double noise, flip;
};

static const struct option rows[] = {
	GENERATE_SIZE_ROWS(struct teacher_options),
	{OPTION_FIELD(struct teacher_options, d), .initial = "10", .range = RANGE_FROM(1),
	 .doc = "features"},
	{OPTION_FIELD(struct teacher_options, neurons), .initial = "4", .range = RANGE_FROM(1),
	 .doc = "neurons of the teacher"},
	{OPTION_FIELD(struct teacher_options, noise), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "standard deviation of Gaussian noise added to f, not in the test part"},
	{OPTION_FIELD(struct teacher_options, flip), .initial = "0", .range = RANGE_WITHIN(0, 0.5),
	 .doc = "probability that a label is turned (classification)"},
	{0},
};

/* f(x) for W (neurons x d, row-major) */
static double forward(const struct teacher_options *o, const double *W, const double *x)
{
	double f = 0;

	for (long k = 0; k < o->neurons; k++) {
		double z = 0;

		for (long j = 0; j < o->d; j++)
			z += W[k * o->d + j] * x[j];
		f += z > 0 ? (k % 2 ? -z : z) : 0;
	}
	return f;
}

static enum status generate(const void *options, bool regression, struct rng *rng,
			    struct arena *arena, struct table *out, struct err *err)
{
	const struct teacher_options *o = options;
	size_t d = (size_t)o->d;
	double *W = arena_alloc(arena, (size_t)o->neurons, d * sizeof(double));

	(void)err;
	for (size_t k = 0; k < (size_t)o->neurons * d; k++)
		W[k] = rng_normal(rng) / sqrt((double)d);
	*out = generate_table(&o->size, d, regression, arena);
	for (size_t i = 0; i < out->n; i++) {
		double *x = out->x + i * d, error, f;

		for (size_t j = 0; j < d; j++)
			x[j] = rng_normal(rng);
		error = o->noise * rng_normal(rng);
		f = forward(o, W, x) + (i < (size_t)o->size.n ? error : 0);
		generate_label(out, &o->size, i, f > 0, o->flip, rng);
		if (regression)
			out->target[i] =
				f; /* behind the same draws, so X is that of classification */
	}
	return STATUS_OK;
}

const struct generator generator_teacher = {
	.base = {.name = "teacher",
		 .doc = "labels or targets of a random two-layer ReLU network",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct teacher_options)},
	.generate = generate,
};
