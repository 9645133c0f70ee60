/* Trainer `burer_monteiro`: the program over gates in low-rank factors (Sahiner, Ergen, Ozturkler,
 * Pauly, Mardani & Pilanci 2024).
 *
 *     min over W_p (d x k)   L(F, Y) + beta sum_p |W_p|_*,   F = sum_p D_p X W_p      (convex)
 *     min over U_p, R_p      L(F, Y) + beta/2 sum_p (|U_p|^2 + |R_p|^2),  W_p = U_p R_p'
 *
 * with `rank` columns in U_p (d x rank) and R_p (k x rank). D_p = diag(1[X g_p >= 0]); the signs of
 * the neurons are free, so that the convex program relaxes that of ReLU networks over the same
 * patterns, and for one output is that of `gated`. With G_p = X'D_p grad L and m = max_p |G_p|_2 a
 * stationary point is at most max(1, m / beta) times the convex optimum, and is one for m <= beta;
 * at any point grad L scaled by min(1, beta / m) is a dual point.
 *
 * As published the factors are trained by stochastic gradients; here by L-BFGS on all samples, so
 * that stationary points are reached. */
#include "solvers/burer_monteiro/gated_net.h"
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "solvers/gates/pattern.h"
#include "solvers/model/net.h"
#include "solvers/model/trainer.h"
#include "solvers/tools/lbfgs.h"

#include <math.h>
#include <string.h>

enum { AUTO = -1, MEMORY = 20 };

static const char *const rank_words[] = {"auto", NULL};

struct burer_monteiro_options {
	struct pattern_options patterns;
	long rank;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct burer_monteiro_options, patterns), .rows = pattern_rows,
	 .shorthand = "count", .doc = "activation patterns whose directions are the gates"},
	{OPTION_FIELD(struct burer_monteiro_options, rank), .initial = "auto", .words = rank_words,
	 .range = RANGE_FROM(1),
	 .doc = "columns of the factors of each pattern; auto: one more than the matrix can need, "
		"the smaller one of features and outputs"},
	{0},
};

/* A point: U (d x m) behind each other, then R (m x k). */
struct factors {
	real *at;
	struct mat U, R;
};

struct burer_monteiro {
	const struct problem *problem;
	const struct burer_monteiro_options *options;
	struct mat H;   /* d x P: directions */
	struct gates D; /* n x P */
	ptrdiff_t rank;
	struct factors x, trial, g, g_new;
	real *direction;
	size_t count;
	struct mat S, T;    /* n x m: masked products, slopes */
	struct mat F, A;    /* n x k: outputs, grad L */
	struct mat Y, C, Q; /* n x P; d x k and k x k: of one pattern */
	real *values;       /* k */
	struct lbfgs lbfgs;
	double value; /* at x, of all */
	double slope; /* max_p |G_p|_2 at the last certificate */
};

static ptrdiff_t rank_of(const struct burer_monteiro_options *o, ptrdiff_t d, ptrdiff_t k)
{
	return o->rank == AUTO ? (d < k ? d : k) + 1 : o->rank;
}

static void forecast(const void *options, struct trainer_shape shape, struct forecast *out)
{
	const struct burer_monteiro_options *o = options;
	double P = pattern_most(&o->patterns, shape.n, shape.d), n = (double)shape.n,
	       d = (double)shape.d, k = (double)shape.k;
	double m = P * (double)rank_of(o, shape.d, shape.k);

	out->setup_flops += 4 * n * m * (d + k);
	out->iteration_flops += 6 * n * m * (d + k) + 4 * MEMORY * m * (d + k);
	out->certificate_flops += 2 * n * d * P * k + P * k * k * (d + k);
	pattern_forecast(&o->patterns, shape, out);
}

static struct factors factors_new(struct arena *arena, ptrdiff_t d, ptrdiff_t m, ptrdiff_t k)
{
	real *at = ARENA_ARRAY(arena, real, m * (d + k));

	return (struct factors){at, {d, m, d, at}, {m, k, m, at + d * m}};
}

/* Patterns of their directions. STATUS_SPEC for one that has none. */
static enum status gate(struct burer_monteiro *s, const struct patterns *sampled, struct err *err)
{
	blas_gemm(1, s->problem->X, PLAIN, s->H, PLAIN, 0, s->Y);
	for (ptrdiff_t p = 0; p < s->D.cols; p++) {
		gates_threshold(s->D, p, mat_col(s->Y, p));
		if (!gates_same(s->D, p, sampled->D, p) &&
		    !(blas_norm((size_t)s->H.rows, mat_col(s->H, p)) > 0))
			return err_set(err, STATUS_SPEC,
				       "burer_monteiro: pattern %td of %td has no direction, so "
				       "it is no gate at other points",
				       p + 1, s->D.cols);
	}
	return STATUS_OK;
}

