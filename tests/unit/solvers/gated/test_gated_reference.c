/* Gated ReLU against a reference of its own, plain proximal gradients in double on features that
 * are written out, on data with constant, duplicate and zero columns and rows; and against ReLU
 * networks on the same patterns, whose optimum is no lower, and is reached where the weights of the
 * gates are in the cones of their patterns. */
#include "solvers/gated/gated_cone.h"
#include "solvers/gated/gated_lasso.h"
#include "solvers/gated/gated_relu.h"
#include "solvers/model/multinet.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct trainer trainer_gated, trainer_ipm, trainer_admm;

enum { N = 14, D = 4, P = 8, K = 3, MOST_STEPS = 20000, SEEDS = 40 };

static const bool IS_DOUBLE = sizeof(real) == sizeof(double);

enum { CONSTANT, DUPLICATE, ZERO, SAME_ROWS, ZERO_ROWS, DEGENERATE };

/* One of the kinds of degenerate data. */
static struct toy pose(const char *loss, double beta, ptrdiff_t k, uint64_t seed)
{
	struct toy toy = toy_make(N, D, loss, beta);
	struct rng rng = rng_stream(seed, "degenerate", 0);
	struct mat X = toy.problem.X;

	toy_fill(X, &rng);
	toy.problem.seed = seed;
	for (ptrdiff_t i = 0; i < N; i++) {
		if (seed % DEGENERATE == CONSTANT)
			mat_set(X, i, 1, 1);
		if (seed % DEGENERATE == DUPLICATE)
			mat_set(X, i, 1, mat_get(X, i, 0));
		if (seed % DEGENERATE == ZERO)
			mat_set(X, i, 1, 0);
		for (ptrdiff_t j = 0; j < D && seed % DEGENERATE == SAME_ROWS; j++)
			mat_set(X, i, j, mat_get(X, i % 5, j));
		for (ptrdiff_t j = 0; j < D && seed % DEGENERATE == ZERO_ROWS && i % 3 == 0; j++)
			mat_set(X, i, j, 0);
	}
	if (k > 1) {
		real *at = ARENA_ARRAY(&toy.arena, real, N * k);
		int *label = arena_alloc(&toy.arena, N, sizeof *label);

		for (ptrdiff_t i = 0; i < N; i++) {
			label[i] = (int)(i * i % k);
			at[i + label[i] * N] = 1;
		}
		toy.problem.y = (struct targets){.n = N, .k = k, .at = at, .label = label};
	}
	return toy;
}

struct run {
	struct arena arena;
	const struct trainer *trainer;
	void *state;
	struct certificate c;
	struct progress progress;
};

