/* Trainer `robust_admm`: convex adversarial training by ADMM. See robust_admm_step.h. */
#include "solvers/core/blas.h"
#include "solvers/cvx/cvx.h"
#include "solvers/model/multinet.h"
#include "solvers/robust/robust_admm_step.h"
#include "solvers/robust/robust_patterns.h"
#include "solvers/robust/robust_price.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	PRICED_STEPS = 2000, /* of a round, at most */
	PRICED_LOOK = 50,    /* steps from certificate to certificate there */
	PRICED_TRIES = 3,    /* searches from other starts where none has joined */
	PRICED_LOOKED = 64   /* patterns that a search looks at, at most */
};

/* Share of the objective that solves the program of a round. */
static const double priced_gap = 1e-4;

static const struct option rows[] = {
	{OPTION_FIELD(struct robust_admm_options, patterns), .rows = pattern_rows,
	 .shorthand = "count", .doc = "activation patterns of the convex program"},
	{OPTION_FIELD(struct robust_admm_options, screen), .initial = "1", .range = RANGE_FROM(1),
	 .doc = "candidates drawn for each pattern: those that admit neurons up to the largest eps "
		"are kept; 1 = no screening"},
	THREAT_EPS(struct robust_admm_options, NULL),
	THREAT_NORM(struct robust_admm_options, threat_norms),
	THREAT_REST(struct robust_admm_options, ROBUST_NO_CLIP, THREAT_OLD_NOT_ATTACKED),
	{OPTION_FIELD(struct robust_admm_options, rho), .initial = "0.03", .range = RANGE_ABOVE(0),
	 .doc = "penalty of V = V1, to begin with; times the mean square of the features and the "
		"weight of the loss"},
	{OPTION_FIELD(struct robust_admm_options, tau), .initial = "1", .range = RANGE_ABOVE(0),
	 .doc = "penalty of the weights in the margin constraints relative to rho"},
	{OPTION_FIELD(struct robust_admm_options, sigma), .initial = "0.03",
	 .range = RANGE_ABOVE(0), .doc = "penalty of the preactivations relative to rho"},
	{OPTION_FIELD(struct robust_admm_options, kappa), .initial = "10", .range = RANGE_ABOVE(0),
	 .doc = "penalty of the weights of each sample relative to rho"},
	{OPTION_FIELD(struct robust_admm_options, relaxation), .initial = "1.6",
	 .range = RANGE_BETWEEN(0, 2), .doc = "over-relaxation; 1 = none"},
	{OPTION_FIELD(struct robust_admm_options, adapt), .initial = "true",
	 .doc = "change each penalty so that both residuals of its split fall alike, kappa "
		"downwards only, at geometrically spaced iterations"},
	{OPTION_FIELD(struct robust_admm_options, anderson), .initial = "20",
	 .range = RANGE_WITHIN(0, 50), .doc = "Anderson acceleration: differences kept; 0 = none"},
	{OPTION_FIELD(struct robust_admm_options, interval), .initial = "10",
	 .range = RANGE_FROM(1), .doc = "iterations between two accelerated ones"},
	{OPTION_FIELD(struct robust_admm_options, path), .initial = "0", .range = RANGE_FROM(0),
	 .doc = "smaller radii, evenly spaced, each a warm start of the next; 0 = none"},
	{OPTION_FIELD(struct robust_admm_options, stage), .initial = "100", .range = RANGE_FROM(1),
	 .doc = "iterations at each radius of `path`"},
	{OPTION_FIELD(struct robust_admm_options, rounds), .initial = "20", .later = true,
	 .range = RANGE_FROM(0),
	 .doc = "patterns from `generated`, one output: most rounds in which the program is solved "
		"and further patterns that admit robust neurons are looked for where these may "
		"lower it, as part of the setup; those that are used stay, beyond `count`"},
	{0},
};

/* A label has its worst point at the least margin, a target at one of the two ends. */
static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	const struct loss *loss = problem->loss.loss;

	(void)options;
	*wanted = "the hinge loss for several outputs";
	if (problem->y.k > 1)
		return loss->outputs->least_margin;
	*wanted = "a loss that falls with the margin, or one that rises with the distance";
	return loss->falls || loss->even;
}

