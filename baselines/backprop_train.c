/* Setup, start, schedule, early stopping and result of the backprop baselines. */
#include "baselines/backprop_train.h"

#include "baselines/backprop_outputs.h"
#include "baselines/backprop_robust.h"
#include "baselines/tile.h"
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum {
	CHUNK = 512,          /* rows of H: 512 x 144 doubles are 576 KiB, in the L2 of a core */
	PART_FLOPS = 1 << 18, /* work from which on a thread is worth its barriers */
	FLOPS = 4             /* per sample, input and neuron: forward and backward pass */
};

/* Standard deviations of the start (He et al. 2015; Glorot and Bengio 2010). */
static const struct {
	double fan_in, fan_out;
} variance_parts[] = {{1, 0}, {1, 1}};

const char *const backprop_train_inits[] = {"he", "glorot", NULL};

static double start_deviation(long init, ptrdiff_t in, ptrdiff_t out)
{
	return sqrt(2 / (variance_parts[init].fan_in * (double)in +
			 variance_parts[init].fan_out * (double)out));
}

/* d x cols, with room for whole vectors */
static struct mat samples_new(struct arena *arena, ptrdiff_t d, ptrdiff_t cols)
{
	return mat_rows(mat_new(arena, tile_stride(d), cols), 0, d);
}

static void allocate(struct backprop *b, ptrdiff_t batch, struct arena *arena)
{
	bool robust = b->regime != &backprop_plain && b->regime != &backprop_outputs;
	ptrdiff_t columns = robust ? 2 * b->chunk : b->chunk;
	ptrdiff_t neurons = tile_room((b->m + b->parts - 1) / b->parts);

	b->weights = ARENA_ARRAY(arena, real, b->count);
	b->gradient = ARENA_ARRAY(arena, real, b->count);
	b->packed = ARENA_ARRAY(arena, real, b->d * tile_room(b->m));
	b->band = mat_new(arena, tile_band, neurons * b->parts);
	b->Xt = samples_new(arena, b->d, b->problem->mapped ? 0 : b->n);
	b->batch = samples_new(arena, b->d, robust ? columns : b->problem->mapped ? b->chunk : 0);
	b->x = ARENA_ARRAY(arena, const real *, columns);
	b->H = mat_new(arena, tile_stride(neurons), columns * b->parts);
	b->share = mat_new(arena, columns * b->k, b->parts);
	b->f = ARENA_ARRAY(arena, real, columns * b->k);
	b->y = ARENA_ARRAY(arena, real, b->chunk * b->k);
	b->label = ARENA_ARRAY(arena, int, b->problem->y.label ? b->chunk : 0);
	b->sample = ARENA_ARRAY(arena, real, b->problem->y.weight ? b->chunk : 0);
	b->g = ARENA_ARRAY(arena, real, columns * b->k);
	b->slope = mat_new(arena, neurons, b->k > 1 ? b->parts : 0);
	b->slope_r = ARENA_ARRAY(arena, real, robust ? b->m : 0);
	b->radii = ARENA_ARRAY(arena, real, robust ? b->m : 0);
	b->order = ARENA_ARRAY(arena, size_t, b->total);
	b->own = ARENA_ARRAY(arena, size_t, b->problem->ranks ? batch : 0);
	if (b->options->patience > 0) {
		b->best = ARENA_ARRAY(arena, real, b->count);
		b->f_validation = ARENA_ARRAY(arena, real, b->problem->X_validation.rows * b->k);
		b->work = b->k > 1 ? model_work_new(arena, &model_relu_outputs,
						    (struct model_size){b->d, b->m, b->k})
				   : net_work_new(arena, b->m);
	}
}

enum status backprop_train_setup(struct backprop *b, const struct problem *problem,
				 const struct backprop_options *options, struct arena *arena,
				 struct err *err)
{
	ptrdiff_t total = ranks_total(problem->ranks, problem->X.rows);
	ptrdiff_t batch = options->batch > 0 && options->batch < total ? options->batch : total;
	int parts, most;
	double flops;
	struct rng rng;
	double inner;
	double outer;
	size_t inner_count;

