/* Trainer `generative_features`: generative feature training (Hertrich & Neumayer 2024) for ReLU
 * features.
 *
 *     min over theta of E_Z [ min_b weight |A b - y|^2 / 2 + (beta / 2) |b|^2 ], A = relu(X W),
 *     W = directions of the generator theta at latents Z ~ N(0, I)
 *
 * A step draws latents, solves for b and moves theta by Adam; the slope of the inner optimum in W
 * is that of its objective at b. Then the latents last drawn are refined themselves, the generator
 * at rest. The objective differs from the published one in that its ridge term is part of it, and
 * there is no penalty on the gradient of f. Neurons are delivered balanced: w sqrt|b| and sign(b)
 * sqrt|b|. */
#include "solvers/core/blas.h"
#include "solvers/generative/feature_generator.h"
#include "solvers/model/net.h"
#include "solvers/model/trainer.h"
#include "solvers/tools/adam.h"

#include <math.h>
#include <string.h>

struct generative_options {
	long width, latent, hidden, layers, epochs, refine;
	double learning_rate, refine_rate;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct generative_options, width), .initial = "100", .range = RANGE_FROM(1),
	 .doc = "features, neurons of the network"},
	{OPTION_FIELD(struct generative_options, latent), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "numbers of a latent; 0: as many as features of the data"},
	{OPTION_FIELD(struct generative_options, hidden), .initial = "64", .range = RANGE_FROM(1),
	 .doc = "units of a hidden layer of the generator (512 as published)"},
	{OPTION_FIELD(struct generative_options, layers), .initial = "3", .range = RANGE_FROM(0),
	 .doc = "hidden layers of the generator"},
	{OPTION_FIELD(struct generative_options, epochs), .initial = "300", .range = RANGE_FROM(0),
	 .doc = "steps of the generator, each over all samples"},
	{OPTION_FIELD(struct generative_options, refine), .initial = "200", .range = RANGE_FROM(0),
	 .doc = "steps of the latents behind them"},
	{OPTION_FIELD(struct generative_options, learning_rate), .initial = "1e-3",
	 .range = RANGE_ABOVE(0), .doc = "of the generator, by Adam on the mean over samples"},
	{OPTION_FIELD(struct generative_options, refine_rate), .initial = "1e-2",
	 .range = RANGE_ABOVE(0), .doc = "of the latents"},
	{0},
};

struct generative {
	const struct problem *problem;
	const struct generative_options *options;
	struct feature_generator g;
	struct rng rng;
	struct adam adam;
	real *p, *q;       /* memories of Adam for the weights, then for the latents */
	struct mat A, M;   /* n x N: features; N x N: normal equations */
	struct mat S;      /* d x N: slopes of directions */
	struct mat b;      /* N x 1 */
	real *r;           /* n: residuals */
	struct mat W, out; /* d x N, N x 1: of the best step so far */
	double best;
	long step;
};

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	(void)options;
	*wanted = "a quadratic loss";
	return problem->loss.loss->quadratic;
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct generative_options *o = options;
	double n = (double)shape.n, d = (double)shape.d, N = (double)o->width;
	double h = (double)o->hidden;

	out->most_iterations = (double)(o->epochs + o->refine) + 1; /* the last one finds the end */
	out->iteration_flops = n * N * (4 * d + N + 4) + N * N * N / 3 +
			       6 * N * h * (2 * d + h * (double)o->layers);
}

static size_t largest(const struct generative *s)
{
	size_t latents = (size_t)(s->g.H[0].rows * s->g.H[0].cols);

	return s->g.count > latents ? s->g.count : latents;
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct generative *s = ARENA_NEW(arena, struct generative);
	const struct generative_options *o = options;
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, N = o->width;
	ptrdiff_t latent = o->latent > 0 ? o->latent : d;

	(void)err;
	*s = (struct generative){.problem = problem, .options = o, .best = HUGE_VAL};
	s->g = feature_generator_new((struct feature_shape){latent, o->hidden, d, N, o->layers},
				     arena);
	s->A = mat_new(arena, n, N);
	s->M = mat_lower(arena, N);
	s->S = mat_new(arena, d, N);
	s->b = mat_new(arena, N, 1);
	s->r = ARENA_ARRAY(arena, real, n);
	s->W = mat_new(arena, d, N);
	s->out = mat_new(arena, N, 1);
	s->p = arena_alloc(arena, largest(s), sizeof(real));
	s->q = arena_alloc(arena, largest(s), sizeof(real));
	*state = s;
	if (arena_counts(arena))
		return STATUS_OK;
	s->adam = adam_new();
	s->rng = rng_stream(problem->seed, "generative_features", 0);
	feature_generator_draw(&s->g, &s->rng);
	feature_generator_latents(&s->g, &s->rng);
	return STATUS_OK;
}

