/* Gated ReLU: optimality conditions by plain loops, the bound over the convex program of the same
 * patterns, paths, several outputs, what screening leaves out, and decompositions into ReLU
 * networks. */
#include "solvers/cvx/cvx.h"
#include "solvers/gated/gated_cone.h"
#include "solvers/gated/gated_program.h"
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

extern const struct trainer trainer_gated, trainer_ipm;

enum { N = 40, D = 4, P = 12, K = 3, MOST_STEPS = 20000 };

static const bool IS_DOUBLE = sizeof(real) == sizeof(double);

struct fixture {
	struct toy toy;
	struct arena arena;
	const struct trainer *trainer;
	void *options, *state;
	struct model *model;
	struct certificate certificate;
	struct progress progress;
};

/* Three classes by the sides of two features. */
static void add_classes(struct problem *problem, struct arena *arena)
{
	int *label = arena_alloc(arena, N, sizeof *label);
	real *at = ARENA_ARRAY(arena, real, N * K);

	for (ptrdiff_t i = 0; i < N; i++) {
		label[i] = mat_get(problem->X, i, 0) > 0 ? 2 : mat_get(problem->X, i, 1) > 0;
		for (int c = 0; c < K; c++)
			at[i + c * N] = label[i] == c;
	}
	problem->y = (struct targets){.n = N, .k = K, .at = at, .label = label};
}

static void train(struct fixture *t, const struct trainer *trainer, const char *options)
{
	ptrdiff_t k = t->toy.problem.y.k;

	t->trainer = trainer;
	t->progress = (struct progress){0};
	t->options = toy_options(&trainer->base, options, &t->toy.arena);
	assert_int_equal(
		trainer->setup(&t->toy.problem, t->options, &t->arena, &t->state, &(struct err){0}),
		STATUS_OK);
	for (int i = 0; i < MOST_STEPS && t->progress.end == OUTCOME_RUNNING; i++)
		trainer->step(t->state, &t->progress);
	t->model = model_new(trainer_makes(trainer, t->options, k), &t->arena,
			     (struct model_size){D, trainer->width(t->state), k});
	trainer->model(t->state, t->model);
	trainer->certify(t->state, &t->certificate);
}

static double objective(struct fixture *t)
{
	ptrdiff_t k = t->toy.problem.y.k;
	struct model_work work;

	if (k == 1)
		return toy_model_objective(&t->toy.problem, t->model);
	work = model_work_new(&t->arena, t->model->kind, model_size(t->model));
	return trainer_objective(&t->toy.problem, t->model, ARENA_ARRAY(&t->arena, real, N * k),
				 &work);
}

static struct fixture start(const char *loss, double beta, ptrdiff_t k)
{
	struct fixture t = {.toy = toy_make(N, D, loss, beta)};

	if (k > 1)
		add_classes(&t.toy.problem, &t.toy.arena);
	return t;
}

static void finish(struct fixture *t)
{
	arena_release(&t->arena);
	arena_release(&t->toy.arena);
}

/* sum_i gate G_ic x_ij over the samples whose gate g is open */
static double slope(struct mat X, const real *g, const real *G, ptrdiff_t j)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < N; i++) {
		double gate = 0;

		for (ptrdiff_t l = 0; l < D; l++)
			gate += (double)mat_get(X, i, l) * (double)g[l];
		sum += gate >= 0 ? (double)G[i] * (double)mat_get(X, i, j) : 0;
	}
	return sum;
}

/* X'D_p grad L at the model's outputs = -beta W_p / |W_p| for gates in use. */
static void check_conditions(struct fixture *t, double tolerance)
{
	const struct problem *problem = &t->toy.problem;
	ptrdiff_t k = problem->y.k;
	struct gated_relu *net = gated_relu_of(t->model);
	struct mat F = mat_new(&t->arena, N, k), G = mat_new(&t->arena, N, k);
	double size, f[K];

	for (ptrdiff_t i = 0; i < N; i++) {
		t->model->kind->sample(t->model, problem->X, i, f, &size);
		for (ptrdiff_t c = 0; c < k; c++)
			mat_set(F, i, c, (real)f[c]);
	}
	loss_outputs_gradient(problem->loss, F, problem->y, G);
	check_above(net->G.cols, 0);
	for (ptrdiff_t p = 0; p < net->G.cols; p++) {
		double share = problem->beta / gated_lasso_norm(net->W, D, p);

		for (ptrdiff_t i = 0; i < k * D; i++)
			check_close(slope(problem->X, mat_col(net->G, p), mat_col(G, i / D), i % D),
				    -share * (double)mat_get(net->W, p * D + i % D, i / D), 0,
				    tolerance * problem->beta);
	}
}

