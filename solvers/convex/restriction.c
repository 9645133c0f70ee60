/* Sequential convex restriction: robust training of two-layer networks to a certified worst-case
 * objective, without sign constraints.
 *
 *     min over A  F(A; S) by L-BFGS on F smoothed over h; then S from the best A; then again, with
 *     a third of h each time F(A; S) has stalled. F at the best A, with the best S of each sample,
 *     never rises, and starts at the certificate of the start network.
 *
 * The program, its bound and its dual are described in restriction.h. At eps = 0 this is a monotone
 * convex-concave procedure for plain training. */
#include "solvers/convex/restriction.h"

#include "solvers/convex/lbfgs.h"
#include "solvers/convex/restriction_start.h"
#include "solvers/core/blas.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	LOOK = 10,   /* iterations between two looks at gap and fall of the certified objective */
	TRIALS = 30, /* halvings of a step: 2^-30 is below what changes the objective */
	PROOF_LEVELS = 3,
	NOTE_ROOM = 200,
	FLOPS = 8 /* per sample, input and neuron: four products */
};

/* Sufficient decrease (Nocedal, Wright 2006, section 3.1); blur at the start and its reduction. */
static const double decrease = 1e-4, first_blur = 0.3, reduction = 1.0 / 3;

/* Share of its best fall below which a program gives way to new slopes, which lower F more. */
static const double weary = 0.3;

static const struct option rows[] = {
	{OPTION_FIELD(struct restriction_options, eps), .initial = "8/255", .range = RANGE_FROM(0),
	 .doc = "radius of the perturbations, in the units of the prepared features; the bias "
		"that `prepare` added is not perturbed"},
	{OPTION_FIELD(struct restriction_options, norm), .initial = "linf",
	 .names = perturbation_names, .doc = "norm of the perturbations"},
	{OPTION_AS("start", struct restriction_options, start.trainer), .initial = "null",
	 .kind = KIND_TRAINER,
	 .doc = "method that trains the network to start from, with its options; its time is "
		"part of the setup; unset: sampled directions"},
	{OPTION_AS("start_file", struct restriction_options, start.file), .initial = "null",
	 .path = true, .doc = "network to start from: a model.npz on the same prepared features"},
	{OPTION_AS("start_steps", struct restriction_options, start.steps), .initial = "1000",
	 .range = RANGE_FROM(0), .doc = "most steps of `start`, if it does not end by itself"},
	{OPTION_FIELD(struct restriction_options, width), .initial = "72", .range = RANGE_FROM(1),
	 .doc = "neurons when the start is sampled; else those of the start network"},
	{OPTION_FIELD(struct restriction_options, slope_steps), .initial = "10",
	 .range = RANGE_FROM(0),
	 .doc = "subgradient steps that tighten the slopes of each sample at each renewal"},
	{OPTION_FIELD(struct restriction_options, memory), .initial = "20", .range = RANGE_FROM(1),
	 .doc = "steps that L-BFGS remembers"},
	{OPTION_FIELD(struct restriction_options, blur), .initial = "0.01", .range = RANGE_ABOVE(0),
	 .doc = "least smoothing, in units of the margin; the first is 0.3"},
	{OPTION_FIELD(struct restriction_options, gap), .initial = "1e-3", .range = RANGE_FROM(0),
	 .doc = "certified relative gap at which a convex program counts as solved"},
	{OPTION_FIELD(struct restriction_options, proof), .initial = "200", .range = RANGE_FROM(0),
	 .doc = "most iterations at the end that raise the lower bound of the last program up to "
		"`gap`"},
	{OPTION_FIELD(struct restriction_options, fall), .initial = "1e-4", .range = RANGE_ABOVE(0),
	 .doc = "relative decrease of the certified objective, over 10 iterations or over a "
		"convex program, that counts as progress"},
	{0},
};

struct state {
	const struct restriction_options *options;
	struct restriction r;
	struct lbfgs lbfgs;
	struct mat A, G, A_new, G_new, best; /* d x m */
	real *sigma, *direction;
	double h;                        /* smoothing */
	double smooth;                   /* smoothed value at A */
	double value;                    /* F at `best` */
	double round, look;              /* F when the program, and the last look, began */
	struct restriction_dual average; /* of the dual points since the proof began */
	double most;                     /* largest fall of F between two looks at this program */
	double lower;                    /* best bound of the program at hand */
	double first;                    /* F of the start network */
	long iterations;                 /* in the program at hand */
	long programs;                   /* solved */
	bool proving, ended;             /* the last program is known; its bound is, too */
	const char *origin;
	char note[NOTE_ROOM];
};

static const struct pattern_options *patterns(const void *options)
{
	return start_patterns(&((const struct restriction_options *)options)->start);
}

static const char *start_file(const void *options)
{
	return start_model(&((const struct restriction_options *)options)->start);
}

