/* Trainer `mixture`: an accurate and a robust ReLU network, stored or trained first, mixed by their
 * probabilities. See mixnet.h.
 *
 * The weight is fixed, or trained as published: the cross entropy, or whichever loss is given, of
 * the mixture on clean samples and on those that projected signed steps find against it, plus (beta
 * / 2) |w|^2, by Adam over w and logit; the two networks stay as they are. */
#include "solvers/core/blas.h"
#include "solvers/gates/start.h"
#include "solvers/mixture/mixnet.h"
#include "solvers/model/trainer.h"
#include "solvers/tools/adam.h"

#include <math.h>
#include <string.h>

struct mixture_options {
	struct start_options accurate, robust;
	double weight;
	bool adaptive, mixednuts;
	double scale, power, shift;
	double eps, learning_rate;
	long steps, epochs;
};

static const struct option rows[] = {
	{OPTION_AS("accurate", struct mixture_options, accurate.trainer), .initial = "null",
	 .kind = KIND_TRAINER,
	 .doc = "method that trains the accurate network, with its options; its time is part of "
		"the setup"},
	{OPTION_AS("accurate_file", struct mixture_options, accurate.file), .initial = "null",
	 .path = PATH_MODEL, .doc = "or that network: a model.npz on the same prepared features"},
	{OPTION_AS("accurate_steps", struct mixture_options, accurate.steps), .initial = "1000",
	 .range = RANGE_FROM(0), .doc = "most steps of `accurate`, if it does not end by itself"},
	{OPTION_AS("robust", struct mixture_options, robust.trainer), .initial = "null",
	 .kind = KIND_TRAINER, .doc = "method that trains the robust network, with its options"},
	{OPTION_AS("robust_file", struct mixture_options, robust.file), .initial = "null",
	 .path = PATH_MODEL, .doc = "or that network"},
	{OPTION_AS("robust_steps", struct mixture_options, robust.steps), .initial = "1000",
	 .range = RANGE_FROM(0), .doc = "most steps of `robust`, if it does not end by itself"},
	{OPTION_FIELD(struct mixture_options, weight), .initial = "0.5",
	 .range = RANGE_BETWEEN(0, 1),
	 .doc = "share of the robust network in the probabilities; adaptive: to begin with"},
	{OPTION_FIELD(struct mixture_options, adaptive), .initial = "false",
	 .doc = "train a weight that depends on the neurons of both"},
	{OPTION_FIELD(struct mixture_options, mixednuts), .initial = "false",
	 .doc = "map the robust logits before their softmax: of three classes or more normalised, "
		"then scale sign(q) |q|^power, q = GELU(logit + shift)"},
	{OPTION_FIELD(struct mixture_options, scale), .initial = "5", .range = RANGE_ABOVE(0),
	 .doc = "mixednuts: factor; as published for CIFAR-10, as are the next two"},
	{OPTION_FIELD(struct mixture_options, power), .initial = "4", .range = RANGE_FROM(1),
	 .doc = "mixednuts: exponent"},
	{OPTION_FIELD(struct mixture_options, shift), .initial = "-1.1",
	 .doc = "mixednuts: added to the logits"},
	{OPTION_FIELD(struct mixture_options, eps), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "adaptive: l_inf radius of the samples it is trained on beside the clean ones, in "
		"prepared features; 0 = clean ones only"},
	{OPTION_FIELD(struct mixture_options, steps), .initial = "5", .range = RANGE_FROM(1),
	 .doc = "adaptive: signed steps of that attack"},
	{OPTION_FIELD(struct mixture_options, learning_rate), .initial = "0.01",
	 .range = RANGE_ABOVE(0), .doc = "adaptive: of Adam on the mean over samples"},
	{OPTION_FIELD(struct mixture_options, epochs), .initial = "200", .range = RANGE_FROM(1),
	 .doc = "adaptive: steps over all samples"},
	{0},
};

/* Weights of the mixing network and the memories of Adam: m + 1 each, the logit last. */
struct mixture {
	const struct problem *problem;
	const struct mixture_options *options;
	struct mixnet *net;
	struct model_work work;
	real *weights, *slope, *p, *q;
	double *sum; /* m + 1 */
	struct mat X, G, relu, F, C;
	real *margin; /* n */
	struct adam adam;
	long epoch;
};

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct mixture_options *o = options;
	double n = (double)shape.n, d = (double)shape.d, k = (double)shape.k;

	start_forecast(&o->accurate, shape, out);
	start_forecast(&o->robust, shape, out);
	/* of networks whose width the options do not tell: as if 100 neurons each */
	out->iteration_flops = 400 * n * (d + k);
	if (o->adaptive && o->eps > 0)
		out->iteration_flops *= (double)(o->steps + 2);
}

