/* Trainer `admm`: ADMM on the convex program over a pattern set. See admm_step.h. */
#include "solvers/admm/admm_step.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/violation.h"
#include "solvers/ipm/ipm.h"

#include <math.h>
#include <stdio.h>

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
	{0},
};

static enum freedom freedom(const void *options)
{
	return pattern_freedom(&((const struct admm_options *)options)->patterns,
			       FREEDOM_ROTATIONS);
}

static void forecast(const void *options, ptrdiff_t rows_, ptrdiff_t cols_, struct forecast *out)
{
	const struct admm_options *o = options;
	const struct u_update *update = (const struct u_update *)(const void *)o->u_update.item;
	double most = pattern_most(&o->patterns, rows_, cols_);
	struct u_shape shape = {rows_, cols_, (ptrdiff_t)most};
	double n = (double)rows_, d = (double)cols_, P = most;

	update->forecast(o->u_update.options, shape, out);
	out->setup_flops += n * d * d + d * d * d / 3 + 2 * n * d * P;
	cvx_forecast(n, d, P, out);
	pattern_forecast(&o->patterns, rows_, cols_, out);
	finish_forecast((struct finish_plan){o->finish, &o->patterns, out->iteration_flops}, rows_,
			cols_, out);
}

/* M = I + sigma X'X, factored. sigma may be folded into X without a copy: it scales the product. */
static enum status factor_M(struct admm *a, struct arena *arena, struct err *err)
{
	ptrdiff_t d = a->problem->X.cols;

	a->system.M = mat_lower(arena, d);
	if (arena_counts(arena))
		return STATUS_OK;
	blas_syrk(a->sigma, a->problem->X, TRANSPOSED, 0, a->system.M);
	for (ptrdiff_t j = 0; j < d; j++)
		mat_set(a->system.M, j, j, mat_get(a->system.M, j, j) + 1);
	if (!blas_cholesky(a->system.M))
		return err_set(err, STATUS_FAILED,
			       "admm: I + sigma X'X is not positive definite in %s precision",
			       REAL_NAME);
	return STATUS_OK;
}

static void allocate(struct admm *a, struct arena *arena)
{
	ptrdiff_t n = a->problem->X.rows, d = a->problem->X.cols, P = a->system.D.cols;
	/* in the norm in which the iteration is averaged */
	const struct anderson_part parts[] = {
		{(size_t)(2 * d * P), 1}, {(size_t)(2 * n * P), a->sigma}, {(size_t)n, a->kappa}};
	real *at;

	a->loop = accelerated_new(
		(size_t)(2 * (n + d) * P + n),
		(struct anderson_memory){a->options->anderson, a->options->interval},
		a->options->relaxation, arena);
	at = a->loop.x; /* the parts of x one behind the other */
	a->tV = (struct mat){d, P, d, at};
	a->tW = (struct mat){d, P, d, at + d * P};
	a->aV = (struct mat){n, P, n, at + 2 * d * P};
	a->aW = (struct mat){n, P, n, at + 2 * d * P + n * P};
	a->s = at + 2 * (n + d) * P;
	a->V1 = mat_new(arena, d, P);
	a->W1 = mat_new(arena, d, P);
	a->U = mat_new(arena, d, 2 * P);
	a->Y = mat_new(arena, n, 2 * P);
	a->f = ARENA_ARRAY(arena, real, n);
	a->z = ARENA_ARRAY(arena, real, n);
	a->p = ARENA_ARRAY(arena, real, n);
	a->block_sums = arena_alloc(arena, (size_t)admm_step_blocks(n), sizeof *a->block_sums);
	if (!arena_counts(arena))
		accelerated_restart(&a->loop, parts, sizeof parts / sizeof parts[0]);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct admm *a = ARENA_NEW(arena, struct admm);
	const struct admm_options *o = options;
	struct forecast own = {0};
	struct patterns sampled;

	a->problem = problem;
	a->options = o;
	a->u_update = (const struct u_update *)(const void *)o->u_update.item;
	if (!arena_counts(arena)) {
		double square = penalty_unit(problem->X), unit = square * problem->loss.weight;
		bool given = !isnan(o->rho);

		a->penalty = penalty_new(unit * (given ? o->rho : first_trial), o->adapt);
		a->trials = given ? 0 : MOST_TRIALS;
		a->sigma = o->sigma / square;
		a->kappa = o->kappa / square;
	}
	TRY(pattern_sample(&o->patterns, problem, NULL, arena, &sampled, err));
	a->system.X = problem->X;
	a->system.D = sampled.D;
	a->system.c = 2 * a->kappa;
	a->cvx = cvx_new(problem, &sampled, arena);
	TRY(factor_M(a, arena, err));
	allocate(a, arena);
	TRY(a->u_update->setup(&a->system, o->u_update.options, arena, &a->u_state, err));
	*state = a;
	if (!arena_counts(arena)) { /* from zero */
		a->loop.zero =
			loss_value(problem->loss, (size_t)problem->X.rows, a->f, problem->y.at);
		admm_step_split(a);
	}
	forecast(o, problem->X.rows, problem->X.cols, &own);
	return finish_setup(&a->finish,
			    (struct finish_plan){o->finish, &o->patterns, own.iteration_flops},
			    problem, arena, err);
}