/* Random directions of lengths whose products add up to 1. */
static void start(struct burer_monteiro *s)
{
	struct rng rng = rng_stream(s->problem->seed, "burer_monteiro", 0);
	ptrdiff_t d = s->x.U.rows, m = s->x.U.cols, k = s->x.R.cols;
	double length = 1 / sqrt((double)m);

	for (ptrdiff_t j = 0; j < m; j++) {
		real *u = mat_col(s->x.U, j);
		double square = 0;

		net_direction(&rng, d, u);
		blas_scale((size_t)d, length, u);
		for (ptrdiff_t c = 0; c < k; c++) {
			double r = rng_normal(&rng);

			square += r * r;
			mat_set(s->x.R, j, c, (real)r);
		}
		for (ptrdiff_t c = 0; c < k; c++)
			mat_set(s->x.R, j, c,
				(real)(length * (double)mat_get(s->x.R, j, c) / sqrt(square)));
	}
}

/* Columns of pattern p: those of its units. */
static void mask(const struct burer_monteiro *s, struct mat S)
{
	for (ptrdiff_t j = 0; j < S.cols; j++)
		gates_mask(gates_col(s->D, j / s->rank), S.rows, mat_col(S, j), mat_col(S, j));
}

static double squares(const struct burer_monteiro *s, const real *x)
{
	double norm = blas_norm(s->count, x);

	return norm * norm;
}

/* The objective at a point; S and F are those of it. */
static double evaluate(struct burer_monteiro *s, const struct factors *at)
{
	blas_gemm(1, s->problem->X, PLAIN, at->U, PLAIN, 0, s->S);
	mask(s, s->S);
	blas_gemm(1, s->S, PLAIN, at->R, PLAIN, 0, s->F);
	return trainer_loss(s->problem, s->F) + s->problem->beta * squares(s, at->at) / 2;
}

/* The gradient at a point that has just been evaluated. */
static void differentiate(struct burer_monteiro *s, const struct factors *at, struct factors *g)
{
	loss_outputs_gradient(s->problem->loss, s->F, s->problem->y, s->A);
	blas_gemm(1, s->S, TRANSPOSED, s->A, PLAIN, 0, g->R);
	blas_gemm(1, s->A, PLAIN, at->R, TRANSPOSED, 0, s->T);
	mask(s, s->T);
	blas_gemm(1, s->problem->X, TRANSPOSED, s->T, PLAIN, 0, g->U);
	blas_axpy(s->count, s->problem->beta, at->at, g->at);
}

static enum status setup(const struct problem *problem, const void *options, struct arena *arena,
			 void **state, struct err *err)
{
	struct burer_monteiro *s = ARENA_NEW(arena, struct burer_monteiro);
	ptrdiff_t n = problem->X.rows, d = problem->X.cols, k = problem->y.k, P, m;
	struct factors *points[] = {&s->x, &s->trial, &s->g, &s->g_new};
	struct patterns sampled;

	*s = (struct burer_monteiro){.problem = problem, .options = options, .slope = NAN};
	TRY(pattern_sample(&s->options->patterns, problem, NULL, arena, &sampled, err));
	P = sampled.D.cols;
	s->H = sampled.H;
	s->D = gates_new(arena, n, P);
	s->rank = rank_of(s->options, d, k);
	m = P * s->rank;
	s->count = (size_t)(m * (d + k));
	for (size_t i = 0; i < sizeof points / sizeof *points; i++)
		*points[i] = factors_new(arena, d, m, k);
	s->direction = ARENA_ARRAY(arena, real, s->count);
	s->S = mat_new(arena, n, m);
	s->T = mat_new(arena, n, m);
	s->F = mat_new(arena, n, k);
	s->A = mat_new(arena, n, k);
	s->Y = mat_new(arena, n, P);
	s->C = mat_new(arena, d, k);
	s->Q = mat_new(arena, k, k);
	s->values = ARENA_ARRAY(arena, real, k);
	s->lbfgs = lbfgs_new(s->count, MEMORY, arena);
	blas_expect_eigen(arena, k);
	*state = s;
	if (arena_counts(arena))
		return STATUS_OK;
	TRY(gate(s, &sampled, err));
	start(s);
	s->value = evaluate(s, &s->x);
	differentiate(s, &s->x, &s->g);
	return STATUS_OK;
}

/* The gradient relative to that of the penalty. */
static double stationarity(const struct burer_monteiro *s)
{
	return blas_norm(s->count, s->g.at) / (s->problem->beta * blas_norm(s->count, s->x.at));
}