	if (options->patience > 0 && !arena_counts(arena) && problem->X_validation.rows == 0)
		return err_set(
			err, STATUS_SPEC,
			"patience: expected 0 or a validation part (split: {validation: 0.1}), got "
			"\"%ld\" and no validation samples",
			options->patience);
	*b = (struct backprop){
		.problem = problem,
		.options = options,
		.n = problem->X.rows,
		.total = total,
		.before = ranks_before(problem->ranks, problem->X.rows),
		.d = problem->X.cols,
		.m = options->width,
		.k = problem->y.k,
		.chunk = batch < CHUNK ? batch : CHUNK,
		.count = (size_t)((problem->X.cols + problem->y.k) * options->width),
		.decay = (real)(problem->beta / ((double)total * problem->loss.weight)),
		.best_loss = HUGE_VAL,
	};
	TRY(backprop_robust_choose(options, b->k, &b->regime, err));
	if (!arena_counts(arena))
		TRY(ibp_check(problem, &options->interval, err));
	TRY(threat_resolve(problem, &options->interval.threat, "interval", arena, &b->bounded,
			   err));
	b->adversary.options = &options->adversary;
	TRY(adversary_setup(&b->adversary, problem, b->chunk, b->m, arena, err));
	/* threads that the work of one chunk keeps busy, at most one per vector of neurons */
	flops = 2.0 * (double)b->d * (double)b->m * (double)b->chunk;
	parts = omp_get_max_threads();
	most = (int)(tile_room(b->m) / tile_lanes);
	if (parts > 1 + flops / PART_FLOPS)
		parts = 1 + (int)(flops / PART_FLOPS);
	b->parts = parts < most ? parts : most;
	allocate(b, batch, arena);
	if (arena_counts(arena))
		return STATUS_OK;
	if (!problem->mapped)
		mat_transpose(b->Xt, problem->X);
	for (ptrdiff_t k = 0; k < total; k++)
		b->order[k] = (size_t)k;
	rng = rng_stream(b->problem->seed, "init", 0);
	inner = start_deviation(b->options->init, b->d, b->m);
	outer = start_deviation(b->options->init, b->m, b->k);
	inner_count = (size_t)(b->d * b->m);
	for (size_t i = 0; i < b->count; i++)
		b->weights[i] = (real)((i < inner_count ? inner : outer) * rng_normal(&rng));
	return STATUS_OK;
}

static double rate_constant(const struct backprop_options *o, double epoch)
{
	(void)epoch;
	return o->learning_rate;
}

static double rate_cosine(const struct backprop_options *o, double epoch)
{
	return o->learning_rate * 0.5 *
	       (1 + cos(3.14159265358979323846 * epoch / (double)o->epochs));
}

static double rate_step(const struct backprop_options *o, double epoch)
{
	return o->learning_rate * pow(o->step_factor, floor(epoch / (double)o->step_every));
}

const char *const backprop_train_schedules[] = {"constant", "cosine", "step", NULL};
static double (*const rates[])(const struct backprop_options *, double) = {rate_constant,
									   rate_cosine, rate_step};

double backprop_train_rate(const struct backprop *b)
{
	return rates[b->options->schedule](b->options, (double)b->epoch);
}

void backprop_train_epoch(struct backprop *b, backprop_rule rule, void (*before)(void *trainer),
			  void *trainer)
{
	ptrdiff_t n = b->total,
		  size = b->options->batch > 0 && b->options->batch < n ? b->options->batch : n;
	struct rng rng = rng_stream(b->problem->seed, "epoch", (uint64_t)b->epoch);

	if (size < n)
		rng_shuffle(&rng, (size_t)n, b->order);
	for (ptrdiff_t first = 0; first < n; first += size) {
		if (before)
			before(trainer);
		backprop_gradient(b, size < n ? b->order + first : NULL,
				  first + size < n ? size : n - first, rule, trainer);
	}
	b->epoch++;
}

/* Random starts of the validation part are those of no epoch. */
static const uint64_t validation_stream = UINT32_MAX;

/* Validation samples first .. first+rows-1 as columns, with their targets. */
static struct backprop_pass load_validation(struct backprop *b, ptrdiff_t first)
{
	const struct problem *problem = b->problem;
	ptrdiff_t n = problem->X_validation.rows;
	ptrdiff_t rows = first + b->chunk < n ? b->chunk : n - first;
	const struct backprop_regime *regime =
		b->regime->validation ? b->regime->validation : b->regime;

	struct backprop_pass pass = {
		.regime = regime,
		.number = first,
		.rows = rows,
		.count = n,
		.of = n,
		.clean = mat_cols(b->batch, 0, rows),
		.x = b->x,
		.columns = rows,
		.y = b->y,
		.targets = backprop_targets(b, rows, &problem->y_validation),
		.strength = 1,
		.stream = validation_stream,
	};

	for (ptrdiff_t k = 0; k < rows; k++) {
		for (ptrdiff_t i = 0; i < b->d; i++)
			mat_set(b->batch, i, k, mat_get(problem->X_validation, first + k, i));
		backprop_target(b, &pass, k, &problem->y_validation, first + k);
		b->x[k] = mat_col(b->batch, regime->attacks ? rows + k : k);
	}
	return pass;
}

/* Every rank has the whole validation part. */
static struct loss_term validation_loss(const struct backprop *b)
{
	struct loss_term loss = b->problem->loss;

