/* The adversarial program as it was published for many samples (Kuelbs, Lall & Pilanci 2024): its
 * constraints as penalties, mini-batches and Adam, from zero. With k outputs c, a batch of B
 * samples and e_j the eigenvalues of a matrix it lowers
 *
 *     1/(k B) sum_ci (1 - w_ci)_+ + beta sum_c (Z4 + Z4')
 *     + rho sum_cij (-e_j(M_ci))_+ + sum_cj (-e_j(Z_c))_+ + (-e_j(Z'_c))_+
 *     + 1/k sum_c |tr Z1 - Z4| + |tr Z1' - Z4'| + sum_ci (-l_ci)_+,
 *
 * M_i = y_i T_i'Q T_i + l_i J - w_i e e', J = diag(I, -radius^2), with the sign of the off-diagonal
 * block that the proof needs. w and l of a batch start with a fresh memory of Adam at each
 * visit, as published. There is no bound beyond 0; the network is that of the positive part of
 * Z, Z', and its worst case is told exactly. */
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "solvers/poly/poly_outputs.h"
#include "solvers/tools/adam.h"

#include <math.h>
#include <string.h>

struct poly_penalty_options {
	struct poly_options poly;
	double penalty, learning_rate;
	long batch, epochs;
};

struct output {
	struct mat Z[POLY_SIDES], p[POLY_SIDES], q[POLY_SIDES]; /* with the memories of Adam */
	struct mat g[POLY_SIDES];
	real *w, *l; /* n */
};

struct state {
	struct poly_outputs all;
	const struct poly_penalty_options *options;
	struct output *output;
	struct adam adam;
	struct rng rng;
	size_t *order; /* n */
	ptrdiff_t batch, at;
	long epoch;
	struct mat Q, C, M, P; /* order x order */
	real *values;          /* order */
};

static const struct option rows[] = {
	POLY_OPTIONS(struct poly_penalty_options, "the hinge loss"),
	{OPTION_FIELD(struct poly_penalty_options, penalty), .initial = "2",
	 .range = RANGE_ABOVE(0), .doc = "rho, of the constraints of the samples"},
	{OPTION_FIELD(struct poly_penalty_options, learning_rate), .initial = "0.01",
	 .range = RANGE_ABOVE(0), .doc = "of Adam"},
	{OPTION_FIELD(struct poly_penalty_options, batch), .initial = "100", .range = RANGE_FROM(1),
	 .doc = "samples of a step"},
	{OPTION_FIELD(struct poly_penalty_options, epochs), .initial = "30", .range = RANGE_FROM(1),
	 .doc = "passes over the samples"},
	{0},
};

static const struct threat_options *threat(const void *options)
{
	return poly_outputs_threat(options);
}

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	(void)options;
	*wanted = "the hinge loss";
	return strcmp(problem->loss.loss->base.name, "hinge") == 0;
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct poly_penalty_options *o = options;
	double n = (double)shape.n, order = (double)shape.d + 1, cube = order * order * order;
	double batch = fmin((double)o->batch, n), k = fmax((double)shape.k, 1);

	out->setup_flops = 0;
	out->iteration_flops = k * ((batch + POLY_SIDES) * 10 * cube + batch * 20 * order * order);
	out->certificate_flops = k * (40 * cube + n * 4 * order * order);
	out->most_iterations = (double)o->epochs * ceil(n / fmax(batch, 1));
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct state *s = ARENA_NEW(arena, struct state);
	const struct poly_penalty_options *o = options;
	ptrdiff_t n = problem->X.rows, order = problem->X.cols + 1;
	struct mat *squares[] = {&s->Q, &s->C, &s->M, &s->P};

	TRY(poly_outputs_new(problem, options, "poly_penalty", arena, &s->all, err));
	s->options = o;
	s->adam = adam_new();
	s->rng = rng_stream(problem->seed, "poly_penalty", 0);
	s->batch = o->batch < n ? o->batch : n;
	s->output = ARENA_ARRAY(arena, struct output, s->all.k);
	for (ptrdiff_t c = 0; c < s->all.k; c++) {
		struct output *out = &s->output[c];

		for (int side = 0; side < POLY_SIDES; side++) {
			out->Z[side] = mat_new(arena, order, order);
			out->p[side] = mat_new(arena, order, order);
			out->q[side] = mat_new(arena, order, order);
			out->g[side] = mat_new(arena, order, order);
			s->all.Z[c][side] = out->Z[side];
		}
		out->w = ARENA_ARRAY(arena, real, n);
		out->l = ARENA_ARRAY(arena, real, n);
	}
	for (size_t i = 0; i < sizeof squares / sizeof *squares; i++)
		*squares[i] = mat_new(arena, order, order);
	s->values = ARENA_ARRAY(arena, real, order);
	s->order = ARENA_ARRAY(arena, size_t, n);
	*state = s;
	for (ptrdiff_t i = 0; i < n && !arena_counts(arena); i++)
		s->order[i] = (size_t)i;
	return STATUS_OK;
}

/* P = the projector on the eigenvectors of A below 0: minus a subgradient of the penalty, whose
 * value is returned. A is overwritten. */
static double negative(struct state *s, struct mat A)
{
	double sum = 0;
	ptrdiff_t count = 0;

	if (!blas_eigen(A, s->values))
		return NAN;
	for (; count < A.cols && s->values[count] < 0; count++)
		sum -= (double)s->values[count];
	if (count > 0)
		blas_gemm(1, mat_cols(A, 0, count), PLAIN, mat_cols(A, 0, count), TRANSPOSED, 0,
			  s->P);
	else
		mat_fill(s->P, 0);
	return sum;
}