/* To its end, or until this gap. */
static struct run train(const struct problem *problem, const struct trainer *trainer,
			const char *options, double gap)
{
	struct run run = {.trainer = trainer};
	struct err err = {0};
	double best = -HUGE_VAL;

	if (trainer->setup(problem, toy_options(&trainer->base, options, &run.arena), &run.arena,
			   &run.state, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	for (int i = 0; i < MOST_STEPS && run.progress.end == OUTCOME_RUNNING; i++) {
		trainer->step(run.state, &run.progress);
		if (gap > 0) {
			trainer->certify(run.state, &run.c);
			best = fmax(best, run.c.lower_bound);
			if (run.c.upper - best <= gap * run.c.upper)
				break;
		}
	}
	trainer->certify(run.state, &run.c);
	run.c.lower_bound = fmax(best, run.c.lower_bound);
	return run;
}

/* --- the reference ---------------------------------------------------------------------------- */

struct reference {
	double phi[N][P * D]; /* gate times feature */
	int gates;
	const struct problem *problem;
};

/* Weights of gate p and output c are the D numbers from (p k + c) D on. */
static double output(const struct reference *r, const double *w, ptrdiff_t i, ptrdiff_t c)
{
	ptrdiff_t k = r->problem->y.k;
	double f = 0;

	for (int j = 0; j < r->gates * D; j++)
		f += r->phi[i][j] * w[(j / D * k + c) * D + j % D];
	return f;
}

/* The loss of a sample by its definition; with g its slopes by finite differences, which the
 * quadratic and the logistic loss have to 1e-9. */
static double sample_loss(const struct reference *r, ptrdiff_t i, double *f, double *g)
{
	const struct problem *p = r->problem;
	const struct loss *loss = p->loss.loss;
	ptrdiff_t k = p->y.k;
	double y[K], value;

	for (ptrdiff_t c = 0; c < k; c++)
		y[c] = (double)p->y.at[i + c * N];
	value = k == 1 ? loss->sample(p->loss.options, f[0], y[0])
		       : loss->outputs->sample(p->loss.options, k, f, y);
	for (ptrdiff_t c = 0; c < k && g; c++) {
		const double h = 1e-5;
		double at = f[c], high, low;

		f[c] = at + h;
		high = sample_loss(r, i, f, NULL);
		f[c] = at - h;
		low = sample_loss(r, i, f, NULL);
		f[c] = at;
		g[c] = (high - low) / (2 * h);
	}
	return value;
}

enum { SIZE = P * D * K };

/* The sum of losses at w and, where it is not NULL, its slopes. */
static double total_loss(const struct reference *r, const double *w, double *slope)
{
	ptrdiff_t k = r->problem->y.k;
	double value = 0;

	for (ptrdiff_t i = 0; i < N; i++) {
		double f[K], g[K];

		for (ptrdiff_t c = 0; c < k; c++)
			f[c] = output(r, w, i, c);
		value += sample_loss(r, i, f, slope ? g : NULL);
		for (ptrdiff_t j = 0; slope && j < r->gates * D * k; j++)
			slope[j] += g[j / D % k] * r->phi[i][j / D / k * D + j % D];
	}
	return value;
}

/* w shrunk by blocks; the sum of their lengths. */
static double shrink(const struct reference *r, double *w, double threshold)
{
	ptrdiff_t size = D * r->problem->y.k;
	double sum = 0;

	for (int p = 0; p < r->gates; p++) {
		double square = 0, share;

		for (ptrdiff_t j = p * size; j < (p + 1) * size; j++)
			square += w[j] * w[j];
		share = fmax(0, 1 - threshold / sqrt(fmax(square, 1e-300)));
		for (ptrdiff_t j = p * size; j < (p + 1) * size; j++)
			w[j] *= share;
		sum += share * sqrt(square);
	}
	return sum;
}

/* min by accelerated proximal gradients with restarts; the smallest objective seen. */
static double reference(struct reference *r, double curvature)
{
	static double w[SIZE], z[SIZE], old[SIZE], slope[SIZE];
	double lipschitz = 0, t = 1, best = HUGE_VAL;

	memset(w, 0, sizeof w);
	memset(z, 0, sizeof z);
	for (int i = 0; i < N; i++)
		for (int j = 0; j < r->gates * D; j++)
			lipschitz += curvature * r->phi[i][j] * r->phi[i][j];
	for (int step = 0; step < 20000; step++) {
		double norm, back = 0, moved = 0, next = (1 + sqrt(1 + 4 * t * t)) / 2;

		memset(slope, 0, sizeof slope);
		total_loss(r, z, slope);
		memcpy(old, w, sizeof w);
		for (int j = 0; j < SIZE; j++)
			w[j] = z[j] - slope[j] / lipschitz;
		norm = shrink(r, w, r->problem->beta / lipschitz);
		best = fmin(best, total_loss(r, w, NULL) + r->problem->beta * norm);
		for (int j = 0; j < SIZE; j++) {
			back += (z[j] - w[j]) * (w[j] - old[j]);
			moved = fmax(moved, fmax(fabs(w[j] - old[j]), fabs(w[j] - z[j])));
		}
		if (moved < 1e-9)
			break;
		for (int j = 0; j < SIZE; j++)
			z[j] = back > 0 ? w[j] : w[j] + (t - 1) / next * (w[j] - old[j]);
		t = back > 0 ? 1 : next;
	}
	return best;
}

/* The features of the gates that these patterns' directions open, by plain loops. */
static void write_out(const struct problem *problem, const char *patterns, struct reference *r)
{
	struct arena arena = {0};
	struct pattern_options options = toy_patterns(patterns, &arena);
	struct patterns sampled;

	assert_int_equal(
		pattern_sample(&options, problem, NULL, &arena, &sampled, &(struct err){0}),
		STATUS_OK);
	*r = (struct reference){.gates = (int)sampled.H.cols, .problem = problem};
	for (int p = 0; p < r->gates; p++)
		for (ptrdiff_t i = 0; i < N; i++) {
			double gate = 0;

			for (ptrdiff_t j = 0; j < D; j++)
				gate += (double)mat_get(problem->X, i, j) *
					(double)mat_get(sampled.H, j, p);
			for (ptrdiff_t j = 0; j < D && gate >= 0; j++)
				r->phi[i][p * D + j] = (double)mat_get(problem->X, i, j);
		}
	arena_release(&arena);
}

static void degenerate_data_have_the_optimum_of_the_reference(void **state)
{
	static const char *const losses[] = {"squared", "logistic", "{huber: {delta: 0.5}}"};
	static const char *const options[] = {"{patterns: 8, method: newton}",
					      "{patterns: 8, method: fista}"};

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		for (ptrdiff_t k = 1; k <= K; k += K - 1) {
			const char *loss = losses[seed / DEGENERATE % (k > 1 ? 2 : 3)];
			double beta = (double[]){0.02, 0.2, 1.5}[seed % 3];
			struct toy toy = pose(loss, beta, k, seed);
			double curvature = loss_outputs_curvature(toy.problem.loss, k), best;
			static struct reference r;

			write_out(&toy.problem, "{count: 8}", &r);
			best = reference(&r, curvature);
			for (int m = 0; m < 2; m++) {
				struct run run = train(&toy.problem, &trainer_gated, options[m], 0);
				check_at_most(run.c.lower_bound, best * (1 + 1e-9));
				check_close(run.c.upper, best, IS_DOUBLE ? 3e-6 : 2e-3, 0);
				check_close(run.c.lower_bound, run.c.upper,
					    IS_DOUBLE ? 1.1e-6 : 1e-3, 0);
				arena_release(&run.arena);
			}
			arena_release(&toy.arena);
		}
}

/* --- ReLU networks ---------------------------------------------------------------------------- */

/* On the same patterns no ReLU network is below the bound of the gates; the optimum of the gates is
 * not above theirs. */
static void gates_are_below_every_relu_network(void **state)
{
	static const char *const losses[] = {"squared", "logistic"};

	(void)state;
	for (uint64_t seed = 0; seed < 12; seed++)
		for (int m = 0; m < 2; m++) {
			const struct trainer *trainer = m ? &trainer_admm : &trainer_ipm;
			double beta = (double[]){0.02, 0.2, 1.5}[seed % 3];
			struct toy toy = pose(losses[seed / 3 % 2], beta, 1, seed);
			struct run gated = train(&toy.problem, &trainer_gated, "{patterns: 8}", 0);
			struct run relu = train(&toy.problem, trainer, "{patterns: 8}", 1e-5);
			double slack = IS_DOUBLE ? 1e-9 : 1e-4;

			check_at_most(relu.c.upper - relu.c.lower_bound,
				      (IS_DOUBLE ? 1e-5 : 1e-2) * relu.c.upper);
			check_at_most(gated.c.lower_bound, relu.c.upper * (1 + slack));
			check_at_most(gated.c.upper,
				      relu.c.upper * (1 + (IS_DOUBLE ? 1e-6 : 1e-3)));
			arena_release(&gated.arena);
			arena_release(&relu.arena);
			arena_release(&toy.arena);
		}
}

/* Targets that a neuron along the first direction gives. */
static void teach(struct toy *toy)
{
	struct pattern_options options = toy_patterns("{count: 8}", &toy->arena);
	real *at = ARENA_ARRAY(&toy->arena, real, N);
	struct patterns sampled;

	assert_int_equal(pattern_sample(&options, &toy->problem, NULL, &toy->arena, &sampled,
					&(struct err){0}),
			 STATUS_OK);
	for (ptrdiff_t i = 0; i < N; i++)
		for (ptrdiff_t j = 0; j < D && gates_get(sampled.D, i, 0); j++)
			at[i] += 3 * mat_get(toy->problem.X, i, j) * mat_get(sampled.H, j, 0);
	toy->problem.y.at = at;
}

/* Targets of a neuron of one of the patterns: where the weights of the gates are in the cones, both
 * programs have one optimum, and the decomposition has it too. */
static void weights_in_the_cone_reach_the_optimum_of_relu_networks(void **state)
{
	int met = 0;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct toy toy = pose("squared", 0.02, 1, seed);
		struct run gated;
		double outside, objective, relu;

		teach(&toy);
		gated = train(&toy.problem, &trainer_gated,
			      "{patterns: 8, tolerance: 1e-9, decompose: exact}", 0);
		outside = toy_number(&trainer_gated, gated.state, "cone_violation");
		objective = toy_number(&trainer_gated, gated.state, "gated_objective");
		relu = toy_number(&trainer_gated, gated.state, "relu_objective");

		check_at_least(relu, objective * (1 - 1e2 * REAL_EPSILON));
		if (outside <= 0 && trainer_gated.width(gated.state) > 0) {
			struct run ipm = train(&toy.problem, &trainer_ipm, "{patterns: 8}", 1e-6);

			check_close(relu, objective, IS_DOUBLE ? 1e-12 : 1e-5, 0);
			check_close(ipm.c.upper, objective, IS_DOUBLE ? 3e-6 : 1e-2, 0);
			arena_release(&ipm.arena);
			met++;
		}
		arena_release(&gated.arena);
		arena_release(&toy.arena);
	}
	check_at_least(met, 5);
}

/* Weights of several outputs: of rank one along the directions of the gates; near these, each
 * output inside the cone; or any. */
enum weights { RANK_ONE, EACH_INSIDE, ANY };

/* The least |x_i'h| of a direction. */
static double margin(struct mat X, const real *h)
{
	double least = HUGE_VAL;

	for (ptrdiff_t i = 0; i < N; i++) {
		double push = 0;

		for (ptrdiff_t j = 0; j < D; j++)
			push += (double)mat_get(X, i, j) * (double)h[j];
		least = fmin(least, fabs(push));
	}
	return least;
}

static void fill_weights(enum weights kind, const struct patterns *patterns, struct mat X,
			 struct mat W)
{
	struct rng rng = rng_stream(7, "weights", 0);

	toy_fill(W, &rng);
	for (ptrdiff_t r = 0; r < W.rows && kind != ANY; r++) {
		const real *direction = mat_col(patterns->H, r / D);
		double step = 0.02 * margin(X, direction), h = (double)direction[r % D];

		for (ptrdiff_t c = 0; c < K; c++)
			mat_set(W, r, c,
				(real)(kind == RANK_ONE ? (double)(c + 1) * (r / D % 2 ? -h : h)
							: h + step * (double)mat_get(W, r, c)));
	}
}

/* sum over gates and outputs of |W_pc| */
static double each_norm(struct mat W)
{
	double sum = 0;

	for (ptrdiff_t p = 0; p < W.rows / D; p++)
		for (ptrdiff_t c = 0; c < K; c++)
			sum += gated_lasso_norm(mat_cols(W, c, 1), D, p);
	return sum;
}

static void check_outputs(const struct problem *problem, const struct model *a,
			  const struct model *b)
{
	for (ptrdiff_t i = 0; i < N; i++) {
		double f[K], g[K], size;

		a->kind->sample(a, problem->X, i, f, &size);
		b->kind->sample(b, problem->X, i, g, &size);
		for (int c = 0; c < K; c++)
			check_close(f[c], g[c], 0, 1e4 * REAL_EPSILON * (1 + size));
	}
}

/* Of several outputs: W_p of rank one in the cone is one neuron of the same cost, which the outputs
 * one by one are not; outputs that are inside one by one cost no more than that; and any W keeps
 * its outputs. */
static void ranks_of_one_stay_one_neuron(void **state)
{
	struct toy toy = pose("squared", 0.5, K, CONSTANT);
	struct arena arena = {0};
	struct pattern_options options = toy_patterns("{count: 5}", &arena);
	struct patterns sampled;
	struct model *relu, *gated;
	struct mat W;
	struct gated_cone cone;

	(void)state;
	assert_int_equal(
		pattern_sample(&options, &toy.problem, NULL, &arena, &sampled, &(struct err){0}),
		STATUS_OK);
	W = mat_new(&arena, sampled.H.cols * D, K);
	cone = gated_cone_new(toy.problem.X, sampled.D, sampled.H, K, true, &arena);
	relu = model_new(&model_relu_outputs, &arena,
			 (struct model_size){D, 2 * K * sampled.H.cols, K});
	gated = model_new(&model_gated_relu, &arena, (struct model_size){D, sampled.H.cols, K});
	for (enum weights kind = RANK_ONE; kind <= ANY; kind++) {
		double decay, least;

		fill_weights(kind, &sampled, toy.problem.X, W);
		gated_cone_network(&cone, W, relu);
		mat_copy(gated_relu_of(gated)->G, sampled.H);
		mat_copy(gated_relu_of(gated)->W, W);
		check_outputs(&toy.problem, relu, gated);
		decay = relu->kind->decay(relu);
		least = gated->kind->decay(gated);
		check_at_least(decay, least * (1 - 1e3 * REAL_EPSILON));
		if (kind == RANK_ONE)
			check_close(decay, least, 1e3 * REAL_EPSILON, 0);
		if (kind == RANK_ONE)
			assert_int_equal(model_width(relu), sampled.H.cols);
		if (kind == EACH_INSIDE)
			check_at_most(decay, each_norm(W) * (1 + 1e3 * REAL_EPSILON));
	}
	arena_release(&arena);
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(degenerate_data_have_the_optimum_of_the_reference),
		cmocka_unit_test(gates_are_below_every_relu_network),
		cmocka_unit_test(weights_in_the_cone_reach_the_optimum_of_relu_networks),
		cmocka_unit_test(ranks_of_one_stay_one_neuron),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
