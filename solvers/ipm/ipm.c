/* Trainer `ipm`: primal-dual interior point for the convex program, the reference of the
 * comparisons. See ipm_state.h. */
#include "solvers/ipm/ipm.h"

#include "solvers/core/blas.h"
#include "solvers/cvx/separate.h"
#include "solvers/cvx/violation.h"
#include "solvers/ipm/ipm_extended.h"
#include "solvers/ipm/ipm_newton.h"
#include "solvers/ipm/ipm_path.h"

#include <math.h>
#include <string.h>

enum { SYSTEM_AUTO, SYSTEM_ASSEMBLED, SYSTEM_COUPLING };

static const char *const systems[] = {"auto", "assembled", "coupling", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct ipm_options, patterns), .rows = pattern_rows, .shorthand = "count",
	 .doc = "activation patterns of the convex program"},
	{OPTION_FIELD(struct ipm_options, system), .initial = "auto", .names = systems,
	 .doc = "Newton system: assembled, of order dP, or blocks with a coupling of order n; auto "
		"takes the one with less work"},
	{OPTION_FIELD(struct ipm_options, output), .initial = "separate", .names = separate_names,
	 .later = true, .doc = "neurons of several outputs: each output has its own"},
	{0},
};

enum {
	PAIRS_MOST = 24, /* d: beyond it a product for each block is as fast */
	CHUNK = 512,     /* columns of the coupling added at once, at least one block */
};

/* Operations of a factorisation in twice the digits: about 5 s */
static const double EXTENDED_MOST = 1e11;

static const struct pattern_options *patterns(const void *options)
{
	return &((const struct ipm_options *)options)->patterns;
}

/* Operations that join the blocks: n o^2 + o^3 / 3 for the order o = d P, n^2 o + n^3 / 3 for the
 * coupling, which forms a quarter of the first part where it goes by the active rows. Measured
 * times of a step cross where these do, at n = o, within 5 % (n 250 to 2,000, o 240 to 1,920, one
 * thread). */
static double joining_flops(bool assembled, double n, double d, double P)
{
	double order = d * P, part = d >= IPM_WIDE ? 0.25 : 1;

	return assembled ? n * order * order + order * order * order / 3
			 : part * n * n * order + n * n * n / 3;
}

static bool assembles(const struct ipm_options *o, double n, double d, double P)
{
	if (o->system != SYSTEM_AUTO)
		return o->system == SYSTEM_ASSEMBLED;
	return joining_flops(true, n, d, P) <= joining_flops(false, n, d, P);
}

static void forecast_one(const void *options, struct trainer_shape shape, struct forecast *out)
{
	double n = (double)shape.n, d = (double)shape.d,
	       P = pattern_most(patterns(options), shape.n, shape.d);

	out->setup_flops = 2 * n * d * P;
	out->iteration_flops = 3 * n * d * d * P + 60 * n * d * P + 3 * d * d * d * P;
	out->iteration_flops += joining_flops(assembles(options, n, d, P), n, d, P);
	cvx_forecast(n, d, P, out);
	pattern_forecast(patterns(options), shape, out);
}

/* What was allocated since `before` bytes were held waits for the first step: none follows for ADMM
 * that ends before it hands over. */
static void expect_steps(struct arena *arena, double before)
{
	arena_untouched_before(arena, 1, arena_held(arena) - before);
}

/* What a half keeps from step to step, and its cones. */
static void half_own(struct ipm_half *h, double sign, struct gates D, ptrdiff_t d,
		     struct arena *arena)
{
	ptrdiff_t n = D.rows, P = D.cols;

	h->sign = sign;
	h->cones = cones_new(arena, d, P);
	h->X = mat_rows(h->cones.s, 1, d);
	h->dX = mat_rows(h->cones.ds, 1, d);
	h->R = mat_new(arena, d, P);
	h->shown = mat_new(arena, d, P);
	h->S = mat_new(arena, n, P);
	h->N = mat_new(arena, n, P);
}

/* And what a step needs. */
static void half_room(struct ipm_half *h, struct arena *arena)
{
	ptrdiff_t n = h->S.rows, d = h->X.rows, P = h->S.cols;
	struct mat *small[] = {&h->along, &h->product, &h->added, &h->Z},
		   *large[] = {&h->dS, &h->dN, &h->K};
	double before = arena_held(arena);

	for (size_t m = 0; m < sizeof small / sizeof small[0]; m++)
		*small[m] = mat_new(arena, d, P);
	for (size_t m = 0; m < sizeof large / sizeof large[0]; m++)
		*large[m] = mat_new(arena, n, P);
	expect_steps(arena, before);
}