static void step(void *state, struct progress *progress)
{
	enum { HALVINGS = 40 };
	const double decrease = 1e-4;
	struct burer_monteiro *s = state;
	double slope, share = 1, value = s->value;
	bool lower = false;

	*progress = (struct progress){.primal_residual = NAN};
	lbfgs_direction(&s->lbfgs, s->g.at, s->direction);
	slope = blas_dot(s->count, s->g.at, s->direction);
	for (int i = 0; i < HALVINGS && slope < 0 && !lower; i++, share /= 2) {
		memcpy(s->trial.at, s->x.at, s->count * sizeof *s->x.at);
		blas_axpy(s->count, share, s->direction, s->trial.at);
		value = evaluate(s, &s->trial);
		lower = value < s->value && value <= s->value + decrease * share * slope;
	}
	if (lower) {
		differentiate(s, &s->trial, &s->g_new);
		lbfgs_learn(&s->lbfgs, s->x.at, s->trial.at, s->g.at, s->g_new.at);
		memcpy(s->x.at, s->trial.at, s->count * sizeof *s->x.at);
		memcpy(s->g.at, s->g_new.at, s->count * sizeof *s->x.at);
		s->value = value;
	} else if (isfinite(value)) {
		progress->end = OUTCOME_STALLED;
	} else {
		progress->failure = "the objective is not finite";
	}
	progress->objective = s->value;
	progress->dual_residual = stationarity(s);
}

/* max_p |X'D_p A|_2, for A = grad L at x. */
static double largest_slope(struct burer_monteiro *s)
{
	ptrdiff_t n = s->F.rows, k = s->F.cols;
	double largest = 0;

	for (ptrdiff_t p = 0; p < s->D.cols; p++) {
		struct mat masked = mat_cols(s->T, 0, 1);

		for (ptrdiff_t c = 0; c < k; c++) {
			gates_mask(gates_col(s->D, p), n, mat_col(s->A, c), masked.at);
			blas_gemm(1, s->problem->X, TRANSPOSED, masked, PLAIN, 0,
				  mat_cols(s->C, c, 1));
		}
		if (k == 1) {
			largest = fmax(largest, blas_mat_norm(s->C));
			continue;
		}
		blas_syrk(1, s->C, TRANSPOSED, 0, s->Q);
		if (!blas_eigen(s->Q, s->values))
			return NAN;
		largest = fmax(largest, sqrt(fmax(0, (double)s->values[k - 1])));
	}
	return largest * (1 + (double)(n + k) * REAL_EPSILON);
}

/* The dual point is that of x, whose outputs are computed anew. */
static void certify(void *state, struct certificate *certificate)
{
	struct burer_monteiro *s = state;
	double scale;

	certificate->objective = certificate->upper = evaluate(s, &s->x);
	certificate->feasibility = 0; /* the program has no constraints */
	loss_outputs_gradient(s->problem->loss, s->F, s->problem->y, s->A);
	s->slope = largest_slope(s);
	scale = (1 - 4 * REAL_EPSILON) * fmin(1, s->problem->beta / s->slope);
	certificate->lower_bound =
		-loss_outputs_conjugate(s->problem->loss, scale, s->A, s->problem->y);
	certificate->scope = "sampled";
}

static ptrdiff_t width(const void *state)
{
	return ((const struct burer_monteiro *)state)->x.U.cols;
}

static void network(const void *state, struct model *model)
{
	const struct burer_monteiro *s = state;
	struct gated_net *net = gated_net_of(model);
	ptrdiff_t m = s->x.U.cols;

	net->U.cols = net->G.cols = m;
	mat_copy(net->U, s->x.U);
	mat_copy(mat_rows(net->R, 0, m), s->x.R);
	for (ptrdiff_t j = 0; j < m; j++)
		mat_copy(mat_cols(net->G, j, 1), mat_cols(s->H, j / s->rank, 1));
}

static void facts(const void *state, struct facts *facts)
{
	const struct burer_monteiro *s = state;

	pattern_facts(&s->options->patterns, s->H.cols, facts);
	facts_number(facts, "rank", (double)s->rank);
	facts_number(facts, "stationarity", stationarity(s));
	/* of a stationary point; over the patterns in use */
	facts_number(facts, "optimality_factor",
		     s->slope > s->problem->beta ? s->slope / s->problem->beta
		     : isnan(s->slope)           ? NAN
						 : 1);
	facts_note(facts, "a stationary point is at most optimality_factor times the optimum of "
			  "the convex program over these patterns, whose neurons have no sign "
			  "constraints");
}

static enum freedom freedom(const void *options)
{
	return pattern_freedom(&((const struct burer_monteiro_options *)options)->patterns,
			       FREEDOM_ROTATIONS);
}

static bool takes(const struct problem *problem, const void *options, const char **wanted)
{
	(void)options;
	*wanted = "a loss with a finite second derivative";
	if (problem->y.k > 1 && !problem->loss.loss->outputs)
		return true; /* trainer_check asks for a loss of several outputs */
	return isfinite(loss_outputs_curvature(problem->loss, problem->y.k > 1 ? problem->y.k : 1));
}

const struct trainer trainer_burer_monteiro = {
	.base = {.name = "burer_monteiro",
		 .doc = "gated networks in low-rank factors, with a bound by the convex program",
		 .cite = "sahiner2024",
		 .options = rows,
		 .size = sizeof(struct burer_monteiro_options)},
	.makes = &model_gated_net,
	.multi_output = true,
	.takes = takes,
	.freedom = freedom,
	.forecast = forecast,
	.setup = setup,
	.step = step,
	.width = width,
	.model = network,
	.certify = certify,
	.facts = facts,
};
