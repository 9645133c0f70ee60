/* Trainer `frank_wolfe`: the convex program over patterns by conditional gradients, with the steps
 * that were published for it (Sahiner, Ergen, Pauly & Pilanci 2021).
 *
 *     min over V, W (d x P)   L(f, y) + beta s,   f = (D o (X (V - W))) 1,  s = sum_i |v_i| + |w_i|
 *     s.t.  s <= t,  E o (X V) >= 0,  E o (X W) >= 0,   E = 2 D - 1
 *
 * The atom of a block is the u in its cone, |u| <= 1, with the largest alpha'(+-d_i o (X u)), alpha
 * = -grad L: the projection of X'(+-d_i o alpha) on the cone, by nonnegative least squares. The
 * point moves by 2/(2 + k) of the way to t times the best atom, or to 0 where none is worth beta.
 * With m the largest value of an atom,
 *
 *     beta s - alpha'f + t max(0, m - beta)
 *
 * bounds how far the objective is above the least one, and scaled by min(1, beta / m) alpha is a
 * dual point of the program without t. As published beta is 0 and t is known; a small beta and
 * `norms` are that. */
#include "solvers/core/blas.h"
#include "solvers/cvx/cvx.h"
#include "solvers/cvx/separate.h"
#include "solvers/frank_wolfe/frank_wolfe_shared.h"
#include "solvers/gates/pattern.h"
#include "solvers/model/trainer.h"
#include "solvers/tools/nnls.h"

#include <math.h>
#include <string.h>

enum { SEARCHES = 50 }; /* steps of the best length where t is not given */

struct frank_wolfe_options {
	struct pattern_options patterns;
	double norms;
	long step;
	long output, atoms;
};

static const char *const output_names[] = {"separate", "shared", NULL};

enum { OUTPUT_SEPARATE };

enum { STEP_PUBLISHED, STEP_BEST };

static const char *const steps[] = {"published", "best", NULL};

static const struct option rows[] = {
	{OPTION_FIELD(struct frank_wolfe_options, patterns), .rows = pattern_rows,
	 .shorthand = "count", .doc = "activation patterns of the convex program"},
	{OPTION_FIELD(struct frank_wolfe_options, norms), .initial = "null",
	 .range = RANGE_ABOVE(0),
	 .doc = "t, the largest sum of the norms of neurons, as published half the squared norm "
		"of a trained network; null: the least objective so far over beta, which no "
		"optimum exceeds, after 50 steps of the best length to make it small"},
	{OPTION_FIELD(struct frank_wolfe_options, step), .initial = "published", .names = steps,
	 .doc = "share of the way: 2/(2 + k), or the best one"},
	{OPTION_FIELD(struct frank_wolfe_options, output), .initial = "separate",
	 .names = output_names,
	 .doc = "neurons of several outputs: each output has its own, or shared by all, atoms of "
		"cone-constrained principal components"},
	{OPTION_FIELD(struct frank_wolfe_options, atoms), .initial = "2000", .range = RANGE_FROM(1),
	 .doc = "output shared: the most neurons; a step adds one, and the run ends where there is "
		"no room"},
	{0},
};

struct frank_wolfe {
	struct frank_wolfe_shared
		*shared; /* of several outputs, in the place of the rest; or NULL */
	const struct problem *problem;
	const struct frank_wolfe_options *options;
	struct patterns patterns;
	struct mat V, W;     /* d x P */
	struct mat G;        /* d x P: X'(D o alpha 1') */
	struct mat Y;        /* n x P */
	real *f, *alpha;     /* n: outputs, -grad L */
	real *d, *h, *trial; /* n: a pattern as 0 and 1, outputs of the atom, of a trial */
	double *g, *u;       /* d: gradient and atom */
	struct frank_wolfe_block *order; /* 2 P: V before W */
	struct nnls nnls;
	double value, norms, least; /* L, s, the least objective so far */
	double most;                /* m, from above */
	ptrdiff_t best;             /* block of the best atom; -1: none lowers anything */
	bool full;                  /* shared: no room for another atom */
	bool looked;                /* alpha, most, best, u are of this point */
	long k;
};

static double bound_of_norms(const struct frank_wolfe *s)
{
	return isnan(s->options->norms) ? s->least / s->problem->beta : s->options->norms;
}

static double gap(const struct frank_wolfe *s)
{
	double beta = s->problem->beta;

	if (s->shared)
		return beta * s->norms - s->shared->product(s->shared->state) +
		       bound_of_norms(s) * fmax(0, s->most - beta);
	return beta * s->norms - blas_dot((size_t)s->Y.rows, s->alpha, s->f) +
	       bound_of_norms(s) * fmax(0, s->most - beta);
}

