/* A trainer in the coordinates of the row space: the same optimum as in the features, a network on
 * the features, and no reduction where a program means the features themselves. */
#include "harness/run/coordinates.h"
#include "harness/run/evaluate.h"
#include "solvers/core/blas.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <omp.h>

extern const struct trainer trainer_admm, trainer_ipm, trainer_scp, trainer_robust_admm;

static const double accuracy = 1e-6;

/* toy with columns that repeat others: x_j -> (x_j, 3 x_j), and patterns of its own. */
static struct toy collinear(ptrdiff_t n, ptrdiff_t d, struct mat *D)
{
	struct toy toy = toy_make(n, d, "squared", 0.05);
	struct rng rng = rng_stream(7, "patterns", 0);
	struct mat X = mat_new(&toy.arena, n, 2 * d), H = mat_new(&toy.arena, 2 * d, 12);

	mat_copy(mat_cols(X, 0, d), toy.problem.X);
	for (ptrdiff_t j = 0; j < d; j++) {
		mat_copy(mat_cols(X, d + j, 1), mat_cols(X, j, 1));
		blas_scale((size_t)n, 3, mat_col(X, d + j));
	}
	toy_fill(H, &rng);
	*D = mat_new(&toy.arena, n, 12);
	blas_gemm(1, X, PLAIN, H, PLAIN, 0, *D);
	for (ptrdiff_t i = 0; i < n * 12; i++)
		D->at[i] = D->at[i] >= 0;
	toy.problem.X = X;
	toy_file(&toy.problem, (struct problem_file){.path = "in memory", .array = *D}, &toy.arena);
	return toy;
}

/* Solve in the chosen coordinates and evaluate in the features. */
static struct evaluation solve(struct toy *toy, const struct trainer *trainer, const char *text,
			       bool *reduced)
{
	void *options = toy_options(&trainer->base, text, &toy->arena), *state;
	struct coordinates c = coordinates_choose(&toy->problem, trainer, options, &toy->arena);
	struct dataset data = {.train = {.X = toy->problem.X, .y = (real *)toy->problem.y.at}};
	struct evaluator evaluator;
	struct evaluation out = {.feasible = {1, 1, 1}};
	struct err err = {0};

	*reduced = c.rowspace != NULL;
	assert_int_equal(trainer->setup(&c.problem, options, &toy->arena, &state, &err), STATUS_OK);
	evaluator =
		evaluate_new(&toy->problem, &data,
			     (struct training){trainer, options, state, c.rowspace}, &toy->arena);
	for (int step = 0; step < 20000 && !(out.feasible.gap <= accuracy); step++) {
		struct progress p;

		trainer->step(state, &p);
		if (step % 20 == 19)
			evaluate_iterate(&evaluator, &out);
	}
	check_close(toy_objective(&toy->problem, net_of(evaluator.delivered)),
		    out.objective_network, 1e-9, 1e-9);
	return out;
}

/* Of (v, w) with v + 3 w = u the least norm is |u| / sqrt 10: the program on (x, 3 x) is that on x
 * with beta / sqrt 10. */
static void the_optimum_is_that_of_the_features(void **state)
{
	static const struct trainer *const trainers[] = {&trainer_ipm, &trainer_admm};
	struct evaluation e, expected;
	bool reduced;
	struct mat D;
	struct toy toy = collinear(24, 3, &D);

	(void)state;
	toy.problem.X = mat_cols(toy.problem.X, 0, 3);
	toy.problem.beta /= sqrt(10);
	expected = solve(&toy, &trainer_ipm, "{patterns: {file: in memory}}", &reduced);
	assert_false(reduced);
	arena_release(&toy.arena);
	for (size_t t = 0; t < sizeof trainers / sizeof *trainers; t++) {
		toy = collinear(24, 3, &D);
		e = solve(&toy, trainers[t], "{patterns: {file: in memory}}", &reduced);
		assert_true(reduced);
		check_close(e.lower_bound, expected.lower_bound, 0,
			    10 * accuracy * expected.lower_bound);
		check_close(e.objective, expected.objective, 0, 10 * accuracy * expected.objective);
		arena_release(&toy.arena);
	}
}

static bool reduces(const struct trainer *trainer, const char *text, bool frozen)
{
	struct mat D;
	struct toy toy = collinear(20, 3, &D);
	bool columns[6] = {[2] = frozen};
	struct coordinates c;

	toy.problem.frozen = columns;
	c = coordinates_choose(&toy.problem, trainer, toy_options(&trainer->base, text, &toy.arena),
			       &toy.arena);
	if (c.rowspace && frozen && trainer->threat) {
		check_equal(c.rowspace->kept, 1);
		assert_true(c.problem.frozen[c.problem.X.cols - 1]);
		assert_true(!c.problem.frozen[0]);
	}
	arena_release(&toy.arena);
	return c.rowspace;
}

static void only_programs_that_rotate_are_reduced(void **state)
{
	(void)state;
	assert_true(reduces(&trainer_admm, "{patterns: 5}", false));
	assert_true(reduces(&trainer_ipm, "{patterns: all}", false));
	assert_false(reduces(&trainer_scp, "{neurons: 5}", false));
	assert_false(reduces(&trainer_admm, "{patterns: {count: 5, from: [constant, gaussian]}}",
			     false));
	assert_true(reduces(&trainer_robust_admm, "{patterns: 5, norm: l2, eps: 0.1}", true));
	assert_false(reduces(&trainer_robust_admm, "{patterns: 5, norm: linf, eps: 0.1}", true));
	assert_false(reduces(&trainer_robust_admm,
			     "{patterns: 5, norm: l2, eps: 0.1, not_attacked: [\"0\"]}", true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_optimum_is_that_of_the_features),
		cmocka_unit_test(only_programs_that_rotate_are_reduced),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
