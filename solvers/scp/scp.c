/* Sampled convex program (Bai, Gautam, Sojoudi 2023, unconstrained formulation): fixed random
 * first-layer directions, an l1 penalty on the output weights.
 *
 *     min over a in R^N   L(Phi a, y) + beta |a|_1,   Phi = relu(X U),
 *
 * columns of U uniform on the unit sphere.
 *
 * Dual: max -L*(-alpha) s.t. |Phi' alpha|_inf <= beta; alpha = -grad L(Phi a), scaled into the
 * feasible set, gives the lower bound. The method that solves the program is an option. Several
 * outputs share their neurons (scp_shared.h), or each has its own among the same directions: with a
 * loss that is a sum over them, a program each (separate.h). */
#include "solvers/scp/scp.h"
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "solvers/cvx/scaling.h"
#include "solvers/cvx/separate.h"
#include "solvers/cvx/violation.h"
#include "solvers/scp/scp_shared.h"

#include <math.h>
#include <string.h>

struct scp_options {
	long neurons, first, output;
	struct choice method;
};

enum { OUTPUT_SHARED, OUTPUT_SEPARATE };

/* Products with Phi that a Newton step of several outputs takes, as seen on ten classes. */
static const double newton_products = 12;

static const char *const output_names[] = {"shared", "separate", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct scp_options, neurons), .initial = "500", .range = RANGE_FROM(1),
	 .doc = "N, number of sampled first-layer directions"},
	{OPTION_FIELD(struct scp_options, method), .initial = "null", .kind = KIND_SCP_METHOD,
	 .doc = "how the l1 program is solved; unset: newton up to N = 2000 where beta is below "
		"3e-3 "
		"of the largest slope at 0, else working_set"},
	{OPTION_FIELD(struct scp_options, first), .initial = "null", .range = RANGE_FROM(1),
	 .doc = "solve for this many of the N directions first, then for twice as many and so on, "
		"each the warm start of the next; needs a method that can, such as working_set; "
		"unset: for all at once"},
	{OPTION_FIELD(struct scp_options, output), .initial = "shared", .names = output_names,
	 .later = true,
	 .doc = "neurons of several outputs: shared by them, or separate, each output with its "
		"own, "
		"for a loss that is a sum over the outputs"},
	{0},
};

struct state {
	struct scp scp;
	const struct scp_method *method;
	void *method_state;
	bool solved; /* a = 0 is optimal */
	const char *note;
	real *g;                   /* n */
	real *slope;               /* N */
	double bound;              /* the best of all certificates */
	struct scp_shared *shared; /* of several outputs, in the place of the method; or NULL */
};

/* Certified share of the objective at which an end counts as solved. */
static const double solved_gap = 1e-6 > 64 * REAL_EPSILON ? 1e-6 : 64 * REAL_EPSILON;

/* Beta as a share of the largest slope at 0 above which few neurons are in use, so that systems of
 * them are smaller than that of all; measured, between 2e-2 and 1e-1 for n and N from 300 to 2000.
 */
static const double few_share = 4e-2;

bool scp_has_curvature(struct loss_term loss)
{
	return isfinite(loss_curvature(loss));
}

/* The method that was named; else the first of the list that suits N, `first`, the loss (NULL: any
 * loss) and the share that beta is of the largest slope at 0. NULL if there is none. */
static const struct scp_method *method_of(const struct scp_options *options,
					  const struct loss_term *loss, double share)
{
	if (options->method.item)
		return (const struct scp_method *)(const void *)options->method.item;
	for (size_t i = 0; i < registry_count(KIND_SCP_METHOD); i++) {
		const struct scp_method *method =
			(const struct scp_method *)(const void *)registry_at(KIND_SCP_METHOD, i);

		if (options->neurons <= method->most &&
		    (method->nested || (options->first < 1 && share < few_share)) &&
		    (!loss || method->takes(*loss)))
			return method;
	}
	return NULL;
}