/* Columns that are named stay where they are. */
static enum freedom freedom(const void *options)
{
	const struct robust_admm_options *o = options;

	if (!threat_is_plain(&o->threat))
		return FREEDOM_NONE;
	return pattern_freedom(&o->patterns,
			       o->threat.norm == NORM_L2 ? FREEDOM_ROTATIONS : FREEDOM_ZEROS);
}

static const struct threat_options *threat(const void *options)
{
	return &((const struct robust_admm_options *)options)->threat;
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct robust_admm_options *o = options;
	double n = (double)shape.n, d = (double)shape.d,
	       P = pattern_most(&o->patterns, shape.n, shape.d), blocks = P * (double)shape.k;

	out->setup_flops = n * d * d + 10 * d * d * d + fmax(1e10, 3200 * n * d * P) +
			   fmax(3e10, 1600 * n * d * P * (double)o->screen);
	if (shape.k > 1)
		out->setup_flops += 10 * blocks * blocks * blocks;
	out->iteration_flops = 12 * n * d * blocks + 8 * d * d * blocks + 4 * d * blocks * blocks;
	out->certificate_flops = 8 * n * d * blocks;
	pattern_forecast(&o->patterns, shape, out);
}

static void allocate(struct robust_admm *a, struct arena *arena)
{
	struct robust *r = &a->program;
	ptrdiff_t n = r->problem->X.rows, d = r->threat.d, k = r->problem->y.k;
	ptrdiff_t P = r->D.cols * k, vectors; /* blocks, and vectors of all samples */
	struct mat *samples[] = {&a->C, &a->F, &a->before, &r->Ct};
	real *at; /* the parts of x one behind the other */

	a->rivals = k > 1 ? k - 1 : 1;
	vectors = n * a->rivals;
	r->classes = (struct robust_classes){.D = r->D,
					     .k = k,
					     .label = r->problem->y.label,
					     .G = mat_new(arena, d, k > 1 ? n : 0)};
	a->loop = accelerated_new(
		(size_t)(2 * n * P + 4 * d * P + vectors * d),
		(struct anderson_memory){a->options->anderson, a->options->interval, NULL},
		a->options->relaxation, arena);
	at = a->loop.x;
	for (int half = 0; half < 2; half++) {
		struct robust_half *h = &a->half[half];

		h->t = (struct mat){d, P, d, at};
		h->u = (struct mat){d, P, d, at + d * P};
		h->a = (struct mat){n, P, n, at + 2 * d * P};
		at += 2 * d * P + n * P;
		h->V1 = mat_new(arena, d, P);
		h->V2 = mat_new(arena, d, P);
		h->level = ARENA_ARRAY(arena, real, P);
		h->sums = arena_alloc(arena, (size_t)P, sizeof *h->sums);
		h->norms = ARENA_ARRAY(arena, double, P);
	}
	a->c = (struct mat){d, vectors, d, at};
	for (size_t m = 0; m < sizeof samples / sizeof samples[0]; m++)
		*samples[m] = mat_new(arena, d, vectors);
	a->dual = ARENA_ARRAY(arena, struct robust_dual, vectors);
	a->spare = ARENA_ARRAY(arena, double, k > 1 ? 2 * vectors : 0);
	a->sums = ARENA_ARRAY(arena, struct penalty_sums, n);
	a->losses = ARENA_ARRAY(arena, double, n);
	a->U = mat_new(arena, d, 2 * P);
	a->Z = mat_new(arena, d, 2 * P);
	a->T = mat_new(arena, d, P);
	a->Y = mat_new(arena, n, 2 * P);
	r->Y = mat_new(arena, n, P);
	r->Z = mat_new(arena, d, P);
	r->T = mat_new(arena, d, P);
	r->v = ARENA_ARRAY(arena, real, d);
	r->lackV = ARENA_ARRAY(arena, double, P);
	r->lackW = ARENA_ARRAY(arena, double, P);
	r->RV = mat_new(arena, d, P);
	r->RW = mat_new(arena, d, P);
	a->Q = mat_new(arena, d, d);
	a->G = mat_new(arena, P, P);
	a->l = ARENA_ARRAY(arena, real, d);
	a->g = ARENA_ARRAY(arena, real, P);
	blas_expect_eigen(arena, d > P ? d : P);
}

