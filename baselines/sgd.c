/* Stochastic gradient descent with momentum (Polyak 1964; Nesterov form as in Sutskever et al.
 * 2013).
 *
 *     v <- momentum v + g,   w <- w - rate (g + momentum v)  (nesterov)   or   w <- w - rate v */
#include "baselines/backprop_robust.h"
#include "baselines/backprop_train.h"

struct sgd_options {
	struct backprop_options common;
	double momentum;
	bool nesterov;
};

static const struct option rows[] = {
	BACKPROP_ROWS(struct sgd_options, "0.1"),
	{OPTION_FIELD(struct sgd_options, momentum), .initial = "0.9",
	 .range = {.has_min = true, .has_max = true, .below = true, .min = 0, .max = 1},
	 .doc = "share of the last step that is kept"},
	{OPTION_FIELD(struct sgd_options, nesterov), .initial = "false",
	 .doc = "look ahead along the momentum (Nesterov)"},
	{0},
};

struct sgd {
	struct backprop base;
	real momentum, look_ahead; /* look_ahead: momentum with nesterov, else 0 */
	real rate;
	real *velocity;
};

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	const struct sgd_options *o = options;
	struct sgd *sgd = ARENA_NEW(arena, struct sgd);

	*state = sgd;
	TRY(backprop_train_setup(&sgd->base, problem, &o->common, arena, err));
	sgd->momentum = (real)o->momentum;
	sgd->look_ahead = o->nesterov ? sgd->momentum : 0;
	sgd->velocity = ARENA_ARRAY(arena, real, sgd->base.count);
	return STATUS_OK;
}

/* v <- momentum v + g; w <- w - rate (nesterov ? g + momentum v : v) */
static void update(void *trainer, struct backprop_block block)
{
	struct sgd *sgd = trainer;
	real momentum = sgd->momentum, rate = sgd->rate, decay = sgd->base.decay;
	real on_velocity = sgd->look_ahead > 0 ? sgd->look_ahead : 1,
	     on_gradient = sgd->look_ahead > 0 ? 1 : 0;

	for (ptrdiff_t j = 0; j < block.cols; j++) {
		size_t first = block.first + (size_t)(j * block.stride);
		const real *restrict gradient = block.gradient + j * block.gradient_stride;
		real *restrict w = sgd->base.weights + first, *restrict v = sgd->velocity + first;

#pragma omp simd
		for (ptrdiff_t i = 0; i < block.rows; i++) {
			real g = gradient[i] + decay * w[i];

			v[i] = momentum * v[i] + g;
			w[i] -= rate * (on_velocity * v[i] + on_gradient * g);
		}
	}
}

static void step(void *state, struct progress *progress)
{
	struct sgd *sgd = state;

	sgd->rate = (real)backprop_train_rate(&sgd->base);
	backprop_train_epoch(&sgd->base, update, NULL, sgd);
	backprop_train_report(&sgd->base, progress);
}

static const struct threat_options *threat(const void *options)
{
	return backprop_robust_threat(&((const struct sgd_options *)options)->common);
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct sgd_options *o = options;

	backprop_train_forecast(&o->common, shape, out);
}

const struct trainer trainer_sgd = {
	.base = {.name = "sgd",
		 .doc = "backprop with minibatch gradient descent and momentum",
		 .cite = "sutskever2013",
		 .options = rows,
		 .size = sizeof(struct sgd_options)},
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
