/* Trainer `admm`: ADMM on the convex program over a pattern set. See admm_step.h. */
#include "solvers/admm/admm_step.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/scaling.h"
#include "solvers/cvx/separate.h"
#include "solvers/cvx/violation.h"
#include "solvers/ipm/ipm.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Where the search for rho begins, and how many iterations it may take. */
static const double first_trial = 0.1;
enum { MOST_TRIALS = 2 };

static const struct option rows[] = {
	{OPTION_FIELD(struct admm_options, patterns), .rows = pattern_rows, .shorthand = "count",
	 .doc = "activation patterns of the convex program"},
	{OPTION_FIELD(struct admm_options, u_update), .initial = "auto", .kind = KIND_U_UPDATE,
	 .doc = "how the linear system of the u-step is solved; the iterates do not depend on it"},
	{OPTION_FIELD(struct admm_options, rho), .initial = "null", .range = RANGE_ABOVE(0),
	 .doc = "penalty of V = V1, to begin with; times the mean square of the features and the "
		"weight of the loss; unset: found from the data by a few trial iterations"},
	{OPTION_FIELD(struct admm_options, sigma), .initial = "0.3", .range = RANGE_ABOVE(0),
	 .doc = "penalty of the sign constraints relative to rho"},
	{OPTION_FIELD(struct admm_options, kappa), .initial = "1", .range = RANGE_ABOVE(0),
	 .doc = "penalty of f = z relative to rho"},
	{OPTION_FIELD(struct admm_options, relaxation), .initial = "1.6",
	 .range = RANGE_BETWEEN(0, 2), .doc = "over-relaxation; 1 = none"},
	{OPTION_FIELD(struct admm_options, adapt), .initial = "true",
	 .doc = "change rho so that both residuals fall alike, at geometrically spaced iterations"},
	{OPTION_FIELD(struct admm_options, anderson), .initial = "10", .range = RANGE_WITHIN(0, 50),
	 .doc = "Anderson acceleration: differences kept; 0 = none"},
	{OPTION_FIELD(struct admm_options, interval), .initial = "10", .range = RANGE_FROM(1),
	 .doc = "iterations between two accelerated ones"},
	{OPTION_FIELD(struct admm_options, finish), .initial = "auto", .names = finish_names,
	 .doc = "hand over to the interior point (ipm) on the same program where the certified gap "
		"stands still: auto where that is affordable by its forecast, in double precision; "
		"none never; ipm whatever it costs"},
	{OPTION_FIELD(struct admm_options, output), .initial = "separate", .names = separate_names,
	 .later = true, .doc = "neurons of several outputs: each output has its own"},
	{0},
};

static enum freedom freedom(const void *options)
{
	return pattern_freedom(&((const struct admm_options *)options)->patterns,
			       FREEDOM_ROTATIONS);
}

static const char *spread(const void *options, const char **option)
{
	const struct admm_options *o = options;
	const struct u_update *update = (const struct u_update *)(const void *)o->u_update.item;

	*option = "u_update";
	if (!update->spread)
		return "needs all rows in one process, pcg and primal do not";
	if (update->spread(o->u_update.options))
		return update->spread(o->u_update.options);
	*option = "finish";
	if (o->finish != FINISH_NONE)
		return "the interior point needs all rows in one process, none does not";
	*option = "patterns";
	return pattern_spread(&o->patterns);
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct admm_options *o = options;
	const struct u_update *update = (const struct u_update *)(const void *)o->u_update.item;
	double most = pattern_most(&o->patterns, shape.n, shape.d);
	struct u_shape u_shape = {shape.n, shape.d, (ptrdiff_t)most, shape.k};
	double n = (double)shape.n, d = (double)shape.d, P = most;

	update->forecast(o->u_update.options, u_shape, out);
	out->setup_flops += n * d * d + d * d * d / 3 + 2 * n * d * P;
	cvx_forecast(n, d, P, out);
	out->certificate_flops *= (double)shape.k;
	pattern_forecast(&o->patterns, shape, out);
	finish_forecast((struct finish_plan){o->finish, &o->patterns, out->iteration_flops}, shape,
			out);
}

/* M = I + sigma X'X, factored. sigma may be folded into X without a copy: it scales the product. */
static enum status factor_M(struct admm *a, struct arena *arena, struct err *err)
{
	ptrdiff_t d = a->problem->X.cols;