static void optima_meet_their_conditions(void **state)
{
	static const char *const losses[] = {"squared", "logistic"};

	(void)state;
	for (size_t l = 0; l < 2; l++)
		for (ptrdiff_t k = 1; k <= K; k += K - 1) {
			struct fixture t = start(losses[l], 0.5, k);

			train(&t, &trainer_gated, "{patterns: 12, tolerance: 1e-11}");
			check_conditions(&t, IS_DOUBLE ? 1e-3 : 5e-2);
			check_close(t.certificate.lower_bound, t.certificate.upper,
				    IS_DOUBLE ? 1e-11 : 1e-4, 0);
			check_close(objective(&t), t.certificate.upper, IS_DOUBLE ? 1e-10 : 1e-5,
				    0);
			if (IS_DOUBLE)
				assert_int_equal(t.progress.end, OUTCOME_CONVERGED);
			finish(&t);
		}
}

/* Over the same patterns no ReLU network is below the gates. */
static void gates_relax_the_program_of_relu_networks(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct fixture gated = start("squared", (double[]){0.05, 0.5, 3}[i], 1);
		struct fixture relu = start("squared", gated.toy.problem.beta, 1);

		train(&gated, &trainer_gated, "{patterns: 12}");
		train(&relu, &trainer_ipm, "{patterns: 12}");
		check_at_most(gated.certificate.lower_bound, relu.certificate.upper * (1 + 1e-9));
		check_at_most(gated.certificate.upper,
			      relu.certificate.upper * (IS_DOUBLE ? 1 + 1e-5 : 1.001));
		finish(&gated);
		finish(&relu);
	}
}

static double norm_of(const struct fixture *t)
{
	return t->model->kind->decay(t->model);
}

/* Each penalty of a path has the optimum that it has alone. */
static void paths_hold_the_optimum_of_each_penalty(void **state)
{
	struct fixture path = start("squared", 0.1, 1);
	struct penalty_done done[6];
	void *options = toy_options(&trainer_gated.base, "{patterns: 12}", &path.toy.arena);

	(void)state;
	path.toy.problem.penalties = (struct penalties){6, NAN};
	assert_int_equal(toy_path(&trainer_gated, &path.toy.problem, options, done, 6, &path.arena),
			 6);
	check_close(done[5].beta, 0.1, 1e-12, 0);
	for (size_t i = 0; i < 6; i++) {
		struct fixture alone = start("squared", done[i].beta, 1);
		double objective;

		train(&alone, &trainer_gated, "{patterns: 12}");
		objective = alone.certificate.upper;
		check_close(done[i].objective, objective, IS_DOUBLE ? 2e-6 : 1e-3, 0);
		check_at_most(done[i].lower_bound, objective * (1 + 1e-5));
		check_at_most(done[i].objective - done[i].lower_bound,
			      (IS_DOUBLE ? 1e-6 : 1e-3) * objective);
		/* no gate at the largest penalty */
		assert_int_equal(norm_of(&alone) > 0, i > 0);
		finish(&alone);
	}
	finish(&path);
}

/* Before a path has come down to beta, nothing is said of beta: no gap of an earlier penalty can
 * end the run. */
static void a_path_certifies_beta_at_its_end(void **state)
{
	struct fixture t = start("squared", 0.1, 1);

	(void)state;
	t.trainer = &trainer_gated;
	t.toy.problem.penalties = (struct penalties){6, NAN};
	t.options = toy_options(&trainer_gated.base, "{patterns: 12}", &t.toy.arena);
	assert_int_equal(trainer_gated.setup(&t.toy.problem, t.options, &t.arena, &t.state,
					     &(struct err){0}),
			 STATUS_OK);
	trainer_gated.step(t.state, &t.progress);
	trainer_gated.certify(t.state, &t.certificate);
	check_nan(t.certificate.lower_bound);
	check_finite(t.certificate.upper);
	for (int i = 0; i < MOST_STEPS && t.progress.end == OUTCOME_RUNNING; i++)
		trainer_gated.step(t.state, &t.progress);
	trainer_gated.certify(t.state, &t.certificate);
	check_close(t.certificate.lower_bound, t.certificate.upper, IS_DOUBLE ? 1e-6 : 1e-3, 0);
	check_at_most(toy_number(&trainer_gated, t.state, "path_worst_gap"),
		      IS_DOUBLE ? 1e-6 : 1e-3);
	finish(&t);
}

