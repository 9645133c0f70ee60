/* The convex programs of polynomial networks by interior point methods, one for each output (one
 * class against all). See poly_program.h. */
#include "solvers/core/blas.h"
#include "solvers/model/polynet.h"
#include "solvers/model/threat.h"
#include "solvers/poly/poly_decompose.h"
#include "solvers/poly/poly_oracle.h"
#include "solvers/poly/poly_program.h"

#include <math.h>
#include <string.h>

/* Share of the largest eigenvalue below which there is no neuron. */
static const double least_eigenvalue = 1e-12;

static const double solved_gap = 1e-6;

struct poly_sdp_options {
	struct threat_options threat; /* radius is its eps */
	struct reals activation;
};

struct output {
	struct problem problem;
	struct poly_program program;
	struct poly_solver solver;
	bool ended;
	double bound; /* the best so far */
};

struct state {
	const struct problem *problem;
	const struct poly_sdp_options *options;
	ptrdiff_t k;
	struct output *output; /* k */
	struct poly_decompose decompose;
	struct polynet *net; /* that of certify */
	struct poly_oracle *oracle;
	struct mat Q;
	double *lower; /* n */
	real *f;       /* n */
};

static const struct option rows[] = {
	{OPTION_AS("radius", struct poly_sdp_options, threat.eps), .initial = "0",
	 .range = RANGE_FROM(0),
	 .doc = "l_2 radius of the balls around the samples, in prepared features, whose worst "
		"case is minimised with the hinge loss; 0: the standard program"},
	{OPTION_AS("norm", struct poly_sdp_options, threat.norm), .initial = "l2",
	 .names = threat_step_norms,
	 .doc = "norm of the balls: l2, the only one with an exact program; an l_inf ball of "
		"radius r lies in that of radius r sqrt(d)"},
	{OPTION_FIELD(struct poly_sdp_options, activation), .initial = "[0.09, 0.5, 0.47]",
	 .doc = "a, b, c of the activation a t^2 + b t + c"},
	{0},
};

static const struct threat_options *threat(const void *options)
{
	const struct poly_sdp_options *o = options;

	return o->threat.eps > 0 ? &o->threat : NULL;
}

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	const struct loss *loss = problem->loss.loss;

	if (threat(options)) {
		*wanted = "the hinge loss with a radius above 0";
		return strcmp(loss->base.name, "hinge") == 0;
	}
	*wanted = "a loss that is smooth or has a quadratic conjugate on an interval, and of "
		  "several targets of a regression the squared loss, which is a sum over these";
	return (loss->smooth || loss->box) &&
	       (problem->y.k <= 1 || problem->y.label || loss->quadratic);
}

static void forecast(const void *options, ptrdiff_t n, ptrdiff_t d, struct forecast *out)
{
	double order = (double)d + 1, p = order * order / 2, samples = (double)n;

	out->setup_flops = samples * p;
	out->iteration_flops = 8 * p * p * p / 3 + samples * p * p;
	if (threat(options))
		out->iteration_flops += samples * (14 * order * order * order + 6 * p * p);
	out->certificate_flops = 10 * order * order * order + 4 * samples * order * order;
}

/* Targets of output c: -1 and +1 of a class against all others, or what is given. */
static struct problem problem_of(const struct problem *all, ptrdiff_t c, struct arena *arena)
{
	struct problem one = *all;
	ptrdiff_t n = all->X.rows;
	real *y;

	one.y = targets_of(all->y.at + c * n, n);
	if (all->y.k == 1 || !all->y.label)
		return one;
	y = ARENA_ARRAY(arena, real, n);
	for (ptrdiff_t i = 0; i < n && !arena_counts(arena); i++)
		y[i] = all->y.label[i] == c ? 1 : -1;
	one.y.at = y;
	return one;
}

static enum status check(const struct problem *problem, const struct poly_sdp_options *o,
			 struct err *err)
{
	if (o->activation.count != 3)
		return err_set(err, STATUS_SPEC,
			       "poly_sdp: activation: expected three numbers a, b, c, got %zu",
			       o->activation.count);
	if (!threat(o))
		return STATUS_OK;
	if (o->threat.norm != NORM_L2)
		return err_set(
			err, STATUS_SPEC,
			"poly_sdp: norm: expected l2, got %s: an l_inf ball of radius r lies "
			"in the l_2 ball of radius r sqrt(d)",
			threat_norms[o->threat.norm]);
	for (ptrdiff_t j = 0; j < problem->X.cols; j++)
		if (problem->frozen && problem->frozen[j])
			return err_set(
				err, STATUS_SPEC,
				"poly_sdp: radius: the balls are over all columns, of which "
				"column %td is a bias; the activation has its own: leave the "
				"bias out",
				j);
	return STATUS_OK;
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct state *s = ARENA_NEW(arena, struct state);
	const struct poly_sdp_options *o = options;
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, k = problem->y.k;
	const struct model_size size = {d, 2 * (d + 1) * k, k};