	a->system.M = mat_lower(arena, d);
	if (arena_counts(arena))
		return STATUS_OK;
	ranks_syrk(a->problem->ranks, a->sigma, a->problem->X, a->system.M);
	for (ptrdiff_t j = 0; j < d; j++)
		mat_set(a->system.M, j, j, mat_get(a->system.M, j, j) + 1);
	if (!blas_cholesky(a->system.M))
		return err_set(err, STATUS_FAILED,
			       "admm: I + sigma X'X is not positive definite in %s precision",
			       REAL_NAME);
	return STATUS_OK;
}

/* A program of q outputs from `first` on. */
static struct admm_program program_new(const struct admm *a, ptrdiff_t first, ptrdiff_t q,
				       struct arena *arena)
{
	const struct problem *problem = a->problem;
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, P = a->system.D.cols, Pq = P * q;
	/* in the norm in which the iteration is averaged */
	const struct anderson_part parts[] = {{(size_t)(2 * d * Pq), 1, false},
					      {(size_t)(2 * n * Pq), a->sigma, true},
					      {(size_t)(n * q), a->kappa, true}};
	struct admm_program g = {.first = first, .y = problem->y};
	real *at;

	if (q < problem->y.k)
		g.y = a->output[first].y;
	g.loop = accelerated_new((size_t)(2 * (n + d) * Pq + n * q),
				 (struct anderson_memory){a->options->anderson,
							  a->options->interval, problem->ranks},
				 a->options->relaxation, arena);
	at = g.loop.x; /* the parts of x one behind the other */
	g.tV = (struct mat){d, Pq, d, at};
	g.tW = (struct mat){d, Pq, d, at + d * Pq};
	g.aV = (struct mat){n, Pq, n, at + 2 * d * Pq};
	g.aW = (struct mat){n, Pq, n, at + 2 * d * Pq + n * Pq};
	g.s = (struct mat){n, q, n, at + 2 * (n + d) * Pq};
	g.V1 = mat_new(arena, d, Pq);
	g.W1 = mat_new(arena, d, Pq);
	g.z = mat_new(arena, n, q);
	g.A = mat_cols(a->U, first * P, Pq);
	g.B = mat_cols(a->U, (problem->y.k + first) * P, Pq);
	g.YA = mat_cols(a->Y, first * P, Pq);
	g.YB = mat_cols(a->Y, (problem->y.k + first) * P, Pq);
	g.f = mat_cols(a->f, first, q);
	g.p = mat_cols(a->p, first, q);
	if (!arena_counts(arena))
		accelerated_restart(&g.loop, parts, sizeof parts / sizeof parts[0]);
	return g;
}

static void allocate(struct admm *a, struct arena *arena)
{
	ptrdiff_t n = a->problem->X.rows, d = a->problem->X.cols, P = a->system.D.cols,
		  k = a->problem->y.k;

	a->U = mat_new(arena, d, 2 * P * k);
	a->Y = mat_new(arena, n, 2 * P * k);
	a->f = mat_new(arena, n, k);
	a->p = mat_new(arena, n, k);
	a->block_sums = arena_alloc(arena, (size_t)admm_step_blocks(n), sizeof *a->block_sums);
	a->program = ARENA_ARRAY(arena, struct admm_program, a->count);
	for (ptrdiff_t i = 0; i < a->count; i++)
		a->program[i] = program_new(a, i, k / a->count, arena);
}

/* Penalties in the units of the data, and the programs at zero. */
static void begin(struct admm *a)
{
	const struct admm_options *o = a->options;
	double unit = penalty_unit(a->problem->X, a->problem->ranks) * a->problem->loss.weight;
	bool given = !isnan(o->rho);

	for (ptrdiff_t i = 0; i < a->count; i++) {
		struct admm_program *g = &a->program[i];

		g->penalty = penalty_new(unit * (given ? o->rho : first_trial), o->adapt);
		g->trials = given ? 0 : MOST_TRIALS;
		g->loop.zero = loss_outputs_value(a->problem->loss, g->f, g->y);
		admm_step_split(a, g);
	}
}

/* Whether one program has several outputs. */
static bool couples(const struct admm *a)
{
	return a->count < a->system.k;
}