/* A = relu(X W), b and residuals r = A b - y; the inner optimum. NaN: not to be solved. */
static double solve(struct generative *s)
{
	const struct problem *problem = s->problem;
	size_t n = (size_t)s->A.rows, N = (size_t)s->A.cols;
	double weight = problem->loss.weight;

	blas_gemm(1, problem->X, PLAIN, s->g.V, PLAIN, 0, s->A);
	for (ptrdiff_t j = 0; j < s->A.cols; j++)
		for (ptrdiff_t k = 0; k < s->A.rows; k++)
			if (mat_get(s->A, k, j) < 0)
				mat_set(s->A, k, j, 0);
	blas_syrk(weight, s->A, TRANSPOSED, 0, s->M);
	for (ptrdiff_t j = 0; j < s->M.rows; j++)
		mat_set(s->M, j, j, mat_get(s->M, j, j) + (real)problem->beta);
	blas_gemv(weight, s->A, TRANSPOSED, problem->y.at, 0, s->b.at);
	if (!blas_cholesky(s->M))
		return NAN;
	blas_cholesky_solve(s->M, s->b);
	memcpy(s->r, problem->y.at, n * sizeof *s->r);
	blas_gemv(1, s->A, PLAIN, s->b.at, -1, s->r);
	return weight * blas_dot(n, s->r, s->r) / 2 +
	       problem->beta * blas_dot(N, s->b.at, s->b.at) / 2;
}

/* S = slopes of the inner optimum in W: weight X'([A > 0] o (r b')); A is used up. */
static void slopes(struct generative *s)
{
	for (ptrdiff_t j = 0; j < s->A.cols; j++) {
		real *a = mat_col(s->A, j), b = s->b.at[j];

		for (ptrdiff_t k = 0; k < s->A.rows; k++)
			a[k] = a[k] > 0 ? s->r[k] * b : 0;
	}
	blas_gemm(s->problem->loss.weight, s->problem->X, TRANSPOSED, s->A, PLAIN, 0, s->S);
}

static void keep(struct generative *s, double objective)
{
	double length = 0, loss = objective;

	/* as delivered: beta sum |b|, in the place of half the squares */
	for (ptrdiff_t j = 0; j < s->b.rows; j++) {
		double b = fabs((double)s->b.at[j]);

		length += b;
		loss -= s->problem->beta * b * b / 2;
	}
	if (!(loss + s->problem->beta * length < s->best))
		return;
	s->best = loss + s->problem->beta * length;
	mat_copy(s->W, s->g.V);
	mat_copy(s->out, s->b);
}

static void step(void *state, struct progress *progress)
{
	struct generative *s = state;
	const struct generative_options *o = s->options;
	bool refines = s->step >= o->epochs;
	size_t latents = (size_t)(s->g.H[0].rows * s->g.H[0].cols);
	double share = 1 / ((double)s->A.rows * s->problem->loss.weight);

	if (!refines)
		feature_generator_latents(&s->g, &s->rng);
	if (s->step == o->epochs) {
		s->adam = adam_new();
		memset(s->p, 0, latents * sizeof *s->p);
		memset(s->q, 0, latents * sizeof *s->q);
	}
	feature_generator_forward(&s->g);
	*progress = (struct progress){solve(s), NAN, NAN, .end = OUTCOME_RUNNING};
	if (isnan(progress->objective)) {
		progress->failure = "generative_features: A'A + beta I is not positive definite";
		return;
	}
	keep(s, progress->objective);
	slopes(s);
	blas_scale((size_t)(s->S.rows * s->S.cols), share, s->S.at);
	feature_generator_backward(&s->g, s->S);
	adam_begin(&s->adam, refines ? o->refine_rate : o->learning_rate);
	if (refines)
		adam_update(&s->adam, latents, s->g.gH[0].at, s->g.H[0].at, s->p, s->q);
	else
		adam_update(&s->adam, s->g.count, s->g.slopes, s->g.weights, s->p, s->q);
	s->step++;
	if (s->step >= o->epochs + o->refine)
		progress->end = OUTCOME_ITERATION_LIMIT;
}

static ptrdiff_t width(const void *state)
{
	return ((const struct generative *)state)->W.cols;
}

static void model(const void *state, struct model *model)
{
	const struct generative *s = state;
	struct net *net = net_of(model);

	net->U.cols = s->W.cols;
	mat_copy(net->U, s->W);
	for (ptrdiff_t j = 0; j < s->W.cols; j++) {
		double b = (double)s->out.at[j], root = sqrt(fabs(b));

		blas_scale((size_t)s->W.rows, root, mat_col(net->U, j));
		net->alpha[j] = (real)copysign(root, b);
	}
}

const struct trainer trainer_generative_features = {
	.base = {.name = "generative_features",
		 .doc = "features drawn from a trained generator, output weights by ridge "
			"regression",
		 .cite = "hertrich2024",
		 .options = rows,
		 .size = sizeof(struct generative_options)},
	.makes = &model_relu,
	.takes = takes,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = model,
};
