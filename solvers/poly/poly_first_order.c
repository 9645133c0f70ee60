/* The program of polynomial networks (poly_program.h) in its oracle form, by projected
 * subgradients:
 *
 *     min over Z, Z' in K   sum_i l(m_i(Z - Z')) + beta (Z4 + Z4'),   K = {Z >= 0, tr Z1 = Z4},
 *
 * m_i the worst value of f over the ball of sample i, of which the oracle gives a point x*_i and
 * with it a subgradient v_i E(x*_i): one eigendecomposition for all samples of a batch. Or by
 * Frank-Wolfe steps, whose bound is close also where beta is small (poly_frank_wolfe.h). The step
 * length is the distance from the start over the root of the sum of the squared subgradients
 * (Ivgi, Hinder & Carmon 2023), the iterate that counts the mean of later ones (polynomial
 * decay, Shamir & Zhang 2013). The projection (V - nu G)_+ takes nu from the last one, corrects
 * it by Newton's method, and what is left of <G, Z> goes to the diagonal: every iterate is
 * feasible.
 *
 * Bound: any slopes v_i and points of the balls give one (poly_program.h, with E(x*_i)); means of
 * them over epochs do, each epoch visiting every sample once. Their mean is feasible up to a small
 * factor only after steps that add up to |Z| / beta: where beta is small, the gap is closed by
 * Frank-Wolfe steps from the neurons of the mean, one output after another. */
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "solvers/cvx/scaling.h"
#include "solvers/poly/poly_frank_wolfe.h"
#include "solvers/poly/poly_outputs.h"
#include "solvers/poly/poly_projection.h"

#include <math.h>
#include <string.h>

enum { NEWTON = 2, MEMORY = 8 }; /* steps of a projection; memory of the polynomial decay */

/* <G, Z> relative to tr Z that goes to the diagonal. */
static const double traceless = 1e-3;

/* Of the first step, relative to that of Polyak to the value 0. A shorter one costs many doublings
 * of the distance, and the mean of the slopes is a dual point only after steps that add up to more
 * than the distance over beta. */
static const double first_step = 1;

static const double solved_gap = 1e-6;

enum { METHOD_PROJECTED, METHOD_FRANK_WOLFE };
static const char *const methods[] = {"projected", "frank_wolfe", NULL};

/* Evaluations of the loss that a Frank-Wolfe step takes, about. */
static const double looks = 150;

struct poly_first_order_options {
	struct poly_options poly;
	long method;
	long batch, epochs, polish;
};

struct side {
	struct mat Z, mean;
	double nu; /* of the last projection */
};

struct output {
	struct side side[POLY_SIDES];
	double distance, squares; /* from the start; sum of |subgradient|^2 */
	struct mat C, dual;       /* sum of v_i E(x*_i) of this epoch; its mean */
	real *v, *dual_v;         /* n: the same of the slopes */
	double bound;
	struct poly_solver solver; /* of Frank-Wolfe */
	bool ended;
};

struct state {
	struct poly_outputs all;
	const struct poly_first_order_options *options;
	struct output *output;
	struct rng rng;
	size_t *order;       /* n */
	ptrdiff_t batch, at; /* samples of a batch; where this epoch stands */
	long epoch, steps;
	struct mat X, worst; /* batch x d */
	struct mat C, V, Q;  /* order x order */
	struct poly_projection projection;
	real *y, *f, *g, *x; /* batch; batch; batch; d */
	double *lower;       /* batch */
	/* of the polish: Frank-Wolfe on output `c` from its mean, of this value */
	struct poly_solver polisher;
	ptrdiff_t c;
	long polished; /* steps on it */
	double mean_value;
};

static const struct option rows[] = {
	POLY_OPTIONS(struct poly_first_order_options, "a loss that falls with the margin"),
	{OPTION_FIELD(struct poly_first_order_options, method), .initial = "projected",
	 .names = methods, .later = true,
	 .doc = "projected subgradients; or Frank-Wolfe over neurons, fully corrective: fewer and "
		"dearer steps, with a bound that is close at small beta as well"},
	{OPTION_FIELD(struct poly_first_order_options, batch), .initial = "1000",
	 .range = RANGE_FROM(0),
	 .doc = "samples of a projected step; 0: all, as Frank-Wolfe takes"},
	{OPTION_FIELD(struct poly_first_order_options, epochs), .initial = "200",
	 .range = RANGE_FROM(1), .doc = "passes over the samples, or steps of Frank-Wolfe"},
	{OPTION_FIELD(struct poly_first_order_options, polish), .initial = "20",
	 .range = RANGE_FROM(0), .later = true,
	 .doc = "steps of Frank-Wolfe that follow the projected ones, from the neurons of their "
		"mean: network and bound come close where beta is small; each costs about 60 "
		"passes over the samples; 0: none"},
	{0},
};