/* The problem of each output, and what certifies it. */
static void outputs_new(struct admm *a, const struct patterns *patterns, struct arena *arena)
{
	ptrdiff_t k = a->problem->y.k;

	a->output = ARENA_ARRAY(arena, struct problem, k);
	a->cvx = ARENA_ARRAY(arena, struct cvx, k);
	for (ptrdiff_t c = 0; c < k; c++) {
		a->output[c] = k > 1 ? separate_output(a->problem, c) : *a->problem;
		a->cvx[c] = c > 0 ? cvx_beside(&a->cvx[0], &a->output[c], arena)
				  : cvx_new(&a->output[0], patterns, arena);
	}
	if (couples(a))
		a->all = cvx_outputs_new(a->problem, a->cvx, arena);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct admm *a = ARENA_NEW(arena, struct admm);
	const struct admm_options *o = options;
	struct forecast own = {0};
	struct patterns sampled;
	struct trainer_shape shape = {problem->X.rows, problem->X.cols, problem->y.k,
				      problem->loss.loss};
	const char *wanted;

	a->problem = problem;
	a->options = o;
	a->u_update = (const struct u_update *)(const void *)o->u_update.item;
	a->count = separate_takes(problem, &wanted) ? problem->y.k : 1;
	if (!arena_counts(arena)) {
		double square = penalty_unit(problem->X, problem->ranks);

		a->sigma = o->sigma / square;
		a->kappa = o->kappa / square;
	}
	TRY(pattern_sample(&o->patterns, problem, NULL, arena, &sampled, err));
	a->system.X = problem->X;
	a->system.ranks = problem->ranks;
	a->system.D = sampled.D;
	a->system.c = 2 * a->kappa;
	a->system.k = problem->y.k;
	outputs_new(a, &sampled, arena);
	TRY(factor_M(a, arena, err));
	allocate(a, arena);
	TRY(a->u_update->setup(&a->system, o->u_update.options, arena, &a->u_state, err));
	*state = a;
	if (!arena_counts(arena))
		begin(a);
	forecast(o, shape, &own);
	return finish_setup(&a->finish,
			    (struct finish_plan){o->finish, &o->patterns, own.iteration_flops},
			    problem, arena, err);
}

static ptrdiff_t width(const void *state)
{
	const struct admm *a = state;

	return 2 * a->system.D.cols * a->system.k;
}

/* The columns of output c of a program's matrix, whichever program that is. */
static const struct admm_program *program_of(const struct admm *a, ptrdiff_t c)
{
	return &a->program[a->count > 1 ? c : 0];
}

static struct mat part(const struct admm *a, struct mat columns, ptrdiff_t c)
{
	ptrdiff_t P = a->system.D.cols;

	return mat_cols(columns, a->count > 1 ? 0 : c * P, P);
}

/* The networks of the outputs, of the iterate or of the repaired point, one behind the other. */
static void networks(const struct admm *a, bool repaired, struct model *model)
{
	struct multinet *net = multinet_of(model);

	separate_clear(net);
	for (ptrdiff_t c = 0; c < a->system.k; c++) {
		const struct admm_program *g = program_of(a, c);
		struct net one = separate_room(net, c);

		if (repaired)
			cvx_network(a->cvx[c].RV, a->cvx[c].RW, &one);
		else
			cvx_network(part(a, g->V1, c), part(a, g->W1, c), &one);
		separate_take(net, &one);
	}
}

static void network(const void *state, struct model *model)
{
	const struct admm *a = state;

	if (a->finish.at_work)
		trainer_ipm.model(a->finish.state, model);
	else if (a->system.k > 1)
		networks(a, false, model);
	else
		cvx_network(a->program->V1, a->program->W1, net_of(model));
}

/* alpha = -grad L: of the prox at z, -rho kappa mu exactly; eta = rho sigma (-N). */
static void certify_output(struct admm *a, ptrdiff_t c, struct certificate *certificate)
{
	const struct admm_program *g = program_of(a, c);
	size_t n = (size_t)a->problem->X.rows;
	double scale = -g->penalty.rho * a->kappa;
	struct cvx *cvx = &a->cvx[c];
	const struct cvx_dual dual = {.alpha = cvx->alpha,
				      .NV = part(a, g->aV, c),
				      .NW = part(a, g->aW, c),
				      .scale = g->penalty.rho * a->sigma};

	for (size_t k = 0; k < n; k++)
		cvx->alpha[k] = (real)(scale * ((double)g->s.at[k] - (double)g->z.at[k]));
	cvx_certify(cvx, part(a, g->V1, c), part(a, g->W1, c), &dual, certificate);
}