/* How many patterns admit a neuron, and up to which eps some do. */
static void write_note(struct robust_admm *a)
{
	const struct robust *r = &a->program;
	ptrdiff_t open = 0;
	double largest = 0;
	size_t room = sizeof a->note, used;

	for (ptrdiff_t i = 0; i < r->sampled; i++) {
		open += r->facts[i].verdict == ROBUST_UNDECIDED;
		largest = fmax(largest, r->facts[i].lower);
	}
	used = (size_t)snprintf(a->note, room, "%s%td of %td patterns admit a neuron at eps = %g",
				r->D.cols + open == 0 ? "only zero weights are feasible: " : "",
				r->D.cols, r->sampled, r->threat.eps);
	if (open > 0)
		used += (size_t)snprintf(a->note + used, room - used,
					 ", %td are undecided and left out", open);
	if (largest > 0)
		used += (size_t)snprintf(a->note + used, room - used, "; some up to eps = %.4g",
					 largest);
	if (r->candidates > r->drawn)
		used += (size_t)snprintf(a->note + used, room - used, "; screened from %td",
					 r->candidates);
	if (r->room > 0)
		snprintf(a->note + used, room - used, "; %td in use are from pricing%s", a->joined,
			 a->all_priced ? ", which found no more" : ", which was not at its end");
}

/* The program from its patterns on, at the beginning. */
static enum status begin(struct robust_admm *a, struct arena *arena, struct err *err)
{
	const struct robust_admm_options *o = a->options;
	struct robust *r = &a->program;
	const struct problem *problem = r->problem;
	struct arena scratch;
	double square, rho;

	allocate(a, arena);
	scratch = arena_beside(arena);
	robust_rivals_gram(&r->classes, a->G, &scratch);
	arena_release(&scratch);
	if (arena_counts(arena))
		return STATUS_OK;
	blas_syrk(1, problem->X, TRANSPOSED, 0, a->Q); /* d x d */
	if (!blas_eigen(a->Q, a->l) || (r->D.cols > 0 && !blas_eigen(a->G, a->g)))
		return err_set(err, STATUS_FAILED,
			       "robust_admm: the eigenvalues of X'X or D'D were not found in %s "
			       "precision",
			       REAL_NAME);
	square = penalty_unit(problem->X, NULL);
	rho = o->rho * square * problem->loss.weight;
	a->penalty[ROBUST_GROUP] = penalty_new(rho, o->adapt);
	a->penalty[ROBUST_CONE] = penalty_new(rho * o->tau, o->adapt);
	a->penalty[ROBUST_SIGN] = penalty_new(rho * o->sigma / square, o->adapt);
	a->penalty[ROBUST_SAMPLE] = penalty_new(rho * o->kappa, o->adapt);
	a->penalty[ROBUST_SAMPLE].most = rho * o->kappa; /* the bound is late with more */
	for (ptrdiff_t k = 0; k < problem->X.rows; k++)
		a->loop.zero += robust_value(r, k, mat_col(a->C, k * a->rivals));
	robust_admm_step_begin(a);
	return STATUS_OK;
}

/* At = kappa (c - C) is a subgradient of psi at C; eta = sigma (S - a). Those of a smaller radius
 * are dual feasible at the last one, too: its balls are larger. */
static void certify(void *state, struct certificate *certificate)
{
	struct robust_admm *a = state;
	struct robust_point point = {.At = a->F,
				     .dual = a->dual,
				     .aV = a->half[0].a,
				     .aW = a->half[1].a,
				     .levelV = a->half[0].level,
				     .levelW = a->half[1].level,
				     .scale = a->penalty[ROBUST_SIGN].rho};
	real scale = (real)a->penalty[ROBUST_SAMPLE].rho;

	for (ptrdiff_t j = 0; j < a->C.rows * a->C.cols; j++)
		a->F.at[j] = scale * (a->c.at[j] - a->C.at[j]);
	a->program.threat.eps = a->options->threat.eps;
	robust_certify(&a->program, a->half[0].V1, a->half[1].V1, &point, certificate);
	a->program.threat.eps = robust_admm_step_radius(a);
}