static void forecast_one(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct frank_wolfe_options *o = options;
	double n = (double)shape.n, d = (double)shape.d,
	       P = pattern_most(&o->patterns, shape.n, shape.d);

	out->setup_flops += n * d;
	/* few blocks are solved to the end: most cannot be the best */
	out->iteration_flops += 2 * n * d * P + 4 * d * P + sqrt(P) * d * (4 * n * d + d * d);
	out->certificate_flops += 4 * n * d * P;
	pattern_forecast(&o->patterns, shape, out);
}

static void measure(struct frank_wolfe *s)
{
	if (s->shared) {
		s->value = s->shared->value(s->shared->state, &s->norms);
		s->least = fmin(s->least, s->value + s->problem->beta * s->norms);
		s->looked = false;
		return;
	}
	s->value = loss_value(s->problem->loss, (size_t)s->Y.rows, s->f, s->problem->y.at);
	s->norms = cvx_group_norm(1, s->V) + cvx_group_norm(1, s->W);
	s->least = fmin(s->least, s->value + s->problem->beta * s->norms);
	s->looked = false;
}

static enum status setup_one(const struct problem *problem, const void *options,
			     struct arena *arena, void **state, struct err *err)
{
	struct frank_wolfe *s = ARENA_NEW(arena, struct frank_wolfe);
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, P;
	real **vectors[] = {&s->f, &s->alpha, &s->d, &s->h, &s->trial};
	struct mat *blocks[] = {&s->V, &s->W, &s->G};

	*s = (struct frank_wolfe){.problem = problem, .options = options, .least = HUGE_VAL};
	TRY(pattern_sample(&s->options->patterns, problem, NULL, arena, &s->patterns, err));
	*state = s;
	if (problem->y.k > 1) {
		s->shared = frank_wolfe_shared_new(problem, &s->patterns, s->options->atoms, arena);
		if (!arena_counts(arena))
			measure(s);
		return STATUS_OK;
	}
	P = s->patterns.D.cols;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		*vectors[i] = ARENA_ARRAY(arena, real, n);
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		*blocks[i] = mat_new(arena, d, P);
	s->Y = mat_new(arena, n, P);
	s->g = ARENA_ARRAY(arena, double, d);
	s->u = ARENA_ARRAY(arena, double, d);
	s->order = ARENA_ARRAY(arena, struct frank_wolfe_block, 2 * P);
	s->nnls = nnls_new(problem->X, arena);
	if (!arena_counts(arena))
		measure(s);
	return STATUS_OK;
}

/* Blocks by what they could be worth without their cones. */
static void order_blocks(struct frank_wolfe *s)
{
	ptrdiff_t P = s->V.cols;

	gates_spread(s->patterns.D, s->alpha, s->Y);
	blas_gemm(1, s->problem->X, TRANSPOSED, s->Y, PLAIN, 0, s->G);
	for (ptrdiff_t b = 0; b < 2 * P; b++) {
		double length = blas_norm((size_t)s->G.rows, mat_col(s->G, b % P));

		s->order[b] = (struct frank_wolfe_block){length, b};
	}
	frank_wolfe_sort(s->order, 2 * P);
}

/* The best atom at this point; blocks whose gradients are no longer than its value cannot be
 * better. */
static void look(struct frank_wolfe *s)
{
	ptrdiff_t P = s->V.cols, d = s->V.rows;
	double found = 0;

	if (s->looked)
		return;
	s->looked = true;
	if (s->shared) {
		struct frank_wolfe_look atom = s->shared->look(s->shared->state);

		s->most = atom.most;
		s->best = atom.found > s->problem->beta ? 0 : -1;
		return;
	}
	loss_gradient(s->problem->loss, (size_t)s->Y.rows, s->f, s->problem->y.at, s->alpha);
	blas_scale((size_t)s->Y.rows, -1, s->alpha);
	order_blocks(s);
	s->best = -1;
	s->most = 0;
	for (ptrdiff_t i = 0; i < 2 * P && s->order[i].length > found; i++) {
		ptrdiff_t b = s->order[i].index;
		struct nnls_value value;

		gates_unpack(gates_col(s->patterns.D, b % P), s->Y.rows, s->d);
		nnls_gradient(s->problem->X, s->d, s->alpha, b < P ? 1 : -1, s->g);
		value = nnls_solve(&s->nnls, (struct nnls_block){s->d, NULL, s->g}, found,
				   HUGE_VAL);
		if (!(value.upper > found))
			continue;
		found = value.lower;
		s->most = fmax(s->most, value.upper);
		s->best = b;
		for (ptrdiff_t j = 0; j < d; j++)
			s->u[j] = s->nnls.r[j] / value.upper;
	}
}