/* Phi = relu(X U); whether any neuron is active on any sample. */
static bool build_features(const struct problem *problem, struct mat U, struct mat Phi)
{
	bool active = false;

	blas_gemm(1, problem->X, PLAIN, U, PLAIN, 0, Phi); /* n x N */
	for (ptrdiff_t i = 0; i < Phi.cols; i++) {
		real *phi = mat_col(Phi, i);

		for (ptrdiff_t k = 0; k < Phi.rows; k++) {
			active |= phi[k] > 0;
			phi[k] = phi[k] > 0 ? phi[k] : 0;
		}
	}
	return ranks_largest(problem->ranks, active) > 0;
}

/* slope (N) = Phi' g */
static void price(const struct problem *problem, struct mat Phi, const real *g, real *slope)
{
	blas_gemv(1, Phi, TRANSPOSED, g, 0, slope);
	ranks_sum_mat(problem->ranks, (struct mat){Phi.cols, 1, Phi.cols, slope});
}

/* Whether k outputs share their neurons. */
static bool shares(const struct scp_options *o, ptrdiff_t k)
{
	return k > 1 && o->output == OUTPUT_SHARED;
}

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	const struct scp_method *method = method_of(options, &problem->loss, 0);

	if (shares(options, problem->y.k)) { /* trainer_check asks for a loss of several outputs */
		*wanted = "no method and no first for several outputs that share their neurons";
		return !((const struct scp_options *)options)->method.item &&
		       ((const struct scp_options *)options)->first < 1;
	}
	if (!separate_takes(problem, wanted))
		return false;
	*wanted = method ? method->needs : "a loss that one of its methods takes";
	return method && method->takes(problem->loss);
}

static const char *spread(const void *options, const char **option)
{
	const struct scp_method *method = method_of(options, NULL, 0);

	*option = "method";
	return !method || method->spread
		       ? NULL
		       : "needs all rows in one process, newton and working_set do not";
}

/* (seed, i) alone gives column i, so N grows nested. */
static void draw_directions(uint64_t seed, struct mat U)
{
	for (ptrdiff_t i = 0; i < U.cols; i++) {
		struct rng rng = rng_stream(seed, "neurons", (uint64_t)i);

		net_direction(&rng, U.rows, mat_col(U, i));
	}
}

static enum status setup_one(const struct problem *problem, const void *options,
			     struct arena *arena, void **state, struct err *err)
{
	struct state *s = ARENA_NEW(arena, struct state);
	const struct scp_options *o = options;
	ptrdiff_t N = o->neurons, n = problem->X.rows;
	double slope = 0; /* the largest at 0 */

	*state = s;
	if (problem->y.k > 1) {
		s->scp = (struct scp){.problem = problem, .U = mat_new(arena, problem->X.cols, N)};
		if (!arena_counts(arena))
			draw_directions(problem->seed, s->scp.U);
		s->shared = scp_shared_new(problem, s->scp.U, arena);
		return STATUS_OK;
	}
	s->method = method_of(o, &problem->loss, 0);
	if (o->first > 0 && !s->method->nested)
		return err_set(err, STATUS_SPEC,
			       "scp: expected a method that solves for the first neurons first, "
			       "such as working_set, got \"%s\" with first: %ld",
			       s->method->base.name, o->first);
	s->scp = (struct scp){.problem = problem,
			      .U = mat_new(arena, problem->X.cols, N),
			      .Phi = mat_new(arena, n, N),
			      .a = ARENA_ARRAY(arena, real, N),
			      .f = ARENA_ARRAY(arena, real, n),
			      .first = o->first > 0 && o->first < N ? o->first : N};
	s->g = ARENA_ARRAY(arena, real, n);
	s->slope = ARENA_ARRAY(arena, real, N);
	if (arena_counts(arena))
		return s->method->setup(&s->scp, o->method.options, arena, &s->method_state, err);
	draw_directions(problem->seed, s->scp.U);
	if (!build_features(problem, s->scp.U, s->scp.Phi))
		s->note = "no sampled neuron is active on any training sample: none is of use";
	loss_gradient(problem->loss, (size_t)n, s->scp.f, problem->y.at, s->g);
	price(problem, s->scp.Phi, s->g, s->slope);
	for (ptrdiff_t i = 0; i < N; i++)
		slope = fmax(slope, fabs((double)s->slope[i]));
	s->solved = slope <= problem->beta;
	if (!o->method.item && !s->solved) {
		s->method = method_of(o, &problem->loss, problem->beta / slope);
		s->note = arena_format(arena, "%s: N = %ld, beta is %.1e of the largest slope at 0",
				       s->method->base.name, o->neurons, problem->beta / slope);
	}
	if (s->solved)
		return STATUS_OK;
	return s->method->setup(&s->scp, o->method.options, arena, &s->method_state, err);
}