/* A variable with a fresh memory of Adam. */
static void move(const struct state *s, real gradient, real *value)
{
	struct adam fresh = adam_new();
	real p = 0, q = 0;

	adam_begin(&fresh, s->options->learning_rate);
	adam_update(&fresh, 1, &gradient, value, &p, &q);
}

/* Penalty and hinge of sample i; its part of C, and w and l moved. */
static double sample(struct state *s, ptrdiff_t c, ptrdiff_t i, double share)
{
	struct output *out = &s->output[c];
	const struct poly_program *program = &s->all.program[c];
	ptrdiff_t d = s->M.cols - 1;
	double square = program->radius * program->radius, rho = s->options->penalty, sum, ball = 0;
	real w = out->w[i], l = out->l[i];

	poly_program_pull(program, i, s->Q, s->M);
	for (ptrdiff_t j = 0; j < d; j++)
		mat_set(s->M, j, j, mat_get(s->M, j, j) + l);
	mat_set(s->M, d, d, mat_get(s->M, d, d) - w - (real)square * l);
	sum = rho * negative(s, s->M) + share * fmax(0, 1 - (double)w) + fmax(0, -(double)l);
	for (ptrdiff_t j = 0; j < d; j++)
		ball += (double)mat_get(s->P, j, j);
	ball -= square * (double)mat_get(s->P, d, d);
	move(s, (real)(rho * (double)mat_get(s->P, d, d) - (w < 1 ? share : 0)), &out->w[i]);
	move(s, (real)(-rho * ball - (l < 0 ? 1 : 0)), &out->l[i]);
	poly_program_lift(program, i, s->P, s->M);
	for (ptrdiff_t j = 0; j <= d; j++)
		blas_axpy((size_t)(d + 1), -rho * (double)program->problem->y.at[i],
			  mat_col(s->M, j), mat_col(s->C, j));
	return sum;
}

/* The gradient of one side: +-E o C, its own penalties and the weight; their value. */
static double side_gradient(struct state *s, ptrdiff_t c, int side)
{
	struct output *out = &s->output[c];
	struct mat Z = out->Z[side], g = out->g[side];
	ptrdiff_t d = Z.cols - 1;
	double lack = -(double)mat_get(Z, d, d), sum, share = 1 / (double)s->all.k, turn;

	mat_copy(s->M, Z);
	sum = negative(s, s->M);
	for (ptrdiff_t j = 0; j <= d; j++)
		for (ptrdiff_t i = 0; i <= d; i++)
			mat_set(g, i, j,
				(real)((side ? -1 : 1) *
					       poly_program_factor(&s->all.program[c], i, j) *
					       (double)mat_get(s->C, i, j) -
				       (double)mat_get(s->P, i, j)));
	for (ptrdiff_t j = 0; j < d; j++)
		lack += (double)mat_get(Z, j, j);
	turn = lack > 0 ? share : lack < 0 ? -share : 0;
	for (ptrdiff_t j = 0; j <= d; j++)
		mat_set(g, j, j, mat_get(g, j, j) + (real)(j < d ? turn : -turn));
	mat_set(g, d, d, mat_get(g, d, d) + (real)s->all.problem->beta);
	return sum + share * fabs(lack) + s->all.problem->beta * (double)mat_get(Z, d, d);
}

static void step(void *state, struct progress *progress)
{
	struct state *s = state;
	ptrdiff_t n = s->all.problem->X.rows, rest = n - s->at;
	ptrdiff_t count = rest < s->batch ? rest : s->batch, size = s->M.cols * s->M.cols;
	double share = 1 / (double)(s->all.k * count);

	*progress = (struct progress){.primal_residual = NAN, .dual_residual = NAN};
	if (s->at == 0)
		rng_shuffle(&s->rng, (size_t)n, s->order);
	adam_begin(&s->adam, s->options->learning_rate);
	for (ptrdiff_t c = 0; c < s->all.k; c++) {
		struct output *out = &s->output[c];

		poly_program_form(&s->all.program[c], out->Z[0], out->Z[1], s->Q);
		mat_fill(s->C, 0);
		for (ptrdiff_t k = 0; k < count; k++)
			progress->objective += sample(s, c, (ptrdiff_t)s->order[s->at + k], share);
		for (int side = 0; side < POLY_SIDES; side++) {
			progress->objective += side_gradient(s, c, side);
			adam_update(&s->adam, (size_t)size, out->g[side].at, out->Z[side].at,
				    out->p[side].at, out->q[side].at);
		}
	}
	s->at += count;
	if (s->at < n)
		return;
	s->at = 0;
	if (++s->epoch >= s->options->epochs)
		progress->end = OUTCOME_ITERATION_LIMIT;
}

/* 0 is below any sum of losses and weights. */
static void certify(void *state, struct certificate *certificate)
{
	struct state *s = state;

	*certificate = (struct certificate){.upper = poly_outputs_value(&s->all), .scope = "all"};
	certificate->objective = certificate->upper;
}

static ptrdiff_t width(const void *state)
{
	return poly_outputs_width(&((const struct state *)state)->all);
}

static void network(const void *state, struct model *model)
{
	poly_outputs_network(&((const struct state *)state)->all, model);
}

static void facts(const void *state, struct facts *facts)
{
	poly_outputs_facts(&((const struct state *)state)->all, facts);
}

const struct trainer trainer_poly_penalty = {
	.base = {.name = "poly_penalty",
		 .doc = "polynomial network against worst cases over l_2 balls: penalised "
			"constraints and Adam, as published",
		 .cite = "kuelbs2024",
		 .options = rows,
		 .size = sizeof(struct poly_penalty_options)},
	.makes = &model_polynomial,
	.multi_output = true,
	.one_against_all = true,
	.takes = takes,
	.refuses = poly_outputs_refuses,
	.threat = threat,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = network,
	.certify = certify,
	.facts = facts,
};