/* Solve the program of the present patterns for pricing: the subgradients in F. */
static void solve_for_pricing(struct robust_admm *a)
{
	struct progress progress = {0};
	double bound = -HUGE_VAL;

	for (long step = 1; step <= PRICED_STEPS; step++) {
		struct certificate c;

		robust_admm_step(a, &progress);
		if (step % PRICED_LOOK)
			continue;
		certify(a, &c);
		bound = fmax(bound, c.lower_bound);
		if (c.upper - bound <= priced_gap * c.upper)
			break;
	}
}

/* Patterns that may lower the objective, and have not been looked at, join; how many. All that are
 * looked at are added to *seen. */
static ptrdiff_t extend(struct robust_admm *a, const struct robust_admm *inner, struct mat *seen,
			long round)
{
	struct robust_look look = {.At = inner->F, .V = inner->half[0].V1, .W = inner->half[1].V1};
	ptrdiff_t joined = 0;

	for (long try = 0; try < PRICED_TRIES && joined == 0; try++) {
		struct mat found = mat_cols(*seen, seen->cols, PRICED_LOOKED);

		look.seen = *seen;
		look.round = round * PRICED_TRIES + try;
		found.cols = robust_price(&a->program, &look, found);
		seen->cols += found.cols;
		joined = robust_patterns_add(&a->program, found, "priced");
	}
	return joined;
}

/* Of the patterns from `first` on those without a neuron go. */
static void drop_unused(struct robust_admm *a, const struct robust_admm *inner, ptrdiff_t first,
			struct arena *arena)
{
	struct robust *r = &a->program;
	bool *keep = ARENA_ARRAY(arena, bool, r->D.cols);

	for (ptrdiff_t i = 0; i < r->D.cols && !arena_counts(arena); i++) {
		keep[i] = i < first || inner->half[0].norms[i] > 0 || inner->half[1].norms[i] > 0;
		a->joined += i >= first && keep[i];
	}
	robust_patterns_keep(r, keep, arena);
}

/* Column generation: the program is solved, and patterns join by its pricing. */
static enum status generate(struct robust_admm *a, struct arena *arena, struct err *err)
{
	struct robust *r = &a->program;
	long rounds = a->options->rounds;
	ptrdiff_t first = r->D.cols;
	struct arena scratch = arena_beside(arena);
	struct mat seen =
		mat_new(&scratch, r->D.rows, first + rounds * PRICED_TRIES * PRICED_LOOKED);
	enum status status = STATUS_OK;

	if (!arena_counts(arena))
		mat_copy(mat_cols(seen, 0, first), r->D);
	seen.cols = first;
	robust_patterns_reserve(r, rounds * PRICED_LOOKED, arena);
	for (long round = 0; status == STATUS_OK && round <= rounds; round++) {
		struct robust_admm inner = {.options = a->options, .program = *r};
		struct arena work = arena_beside(arena);
		bool last = arena_counts(arena) || round == rounds;

		status = begin(&inner, &work, err);
		if (status == STATUS_OK && !arena_counts(arena)) {
			solve_for_pricing(&inner);
			a->all_priced = round < rounds && extend(a, &inner, &seen, round) == 0;
			last = last || a->all_priced;
		}
		if (status == STATUS_OK && last)
			drop_unused(a, &inner, first, arena);
		arena_release(&work);
		if (last)
			break;
	}
	arena_release(&scratch);
	return status;
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct robust_admm *a = ARENA_NEW(arena, struct robust_admm);
	const struct robust_admm_options *o = options;
	struct robust *r = &a->program;

