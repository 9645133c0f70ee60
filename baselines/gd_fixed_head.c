/* Full-batch gradient descent on the first layer, with the output weights fixed at +-1/sqrt(m).
 *
 *     f(x) = sum_j a_j relu(w_j' x),  a_j = +-1/sqrt(m) each with probability 1/2,
 *     w_j(0) ~ N(0, omega^2 I),  W <- W - rate grad_W (1/n) sum_i l(f(x_i), y_i)
 *
 * No weight decay: beta is only part of the network objective that every method is compared on.
 * The set-up of Xu, Wang, Frei, Vardi, Hu (ICLR 2024), section 2, with the logistic loss.
 *
 * X (n x d), W (d x m) = net.U, a (m) = net.alpha, f and g = dl/df / n (n). */
#include "baselines/backprop_train.h"

#include "solvers/core/blas.h"
#include "solvers/core/rng.h"

#include <math.h>
#include <string.h>

enum {
	FLOPS = 6 /* per sample, input and neuron: outputs, and slopes and gradient of the step */
};

struct fixed_options {
	long width;
	double learning_rate, omega;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct fixed_options, width), .initial = "128", .range = RANGE_FROM(1),
	 .doc = "hidden neurons m; 1000 in the published experiment"},
	{OPTION_FIELD(struct fixed_options, learning_rate), .initial = "0.1",
	 .range = RANGE_ABOVE(0),
	 .doc = "constant step on the mean loss over samples, without weight decay: beta only "
		"enters the network objective that is reported; 1e-12 and 1e-16 in the published "
		"experiment"},
	{OPTION_FIELD(struct fixed_options, omega), .initial = "0.01", .range = RANGE_FROM(0),
	 .doc = "standard deviation of the first layer at the start; 1e-15 in the published "
		"experiment"},
	{0},
};

struct fixed {
	const struct problem *problem;
	ptrdiff_t total; /* samples of all ranks */
	double rate;
	struct net net, gradient;
	struct model_work work;
	real *f, *g;
};

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	const struct fixed_options *o = options;
	struct fixed *t = ARENA_NEW(arena, struct fixed);
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;
	struct rng rng;
	ptrdiff_t m;
	real a;

	(void)err;
	*state = t;
	t->problem = problem;
	t->rate = o->learning_rate;
	t->total = ranks_total(problem->ranks, n);
	t->net = net_new(arena, d, o->width);
	t->gradient = net_new(arena, d, o->width);
	t->work = net_work_new(arena, o->width);
	t->f = ARENA_ARRAY(arena, real, n);
	t->g = ARENA_ARRAY(arena, real, n);
	if (arena_counts(arena))
		return STATUS_OK;
	rng = rng_stream(t->problem->seed, "init", 0);
	m = t->net.U.cols;
	a = (real)(1 / sqrt((double)m));
	for (ptrdiff_t j = 0; j < m; j++) {
		t->net.alpha[j] = rng_uniform(&rng) < 0.5 ? a : -a;
		for (ptrdiff_t i = 0; i < t->net.U.rows; i++)
			mat_set(t->net.U, i, j, (real)(o->omega * rng_normal(&rng)));
	}
	net_forward(&t->net, problem->X, t->f, &t->work);
	return STATUS_OK;
}

/* f holds the outputs at W when a step begins and when it ends. */
static void step(void *state, struct progress *progress)
{
	struct fixed *t = state;
	const struct problem *p = t->problem;
	size_t n = (size_t)p->X.rows;
	double mean = 1 / ((double)t->total * p->loss.weight);

	loss_gradient(p->loss, n, t->f, p->y.at, t->g);
	blas_scale(n, mean, t->g);
	net_weight_gradient(&t->net, p->X, t->g, &t->gradient, &t->work);
	ranks_sum_mat(p->ranks, t->gradient.U);
	blas_axpy((size_t)(t->net.U.rows * t->net.U.cols), -t->rate, t->gradient.U.at, t->net.U.at);
	net_forward(&t->net, p->X, t->f, &t->work);
	*progress = (struct progress){
		.objective = mean * loss_value(p->loss, n, t->f, p->y.at),
		.primal_residual = NAN,
		.dual_residual = NAN,
		.end = OUTCOME_RUNNING,
	};
}

static ptrdiff_t width(const void *state)
{
	return ((const struct fixed *)state)->net.U.cols;
}

static void network(const void *state, struct model *model)
{
	struct net *net = net_of(model);
	const struct fixed *t = state;

	net->U.cols = t->net.U.cols;
	mat_copy(net->U, t->net.U);
	memcpy(net->alpha, t->net.alpha, (size_t)net->U.cols * sizeof *net->alpha);
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	double m = (double)((const struct fixed_options *)options)->width,
	       samples = (double)shape.n;

	out->setup_flops = 2 * samples * (double)shape.d * m;
	out->iteration_flops = FLOPS * samples * (double)shape.d * m;
}

const struct trainer trainer_gd_fixed_head = {
	.base = {.name = "gd_fixed_head",
		 .doc = "full-batch gradient descent on the first layer, output weights fixed",
		 .cite = "xu2024",
		 .options = rows,
		 .size = sizeof(struct fixed_options)},
	.makes = &model_relu,
	.sample_weights = true,
	.spread = backprop_train_spread,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = network,
};