static enum status find(const struct problem *problem, const struct start_options *o,
			struct arena *arena, const char *name, struct model_layers *out,
			struct err *err)
{
	struct start start;

	TRY(start_network(problem, o, arena, &start, err));
	*out = start.net;
	if (arena_counts(arena)) /* a file has not been read */
		return STATUS_OK;
	if (!start.note)
		return err_set(err, STATUS_SPEC,
			       "mixture: expected a solver or a model file for `%s`, got neither",
			       name);
	if (start.net.A.cols != problem->y.k)
		return err_set(err, STATUS_SPEC,
			       "mixture: expected a network of %td outputs for `%s`, got %td",
			       problem->y.k, name, start.net.A.cols);
	return STATUS_OK;
}

/* The neurons of both, one behind the other. */
static void join(struct mixnet *net, struct model_layers accurate, struct model_layers robust)
{
	ptrdiff_t first = accurate.U.cols, second = robust.U.cols;

	mat_copy(mat_cols(net->U, 0, first), accurate.U);
	mat_copy(mat_rows(net->A, 0, first), mat_rows(accurate.A, 0, first));
	mat_copy(mat_cols(net->U, first, second), robust.U);
	mat_copy(mat_rows(net->R, first, second), mat_rows(robust.A, 0, second));
}

static void allocate(struct mixture *s, struct arena *arena)
{
	ptrdiff_t n = s->problem->X.rows, d = s->problem->X.cols, m = s->net->U.cols,
		  k = s->problem->y.k;
	real **vectors[] = {&s->weights, &s->slope, &s->p, &s->q};

	for (size_t a = 0; a < sizeof vectors / sizeof vectors[0]; a++)
		*vectors[a] = ARENA_ARRAY(arena, real, m + 1);
	s->sum = ARENA_ARRAY(arena, double, m + 1);
	s->X = mat_new(arena, n, d);
	s->G = mat_new(arena, n, d);
	s->relu = mat_new(arena, n, m);
	s->F = mat_new(arena, n, k);
	s->C = mat_new(arena, n, k);
	s->margin = ARENA_ARRAY(arena, real, n);
	s->work = model_work_new(arena, &model_mixture, model_size(&s->net->base));
	s->adam = adam_new();
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct mixture *s = ARENA_NEW(arena, struct mixture);
	const struct mixture_options *o = options;
	struct model_layers accurate, robust;
	double logit = log(o->weight) - log1p(-o->weight);

	if (problem->y.k > MIXNET_OUTPUTS)
		return err_set(err, STATUS_SPEC, "mixture: expected up to %d classes, got %td",
			       MIXNET_OUTPUTS, problem->y.k);
	TRY(find(problem, &o->accurate, arena, "accurate", &accurate, err));
	TRY(find(problem, &o->robust, arena, "robust", &robust, err));
	*s = (struct mixture){.problem = problem, .options = o};
	s->net = mixnet_of(
		model_new(&model_mixture, arena,
			  (struct model_size){problem->X.cols, accurate.U.cols + robust.U.cols,
					      problem->y.k}));
	if (o->adaptive)
		allocate(s, arena);
	*state = s;
	if (arena_counts(arena))
		return STATUS_OK;
	join(s->net, accurate, robust);
	*s->net->logit = (real)logit;
	*s->net->mapped = o->mixednuts;
	*s->net->scale = (real)o->scale;
	*s->net->power = (real)o->power;
	*s->net->shift = (real)o->shift;
	if (o->adaptive)
		s->weights[s->net->U.cols] = (real)logit;
	return STATUS_OK;
}

/* Column j of X by a signed step against the slopes g, within eps of the clean one. */
static void move_column(struct mixture *s, ptrdiff_t j, double step)
{
	const real *clean = mat_col(s->problem->X, j), *g = mat_col(s->G, j);
	real *x = mat_col(s->X, j);
	double eps = s->options->eps;

	for (ptrdiff_t k = 0; k < s->X.rows; k++) {
		double next = (double)x[k] - step * (double)((g[k] > 0) - (g[k] < 0));

		x[k] = (real)fmin(fmax(next, (double)clean[k] - eps), (double)clean[k] + eps);
	}
}

