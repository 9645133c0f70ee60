/* Kernel ridge regression: leave-one-out beside refits without the sample, bounds, and errors. */
#include "solvers/kernel/kernel_net.h"
#include "solvers/kernel/kernel_ridge.h"

#include "solvers/core/rng.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 14, D = 3, K = 3 };

struct fixture {
	struct arena arena;
	struct toy toy;
	struct mat X; /* N x D */
	real y[N * K], weight[N];
	int label[N];
	struct problem problem;
};

/* Three classes, one-hot; samples weigh differently. */
static void fixture_fill(struct fixture *t)
{
	struct rng rng = rng_stream(3, "test_kernel_ridge", 0);

	*t = (struct fixture){.toy = toy_make(N, D, "squared", 0.3)};
	t->X = mat_new(&t->arena, N, D);
	toy_fill(t->X, &rng);
	t->problem = t->toy.problem;
	for (ptrdiff_t i = 0; i < N; i++) {
		t->label[i] = (int)(i % K);
		t->weight[i] = (real)(0.5 + rng_uniform(&rng));
		t->y[i + t->label[i] * N] = 1;
	}
	t->problem.X = t->X;
	t->problem.loss.weight = 0.25;
	t->problem.y = (struct targets){
		.n = N, .k = K, .at = t->y, .label = t->label, .weight = t->weight};
}

static void fixture_free(struct fixture *t)
{
	arena_release(&t->toy.arena);
	arena_release(&t->arena);
}

static void *solve(const struct problem *problem, bool tangent, struct arena *arena)
{
	struct err err = {0};
	struct progress progress;
	void *state;

	assert_int_equal(kernel_ridge_new(problem, tangent, arena, &state, &err), STATUS_OK);
	kernel_ridge_step(state, &progress);
	assert_null(progress.failure);
	return state;
}

/* Outputs f (K) at row i of X of the fit without sample i. */
static void refit(const struct fixture *t, ptrdiff_t i, bool tangent, double *f)
{
	struct arena arena = {0};
	struct mat X = mat_new(&arena, N - 1, D);
	real *y = ARENA_ARRAY(&arena, real, (N - 1) * K), *weight = ARENA_ARRAY(&arena, real, N);
	struct problem problem = t->problem;
	struct model *model = model_new(&model_kernel, &arena, (struct model_size){D, N - 1, K});
	double size;

	for (ptrdiff_t k = 0; k < N - 1; k++) {
		ptrdiff_t from = k < i ? k : k + 1;

		mat_copy(mat_rows(X, k, 1), mat_rows(t->X, from, 1));
		weight[k] = t->weight[from];
		for (ptrdiff_t c = 0; c < K; c++)
			y[k + c * (N - 1)] = t->y[from + c * N];
	}
	problem.X = X;
	problem.y = (struct targets){.n = N - 1, .k = K, .at = y, .weight = weight};
	kernel_ridge_model(solve(&problem, tangent, &arena), model);
	model->kind->sample(model, t->X, i, f, &size);
	arena_release(&arena);
}

static double told(const void *state, const char *name)
{
	struct arena arena = {0};
	struct facts facts = {.arena = &arena};
	const struct fact *fact;
	double number;

	kernel_ridge_facts(state, &facts);
	fact = facts_find(&facts, name);
	number = fact ? fact->number : NAN;
	arena_release(&arena);
	return number;
}

static void leave_one_out_is_that_of_refits(void **state)
{
	struct fixture t;

	(void)state;
	fixture_fill(&t);
	for (int tangent = 0; tangent <= 1; tangent++) {
		double square = 0, right = 0;
		void *fit = solve(&t.problem, tangent, &t.arena);

		for (ptrdiff_t i = 0; i < N; i++) {
			double f[K], largest = -HUGE_VAL;

			refit(&t, i, tangent, f);
			for (int c = 0; c < K; c++) {
				double error = (double)t.y[i + c * N] - f[c];

				square += error * error;
				largest = fmax(largest, f[c]);
			}
			right += f[t.label[i]] >= largest;
		}
		check_close(told(fit, "leave_one_out_rmse"), sqrt(square / (N * K)),
			    1e4 * REAL_EPSILON, 0);
		check_close(told(fit, "leave_one_out_accuracy"), right / N, 1e-6, 0);
	}
	fixture_free(&t);
}

/* Real targets have no accuracy. */
static void numbers_have_errors_only(void **state)
{
	struct fixture t;
	void *fit;

	(void)state;
	fixture_fill(&t);
	t.problem.y.label = NULL;
	fit = solve(&t.problem, true, &t.arena);
	check_nan(told(fit, "leave_one_out_accuracy"));
	check_above(told(fit, "leave_one_out_rmse"), 0);
	fixture_free(&t);
}

/* The optimum is certified; a bound at its start, 0, is 0. */
static void bounds_meet_the_objective(void **state)
{
	struct fixture t;
	struct certificate certificate;
	struct err err = {0};
	double before;
	void *fit;

	(void)state;
	fixture_fill(&t);
	assert_int_equal(kernel_ridge_new(&t.problem, true, &t.arena, &fit, &err), STATUS_OK);
	kernel_ridge_certify(fit, &certificate);
	check_equal(certificate.lower_bound, 0);
	fit = solve(&t.problem, true, &t.arena);
	kernel_ridge_certify(fit, &certificate);
	check_close(certificate.lower_bound, certificate.upper, 1e3 * REAL_EPSILON, 0);
	check_above(certificate.upper, 0);
	before = certificate.upper;
	t.problem.beta *= 2;
	fit = solve(&t.problem, true, &t.arena);
	kernel_ridge_certify(fit, &certificate);
	check_above(certificate.upper, before);
	check_below(certificate.upper, 2 * before); /* the loss is not zero */
	fixture_free(&t);
}

/* Equal samples and a beta below rounding. */
static void a_singular_kernel_is_said(void **state)
{
	struct fixture t;
	struct err err = {0};
	void *fit;

	(void)state;
	fixture_fill(&t);
	mat_fill(t.X, 1);
	t.problem.beta = 1e-30;
	assert_int_equal(kernel_ridge_new(&t.problem, true, &t.arena, &fit, &err), STATUS_FAILED);
	assert_non_null(strstr(err.text, "not positive definite"));
	fixture_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leave_one_out_is_that_of_refits),
		cmocka_unit_test(numbers_have_errors_only),
		cmocka_unit_test(bounds_meet_the_objective),
		cmocka_unit_test(a_singular_kernel_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
