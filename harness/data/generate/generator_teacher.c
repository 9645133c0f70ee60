/* Generator `teacher`: labels or targets of a random two-layer ReLU network.
 *
 * x ~ N(0, I_d); f(x) = sum_j a_j relu(w_j' x), w_j ~ N(0, I / d), a_j = +1, -1, +1, ... of one
 * output, of several a_jc ~ N(0, 1). Classification: +1 if f(x) > 0 (signs that alternate keep the
 * classes balanced), of several outputs the largest one's class; regression: f(x) + noise N(0, I).
 */
#include "harness/data/generate/generate.h"

#include <math.h>
#include <string.h>

struct teacher_options {
	struct generate_size size;
	long d, neurons;
	double noise, flip;
	long outputs;
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
	{OPTION_FIELD(struct teacher_options, outputs), .initial = "1", .range = RANGE_FROM(1),
	 .later = true,
	 .doc = "outputs of the teacher: targets of a regression; of a classification two or more "
		"are classes 1, 2, .., a row's the largest output"},
	{0},
};

struct teacher {
	size_t d, neurons, outputs;
	double *W, *A; /* neurons x d, neurons x outputs, row-major */
};

static struct teacher draw(const struct teacher_options *o, struct rng *rng, struct arena *arena)
{
	struct teacher t = {(size_t)o->d, (size_t)o->neurons, (size_t)o->outputs, NULL, NULL};

	t.W = arena_alloc(arena, t.neurons, t.d * sizeof(double));
	t.A = arena_alloc(arena, t.neurons, t.outputs * sizeof(double));
	for (size_t k = 0; k < t.neurons * t.d; k++)
		t.W[k] = rng_normal(rng) / sqrt((double)t.d);
	for (size_t k = 0; k < t.neurons * t.outputs; k++)
		t.A[k] = t.outputs > 1 ? rng_normal(rng) : k % 2 ? -1 : 1;
	return t;
}

/* f(x), one of each output */
static void forward(const struct teacher *t, const double *x, double *f)
{
	memset(f, 0, t->outputs * sizeof *f);
	for (size_t k = 0; k < t->neurons; k++) {
		double z = 0;

		for (size_t j = 0; j < t->d; j++)
			z += t->W[k * t->d + j] * x[j];
		for (size_t c = 0; c < t->outputs && z > 0; c++)
			f[c] += t->A[k * t->outputs + c] * z;
	}
}

/* Of one output its sign, of more the first that is largest. */
static size_t class_of(const double *f, size_t outputs)
{
	size_t class = 0;

	for (size_t c = 1; c < outputs; c++)
		class = f[c] > f[class] ? c : class;
	return outputs > 1 ? class : f[0] > 0;
}

static struct generate_shape shape(const void *options)
{
	const struct teacher_options *o = options;

	return (struct generate_shape){(size_t)o->d, o->outputs > 1 ? (size_t)o->outputs : 2,
				       (size_t)o->outputs};
}

static void generate(const void *options, struct rng *rng, struct arena *arena,
		     struct generated *out)
{
	const struct teacher_options *o = options;
	const struct teacher teacher = draw(o, rng, arena);
	const size_t d = teacher.d, outputs = teacher.outputs;
	double *f = ARENA_ARRAY(arena, double, outputs);
	double *error = ARENA_ARRAY(arena, double, outputs);

	for (size_t i = 0; i < out->table.n; i++) {
		double *x = out->table.x + i * d;

		for (size_t j = 0; j < d; j++)
			x[j] = rng_normal(rng);
		for (size_t c = 0; c < outputs; c++)
			error[c] = o->noise * rng_normal(rng);
		forward(&teacher, x, f);
		for (size_t c = 0; c < outputs && i < out->train; c++)
			f[c] += error[c];
		generate_label(out, i, class_of(f, outputs), o->flip, rng);
		if (out->table.target) /* behind the same draws, so X is that of classification */
			memcpy(out->table.target + i * outputs, f, outputs * sizeof *f);
	}
}

const struct generator generator_teacher = {
	.base = {.name = "teacher",
		 .doc = "labels or targets of a random two-layer ReLU network",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct teacher_options)},
	.shape = shape,
	.generate = generate,
};