/* X = samples that signed steps on the margin of the mixture lead to. */
static void attack(struct mixture *s)
{
	const struct problem *problem = s->problem;
	const struct mixture_options *o = s->options;
	const struct model_margin margin = {.y = problem->y, .margin = s->margin};
	double step = 2.5 * o->eps / (double)o->steps;

	mat_copy(s->X, problem->X);
	for (long i = 0; i < o->steps; i++) {
		model_margin_gradient(&s->net->base, s->X, &margin, s->G, &s->work);
		for (ptrdiff_t j = 0; j < s->X.cols; j++)
			if (!problem->frozen || !problem->frozen[j])
				move_column(s, j, step);
	}
}

/* The slopes of the loss at X, added; returns the loss. */
static double add_slopes(struct mixture *s, struct mat X)
{
	const struct problem *problem = s->problem;
	ptrdiff_t m = s->net->U.cols;

	model_forward(&s->net->base, X, s->F.at, &s->work);
	loss_outputs_gradient(problem->loss, s->F, problem->y, s->C);
	mixnet_neurons(s->net, X, s->relu);
	mixnet_weight_gradient(s->net, s->relu, s->C, s->sum, &s->sum[m]);
	return loss_outputs_value(problem->loss, s->F, problem->y);
}

static void step(void *state, struct progress *progress)
{
	struct mixture *s = state;
	const struct mixture_options *o = s->options;
	ptrdiff_t m = s->net->U.cols;
	double share = 1 / ((double)s->problem->X.rows * s->problem->loss.weight);

	*progress = (struct progress){NAN, NAN, NAN, .end = OUTCOME_CONVERGED};
	if (!o->adaptive)
		return;
	memset(s->sum, 0, (size_t)(m + 1) * sizeof *s->sum);
	progress->objective = add_slopes(s, s->problem->X);
	if (o->eps > 0) {
		attack(s);
		progress->objective = (progress->objective + add_slopes(s, s->X)) / 2;
	}
	for (ptrdiff_t j = 0; j <= m; j++) {
		double decay = j < m ? s->problem->beta * (double)s->weights[j] : 0;

		s->slope[j] = (real)(share * (s->sum[j] / (o->eps > 0 ? 2 : 1) + decay));
	}
	adam_begin(&s->adam, o->learning_rate);
	adam_update(&s->adam, (size_t)(m + 1), s->slope, s->weights, s->p, s->q);
	memcpy(s->net->w, s->weights, (size_t)m * sizeof(real));
	*s->net->logit = s->weights[m];
	s->epoch++;
	progress->end = s->epoch < o->epochs ? OUTCOME_RUNNING : OUTCOME_ITERATION_LIMIT;
}

static ptrdiff_t width(const void *state)
{
	return ((const struct mixture *)state)->net->U.cols;
}

static void model(const void *state, struct model *out)
{
	const struct mixnet *from = ((const struct mixture *)state)->net;
	struct mixnet *to = mixnet_of(out);
	ptrdiff_t m = from->U.cols;

	to->U.cols = m;
	mat_copy(to->U, from->U);
	mat_copy(mat_rows(to->A, 0, m), from->A);
	mat_copy(mat_rows(to->R, 0, m), from->R);
	memcpy(to->w, from->w, (size_t)m * sizeof(real));
	*to->logit = *from->logit;
	*to->mapped = *from->mapped;
	*to->scale = *from->scale;
	*to->power = *from->power;
	*to->shift = *from->shift;
}

static void facts(const void *state, struct facts *facts)
{
	const struct mixture *s = state;

	facts_text(facts, "mixing", s->options->adaptive ? "adaptive" : "fixed");
	facts_number(facts, "weight", mixnet_sigmoid((double)*s->net->logit));
	facts_note(facts, "weight: where no neuron is active");
}

static bool made_in_setup(const void *options)
{
	return !((const struct mixture_options *)options)->adaptive;
}

const struct trainer trainer_mixture = {
	.base = {.name = "mixture",
		 .doc = "two ReLU networks mixed by their probabilities, attacked as a whole",
		 .cite = "bai2024mixing",
		 .options = rows,
		 .size = sizeof(struct mixture_options)},
	.makes = &model_mixture,
	.multi_output = true,
	.takes = trainer_falling,
	.made_in_setup = made_in_setup,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = model,
	.facts = facts,
};