static ptrdiff_t width_one(const void *state)
{
	return ((const struct state *)state)->scp.U.cols;
}

/* Row A_i with u_i becomes the neuron sqrt|A_i| u_i with output weights A_i / sqrt|A_i|. */
static void shared_network(const struct scp_shared *s, struct multinet *net)
{
	ptrdiff_t m = 0;

	for (ptrdiff_t i = 0; i < s->U.cols; i++) {
		double square = 0, root;

		for (ptrdiff_t c = 0; c < s->A.cols; c++)
			square += (double)mat_get(s->A, i, c) * (double)mat_get(s->A, i, c);
		root = sqrt(sqrt(square));
		if (!(root > 0))
			continue;
		for (ptrdiff_t j = 0; j < s->U.rows; j++)
			mat_set(net->U, j, m, (real)root * mat_get(s->U, j, i));
		for (ptrdiff_t c = 0; c < s->A.cols; c++)
			mat_set(net->A, m, c, (real)((double)mat_get(s->A, i, c) / root));
		m++;
	}
	net->U.cols = m;
}

/* a_i u_i becomes the neuron sqrt|a_i| u_i with output weight sign(a_i) sqrt|a_i|. */
static void network_one(const void *state, struct model *model)
{
	const struct scp_shared *shared = ((const struct state *)state)->shared;
	const struct scp *s = &((const struct state *)state)->scp;
	struct net *net;
	ptrdiff_t m = 0;

	if (shared) {
		shared_network(shared, multinet_of(model));
		return;
	}
	net = net_of(model);

	for (ptrdiff_t i = 0; i < s->Phi.cols; i++) {
		double root = sqrt(fabs((double)s->a[i]));
		real *u = mat_col(net->U, m);

		if (!(root > 0))
			continue;
		for (ptrdiff_t j = 0; j < s->U.rows; j++)
			u[j] = (real)root * mat_get(s->U, j, i);
		net->alpha[m++] = (real)(s->a[i] > 0 ? root : -root);
	}
	net->U.cols = m;
}

static void certify_one(void *state, struct certificate *certificate)
{
	struct state *s = state;
	const struct scp *scp = &s->scp;
	const struct problem *problem = scp->problem;
	size_t n = (size_t)scp->Phi.rows;
	double norm = 0, largest = 0;
	struct scaling best;

	if (s->shared) {
		scp_shared_certify(s->shared, certificate);
		s->bound = fmax(s->bound, certificate->lower_bound);
		return;
	}
	if (s->method->slopes && !s->solved)
		memcpy(s->g, s->method->slopes(s->method_state), n * sizeof *s->g);
	else
		loss_gradient(problem->loss, n, scp->f, problem->y.at, s->g);
	blas_scale(n, -1, s->g);
	price(problem, scp->Phi, s->g, s->slope);
	for (ptrdiff_t i = 0; i < scp->Phi.cols; i++) {
		norm += fabs((double)scp->a[i]);
		largest = fmax(largest, fabs((double)s->slope[i]));
	}
	certificate->objective =
		loss_value(problem->loss, n, scp->f, problem->y.at) + problem->beta * norm;
	certificate->feasibility = 0; /* the program has no constraints */
	certificate->upper = certificate->objective;
	best = scaling_best(problem, s->g, largest);
	certificate->lower_bound = best.bound;
	s->bound = fmax(s->bound, best.bound);
	certificate->scope = "sampled";
}