static void forecast(const void *options, ptrdiff_t n, ptrdiff_t d, struct forecast *out)
{
	const struct restriction_options *o = options;
	double m = (double)o->width, samples = (double)n, features = (double)d;

	out->bytes = restriction_bytes(samples, features, m) +
		     lbfgs_bytes(features * m, (double)o->memory) +
		     (8 * features * m + samples) * (double)sizeof(real);
	out->setup_flops = 0;
	out->iteration_flops = FLOPS * samples * features * m;
	start_forecast(&o->start, n, d, out);
}

/* A new convex program: slopes from the best network, in which F is not higher. */
static void begin_program(struct state *s)
{
	mat_copy(s->A, s->best);
	s->round = s->value;
	s->value = s->look = restriction_renew(&s->r, s->A, s->options->slope_steps);
	s->most = 0;
	s->smooth = restriction_evaluate(&s->r, s->A, s->h, s->G).smooth;
	s->lower = restriction_bound(&s->r, &s->r.dual);
	s->iterations = 0;
}

static double gap(const struct state *s)
{
	return (s->value - s->lower) / s->value;
}

static void blur(struct state *s, double h)
{
	s->h = h;
	s->smooth = restriction_evaluate(&s->r, s->A, h, s->G).smooth;
}

/* After a program that has not lowered F, slopes included, the smoothing shrinks, or the bound of
 * the last one is raised: from coarse smoothing, whose dual points come soonest. */
static void end_program(struct state *s)
{
	s->programs++;
	if (s->round - s->value > s->options->fall * s->round) {
		begin_program(s);
	} else if (s->h > s->options->blur) {
		s->h = fmax(s->options->blur, s->h * reduction);
		begin_program(s);
	} else {
		s->proving = true;
		s->ended = s->options->proof == 0 || gap(s) <= s->options->gap;
		s->iterations = 0;
		mat_copy(s->A, s->best);
		blur(s, fmax(first_blur, s->options->blur));
	}
}

/* The latest dual point into the average: weights grow like the count, so that early points, far
 * from the optimum, fade. What oscillates from point to point cancels, and its violation with it.
 */
static void average(struct state *s)
{
	restriction_average(&s->average, (size_t)s->r.problem->X.rows,
			    2.0 / ((double)s->iterations + 1), &s->r.dual);
}

/* An iteration that serves the bound; an equal share of them at each level of smoothing. */
static void prove(struct state *s, bool moved)
{
	long stage = (s->options->proof + PROOF_LEVELS - 1) / PROOF_LEVELS;

	s->iterations++;
	average(s);
	if (s->iterations % LOOK == 0 || !moved) {
		s->lower = fmax(s->lower, restriction_bound(&s->r, &s->r.dual));
		s->lower = fmax(s->lower, restriction_bound(&s->r, &s->average));
	}
	s->ended = s->iterations >= s->options->proof || gap(s) <= s->options->gap ||
		   (!moved && s->h <= s->options->blur);
	if (!s->ended && (s->iterations % stage == 0 || !moved))
		blur(s, fmax(s->options->blur, s->h * reduction));
}

static void keep_best(struct state *s, struct mat A, double exact)
{
	if (!(exact < s->value))
		return;
	s->value = exact;
	mat_copy(s->best, A);
}

/* Backtracking from A along the direction; false if nothing lowers the smoothed value. */
static bool advance(struct state *s)
{
	size_t count = (size_t)(s->A.rows * s->A.cols);
	double slope = blas_dot(count, s->G.at, s->direction), step = 1;
	double length = blas_norm(count, s->direction);

	if (s->lbfgs.count == 0) /* outputs move by about h */
		step = s->h / (s->r.length * length);
	for (int trial = 0; trial < TRIALS && slope < 0; trial++, step /= 2) {
		struct restriction_value value;

		mat_copy(s->A_new, s->A);
		blas_axpy(count, step, s->direction, s->A_new.at);
		value = restriction_evaluate(&s->r, s->A_new, s->h, s->G_new);
		keep_best(s, s->A_new, value.exact);
		if (value.smooth <= s->smooth + decrease * step * slope) {
			s->smooth = value.smooth;
			return true;
		}
	}
	return false;
}

static void swap(struct mat *a, struct mat *b)
{
	struct mat c = *a;

	*a = *b;
	*b = c;
}

static bool is_solved(struct state *s)
{
	double fall = s->look - s->value;

	if (++s->iterations % LOOK)
		return false;
	s->lower = fmax(s->lower, restriction_bound(&s->r, &s->r.dual));
	s->look = s->value;
	s->most = fmax(s->most, fall);
	return gap(s) <= s->options->gap ||
	       fall <= fmax(s->options->fall * s->value, weary * s->most);
}