static const struct threat_options *threat(const void *options)
{
	return poly_outputs_threat(options);
}

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	*wanted = "a loss that falls with the margin, where there is a radius";
	return !threat(options) || problem->loss.loss->falls;
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct poly_first_order_options *o = options;
	double n = (double)shape.n, order = (double)shape.d + 1, cube = order * order * order;
	double batch = o->batch > 0 ? fmin((double)o->batch, n) : n, k = fmax((double)shape.k, 1);
	double look = 8 * order * order + 100 * order; /* at a sample */
	double wolfe = looks * (10 * cube + n * look); /* of one output */
	double projected = (double)o->epochs * ceil(n / fmax(batch, 1));
	double polish = k * (double)o->polish; /* steps */

	out->setup_flops = 0;
	out->certificate_flops = k * (40 * cube + n * 6 * order * order);
	out->most_iterations = projected + polish;
	out->iteration_flops = (projected * k * (60 * cube + batch * look) + polish * wolfe) /
			       (projected + polish);
	if (o->method == METHOD_FRANK_WOLFE) {
		out->most_iterations = (double)o->epochs;
		out->iteration_flops = k * wolfe;
	}
}

static void allocate_projected(struct state *s, struct arena *arena)
{
	const struct problem *problem = s->all.problem;
	const struct poly_first_order_options *o = s->options;
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, order = d + 1;
	struct mat *squares[] = {&s->C, &s->V, &s->Q};

	s->rng = rng_stream(problem->seed, "poly_first_order", 0);
	s->batch = o->batch > 0 && o->batch < n ? o->batch : n;
	for (ptrdiff_t c = 0; c < s->all.k; c++) {
		struct output *out = &s->output[c];

		for (int side = 0; side < POLY_SIDES; side++) {
			out->side[side].Z = mat_new(arena, order, order);
			out->side[side].mean = mat_new(arena, order, order);
			s->all.Z[c][side] = out->side[side].mean;
		}
		out->C = mat_new(arena, order, order);
		out->dual = mat_new(arena, order, order);
		out->v = ARENA_ARRAY(arena, real, n);
		out->dual_v = ARENA_ARRAY(arena, real, n);
	}
	for (size_t i = 0; i < sizeof squares / sizeof *squares; i++)
		*squares[i] = mat_new(arena, order, order);
	s->order = ARENA_ARRAY(arena, size_t, n);
	s->X = mat_new(arena, s->batch, d);
	s->worst = mat_new(arena, s->batch, d);
	s->y = ARENA_ARRAY(arena, real, n);
	s->f = ARENA_ARRAY(arena, real, s->batch);
	s->g = ARENA_ARRAY(arena, real, s->batch);
	s->projection = poly_projection_new(order, arena);
	s->projection.steps = NEWTON;
	s->projection.accurate = traceless;
	s->x = ARENA_ARRAY(arena, real, d);
	s->lower = ARENA_ARRAY(arena, double, s->batch);
	if (o->polish > 0)
		s->polisher = poly_frank_wolfe(s->all.program, arena);
	for (ptrdiff_t i = 0; i < n && !arena_counts(arena); i++)
		s->order[i] = (size_t)i;
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct state *s = ARENA_NEW(arena, struct state);

	TRY(poly_outputs_new(problem, options, "poly_first_order", arena, &s->all, err));
	s->options = options;
	s->output = ARENA_ARRAY(arena, struct output, s->all.k);
	*state = s;
	if (s->options->method == METHOD_PROJECTED) {
		allocate_projected(s, arena);
		return STATUS_OK;
	}
	for (ptrdiff_t c = 0; c < s->all.k; c++) {
		struct output *out = &s->output[c];

		out->solver = poly_frank_wolfe(&s->all.program[c], arena);
		memcpy(s->all.Z[c], out->solver.Z, sizeof *s->all.Z);
	}
	return STATUS_OK;
}