/* Gates that are screened out at a loose gap have no weight at the optimum. */
static void screening_drops_no_gate_of_the_optimum(void **state)
{
	struct fixture t = start("squared", 2, 1);
	struct patterns sampled;
	struct pattern_options options = toy_patterns("{count: 30}", &t.toy.arena);
	struct gated_program *s;
	bool out[30];
	ptrdiff_t screened = 0;

	(void)state;
	assert_int_equal(pattern_sample(&options, &t.toy.problem, NULL, &t.arena, &sampled,
					&(struct err){0}),
			 STATUS_OK);
	s = gated_program_new(&t.toy.problem, sampled.D, GATED_NEWTON, &t.arena);
	gated_program_set(s, 2);
	gated_program_evaluate(s);
	while (gated_program_gap(s) > 1e-4) {
		gated_program_step(s);
		gated_program_evaluate(s);
	}
	memcpy(out, s->out, sizeof out);
	screened = s->screened;
	check_above(screened, 0);
	check_below(screened, 30);
	gated_program_set(s, 2); /* all come back */
	for (int i = 0; i < 30; i++) {
		gated_program_gap(s);
		memset(s->out, 0, sizeof out);
		gated_program_step(s);
		gated_program_evaluate(s);
	}
	for (ptrdiff_t p = 0; p < 30; p++)
		if (out[p])
			check_close(gated_lasso_norm(s->W, D, p), 0, 0, 0);
	finish(&t);
}

static double fact(const struct fixture *t, const char *name)
{
	return toy_number(t->trainer, t->state, name);
}

/* The share of other draws whose |X'D A|_F is above beta at the model's outputs, by plain loops. */
static double broken_share(struct fixture *t, long draws)
{
	const struct problem *problem = &t->toy.problem;
	ptrdiff_t k = problem->y.k;
	struct mat F = mat_new(&t->arena, N, k), G = mat_new(&t->arena, N, k);
	long broken = 0;

	for (ptrdiff_t i = 0; i < N; i++) {
		double size, f[K];

		t->model->kind->sample(t->model, problem->X, i, f, &size);
		for (ptrdiff_t c = 0; c < k; c++)
			mat_set(F, i, c, (real)f[c]);
	}
	loss_outputs_gradient(problem->loss, F, problem->y, G);
	for (long i = 0; i < draws; i++) {
		struct rng rng = rng_stream(99, "other draws", (uint64_t)i);
		double square = 0;
		real g[D];

		for (int j = 0; j < D; j++)
			g[j] = (real)rng_normal(&rng);
		for (ptrdiff_t j = 0; j < k * D; j++)
			square += pow(slope(problem->X, g, mat_col(G, j / D), j % D), 2);
		broken += sqrt(square) > problem->beta;
	}
	return (double)broken / (double)draws;
}

/* Patterns drawn anew that would lower the optimum: about as many as of other draws. */
static void fresh_patterns_are_held_against_the_slopes(void **state)
{
	enum { DRAWS = 400 };

	(void)state;
	for (ptrdiff_t k = 1; k <= K; k += K - 1) {
		struct fixture t = start("squared", 5, k);
		struct violation first, again;
		double share;

		train(&t, &trainer_gated, "{patterns: 6, tolerance: 1e-9}");
		trainer_gated.violation(t.state, DRAWS, &first);
		trainer_gated.violation(t.state, DRAWS, &again);
		share = broken_share(&t, DRAWS);
		assert_int_equal(first.draws, DRAWS);
		assert_int_equal(first.violated, again.violated);
		check_above(share, 0.05);
		check_below(share, 0.8);
		check_close((double)first.violated / DRAWS, share, 0, 0.1);
		finish(&t);
	}
}