/* alpha = -grad L at z; of a loss with kinks, what the split says. */
static void certify_all(struct admm *a, struct certificate *certificate)
{
	const struct admm_program *g = a->program;
	const struct problem *problem = a->problem;
	struct mat alpha = a->all.alpha;
	const struct cvx_outputs_point at = {g->V1, g->W1, g->aV, g->aW, g->penalty.rho * a->sigma};

	if (isfinite(loss_outputs_curvature(problem->loss, problem->y.k))) {
		loss_outputs_gradient(problem->loss, g->z, problem->y, alpha);
	} else {
		for (ptrdiff_t i = 0; i < alpha.rows * alpha.cols; i++)
			alpha.at[i] = g->s.at[i] - g->z.at[i];
		scaling_slopes(problem, g->penalty.rho * a->kappa, alpha, alpha);
	}
	blas_scale((size_t)(alpha.rows * alpha.cols), -1, alpha.at);
	for (ptrdiff_t c = 0; c < alpha.cols; c++) /* for draws of fresh patterns */
		memcpy(a->cvx[c].alpha, mat_col(alpha, c), (size_t)alpha.rows * sizeof(real));
	cvx_outputs_certify(&a->all, &at, certificate);
}

static void certify(void *state, struct certificate *certificate)
{
	struct admm *a = state;

	if (a->finish.at_work) {
		trainer_ipm.certify(a->finish.state, certificate);
		return;
	}
	if (a->system.k == 1) {
		certify_output(a, 0, certificate);
		return;
	}
	if (couples(a)) {
		certify_all(a, certificate);
		return;
	}
	*certificate = (struct certificate){0};
	for (ptrdiff_t c = 0; c < a->system.k; c++) {
		struct certificate one;

		certify_output(a, c, &one);
		separate_add_certificate(certificate, &one);
	}
}

static void repaired(const void *state, struct model *model)
{
	const struct admm *a = state;

	if (a->finish.at_work)
		trainer_ipm.repaired(a->finish.state, model);
	else if (a->system.k > 1)
		networks(a, true, model);
	else
		cvx_network(a->cvx->RV, a->cvx->RW, net_of(model));
}

static const char *u_note(const struct admm *a)
{
	return a->u_update->note ? a->u_update->note(a->u_state) : NULL;
}

static void step(void *state, struct progress *progress)
{
	struct admm *a = state;
	struct certificate c;
	const char *first;

	if (a->finish.at_work) {
		finish_step(&a->finish, progress);
	} else {
		admm_step(a, progress);
		if (!finish_looks(&a->finish, a->program->loop.iteration))
			return;
		certify(a, &c);
		if (!finish_decide(&a->finish, a->program->loop.iteration, &c))
			return;
	}
	first = u_note(a); /* the hand-over follows the u-update */
	snprintf(a->note, sizeof a->note, "%s%s%s", first ? first : "", first ? "; " : "",
		 a->finish.note);
}

static void violation(void *state, long draws, struct violation *out)
{
	struct admm *a = state;

	if (a->finish.at_work) {
		trainer_ipm.violation(a->finish.state, draws, out);
		return;
	}
	*out = (struct violation){0};
	for (ptrdiff_t c = 0; c < a->system.k; c++) {
		struct violation one;

		violation_patterns(&a->cvx[c], draws, &one);
		out->draws += one.draws;
		out->violated += one.violated;
	}
}

static void facts(const void *state, struct facts *facts)
{
	const struct admm *a = state;

	pattern_facts(&a->options->patterns, a->system.D.cols, facts);
	facts_note(facts, a->note[0] ? a->note : u_note(a));
	if (a->system.k > 1)
		facts_text(facts, "output", "separate");
}

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	*wanted = "a loss that is a sum over the outputs, such as squared, for finish: ipm";
	return ((const struct admm_options *)options)->finish != FINISH_IPM ||
	       separate_takes(problem, &(const char *){NULL});
}

const struct trainer trainer_admm = {
	.base = {.name = "admm",
		 .doc = "ADMM on the convex program over sampled activation patterns",
		 .cite = "bai2023",
		 .options = rows,
		 .size = sizeof(struct admm_options)},
	.makes = &model_relu,
	.multi_output = true,
	.takes = takes,
	.freedom = freedom,
	.sample_weights = true,
	.spread = spread,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = network,
	.certify = certify,
	.repaired = repaired,
	.facts = facts,
	.violation = violation,
};