/* Q's worst points of the batch, the slopes of the loss there, and C = sum v E(x*). */
static double look(struct state *s, ptrdiff_t c, ptrdiff_t count)
{
	struct output *out = &s->output[c];
	const struct problem *one = &s->all.one[c];
	const struct poly_program batch = s->all.program[c];
	struct problem part = *one;
	struct poly_program program = batch;
	struct mat X = mat_rows(s->X, 0, count), worst = mat_rows(s->worst, 0, count);
	bool falls = threat(s->options) != NULL;
	const struct poly_points points = {.X = X,
					   .y = falls ? s->y : NULL,
					   .radius = batch.radius,
					   .lower = s->lower,
					   .worst = &worst};

	for (ptrdiff_t k = 0; k < count; k++)
		s->y[k] = one->y.at[s->order[s->at + k]];
	poly_program_form(&batch, out->side[0].Z, out->side[1].Z, s->Q);
	if (!poly_oracle_set(s->all.oracle, s->Q))
		return NAN;
	poly_oracle_margins(s->all.oracle, &points);
	for (ptrdiff_t k = 0; k < count; k++)
		s->f[k] = (real)s->lower[k] * (falls ? s->y[k] : 1);
	loss_gradient(one->loss, (size_t)count, s->f, s->y, s->g);
	part.X = worst;
	program.problem = &part;
	poly_program_gather(&program, s->g, X, s->C); /* X is gathered anew for each output */
	for (ptrdiff_t k = 0; k < count; k++)
		out->v[s->order[s->at + k]] = s->g[k];
	for (ptrdiff_t j = 0; j < s->C.cols; j++)
		blas_axpy((size_t)s->C.rows, 1, mat_col(s->C, j), mat_col(out->C, j));
	return loss_value(one->loss, (size_t)count, s->f, s->y);
}

/* One step of output c; the loss of the batch. */
static double descend(struct state *s, ptrdiff_t c, ptrdiff_t count)
{
	struct output *out = &s->output[c];
	ptrdiff_t order = s->C.rows, d = order - 1;
	double n = (double)s->all.problem->X.rows, share = n / (double)count;
	double loss = share * look(s, c, count), square = 0, far = 0, length;
	double memory = (MEMORY + 1.0) / (double)(s->steps + MEMORY + 1);

	for (int side = 0; side < POLY_SIDES; side++)
		for (ptrdiff_t j = 0; j < order; j++)
			for (ptrdiff_t i = 0; i < order; i++) {
				double g = (side ? -share : share) * (double)mat_get(s->C, i, j) +
					   (i == d && j == d ? s->all.problem->beta : 0);

				square += g * g;
			}
	out->squares += square;
	if (!(out->distance > 0) && square > 0)
		out->distance = first_step * loss / sqrt(square);
	length = square > 0 ? out->distance / sqrt(out->squares) : 0;
	for (int side = 0; side < POLY_SIDES; side++) {
		struct side *at = &out->side[side];

		mat_copy(s->V, at->Z);
		for (ptrdiff_t j = 0; j < order; j++)
			blas_axpy((size_t)order, side ? length * share : -length * share,
				  mat_col(s->C, j), mat_col(s->V, j));
		mat_set(s->V, d, d, mat_get(s->V, d, d) - (real)(length * s->all.problem->beta));
		poly_projection_project(&s->projection, s->V, &at->nu, at->Z);
		far += pow(blas_mat_norm(at->Z), 2);
		for (ptrdiff_t j = 0; j < order; j++) {
			blas_scale((size_t)order, 1 - memory, mat_col(at->mean, j));
			blas_axpy((size_t)order, memory, mat_col(at->Z, j), mat_col(at->mean, j));
		}
	}
	out->distance = fmax(out->distance, sqrt(far));
	return loss + s->all.problem->beta * ((double)mat_get(out->side[0].Z, d, d) +
					      (double)mat_get(out->side[1].Z, d, d));
}

/* The slopes and matrices of this epoch enter their means. */
static void close_epoch(struct state *s)
{
	double share = 3.0 / (double)(s->epoch + 3);

	for (ptrdiff_t c = 0; c < s->all.k; c++) {
		struct output *out = &s->output[c];
		size_t n = (size_t)s->all.problem->X.rows;

		blas_scale(n, 1 - share, out->dual_v);
		blas_axpy(n, share, out->v, out->dual_v);
		for (ptrdiff_t j = 0; j < out->C.cols; j++) {
			blas_scale((size_t)out->C.rows, 1 - share, mat_col(out->dual, j));
			blas_axpy((size_t)out->C.rows, share, mat_col(out->C, j),
				  mat_col(out->dual, j));
		}
		mat_fill(out->C, 0);
	}
	s->at = 0;
	s->epoch++;
}

/* Of the means of slopes. */
static double mean_bound(struct state *s, ptrdiff_t c)
{
	struct output *out = &s->output[c];
	size_t n = (size_t)s->all.problem->X.rows;
	double largest;

	if (s->epoch == 0 || !poly_oracle_set(s->all.oracle, out->dual))
		return 0;
	largest = fmax(poly_oracle_sphere(s->all.oracle, 1, s->x),
		       poly_oracle_sphere(s->all.oracle, -1, s->x));
	for (size_t i = 0; i < n; i++)
		s->all.f[i] = -out->dual_v[i];
	return scaling_best(&s->all.one[c], s->all.f, largest).bound;
}