static void allocate_system(struct ipm *s, const struct ipm_options *options, struct arena *arena)
{
	struct mat X = s->problem->X;
	ptrdiff_t n = s->D.rows, d = X.cols, P = s->D.cols, size = d * P;
	real *to = NULL;
	struct mat *blocks[] = {&s->half[0].L, &s->half[1].L, &s->N};
	double before;

	if (d <= PAIRS_MOST) {
		s->pairs = mat_new(arena, n, d * (d + 1) / 2);
		to = s->pairs.at;
	}
	/* x_a o x_b for all a >= b, column by column of the lower triangle */
	for (ptrdiff_t b = 0; b < d && to && !arena_counts(arena); b++)
		for (ptrdiff_t a = b; a < d; a++)
			for (ptrdiff_t k = 0; k < n; k++)
				*to++ = mat_get(X, k, a) * mat_get(X, k, b);
	before = arena_held(arena);
	if (d <= PAIRS_MOST)
		s->packed = mat_new(arena, d * (d + 1) / 2, P);
	s->q = mat_new(arena, d, P);
	for (size_t m = 0; m < 3; m++)
		*blocks[m] = mat_new(arena, d, size);
	s->assembled = assembles(options, (double)n, (double)d, (double)P);
	s->C = mat_lower(arena, s->assembled ? size : n);
	s->T = mat_new(arena, n, s->assembled ? size : CHUNK > d ? CHUNK : d);
	expect_steps(arena, before);
}

/* On the products of the central path: lambda of the size of grad L, slacks between what the norm
 * penalty allows and what the gradient asks for. */
static void start_at_zero(struct ipm *s)
{
	const struct problem *problem = s->problem;
	ptrdiff_t n = problem->X.rows, P = s->D.cols;
	double loss = loss_value(problem->loss, (size_t)n, s->f, problem->y.at), lambda, largest,
	       size;

	loss_gradient(problem->loss, (size_t)n, s->f, problem->y.at, s->a);
	lambda = blas_norm((size_t)n, s->a) / sqrt((double)n);
	largest = fmax(lambda * blas_mat_norm(problem->X), problem->beta);
	size = loss / (sqrt(largest * problem->beta) * 2 * (double)P) * blas_mat_norm(problem->X) /
	       sqrt((double)n);
	s->mu = size * lambda;
	interior_loss_start(s->loss, s->f, s->mu);
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];

		mat_fill(h->S, (real)size);
		mat_fill(h->N, (real)-lambda);
		for (ptrdiff_t i = 0; i < P; i++) {
			mat_set(h->cones.s, 0, i, (real)(s->mu / problem->beta));
			mat_set(h->cones.z, 0, i, (real)problem->beta);
		}
	}
	ipm_path_outputs(s);
	s->residual = ipm_path_residual(s, false);
	s->objective = ipm_path_objective(s);
}

/* What one program keeps from step to step, but for cvx and the halves. */
static void allocate_own(struct ipm *s, struct arena *arena)
{
	s->loss = interior_loss_new(s->problem, arena);
	interior_loss_separate(s->loss, arena);
	s->f = ARENA_ARRAY(arena, real, s->D.rows);
	s->a = ARENA_ARRAY(arena, real, s->D.rows);
}

/* Sizes of columns and rows. */
static void measure(struct ipm *s)
{
	const struct problem *problem = s->problem;
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;

	/* rows are measured with columns of one size: |x_k| of x_kj / c_j, c_j = |column j| */
	for (ptrdiff_t j = 0; j < d; j++) {
		double norm = blas_norm((size_t)n, mat_col(problem->X, j));

		s->scale[j] = (real)norm;
		s->trace += norm > 0;
		for (ptrdiff_t k = 0; norm > 0 && k < n; k++)
			s->size[k] = (real)hypot((double)s->size[k],
						 (double)mat_get(problem->X, k, j) / norm);
	}
}

static enum status setup_one(const struct problem *problem, const void *options,
			     struct arena *arena, void **state, struct err *err)
{
	struct ipm *s = ARENA_NEW(arena, struct ipm);
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;
	struct patterns sampled;
	real **vectors[] = {&s->w, &s->root_w, &s->u, &s->masked, &s->size};
	double before;

	TRY(pattern_sample(patterns(options), problem, NULL, arena, &sampled, err));
	s->problem = problem;
	s->D = sampled.D;
	before = arena_held(arena);
	s->cvx = cvx_new(problem, &sampled, arena);
	expect_steps(arena, before);
	allocate_own(s, arena);
	s->target = ARENA_ARRAY(arena, real, d + 1);
	for (int half = 0; half < 2; half++) {
		half_own(&s->half[half], half ? -1 : 1, s->D, d, arena);
		half_room(&s->half[half], arena);
	}
	s->Q = mat_new(arena, n, s->D.cols);
	s->B = mat_new(arena, d, d);
	s->G = mat_new(arena, n, d);
	s->da = ARENA_ARRAY(arena, double, n);
	allocate_system(s, options, arena);
	ipm_newton_allocate(s, arena);
	for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++)
		*vectors[v] = ARENA_ARRAY(arena, real, n);
	if (ipm_extended_flops((double)n, (double)d, (double)s->D.cols) <= EXTENDED_MOST)
		s->extended = ipm_extended_new(s, arena);
	s->scale = ARENA_ARRAY(arena, real, d);
	*state = s;
	if (arena_counts(arena))
		return STATUS_OK;
	measure(s);
	start_at_zero(s);
	return STATUS_OK;
}