/* Twice a sample is a sample of twice the weight. */
static void weights_stand_for_repeated_samples(void **state)
{
	static const char *const losses[] = {"squared", "logistic"};

	(void)state;
	for (int l = 0; l < 2; l++) {
		struct fixture twice = start(losses[l], 0.5, 1), once = start(losses[l], 0.5, 1);
		real *weight = ARENA_ARRAY(&once.toy.arena, real, N);

		for (ptrdiff_t i = 0; i < N; i++) {
			weight[i] = i < N / 2 ? 2 : (real)1e-9;
			for (ptrdiff_t j = 0; j < D && i >= N / 2; j++)
				mat_set(twice.toy.problem.X, i, j,
					mat_get(once.toy.problem.X, i - N / 2, j));
			if (i >= N / 2)
				((real *)(uintptr_t)twice.toy.problem.y.at)[i] =
					once.toy.problem.y.at[i - N / 2];
		}
		once.toy.problem.y.weight = once.toy.problem.loss.sample = weight;
		once.toy.problem.loss.most = 2;
		/* the same directions, which differ on the first half alone */
		train(&twice, &trainer_gated, "{patterns: 12}");
		train(&once, &trainer_gated, "{patterns: 12}");
		check_close(once.certificate.upper, twice.certificate.upper,
			    IS_DOUBLE ? 3e-6 : 1e-3, 0);
		check_at_most(once.certificate.lower_bound, twice.certificate.upper * (1 + 1e-7));
		finish(&twice);
		finish(&once);
	}
}

/* How far the weights in use are outside their cones, or of the opposite ones, by plain loops. */
static void weights_outside_their_cones_are_told(void **state)
{
	struct fixture t = start("squared", 0.5, 1);
	double most = 0, worst = 0;
	struct gated_relu *net;

	(void)state;
	train(&t, &trainer_gated, "{patterns: 12}");
	net = gated_relu_of(t.model);
	for (ptrdiff_t p = 0; p < net->G.cols; p++) {
		double side[2] = {0, 0};

		for (ptrdiff_t i = 0; i < N; i++) {
			double gate = 0, y = 0;

			for (ptrdiff_t j = 0; j < D; j++) {
				double x = (double)mat_get(t.toy.problem.X, i, j);

				gate += x * (double)mat_get(net->G, j, p);
				y += x * (double)mat_get(net->W, p * D + j, 0);
			}
			y = gate >= 0 ? y : -y;
			side[y > 0] = fmax(side[y > 0], fabs(y));
		}
		most = fmax(most, fmax(side[0], side[1]));
		worst = fmax(worst, fmin(side[0], side[1]));
	}
	check_above(worst, 0);
	check_close(toy_number(&trainer_gated, t.state, "cone_violation"), worst / most,
		    IS_DOUBLE ? 1e-9 : 1e-3, 0);
	finish(&t);
}

/* Outputs stay; the objective of the network is no less than that of the gates; approximately the
 * outputs are near. */
static void decompositions_keep_the_outputs(void **state)
{
	(void)state;
	for (ptrdiff_t k = 1; k <= K; k += K - 1) {
		struct fixture exact = start("squared", 0.5, k), near = start("squared", 0.5, k);

		train(&exact, &trainer_gated, "{patterns: 12, decompose: exact}");
		train(&near, &trainer_gated, "{patterns: 12, decompose: approximate}");
		assert_ptr_equal(exact.model->kind, k > 1 ? &model_relu_outputs : &model_relu);
		check_at_most(fact(&exact, "decomposition_error"), 1e3 * REAL_EPSILON);
		check_at_most(fact(&near, "decomposition_error"), IS_DOUBLE ? 1e-2 : 0.2);
		check_at_least(fact(&exact, "relu_objective"), fact(&exact, "gated_objective"));
		check_close(objective(&exact), fact(&exact, "relu_objective"),
			    IS_DOUBLE ? 1e-9 : 1e-3, 0);
		if (k == 1)
			check_at_most(exact.certificate.lower_bound,
				      fact(&exact, "relu_objective"));
		finish(&exact);
		finish(&near);
	}
}