static void certify(void *state, struct certificate *certificate)
{
	struct state *s = state;
	double lower = 0;

	for (ptrdiff_t c = 0; c < s->all.k; c++) {
		struct output *out = &s->output[c];

		out->bound = fmax(out->bound, s->options->method == METHOD_PROJECTED
						      ? mean_bound(s, c)
						      : out->solver.bound(out->solver.state));
		lower += out->bound;
	}
	*certificate = (struct certificate){
		.upper = poly_outputs_value(&s->all), .lower_bound = lower, .scope = "all"};
	certificate->objective = certificate->upper;
}

static bool is_solved(struct state *s)
{
	struct certificate c;

	certify(s, &c);
	return c.upper - c.lower_bound <= solved_gap * c.upper;
}

/* A step of each output that has not ended. */
static void step_frank_wolfe(struct state *s, struct progress *progress)
{
	bool ended = true;

	for (ptrdiff_t c = 0; c < s->all.k; c++) {
		struct output *out = &s->output[c];

		out->ended = out->ended || !out->solver.step(out->solver.state);
		ended = ended && out->ended;
		progress->objective += out->solver.objective(out->solver.state);
	}
	s->epoch++;
	if (ended)
		progress->end = is_solved(s) ? OUTCOME_CONVERGED : OUTCOME_STALLED;
	else if (s->epoch >= s->options->epochs)
		progress->end = OUTCOME_ITERATION_LIMIT;
}

/* A step of Frank-Wolfe on the output whose turn it is; its neurons replace the mean where they are
 * better. */
static void polish(struct state *s, struct progress *progress)
{
	ptrdiff_t c = s->c;
	struct output *out = &s->output[c];
	struct poly_solver *wolfe = &s->polisher;
	const struct mat mean[] = {out->side[0].mean, out->side[1].mean};
	bool ended;

	if (s->polished == 0)
		s->mean_value = wolfe->start(wolfe->state, &s->all.program[c], mean);
	ended = !wolfe->step(wolfe->state);
	ended = ++s->polished >= s->options->polish || ended;
	out->bound = fmax(out->bound, wolfe->bound(wolfe->state));
	if (wolfe->objective(wolfe->state) <= s->mean_value)
		for (int side = 0; side < POLY_SIDES; side++) {
			mat_copy(out->side[side].Z, wolfe->Z[side]);
			s->all.Z[c][side] = out->side[side].Z;
		}
	progress->objective = poly_outputs_value(&s->all);
	if (!ended)
		return;
	s->polished = 0;
	s->c++;
	if (s->c == s->all.k)
		progress->end = is_solved(s) ? OUTCOME_CONVERGED : OUTCOME_ITERATION_LIMIT;
}

static void step(void *state, struct progress *progress)
{
	struct state *s = state;
	ptrdiff_t n = s->all.problem->X.rows, rest = n - s->at;
	ptrdiff_t count = rest < s->batch ? rest : s->batch;

	*progress = (struct progress){.primal_residual = NAN, .dual_residual = NAN};
	if (s->options->method == METHOD_FRANK_WOLFE) {
		step_frank_wolfe(s, progress);
		return;
	}
	if (s->epoch >= s->options->epochs) {
		polish(s, progress);
		return;
	}
	if (s->at == 0)
		rng_shuffle(&s->rng, (size_t)n, s->order);
	for (ptrdiff_t c = 0; c < s->all.k; c++) {
		for (ptrdiff_t j = 0; j < s->X.cols; j++)
			for (ptrdiff_t k = 0; k < count; k++)
				mat_set(s->X, k, j,
					mat_get(s->all.problem->X, (ptrdiff_t)s->order[s->at + k],
						j));
		progress->objective += descend(s, c, count);
	}
	s->steps++;
	s->at += count;
	if (s->at == n)
		close_epoch(s);
	if (s->epoch < s->options->epochs || s->options->polish > 0)
		return;
	progress->end = s->at == 0 && is_solved(s) ? OUTCOME_CONVERGED : OUTCOME_ITERATION_LIMIT;
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

const struct trainer trainer_poly_first_order = {
	.base = {.name = "poly_first_order",
		 .doc = "polynomial network: the same program by projected subgradients in "
			"mini-batches or Frank-Wolfe over neurons, worst cases by trust regions",
		 .cite = "kuelbs2024",
		 .options = rows,
		 .size = sizeof(struct poly_first_order_options)},
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