	TRY(check(problem, o, err));
	*s = (struct state){.problem = problem, .options = o, .k = k};
	s->output = ARENA_ARRAY(arena, struct output, k);
	for (ptrdiff_t c = 0; c < k; c++) {
		struct output *out = &s->output[c];

		out->problem = problem_of(problem, c, arena);
		out->program = (struct poly_program){
			&out->problem,
			{o->activation.at[0], o->activation.at[1], o->activation.at[2]},
			o->threat.eps};
		out->solver = threat(o) ? poly_robust(&out->program, arena)
					: poly_standard(&out->program, arena);
	}
	s->decompose = poly_decompose_new(d + 1, arena);
	s->net = polynet_of(model_new(&model_polynomial, arena, size));
	s->oracle = poly_oracle_new(d, NULL, arena);
	s->Q = mat_new(arena, d + 1, d + 1);
	s->lower = ARENA_ARRAY(arena, double, n);
	s->f = ARENA_ARRAY(arena, real, n);
	*state = s;
	return STATUS_OK;
}

static ptrdiff_t width(const void *state)
{
	const struct state *s = state;

	return 2 * s->k * (s->problem->X.cols + 1);
}

static void network(const void *state, struct model *model)
{
	const struct state *s = state;
	struct polynet *net = polynet_of(model);
	ptrdiff_t d = net->U.rows, room = 2 * (d + 1), m = 0;
	struct poly_decompose decompose = s->decompose;

	*net->a = (real)s->options->activation.at[0];
	*net->b = (real)s->options->activation.at[1];
	*net->c = (real)s->options->activation.at[2];
	for (ptrdiff_t c = 0; c < s->k; c++)
		for (int side = 0; side < POLY_SIDES; side++) {
			struct mat U = {d, room, net->U.stride, mat_col(net->U, m)};
			real *weight = mat_col(net->A, c) + m;
			ptrdiff_t count =
				poly_decompose(&decompose, s->output[c].solver.cone->Z[side],
					       least_eigenvalue, U, side ? -1 : 1, weight);

			for (ptrdiff_t other = 0; other < s->k; other++)
				for (ptrdiff_t j = m; other != c && j < m + count; j++)
					mat_set(net->A, j, other, 0);
			m += count;
		}
	net->U.cols = m;
}

/* Sum of the losses of output c of the network. */
static double loss_of(struct state *s, ptrdiff_t c)
{
	const struct problem *problem = &s->output[c].problem;
	ptrdiff_t n = problem->X.rows;
	struct poly_points points = {.X = problem->X,
				     .y = problem->y.at,
				     .radius = s->options->threat.eps,
				     .lower = s->lower};

	polynet_form(s->net, c, -1, s->Q);
	if (!poly_oracle_set(s->oracle, s->Q))
		return NAN;
	if (!threat(s->options))
		points.y = NULL;
	poly_oracle_margins(s->oracle, &points);
	for (ptrdiff_t k = 0; k < n; k++)
		s->f[k] = (real)s->lower[k] * (points.y ? points.y[k] : 1);
	return loss_value(problem->loss, (size_t)n, s->f, problem->y.at);
}

static void certify(void *state, struct certificate *certificate)
{
	struct state *s = state;
	double lower = 0, objective = 0, upper = 0;

	network(s, &s->net->base);
	for (ptrdiff_t c = 0; c < s->k; c++) {
		struct output *out = &s->output[c];

		/* fmax ignores a NaN argument */
		out->bound = fmax(out->bound, out->solver.bound(out->solver.state));
		lower += out->bound;
		objective += out->solver.objective(out->solver.state);
		upper += loss_of(s, c);
	}
	certificate->objective = objective;
	certificate->feasibility = 0;
	certificate->upper = upper + s->problem->beta * model_polynomial.decay(&s->net->base);
	certificate->lower_bound = lower;
	certificate->scope = "all";
}

static void step(void *state, struct progress *progress)
{
	struct state *s = state;
	struct certificate c;
	bool ended = true;

	progress->objective = 0;
	for (ptrdiff_t k = 0; k < s->k; k++) {
		struct output *out = &s->output[k];

		out->ended = out->ended || !out->solver.step(out->solver.state);
		ended = ended && out->ended;
		progress->objective += out->solver.objective(out->solver.state);
	}
	progress->primal_residual = progress->dual_residual = NAN;
	progress->end = OUTCOME_RUNNING;
	if (!ended)
		return;
	certify(s, &c);
	progress->end = c.upper - c.lower_bound <= solved_gap * c.upper ? OUTCOME_CONVERGED
									: OUTCOME_STALLED;
}

static void facts(const void *state, struct facts *facts)
{
	const struct state *s = state;

	if (threat(s->options))
		facts_number(facts, "linf_radius",
			     s->options->threat.eps / sqrt((double)s->problem->X.cols));
}

const struct trainer trainer_poly_sdp = {
	.base = {.name = "poly_sdp",
		 .doc = "polynomial network: its semidefinite program, standard or against the "
			"worst "
			"case over l_2 balls, by interior points",
		 .cite = "kuelbs2024",
		 .options = rows,
		 .size = sizeof(struct poly_sdp_options)},
	.makes = &model_polynomial,
	.multi_output = true,
	.one_against_all = true,
	.takes = takes,
	.threat = threat,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = network,
	.certify = certify,
	.facts = facts,
};
