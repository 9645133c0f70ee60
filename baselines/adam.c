/* Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019).
 *
 *     p <- beta1 p + (1 - beta1) g,   q <- beta2 q + (1 - beta2) g^2
 *     w <- w - rate (p / (1 - beta1^t)) / (sqrt(q / (1 - beta2^t)) + epsilon)
 *
 * g holds the weight decay, or, decoupled, w first shrinks by rate * decay and g is the data part
 * alone. */
#include "baselines/backprop.h"

#include <tgmath.h>

struct adam_options {
	struct backprop_options common;
	double beta1, beta2, epsilon;
	bool decoupled;
};

#define RANGE_SHARE                                                                 \
	{                                                                           \
		.has_min = true, .has_max = true, .below = true, .min = 0, .max = 1 \
	}

static const struct option rows[] = {
	BACKPROP_ROWS(struct adam_options, "0.001"),
	{OPTION_FIELD(struct adam_options, beta1), .initial = "0.9", .range = RANGE_SHARE,
	 .doc = "memory of the mean gradient"},
	{OPTION_FIELD(struct adam_options, beta2), .initial = "0.999", .range = RANGE_SHARE,
	 .doc = "memory of the mean squared gradient"},
	{OPTION_FIELD(struct adam_options, epsilon), .initial = "1e-8", .range = RANGE_ABOVE(0),
	 .doc = "added to the root of the mean squared gradient"},
	{OPTION_FIELD(struct adam_options, decoupled), .initial = "false",
	 .doc = "shrink the weights directly (AdamW) instead of through the gradient; the fixed "
		"point is then "
		"not a stationary point of the common objective"},
	{0},
};

struct adam {
	struct backprop base;
	const struct adam_options *options;
	long t;              /* minibatches so far */
	real rate;           /* of the epoch, with both bias corrections, of this minibatch */
	real epsilon;        /* scaled by the second bias correction */
	real shrink;         /* factor of the weights */
	real decay;          /* decoupled: per unit of learning rate */
	real *mean, *square; /* p, q */
};

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	const struct adam_options *o = options;
	struct adam *adam = ARENA_NEW(arena, struct adam);

	*state = adam;
	TRY(backprop_setup(&adam->base, problem, &o->common, arena, err));
	adam->options = o;
	if (o->decoupled) {
		adam->decay = adam->base.decay;
		adam->base.decay = 0;
	}
	adam->mean = ARENA_ARRAY(arena, real, adam->base.count);
	adam->square = ARENA_ARRAY(arena, real, adam->base.count);
	return STATUS_OK;
}

/* With c1 = 1 - beta1^t and c2 = 1 - beta2^t the step is (rate sqrt(c2) / c1) p / (sqrt(q) +
 * epsilon sqrt(c2)). */
static void correct_bias(void *trainer)
{
	struct adam *adam = trainer;
	const struct adam_options *o = adam->options;
	double t = (double)++adam->t, rate = backprop_rate(&adam->base);
	double root = sqrt(1 - pow(o->beta2, t));

	adam->rate = (real)(rate * root / (1 - pow(o->beta1, t)));
	adam->epsilon = (real)(o->epsilon * root);
	adam->shrink = (real)(1 - rate * (double)adam->decay);
}

static void update(void *trainer, struct backprop_block block)
{
	struct adam *adam = trainer;
	real keep_p = (real)adam->options->beta1, keep_q = (real)adam->options->beta2;
	real rate = adam->rate, epsilon = adam->epsilon, shrink = adam->shrink;
	real decay = adam->base.decay;

	for (ptrdiff_t j = 0; j < block.cols; j++) {
		size_t first = block.first + (size_t)(j * block.stride);
		const real *restrict gradient = block.gradient + j * block.gradient_stride;
		real *restrict w = adam->base.weights + first;
		real *restrict p = adam->mean + first, *restrict q = adam->square + first;

#pragma omp simd
		for (ptrdiff_t i = 0; i < block.rows; i++) {
			real g = gradient[i] + decay * w[i];

			p[i] = keep_p * p[i] + (1 - keep_p) * g;
			q[i] = keep_q * q[i] + (1 - keep_q) * g * g;
			w[i] = shrink * w[i] - rate * p[i] / (sqrt(q[i]) + epsilon);
		}
	}
}

static void step(void *state, struct progress *progress)
{
	struct adam *adam = state;

	backprop_epoch(&adam->base, update, correct_bias, adam);
	backprop_report(&adam->base, progress);
}

static const struct threat_options *threat(const void *options)
{
	return backprop_threat(&((const struct adam_options *)options)->common);
}

static void forecast(const void *options, ptrdiff_t n, ptrdiff_t d, struct forecast *out)
{
	const struct adam_options *o = options;

	backprop_forecast(&o->common, n, d, out);
}

const struct trainer trainer_adam = {
	.base = {.name = "adam",
		 .doc = "backprop with Adam or, decoupled, AdamW",
		 .cite = "kingma2015",
		 .options = rows,
		 .size = sizeof(struct adam_options)},
	.threat = threat,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = backprop_width,
	.network = backprop_network,
};