/* Weights in the cones: each stays one neuron, and both objectives are equal. */
static void what_is_in_its_cone_stays_as_it_is(void **state)
{
	struct fixture t = start("squared", 0.5, 1);
	struct patterns sampled;
	struct pattern_options options = toy_patterns("{count: 5}", &t.toy.arena);
	struct model *relu, *gated;
	struct mat W = mat_new(&t.arena, 5 * D, 1);
	struct gated_cone cone;

	(void)state;
	assert_int_equal(pattern_sample(&options, &t.toy.problem, NULL, &t.arena, &sampled,
					&(struct err){0}),
			 STATUS_OK);
	cone = gated_cone_new(t.toy.problem.X, sampled.D, sampled.H, 1, true, &t.arena);
	for (ptrdiff_t p = 0; p < 5; p++)
		for (ptrdiff_t j = 0; j < D; j++)
			mat_set(W, p * D + j, 0,
				(real)(p % 2 ? -1.5 : 0.5) * mat_get(sampled.H, j, p));
	relu = model_new(&model_relu, &t.arena, (struct model_size){D, 10, 1});
	gated_cone_network(&cone, W, relu);
	assert_int_equal(model_width(relu), 5);
	gated = model_new(&model_gated_relu, &t.arena, (struct model_size){D, 5, 1});
	mat_copy(gated_relu_of(gated)->G, sampled.H);
	mat_copy(gated_relu_of(gated)->W, W);
	check_close(toy_model_objective(&t.toy.problem, relu),
		    toy_model_objective(&t.toy.problem, gated), 1e3 * REAL_EPSILON, 0);
	finish(&t);
}

/* In the plane: rows (1, 0) and (0, 1), both on. Of w = (1, -1) the least pair is (1, 0) and
 * (0, 1). */
static void the_least_pair_is_known_in_the_plane(void **state)
{
	struct arena arena = {0};
	struct mat X = mat_new(&arena, 2, 2), H = mat_new(&arena, 2, 1), W = mat_new(&arena, 2, 1);
	struct gates D2 = gates_new(&arena, 2, 1);
	struct model *relu = model_new(&model_relu, &arena, (struct model_size){2, 2, 1});
	struct net *net = net_of(relu);

	(void)state;
	for (ptrdiff_t i = 0; i < 2; i++) {
		mat_set(X, i, i, 1);
		mat_set(H, i, 0, 1);
		gates_set(D2, i, 0, true);
		mat_set(W, i, 0, i ? -1 : 1);
	}
	for (int exact = 0; exact < 2; exact++) {
		struct gated_cone cone = gated_cone_new(X, D2, H, 1, exact, &arena);

		assert_int_equal(gated_cone_flat(&cone), -1);
		gated_cone_network(&cone, W, relu);
		assert_int_equal(model_width(relu), 2);
		for (ptrdiff_t j = 0; j < 2; j++) {
			check_close(net->alpha[j], j ? -1 : 1, 1e-4, 0);
			check_close(mat_get(net->U, 0, j), j ? 0 : 1, 0, 1e-4);
			check_close(mat_get(net->U, 1, j), j ? 1 : 0, 0, 1e-4);
		}
	}
	arena_release(&arena);
}

/* The same rows; outputs (1, 0.1) and (0.1, 1) are inside one by one, their singular vector
 * (1, -1) is not. */
static void outputs_inside_their_cone_stay_apart(void **state)
{
	struct arena arena = {0};
	struct mat X = mat_new(&arena, 2, 2), H = mat_new(&arena, 2, 1), W = mat_new(&arena, 2, 2);
	struct gates D2 = gates_new(&arena, 2, 1);
	struct model *relu = model_new(&model_relu_outputs, &arena, (struct model_size){2, 4, 2});
	struct gated_cone cone;

	(void)state;
	for (ptrdiff_t i = 0; i < 2; i++) {
		mat_set(X, i, i, 1);
		mat_set(H, i, 0, 1);
		gates_set(D2, i, 0, true);
		mat_set(W, i, i, 1);
		mat_set(W, i, 1 - i, (real)0.1);
	}
	cone = gated_cone_new(X, D2, H, 2, true, &arena);
	gated_cone_network(&cone, W, relu);
	assert_int_equal(model_width(relu), 2);
	check_close(relu->kind->decay(relu), 2 * sqrt(1.01), 1e2 * REAL_EPSILON, 0);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(optima_meet_their_conditions),
		cmocka_unit_test(gates_relax_the_program_of_relu_networks),
		cmocka_unit_test(paths_hold_the_optimum_of_each_penalty),
		cmocka_unit_test(a_path_certifies_beta_at_its_end),
		cmocka_unit_test(fresh_patterns_are_held_against_the_slopes),
		cmocka_unit_test(weights_stand_for_repeated_samples),
		cmocka_unit_test(weights_outside_their_cones_are_told),
		cmocka_unit_test(screening_drops_no_gate_of_the_optimum),
		cmocka_unit_test(decompositions_keep_the_outputs),
		cmocka_unit_test(what_is_in_its_cone_stays_as_it_is),
		cmocka_unit_test(outputs_inside_their_cone_stay_apart),
		cmocka_unit_test(the_least_pair_is_known_in_the_plane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