/* Another output on the same features and patterns: its own point and cones, the factors and
 * directions of a step in the room of the first one. */
static enum status setup_beside(const struct problem *problem, const void *options, void *first,
				struct arena *arena, void **state, struct err *err)
{
	struct ipm *s = ARENA_NEW(arena, struct ipm), *other = first;
	double before;

	if (pattern_trains(patterns(options)))
		return setup_one(problem, options, arena, state, err);
	*s = *other;
	s->problem = problem;
	before = arena_held(arena);
	s->cvx = cvx_beside(&other->cvx, problem, arena);
	expect_steps(arena, before);
	allocate_own(s, arena);
	for (int half = 0; half < 2; half++)
		half_own(&s->half[half], other->half[half].sign, s->D, problem->X.cols, arena);
	*state = s;
	if (!arena_counts(arena))
		start_at_zero(s);
	return STATUS_OK;
}

static void step_one(void *state, struct progress *progress)
{
	struct ipm *s = state;
	const struct problem *problem = s->problem;
	double norms = 0;

	progress->end = ipm_path_step(s);
	for (int half = 0; half < 2; half++) {
		struct ipm_half *h = &s->half[half];

		mat_copy(h->shown, h->X);
		for (ptrdiff_t i = 0; i < h->X.cols; i++) {
			double norm =
				problem->beta * blas_norm((size_t)h->X.rows, mat_col(h->X, i));

			if (norm <= 4 * s->mu) /* on its way to zero */
				mat_fill(mat_cols(h->shown, i, 1), 0);
			norms += norm;
		}
	}
	progress->objective =
		norms + loss_value(problem->loss, (size_t)problem->X.rows, s->f, problem->y.at);
	progress->dual_residual = s->residual / problem->beta;
}

static ptrdiff_t width_one(const void *state)
{
	return 2 * ((const struct ipm *)state)->D.cols;
}

static void network_one(const void *state, struct model *model)
{
	struct net *net = net_of(model);
	const struct ipm *s = state;

	cvx_network(s->half[0].shown, s->half[1].shown, net);
}

static void certify_one(void *state, struct certificate *certificate)
{
	struct ipm *s = state;
	struct cvx_dual dual = {
		.alpha = s->cvx.alpha, .NV = s->half[0].N, .NW = s->half[1].N, .scale = 1};

	const real *a = interior_loss_dual(s->loss, s->f);

	for (ptrdiff_t k = 0; k < s->D.rows; k++)
		s->cvx.alpha[k] = -a[k];
	cvx_certify(&s->cvx, s->half[0].shown, s->half[1].shown, &dual, certificate);
}

static void repaired_one(const void *state, struct model *model)
{
	struct net *net = net_of(model);
	const struct cvx *cvx = &((const struct ipm *)state)->cvx;

	cvx_network(cvx->RV, cvx->RW, net);
}

static void violation_one(void *state, long draws, struct violation *out)
{
	violation_patterns(&((const struct ipm *)state)->cvx, draws, out);
}

static void facts_one(const void *state, struct facts *facts)
{
	const struct ipm *s = state;

	pattern_facts(s->cvx.patterns.options, s->D.cols, facts);
	facts_note(facts, s->assembled ? "Newton system assembled, of order dP"
				       : "Newton system by blocks and a coupling of order n");
}

static enum freedom freedom(const void *options)
{
	return pattern_freedom(patterns(options), FREEDOM_ROTATIONS);
}

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	(void)options;
	if (!separate_takes(problem, wanted))
		return false;
	*wanted = interior_loss_wanted;
	return interior_loss_takes(problem->loss);
}

static const struct trainer one = {
	.setup = setup_one,
	.forecast = forecast_one,
	.step = step_one,
	.width = width_one,
	.model = network_one,
	.certify = certify_one,
	.repaired = repaired_one,
	.facts = facts_one,
	.violation = violation_one,
};

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	separate_forecast(&one, options, shape, out);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	const struct separate_plan plan = {
		.one = &one, .divides = problem->y.k > 1, .beside = setup_beside};

	return separate_setup(plan, problem, options, arena, state, err);
}

const struct trainer trainer_ipm = {
	.base = {.name = "ipm",
		 .doc = "primal-dual interior point on the convex program over sampled patterns",
		 .cite = "vandenberghe2010",
		 .options = rows,
		 .size = sizeof(struct ipm_options)},
	.makes = &model_relu,
	.multi_output = true,
	.takes = takes,
	.freedom = freedom,
	.sample_weights = true,
	.forecast = forecast,
	.setup = setup,
	.step = separate_step,
	.width = separate_width,
	.model = separate_model,
	.certify = separate_certify,
	.repaired = separate_repaired,
	.facts = separate_facts,
	.violation = separate_violation,
};