static void iterate(struct state *s)
{
	bool moved;

	lbfgs_direction(&s->lbfgs, s->G.at, s->direction);
	moved = advance(s);
	if (moved) {
		lbfgs_learn(&s->lbfgs, s->A.at, s->A_new.at, s->G.at, s->G_new.at);
		swap(&s->A, &s->A_new);
		swap(&s->G, &s->G_new);
	}
	if (s->proving)
		prove(s, moved);
	else if (!moved || is_solved(s))
		end_program(s);
}

static void allocate(struct state *s, const struct problem *problem, ptrdiff_t m,
		     struct arena *arena)
{
	ptrdiff_t d = problem->X.cols;

	s->A = mat_new(arena, d, m);
	s->G = mat_new(arena, d, m);
	s->A_new = mat_new(arena, d, m);
	s->G_new = mat_new(arena, d, m);
	s->best = mat_new(arena, d, m);
	s->sigma = ARENA_ARRAY(arena, real, m);
	s->direction = ARENA_ARRAY(arena, real, d * m);
	s->lbfgs = lbfgs_new((size_t)(d * m), s->options->memory, arena);
}

static ptrdiff_t live_neurons(const struct net *net)
{
	ptrdiff_t count = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++)
		count += net->alpha[j] != 0 &&
			 blas_norm((size_t)net->U.rows, mat_col(net->U, j)) > 0;
	return count;
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct state *s = ARENA_NEW(arena, struct state);
	const struct restriction_options *o = options;
	struct dualnorm norm = {.p = o->norm, .d = problem->X.cols, .frozen = problem->frozen};
	struct restriction_start start;
	ptrdiff_t m;

	if (!norm.frozen)
		norm.frozen = ARENA_ARRAY(arena, bool, problem->X.cols);
	TRY(restriction_start(problem, o, arena, &start, err));
	m = live_neurons(&start.net);
	if (m == 0)
		return err_set(
			err, STATUS_ENV,
			"start: expected a network with a neuron that is not zero, got none");
	*state = s;
	s->options = o;
	s->origin = start.note;
	allocate(s, problem, m, arena);
	restriction_from_net(&start.net, s->best, s->sigma);
	s->r = restriction_new(problem, &norm, o->eps, s->sigma, m, arena);
	s->average = restriction_dual_new(problem, m, arena);
	s->h = fmax(first_blur, o->blur);
	if (start.sampled) {
		restriction_renew(&s->r, s->best, 0);
		mat_fill(s->best, 0);
	}
	s->value = HUGE_VAL;
	begin_program(s);
	s->first = s->round = s->value;
	return STATUS_OK;
}

static void step(void *state, struct progress *progress)
{
	struct state *s = state;

	if (!s->ended)
		iterate(s);
	*progress = (struct progress){
		.objective = s->value,
		.primal_residual = NAN,
		.dual_residual = NAN,
		.end = s->ended ? OUTCOME_CONVERGED : OUTCOME_RUNNING,
	};
}

static ptrdiff_t width(const void *state)
{
	return ((const struct state *)state)->best.cols;
}

/* a_i becomes the neuron a_i / sqrt|a_i| with output weight sigma_i sqrt|a_i|. */
static void network(const void *state, struct net *net)
{
	const struct state *s = state;
	size_t d = (size_t)s->best.rows;
	ptrdiff_t m = 0;

	for (ptrdiff_t i = 0; i < s->best.cols; i++) {
		double root = sqrt(blas_norm(d, mat_col(s->best, i)));
		real *u = mat_col(net->U, m);

		if (!(root > 0))
			continue;
		memcpy(u, mat_col(s->best, i), d * sizeof *u);
		blas_scale(d, 1 / root, u);
		net->alpha[m++] = (real)root * s->sigma[i];
	}
	net->U.cols = m;
}

/* A bound speaks of one convex program only: it is reported when the last one is known. */
static void certify(void *state, struct certificate *certificate)
{
	const struct state *s = state;

	certificate->objective = certificate->upper = s->value;
	certificate->feasibility = 0; /* the program has no constraints */
	certificate->lower_bound = s->proving ? s->lower : NAN;
	certificate->scope = "restriction";
}

static const char *note(const void *state)
{
	struct state *s = (struct state *)state;

	snprintf(s->note, sizeof s->note, "%s; certified objective %.6g at the start; %ld programs",
		 s->origin, s->first, s->programs);
	return s->note;
}

static const char *const losses[] = {"hinge", "logistic", "squared_hinge", NULL};

const struct trainer trainer_robust_restriction = {
	.base = {.name = "robust_restriction",
		 .doc = "worst-case training by convex programs without sign constraints, from any "
			"network",
		 .cite = "wong2018",
		 .options = rows,
		 .size = sizeof(struct restriction_options)},
	.losses = losses,
	.robust = trainer_always,
	.patterns = patterns,
	.start_file = start_file,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.network = network,
	.certify = certify,
	.note = note,
};