	loss.ranks = NULL;
	return loss;
}

/* The last outputs of a regime are the worst ones. */
static double chunk_loss(struct backprop *b, const struct backprop_pass *pass)
{
#pragma omp parallel num_threads(b->parts)
	{
		if (pass->regime->attacks) {
#pragma omp for schedule(static, 1)
			for (int part = 0; part < b->parts; part++)
				pass->regime->attack(b, pass, part);
		}
#pragma omp for schedule(static, 1)
		for (int part = 0; part < b->parts; part++) {
			backprop_pack(b, part);
			pass->regime->forward(b, pass, part);
		}
	}
	backprop_sum_shares(b, pass);
	if (b->k > 1)
		return loss_outputs_value(
			validation_loss(b),
			(struct mat){pass->rows, b->k, pass->columns,
				     b->f + (pass->regime->outputs - 1) * pass->rows * b->k},
			pass->targets);
	return loss_value(loss_with(validation_loss(b), pass->targets.weight), (size_t)pass->rows,
			  b->f + (pass->regime->outputs - 1) * pass->rows, pass->y);
}

double backprop_train_validation_loss(struct backprop *b)
{
	const struct problem *problem = b->problem;
	struct net net = backprop_as_net(b);

	if (b->regime != &backprop_plain) {
		double loss = 0;

		for (ptrdiff_t first = 0; first < b->problem->X_validation.rows;
		     first += b->chunk) {
			struct backprop_pass pass = load_validation(b, first);

			loss += chunk_loss(b, &pass);
		}
		return loss;
	}
	if (b->k > 1) {
		struct multinet all = backprop_as_multinet(b);
		ptrdiff_t n = problem->X_validation.rows;

		model_forward(&all.base, problem->X_validation, b->f_validation, &b->work);
		return loss_outputs_value(validation_loss(b),
					  (struct mat){n, b->k, n, b->f_validation},
					  problem->y_validation);
	}
	net_forward(&net, problem->X_validation, b->f_validation, &b->work);
	return loss_value(loss_with(validation_loss(b), problem->y_validation.weight),
			  (size_t)problem->X_validation.rows, b->f_validation,
			  problem->y_validation.at);
}

/* True when the validation loss has not fallen for `patience` epochs; a NaN has not fallen. */
static bool out_of_patience(struct backprop *b)
{
	double loss = backprop_train_validation_loss(b);

	b->since_best++;
	if (loss < b->best_loss) {
		b->best_loss = loss;
		b->since_best = 0;
		memcpy(b->best, b->weights, b->count * sizeof *b->best);
	}
	return b->since_best >= b->options->patience;
}

void backprop_train_report(struct backprop *b, struct progress *progress)
{
	bool ready = b->best && backprop_strength(b) >= 1; /* weights before are for less */
	bool stop = ready && out_of_patience(b), used_up = b->epoch >= b->options->epochs;

	*progress = (struct progress){
		.objective = NAN, /* known for the minibatches only, each at weights of its own */
		.primal_residual = NAN,
		.dual_residual = NAN,
		.end = stop ? OUTCOME_STALLED
			    : (used_up ? OUTCOME_ITERATION_LIMIT : OUTCOME_RUNNING),
	};
	if (progress->end != OUTCOME_RUNNING && b->best && b->best_loss < HUGE_VAL)
		memcpy(b->weights, b->best, b->count * sizeof *b->weights);
}

ptrdiff_t backprop_train_width(const void *state)
{
	return ((const struct backprop *)state)->m;
}

void backprop_train_network(const void *state, struct model *model)
{
	const struct backprop *b = state;
	struct net *net, own = backprop_as_net(b);

	if (b->k > 1) {
		struct multinet *to = multinet_of(model), all = backprop_as_multinet(b);

		to->U.cols = b->m;
		mat_copy(to->U, all.U);
		mat_copy(mat_rows(to->A, 0, b->m), all.A);
		return;
	}
	net = net_of(model);
	net->U.cols = b->m;
	mat_copy(net->U, own.U);
	memcpy(net->alpha, own.alpha, (size_t)b->m * sizeof *net->alpha);
}

const char *backprop_train_spread(const void *options, const char **option)
{
	(void)options;
	(void)option;
	return NULL;
}

void backprop_train_forecast(const struct backprop_options *options, struct trainer_shape shape,
			     struct forecast *out)
{
	double m = (double)options->width, inputs = (double)shape.d, samples = (double)shape.n;

	out->setup_flops = 0;
	out->most_iterations = (double)options->epochs;
	out->iteration_flops = FLOPS * samples * inputs * m;
	if (options->adversary.threat.eps > 0)
		out->iteration_flops *= 1 + (double)adversary_steps(&options->adversary);
}