/* h = +-d o (X u) of the best atom */
static void atom_outputs(struct frank_wolfe *s)
{
	ptrdiff_t P = s->V.cols, n = s->Y.rows;
	double sign = s->best < P ? 1 : -1;

	for (ptrdiff_t k = 0; k < n; k++) {
		double sum = 0;

		for (ptrdiff_t j = 0; j < s->V.rows; j++)
			sum += (double)mat_get(s->problem->X, k, j) * s->u[j];
		s->h[k] = (real)(gates_get(s->patterns.D, k, s->best % P) ? sign * sum : 0);
	}
}

/* The share of the way to `size` times the atom at which the objective is least, by bisection. */
static double best_share(struct frank_wolfe *s, double size)
{
	enum { HALVINGS = 50 };
	size_t n = (size_t)s->Y.rows;
	double low = 0, high = 1, beta = s->problem->beta;

	for (int i = 0; i < HALVINGS; i++) {
		double share = (low + high) / 2, slope = beta * (size - s->norms);

		for (size_t k = 0; k < n; k++)
			s->trial[k] = (real)((1 - share) * (double)s->f[k] +
					     (size > 0 ? share * size * (double)s->h[k] : 0));
		loss_gradient(s->problem->loss, n, s->trial, s->problem->y.at, s->alpha);
		slope -= blas_dot(n, s->alpha, s->f);
		if (size > 0)
			slope += size * blas_dot(n, s->alpha, s->h);
		if (slope > 0)
			high = share;
		else
			low = share;
	}
	return low;
}

/* The point becomes (1 - share) of itself and `size` times the atom. */
static void move(struct frank_wolfe *s, double share, double size)
{
	ptrdiff_t P = s->V.cols, d = s->V.rows;
	real *v;

	blas_scale((size_t)(d * P), 1 - share, s->V.at);
	blas_scale((size_t)(d * P), 1 - share, s->W.at);
	blas_scale((size_t)s->Y.rows, 1 - share, s->f);
	if (size > 0) {
		v = mat_col(s->best < P ? s->V : s->W, s->best % P);
		for (ptrdiff_t j = 0; j < d; j++)
			v[j] += (real)(size * s->u[j]);
		blas_axpy((size_t)s->Y.rows, size, s->h, s->f);
	}
	measure(s);
}

static void step_one(void *state, struct progress *progress)
{
	struct frank_wolfe *s = state;
	double objective, size = bound_of_norms(s), share = 2 / (2 + (double)s->k);
	bool searches;

	look(s);
	objective = s->value + s->problem->beta * s->norms;
	*progress = (struct progress){objective, NAN, NAN, .end = OUTCOME_RUNNING};
	if (gap(s) <= 8 * REAL_EPSILON * objective) {
		progress->end = OUTCOME_CONVERGED;
		return;
	}
	if (s->best < 0 || !(s->most > s->problem->beta))
		size = 0;
	searches = s->options->step == STEP_BEST || (s->k < SEARCHES && isnan(s->options->norms));
	if (s->shared) {
		if (!s->shared->move(s->shared->state, searches ? -1 : share, size)) {
			progress->end = OUTCOME_STALLED;
			s->full = true;
		}
		measure(s);
	} else {
		if (size > 0)
			atom_outputs(s);
		if (searches)
			share = best_share(s, size);
		move(s, share, share * size);
	}
	s->k++;
	progress->objective = s->value + s->problem->beta * s->norms;
	if (!isfinite(progress->objective))
		progress->failure = "the objective is not finite";
}

static ptrdiff_t width_one(const void *state)
{
	const struct frank_wolfe *s = state;

	return s->shared ? s->shared->room : 2 * s->V.cols;
}

static void network_one(const void *state, struct model *model)
{
	const struct frank_wolfe *s = state;

	if (s->shared) {
		s->shared->network(s->shared->state, multinet_of(model));
		return;
	}
	cvx_network(s->V, s->W, net_of(model));
}

