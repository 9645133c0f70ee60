/* The primal-dual gradient flow: a soft threshold by hand, the optimum of the interior point, and
 * steps that do not depend on the units of features. */
#include "solvers/core/blas.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct trainer trainer_primal_dual_flow, trainer_ipm;

static void *setup(const struct trainer *trainer, const struct problem *problem,
		   const char *options, struct arena *arena)
{
	struct err err = {0};
	void *state;

	assert_int_equal(trainer->setup(problem, toy_options(&trainer->base, options, arena), arena,
					&state, &err),
			 STATUS_OK);
	return state;
}

/* The best bounds after this many steps. */
static struct certificate run(const struct trainer *trainer, void *state, long steps)
{
	struct progress p = {.end = OUTCOME_RUNNING};
	struct certificate c, best = {.upper = HUGE_VAL};

	for (long s = 1; s <= steps && p.end == OUTCOME_RUNNING; s++) {
		trainer->step(state, &p);
		if (s != steps && trainer != &trainer_ipm)
			continue;
		trainer->certify(state, &c);
		best.upper = fmin(best.upper, c.upper);
		best.lower_bound = fmax(best.lower_bound, c.lower_bound);
	}
	best.objective = p.objective;
	return best;
}

/* One feature, positive throughout, labels 1: the pattern of ones has min |x v - 1|^2 / 2 + beta
 * |v|, at v = (x'1 - beta) / x'x; the other one, of zeros, nothing. */
static void a_soft_threshold_by_hand(void **state)
{
	struct toy toy = toy_make(12, 1, "squared", 2);
	double product = 0, square = 0, v, truth = 0;
	real *ones = ARENA_ARRAY(&toy.arena, real, 12);
	struct certificate c;

	(void)state;
	toy.problem.y.at = ones;
	for (ptrdiff_t k = 0; k < 12; k++) {
		double x = 1 + (double)k / 10;

		mat_set(toy.problem.X, k, 0, (real)x);
		ones[k] = 1;
		product += x;
		square += x * x;
	}
	v = (product - 2) / square;
	for (ptrdiff_t k = 0; k < 12; k++)
		truth += pow((double)mat_get(toy.problem.X, k, 0) * v - 1, 2) / 2;
	truth += 2 * v;
	c = run(&trainer_primal_dual_flow,
		setup(&trainer_primal_dual_flow, &toy.problem, "{patterns: 2}", &toy.arena), 3000);
	check_close(c.upper, truth, 1e-8, 0);
	check_close(c.lower_bound, truth, 1e-8, 0);
	check_close(c.objective, truth, 1e-6, 0);
	arena_release(&toy.arena);
}

static void it_tends_to_the_optimum(void **state)
{
	static const char *const losses[] = {"squared", "logistic", "hinge", "squared_hinge",
					     "huber"};

	(void)state;
	for (size_t l = 0; l < sizeof losses / sizeof losses[0]; l++) {
		struct toy toy = toy_make(30, 3, losses[l], 1);
		struct certificate flow, truth;

		flow = run(
			&trainer_primal_dual_flow,
			setup(&trainer_primal_dual_flow, &toy.problem, "{patterns: 8}", &toy.arena),
			20000);
		truth = run(&trainer_ipm,
			    setup(&trainer_ipm, &toy.problem, "{patterns: 8}", &toy.arena), 100);
		check_at_most(flow.lower_bound, truth.upper * (1 + 1e-9));
		check_at_least(flow.upper, truth.lower_bound * (1 - 1e-9));
		check_close(flow.upper, truth.upper, 1e-5, 0);
		check_close(flow.lower_bound, truth.upper, 1e-4, 0);
		arena_release(&toy.arena);
	}
}

/* Features times 8 and beta times 8 are the same program; powers of two are exact. */
static void units_of_features_do_not_matter(void **state)
{
	struct toy toy = toy_make(40, 3, "logistic", 0.5);
	void *plain = setup(&trainer_primal_dual_flow, &toy.problem, "{patterns: 8}", &toy.arena);
	struct problem large = toy.problem;
	void *scaled;
	struct progress one, other;

	(void)state;
	large.X = mat_new(&toy.arena, 40, 3);
	mat_copy(large.X, toy.problem.X);
	blas_scale(120, 8, large.X.at);
	large.beta *= 8;
	scaled = setup(&trainer_primal_dual_flow, &large, "{patterns: 8}", &toy.arena);
	for (int s = 0; s < 100; s++) {
		trainer_primal_dual_flow.step(plain, &one);
		trainer_primal_dual_flow.step(scaled, &other);
		check_close(one.objective, other.objective, 1e-9, 0);
		check_close(one.primal_residual, other.primal_residual, 1e-6, 0);
	}
	check_below(one.primal_residual, 0.5); /* it has come some way */
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_soft_threshold_by_hand),
		cmocka_unit_test(it_tends_to_the_optimum),
		cmocka_unit_test(units_of_features_do_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