static void step_one(void *state, struct progress *progress)
{
	struct state *s = state;
	const struct problem *problem = s->scp.problem;
	struct certificate c;

	if (s->shared) {
		scp_shared_step(s->shared, progress);
		return;
	}
	if (!s->solved) {
		s->method->step(s->method_state, progress);
		if (progress->end == OUTCOME_RUNNING)
			return;
		/* What a method that goes no further has reached, by the certificate. */
		certify_one(s, &c);
		progress->end = c.upper - s->bound <= solved_gap * c.upper ? OUTCOME_CONVERGED
									   : OUTCOME_STALLED;
		return;
	}
	progress->objective =
		loss_value(problem->loss, (size_t)problem->X.rows, s->scp.f, problem->y.at);
	progress->end = OUTCOME_CONVERGED;
}

static void violation_one(void *state, long draws, struct violation *out)
{
	const struct state *s = state;

	violation_neurons(s->scp.problem, s->shared ? s->shared->slopes.at : s->g, draws, out);
}

static void facts_one(const void *state, struct facts *facts)
{
	facts_number(facts, "patterns", (double)width_one(state));
	facts_note(facts, ((const struct state *)state)->note);
	if (((const struct state *)state)->shared)
		facts_text(facts, "output", "shared");
}

static void forecast_one(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct scp_options *o = options;
	double N = (double)o->neurons, samples = (double)shape.n, features = (double)shape.d,
	       k = (double)shape.k;

	if (shape.k > 1) {
		out->setup_flops = samples * N * N;
		out->iteration_flops = N * N * (N / 3 + 8 * k);
		if (shape.loss && !shape.loss->quadratic) /* products with Phi */
			out->iteration_flops += 4 * samples * N * k;
		if (shape.loss && !shape.loss->quadratic && shape.loss->smooth)
			out->iteration_flops += samples * N * (N + 4 * k * newton_products);
	} else {
		method_of(o, NULL, 0)->forecast(o->method.options, shape.n, o->neurons, out);
	}
	out->setup_flops += 2 * samples * features * N;
	out->certificate_flops = 4 * samples * N * k;
}

/* Of an output by itself, or of outputs that share their neurons. */
static const struct trainer one = {
	.forecast = forecast_one,
	.setup = setup_one,
	.step = step_one,
	.width = width_one,
	.model = network_one,
	.certify = certify_one,
	.violation = violation_one,
	.facts = facts_one,
};

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	if (shares(options, shape.k))
		one.forecast(options, shape, out);
	else
		separate_forecast(&one, options, shape, out);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	bool divides = problem->y.k > 1 && !shares(options, problem->y.k);

	return separate_setup((struct separate_plan){.one = &one, .divides = divides}, problem,
			      options, arena, state, err);
}

const struct trainer trainer_scp = {
	.base = {.name = "scp",
		 .doc = "sampled convex program: l1 on the output weights of random neurons, of "
			"several outputs "
			"group lasso on their rows",
		 .cite = "bai2023",
		 .options = rows,
		 .size = sizeof(struct scp_options)},
	.makes = &model_relu,
	.multi_output = true,
	.sample_weights = true,
	.takes = takes,
	.spread = spread,
	.forecast = forecast,
	.setup = setup,
	.step = separate_step,
	.width = separate_width,
	.model = separate_model,
	.certify = separate_certify,
	.violation = separate_violation,
	.facts = separate_facts,
};