/* The largest share of the largest |X V| by which a sign constraint is violated. */
static double violation(struct frank_wolfe *s)
{
	double worst = 0, largest = 0;

	for (int side = 0; side < 2; side++) {
		blas_gemm(1, s->problem->X, PLAIN, side ? s->W : s->V, PLAIN, 0, s->Y);
		for (ptrdiff_t i = 0; i < s->Y.cols; i++)
			for (ptrdiff_t k = 0; k < s->Y.rows; k++) {
				double y = (double)mat_get(s->Y, k, i);

				largest = fmax(largest, fabs(y));
				worst = fmax(worst, gates_get(s->patterns.D, k, i) ? -y : y);
			}
	}
	return largest > 0 ? worst / largest : 0;
}

/* Scaled into the constraints of all blocks, alpha is a dual point of the program without t. */
static void certify_one(void *state, struct certificate *certificate)
{
	struct frank_wolfe *s = state;
	double beta = s->problem->beta, scale;

	look(s);
	/* slopes at the end of the conjugate's domain are kept inside */
	scale = (1 - 4 * REAL_EPSILON) * (s->most > beta ? beta / s->most : 1);
	certificate->objective = s->value + beta * s->norms;
	certificate->upper = certificate->objective;
	certificate->scope = s->patterns.all ? "all" : "sampled";
	if (s->shared) {
		certificate->feasibility = s->shared->violation(s->shared->state);
		certificate->lower_bound = s->shared->bound(s->shared->state, s->most);
		return;
	}
	certificate->feasibility = violation(s);
	certificate->lower_bound = -loss_conjugate(s->problem->loss, (size_t)s->Y.rows, -scale,
						   s->alpha, s->problem->y.at);
}

static void facts_one(const void *state, struct facts *facts)
{
	const struct frank_wolfe *s = state;

	pattern_facts(&s->options->patterns, s->patterns.D.cols, facts);
	if (s->shared)
		facts_text(facts, "output", "shared");
	if (s->full)
		facts_note(facts, "ended: no room for another atom (option atoms)");
	facts_number(facts, "frank_wolfe_norm", bound_of_norms(s));
	facts_number(facts, "frank_wolfe_gap", s->looked ? gap(s) : NAN);
	if (s->looked)
		facts_note(facts, arena_format(facts->arena,
					       "duality gap over the %s patterns %.4g, for norms "
					       "of at most %.4g together",
					       s->patterns.all ? "whole set of" : "sampled", gap(s),
					       bound_of_norms(s)));
}

static enum freedom freedom(const void *options)
{
	return pattern_freedom(&((const struct frank_wolfe_options *)options)->patterns,
			       FREEDOM_ROTATIONS);
}

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	const struct frank_wolfe_options *o = options;

	if (problem->y.k < 2 || o->output == OUTPUT_SEPARATE)
		return separate_takes(problem, wanted) && trainer_curved(problem, options, wanted);
	*wanted = "a loss of several outputs with a finite second derivative";
	return problem->loss.loss->outputs &&
	       isfinite(loss_outputs_curvature(problem->loss, problem->y.k));
}

static const struct trainer one = {
	.setup = setup_one,
	.forecast = forecast_one,
	.step = step_one,
	.width = width_one,
	.model = network_one,
	.certify = certify_one,
	.facts = facts_one,
};

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	separate_forecast(&one, options, shape, out);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	const struct frank_wolfe_options *o = options;
	bool divides = problem->y.k > 1 && o->output == OUTPUT_SEPARATE;

	return separate_setup((struct separate_plan){.one = &one, .divides = divides}, problem,
			      options, arena, state, err);
}

/* Numbers of several outputs are in their notes. */
static void facts(const void *state, struct facts *facts)
{
	const struct fact *output;

	separate_facts(state, facts);
	output = facts_find(facts, "output");
	if (!output || strcmp(output->text, output_names[OUTPUT_SEPARATE]) != 0)
		return;
	facts_number(facts, "frank_wolfe_norm", NAN);
	facts_number(facts, "frank_wolfe_gap", NAN);
}

const struct trainer trainer_frank_wolfe = {
	.base = {.name = "frank_wolfe",
		 .doc = "conditional gradients on the convex program over sampled activation "
			"patterns, as published",
		 .cite = "sahiner2021",
		 .options = rows,
		 .size = sizeof(struct frank_wolfe_options)},
	.makes = &model_relu,
	.multi_output = true,
	.takes = takes,
	.freedom = freedom,
	.forecast = forecast,
	.setup = setup,
	.step = separate_step,
	.width = separate_width,
	.model = separate_model,
	.certify = separate_certify,
	.facts = facts,
};