static ptrdiff_t width(const void *state)
{
	return 2 * ((const struct admm *)state)->V1.cols;
}

static void network(const void *state, struct model *model)
{
	const struct admm *a = state;

	if (a->finish.at_work)
		trainer_ipm.model(a->finish.state, model);
	else
		cvx_network(a->V1, a->W1, net_of(model));
}

/* alpha = -grad L: of the prox at z, -rho kappa mu exactly; eta = rho sigma (-N). */
static void certify(void *state, struct certificate *certificate)
{
	struct admm *a = state;
	size_t n = (size_t)a->problem->X.rows;
	double scale = -a->penalty.rho * a->kappa;
	struct cvx_dual dual = {.alpha = a->cvx.alpha, .NV = a->aV, .NW = a->aW};

	if (a->finish.at_work) {
		trainer_ipm.certify(a->finish.state, certificate);
		return;
	}
	dual.scale = a->penalty.rho * a->sigma;
	for (size_t k = 0; k < n; k++)
		a->cvx.alpha[k] = (real)(scale * ((double)a->s[k] - (double)a->z[k]));
	cvx_certify(&a->cvx, a->V1, a->W1, &dual, certificate);
}

static void repaired(const void *state, struct model *model)
{
	const struct admm *a = state;

	if (a->finish.at_work)
		trainer_ipm.repaired(a->finish.state, model);
	else
		cvx_network(a->cvx.RV, a->cvx.RW, net_of(model));
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
		if (!finish_looks(&a->finish, a->loop.iteration))
			return;
		certify(a, &c);
		if (!finish_decide(&a->finish, a->loop.iteration, &c))
			return;
	}
	first = u_note(a); /* the hand-over follows the u-update */
	snprintf(a->note, sizeof a->note, "%s%s%s", first ? first : "", first ? "; " : "",
		 a->finish.note);
}

static void violation(void *state, long draws, struct violation *out)
{
	struct admm *a = state;

	if (a->finish.at_work)
		trainer_ipm.violation(a->finish.state, draws, out);
	else
		violation_patterns(&a->cvx, draws, out);
}

static void facts(const void *state, struct facts *facts)
{
	const struct admm *a = state;

	pattern_facts(&a->options->patterns, a->V1.cols, facts);
	facts_note(facts, a->note[0] ? a->note : u_note(a));
}

const struct trainer trainer_admm = {
	.base = {.name = "admm",
		 .doc = "ADMM on the convex program over sampled activation patterns",
		 .cite = "bai2023",
		 .options = rows,
		 .size = sizeof(struct admm_options)},
	.makes = &model_relu,
	.freedom = freedom,
	.sample_weights = true,
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
