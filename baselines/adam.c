/* Trainer `adam`: minibatches by Adam or, decoupled, AdamW (solvers/tools/adam.h). */
#include "solvers/tools/adam.h"
#include "baselines/backprop_robust.h"
#include "baselines/backprop_train.h"

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

struct state {
	struct backprop base;
	struct adam adam;
	real decay;          /* decoupled: per unit of learning rate */
	real *mean, *square; /* p, q */
};

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	const struct adam_options *o = options;
	struct state *s = ARENA_NEW(arena, struct state);

	*state = s;
	TRY(backprop_train_setup(&s->base, problem, &o->common, arena, err));
	s->adam = adam_new();
	s->adam.beta1 = o->beta1;
	s->adam.beta2 = o->beta2;
	s->adam.epsilon = o->epsilon;
	s->adam.decay = o->decoupled ? 0 : s->base.decay;
	if (o->decoupled) {
		s->decay = s->base.decay;
		s->base.decay = 0;
	}
	s->mean = ARENA_ARRAY(arena, real, s->base.count);
	s->square = ARENA_ARRAY(arena, real, s->base.count);
	return STATUS_OK;
}

static void begin(void *trainer)
{
	struct state *s = trainer;
	double rate = backprop_train_rate(&s->base);

	adam_begin(&s->adam, rate);
	s->adam.shrink = (real)(1 - rate * (double)s->decay);
}

static void update(void *trainer, struct backprop_block block)
{
	struct state *s = trainer;

	for (ptrdiff_t j = 0; j < block.cols; j++) {
		size_t first = block.first + (size_t)(j * block.stride);

		adam_update(&s->adam, (size_t)block.rows,
			    block.gradient + j * block.gradient_stride, s->base.weights + first,
			    s->mean + first, s->square + first);
	}
}

static void step(void *state, struct progress *progress)
{
	struct state *s = state;

	backprop_train_epoch(&s->base, update, begin, s);
	backprop_train_report(&s->base, progress);
}

static const struct threat_options *threat(const void *options)
{
	return backprop_robust_threat(&((const struct adam_options *)options)->common);
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct adam_options *o = options;

	backprop_train_forecast(&o->common, shape, out);
}

const struct trainer trainer_adam = {
	.base = {.name = "adam",
		 .doc = "backprop with Adam or, decoupled, AdamW",
		 .cite = "kingma2015",
		 .options = rows,
		 .size = sizeof(struct adam_options)},
	.makes = &model_relu,
	.multi_output = true,
	.sample_weights = true,
	.threat = threat,
	.spread = backprop_train_spread,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = backprop_train_width,
	.model = backprop_train_network,
};
