/* Low-rank factors beside convex programs: thresholded singular values, the gated program, and the
 * factor by which a stationary point can be off. */
#include "solvers/burer_monteiro/gated_net.h"

#include "solvers/core/blas.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct trainer trainer_burer_monteiro, trainer_gated;

enum { N = 30, D = 3, K = 3 };

/* Relative error of optima that L-BFGS ends at. */
static const double SOLVED = sizeof(real) < sizeof(double) ? 1e-3 : 1e-5;

struct fixture {
	struct arena arena;
	struct toy toy;
	real y[N * K];
};

static void fixture_fill(struct fixture *t, double beta)
{
	struct rng rng = rng_stream(9, "test_burer_monteiro", 0);

	*t = (struct fixture){.toy = toy_make(N, D, "squared", beta)};
	for (int i = 0; i < N * K; i++)
		t->y[i] = (real)rng_normal(&rng);
}

static void fixture_free(struct fixture *t)
{
	arena_release(&t->toy.arena);
	arena_release(&t->arena);
}

static void several(struct fixture *t)
{
	t->toy.problem.y = (struct targets){.n = N, .k = K, .at = t->y};
}

/* Trained until it ends or 3000 steps are over, and certified. */
static void *train(struct fixture *t, const struct trainer *trainer, const char *options,
		   struct certificate *out)
{
	struct progress progress = {0};
	struct err err = {0};
	void *state;

	assert_int_equal(trainer->setup(&t->toy.problem,
					toy_options(&trainer->base, options, &t->arena), &t->arena,
					&state, &err),
			 STATUS_OK);
	for (int i = 0; i < 3000 && progress.end == OUTCOME_RUNNING; i++)
		trainer->step(state, &progress);
	assert_null(progress.failure);
	trainer->certify(state, out);
	check_at_most(out->lower_bound, out->upper * (1 + 1e-6));
	return state;
}

/* With one open gate and X'X = I the optimum has the singular values of X'Y less beta. */
static void singular_values_are_thresholded(void **state)
{
	struct fixture t;
	struct certificate certificate;
	struct mat B, Q, ones;
	real values[K];
	double want = 0, beta = 0.7;

	(void)state;
	fixture_fill(&t, beta);
	several(&t);
	B = mat_new(&t.arena, D, K);
	Q = mat_new(&t.arena, K, K);
	ones = mat_new(&t.arena, N, 1);
	mat_fill(ones, 1);
	mat_fill(t.toy.problem.X, 0);
	for (ptrdiff_t j = 0; j < D; j++)
		mat_set(t.toy.problem.X, 2 * j, j, 1);
	toy_file(&t.toy.problem, (struct problem_file){.path = "ones", .array = ones}, &t.arena);
	blas_gemm(1, t.toy.problem.X, TRANSPOSED, (struct mat){N, K, N, t.y}, PLAIN, 0, B);
	blas_syrk(1, B, TRANSPOSED, 0, Q);
	assert_true(blas_eigen(Q, values));
	for (int i = 0; i < N * K; i++)
		want += (double)t.y[i] * (double)t.y[i] / 2;
	for (int i = 0; i < K; i++) {
		double left = fmax(0, sqrt((double)values[i]) - beta);

		want -= left * left / 2;
	}
	train(&t, &trainer_burer_monteiro, "{patterns: {file: ones}}", &certificate);
	check_close(certificate.upper, want, SOLVED, 0);
	check_close(certificate.lower_bound, want, 10 * SOLVED, 0);
	fixture_free(&t);
}

/* Of one output the nuclear norm is the length of a vector. */
static void one_output_is_the_gated_program(void **state)
{
	struct fixture t;
	struct certificate factored, convex;
	void *fit;

	(void)state;
	fixture_fill(&t, 0.3);
	train(&t, &trainer_gated, "{patterns: 12}", &convex);
	fit = train(&t, &trainer_burer_monteiro, "{patterns: 12}", &factored);
	check_close(factored.upper, convex.upper, SOLVED, 0);
	check_close(factored.lower_bound, convex.upper, 30 * SOLVED, 0);
	check_close(toy_number(&trainer_burer_monteiro, fit, "optimality_factor"), 1, 30 * SOLVED,
		    0);
	assert_string_equal(factored.scope, "sampled");
	fixture_free(&t);
}

/* Rank 1 can end above the optimum, but not by more than its factor. */
static void stationary_points_are_within_their_factor(void **state)
{
	struct fixture t;
	struct certificate full, one;
	double factor;
	void *fit;

	(void)state;
	fixture_fill(&t, 0.3);
	several(&t);
	train(&t, &trainer_burer_monteiro, "{patterns: 6}", &full);
	check_close(full.lower_bound, full.upper, 30 * SOLVED, 0);
	fit = train(&t, &trainer_burer_monteiro, "{patterns: 6, rank: 1}", &one);
	factor = toy_number(&trainer_burer_monteiro, fit, "optimality_factor");
	check_at_most(toy_number(&trainer_burer_monteiro, fit, "stationarity"), 1e-2);
	check_above(one.upper, full.upper * (1 + 1e-4));
	check_above(factor, 1 + 1e-3);
	check_at_most(one.upper, factor * full.upper * (1 + SOLVED));
	check_at_most(one.lower_bound, full.upper);
	fixture_free(&t);
}

/* Its network is what it says: the objective is that of the definition. */
static void the_network_has_the_objective(void **state)
{
	struct fixture t;
	struct certificate certificate;
	struct model *model;
	void *fit;

	(void)state;
	fixture_fill(&t, 0.3);
	fit = train(&t, &trainer_burer_monteiro, "{patterns: 12, rank: 2}", &certificate);
	assert_int_equal(trainer_burer_monteiro.width(fit), 24);
	model = model_new(&model_gated_net, &t.arena, (struct model_size){D, 24, 1});
	trainer_burer_monteiro.model(fit, model);
	check_close(toy_model_objective(&t.toy.problem, model), certificate.objective,
		    1e3 * REAL_EPSILON, 0);
	assert_string_equal(model_gated_net.objective(model), "gated network");
	fixture_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(singular_values_are_thresholded),
		cmocka_unit_test(one_output_is_the_gated_program),
		cmocka_unit_test(stationary_points_are_within_their_factor),
		cmocka_unit_test(the_network_has_the_objective),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