	a->options = o;
	r->problem = problem;
	r->two_sided = problem->loss.loss->even;
	r->Xt = mat_new(arena, problem->X.cols, problem->X.rows);
	if (!arena_counts(arena))
		mat_transpose(r->Xt, problem->X);
	TRY(threat_resolve(problem, &o->threat, "robust_admm", arena, &r->threat, err));
	TRY(robust_patterns(r, &o->patterns, o->screen, arena, err));
	if (o->rounds > 0 && problem->y.k == 1 && pattern_priced(&o->patterns))
		TRY(generate(a, arena, err));
	TRY(begin(a, arena, err));
	*state = a;
	if (!arena_counts(arena))
		write_note(a);
	return STATUS_OK;
}

static ptrdiff_t width(const void *state)
{
	ptrdiff_t blocks = ((const struct robust_admm *)state)->U.cols;

	return blocks > 0 ? blocks : 1;
}

/* A neuron for each block that is not zero, of the class of the block. */
static void network_of_classes(const struct robust *r, struct multinet *net)
{
	ptrdiff_t m = 0, blocks = r->RV.cols;

	mat_fill(net->A, 0);
	for (ptrdiff_t b = 0; b < 2 * blocks; b++) {
		struct mat v = mat_cols(b < blocks ? r->RV : r->RW, b % blocks, 1);
		double root = sqrt(blas_norm((size_t)v.rows, v.at));

		if (!(root > 0))
			continue;
		mat_copy(mat_cols(net->U, m, 1), v);
		blas_scale((size_t)v.rows, 1 / root, mat_col(net->U, m));
		mat_set(net->A, m++, b % blocks / r->D.cols, (real)(b < blocks ? root : -root));
	}
	net->U.cols = m;
}

/* Of the blocks made feasible: no sign of a preactivation changes within the balls. */
static void network(const void *state, struct model *model)
{
	const struct robust_admm *a = state;
	struct robust at_last = a->program;
	double unused;

	at_last.threat.eps = a->options->threat.eps;
	robust_repair(&at_last, a->half[0].V1, a->half[1].V1, &unused);
	if (at_last.classes.k > 1)
		network_of_classes(&at_last, multinet_of(model));
	else
		cvx_network(a->program.RV, a->program.RW, net_of(model));
}

static void facts(const void *state, struct facts *facts)
{
	const struct robust_admm *a = state;
	const struct robust *r = &a->program;
	static const char *const columns[] = {
		"pattern", "source", "active_share", "largest_eps_lower", "largest_eps_upper",
		"verdict", NULL};
	static const char *const verdicts[] = {[ROBUST_UNDECIDED] = "undecided",
					       [ROBUST_ADMITTED] = "admitted",
					       [ROBUST_EXCLUDED] = "excluded"};
	struct facts_table *table;
	bool only_zero = true;

	pattern_facts(&a->options->patterns, r->sampled, facts);
	facts_note(facts, a->note);
	table = facts_table(facts, "patterns", columns, (size_t)r->sampled);
	for (ptrdiff_t i = 0; i < r->sampled; i++) {
		facts_cell_number(table, (double)i);
		facts_cell_text(table, r->facts[i].source);
		facts_cell_number(table, r->facts[i].active);
		facts_cell_number(table, r->facts[i].lower);
		facts_cell_number(table, r->facts[i].upper);
		facts_cell_text(table, verdicts[r->facts[i].verdict]);
		only_zero &= r->facts[i].verdict == ROBUST_EXCLUDED;
	}
	if (only_zero)
		facts_text(facts, "suspect", "only zero weights are feasible");
}

const struct trainer trainer_robust_admm = {
	.base = {.name = "robust_admm",
		 .doc = "convex adversarial training: ADMM on the robust convex program",
		 .cite = "bai2023",
		 .options = rows,
		 .size = sizeof(struct robust_admm_options)},
	.makes = &model_relu,
	.takes = takes,
	.multi_output = true,
	.sample_weights = true,
	.forecast = forecast,
	.setup = setup,
	.step = robust_admm_step,
	.width = width,
	.model = network,
	.certify = certify,
	.facts = facts,
	.threat = threat,
	.freedom = freedom,
};
