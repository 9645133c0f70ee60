/* ADMM: u-updates against each other; the optimum is the same whatever the loss's split, the
 * penalties and the relaxation. Known optima are in tests/golden. */
#include "solvers/admm/admm_step.h"
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

enum { N = 18, D = 4, MOST_STEPS = 40000, STRIDE = 100 };

static const char *const losses[] = {"squared",       "logistic", "hinge",
				     "squared_hinge", "huber",    "{huber: {delta: 0.2}}"};

enum { LOSSES = sizeof losses / sizeof *losses };

struct run {
	struct arena arena;
	const struct trainer *trainer;
	void *state;
	struct certificate certificate;
	struct net net;
};

static struct run start(const struct problem *problem, const char *options)
{
	struct run run = {0};
	struct err err = {0};
	const struct desc *desc = registry_find(KIND_SOLVER, "admm");
	struct admm_options *bound = toy_options(desc, options, &run.arena);

	bound->finish = FINISH_NONE; /* ADMM alone */
	run.trainer = (const struct trainer *)(const void *)desc;
	if (run.trainer->setup(problem, bound, &run.arena, &run.state, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	run.net = net_new(&run.arena, problem->X.cols, run.trainer->width(run.state));
	return run;
}

static void advance(struct run *run, long steps)
{
	struct progress progress = {0};

	for (long step = 0; step < steps; step++)
		run->trainer->step(run->state, &progress);
	run->trainer->model(run->state, &run->net.base);
}

static double gap_of(const struct run *run)
{
	return run->certificate.upper - run->certificate.lower_bound;
}

static struct run solve(const struct problem *problem, const char *options, double gap)
{
	struct run run = start(problem, options);

	for (long step = 0; step < MOST_STEPS; step += STRIDE) {
		advance(&run, STRIDE);
		run.trainer->certify(run.state, &run.certificate);
		if (gap_of(&run) < gap)
			return run;
	}
	fail_msg("%s, %s: the gap stays at %g", problem->loss.loss->base.name, options,
		 gap_of(&run));
	return run;
}

static void finish(struct run *run)
{
	arena_release(&run->arena);
}

/* Options that make an update exact to rounding: set where it has them. */
static const char *exact(const struct desc *update)
{
	return strcmp(update->name, "pcg") == 0 ? "{tolerance: 1e-300, iterations: 1000}" : "{}";
}

static const char *const iterate_options =
	"{patterns: 9, rho: 0.3, sigma: 2.5, kappa: 0.7, relaxation: 1.4, u_update: %s}";

static void compare_iterates(struct toy *toy, const struct run *dual, const struct desc *update)
{
	const char *choice = arena_format(&toy->arena, "{%s: %s}", update->name, exact(update));
	struct run other = start(&toy->problem, arena_format(&toy->arena, iterate_options, choice));

	advance(&other, 20);
	assert_int_equal(dual->net.U.cols, other.net.U.cols);
	for (ptrdiff_t j = 0; j < dual->net.U.cols; j++) {
		check_close(dual->net.alpha[j], other.net.alpha[j], 0, 1e-9);
		for (ptrdiff_t i = 0; i < D; i++)
			check_close(mat_get(dual->net.U, i, j), mat_get(other.net.U, i, j), 0,
				    1e-9);
	}
	finish(&other);
}

static void u_updates_give_the_same_iterates(void **state)
{
	(void)state;
	for (int l = 0; l < LOSSES; l++) {
		struct toy toy = toy_make(N, D, losses[l], 0.05);
		struct run dual =
			start(&toy.problem, arena_format(&toy.arena, iterate_options, "dual"));

		advance(&dual, 20);
		check_above(dual.net.U.cols, 2);
		for (size_t i = 0; i < registry_count(KIND_U_UPDATE); i++)
			compare_iterates(&toy, &dual, registry_at(KIND_U_UPDATE, i));
		finish(&dual);
		arena_release(&toy.arena);
	}
}

static void every_loss_converges(void **state)
{
	(void)state;
	for (int l = 0; l < 2 * LOSSES; l++) {
		struct toy toy = toy_make(N, D, losses[l / 2], l % 2 ? 0.1 : 0.5);
		struct run run = solve(&toy.problem, "{patterns: 12}", 1e-5);
		const struct certificate *c = &run.certificate;

		check_at_least(gap_of(&run), -1e-12 * N);
		check_at_most(c->objective, c->upper + 1e-4);
		check_at_least(c->objective, c->lower_bound - 1e-4);
		check_below(c->feasibility, 1e-3);
		check_above(c->lower_bound, 0);
		/* the iterate is not quite feasible, so the network is not quite its output */
		check_close(toy_objective(&toy.problem, &run.net), c->objective, 0, 1e-3);
		finish(&run);
		arena_release(&toy.arena);
	}
}

/* Intervals [lower, upper] of the same optimum overlap. */
static void check_same_optimum(const struct run *a, const struct run *b)
{
	check_at_most(a->certificate.lower_bound, b->certificate.upper + 1e-12 * N);
	check_at_most(b->certificate.lower_bound, a->certificate.upper + 1e-12 * N);
}

static void penalties_and_relaxation_leave_the_optimum(void **state)
{
	static const char *const variants[] = {
		"{patterns: 12, sigma: 0.3}",
		"{patterns: 12, sigma: 3}",
		"{patterns: 12, kappa: 0.2}",
		"{patterns: 12, kappa: 5}",
		"{patterns: 12, relaxation: 1}",
		"{patterns: 12, relaxation: 1.9}",
		"{patterns: 12, relaxation: 0.5}",
		"{patterns: 12, rho: 0.2, sigma: 2, kappa: 0.5}",
		"{patterns: 12, rho: 0.04}",
		"{patterns: 12, u_update: cholesky}",
		"{patterns: 12, rho: 30}",
		"{patterns: 12, rho: 1e-4}",
		"{patterns: 12, adapt: false}",
		"{patterns: 12, anderson: 0}",
		"{patterns: 12, anderson: 30, interval: 1}",
		"{patterns: 12, anderson: 2, interval: 3, adapt: false}",
		"{patterns: 12, u_update: {pcg: {preconditioner: jacobi}}}"};

	(void)state;
	for (int l = 0; l < 3; l++) {
		struct toy toy = toy_make(N, D, losses[l], 0.5);
		struct run reference = solve(&toy.problem, "{patterns: 12}", 1e-6);

		for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
			struct run run = solve(&toy.problem, variants[v], 1e-5);

			check_same_optimum(&reference, &run);
			finish(&run);
		}
		finish(&reference);
		arena_release(&toy.arena);
	}
}

/* Mean with beta / n is the sum divided by n: even the iterates are the same. */
static void average_is_the_sum_divided(void **state)
{
	(void)state;
	for (int l = 0; l < LOSSES; l++) {
		struct toy toy = toy_make(N, D, losses[l], 0.1);
		struct run sum = start(&toy.problem, "{patterns: 12, rho: 0.9}"), mean;

		advance(&sum, 30);
		sum.trainer->certify(sum.state, &sum.certificate);
		toy.problem.loss.weight = 1.0 / N;
		toy.problem.beta /= N;
		mean = start(&toy.problem, "{patterns: 12, rho: 0.9}");
		advance(&mean, 30);
		assert_int_equal(mean.net.U.cols, sum.net.U.cols);
		for (ptrdiff_t j = 0; j < mean.net.U.cols; j++)
			check_close(mean.net.alpha[j], sum.net.alpha[j], 0, 1e-9);
		mean.trainer->certify(mean.state, &mean.certificate);
		check_close(sum.certificate.objective, N * mean.certificate.objective, 0, 1e-9);
		check_close(sum.certificate.lower_bound, N * mean.certificate.lower_bound, 0, 1e-8);
		finish(&sum);
		finish(&mean);
		arena_release(&toy.arena);
	}
}

/* X and beta times 1000: the same outputs; without acceleration, which weighs x as it is. */
static void units_of_the_features_do_not_matter(void **state)
{
	const double unit = 1000;
	(void)state;
	for (int l = 0; l < LOSSES; l++) {
		struct toy toy = toy_make(N, D, losses[l], 0.1);
		struct run one = start(&toy.problem, "{patterns: 12, anderson: 0}"), other;

		advance(&one, 60);
		one.trainer->certify(one.state, &one.certificate);
		for (ptrdiff_t j = 0; j < D; j++)
			blas_scale(N, unit, mat_col(toy.problem.X, j));
		toy.problem.beta *= unit;
		other = start(&toy.problem, "{patterns: 12, anderson: 0}");
		advance(&other, 60);
		other.trainer->certify(other.state, &other.certificate);
		check_close(one.certificate.objective, other.certificate.objective, 0,
			    1e-7 * one.certificate.objective);
		finish(&one);
		finish(&other);
		arena_release(&toy.arena);
	}
}

/* Neurons after a few iterations of a problem whose optimum is not zero. */
static ptrdiff_t early_neurons(double beta, const char *loss, const char *options)
{
	struct toy toy = toy_make(200, D, loss, beta);
	struct run run = start(&toy.problem, options);
	ptrdiff_t neurons;

	advance(&run, 12);
	neurons = run.net.U.cols;
	finish(&run);
	arena_release(&toy.arena);
	return neurons;
}

static void the_first_penalty_suits_beta(void **state)
{
	(void)state;
	for (int l = 0; l < LOSSES - 1; l++) /* with the last and beta 10 zero is the optimum */
		for (double beta = 1e-5; beta < 20; beta *= 10)
			check_above(early_neurons(beta, losses[l], "{patterns: 12}"), 0);
	assert_int_equal(early_neurons(10, "squared", "{patterns: 12, rho: 0.1}"), 0);
}

/* The optimum over more patterns is never above, and never below that over all of them. */
static void more_patterns_never_raise_the_optimum(void **state)
{
	struct toy toy = toy_make(10, 3, "squared", 0.1);
	double last = HUGE_VAL;

	(void)state;
	for (int patterns = 2; patterns <= 64; patterns *= 2) {
		struct run run = solve(&toy.problem,
				       arena_format(&toy.arena, "{patterns: %d}", patterns), 1e-6);

		check_at_most(run.certificate.lower_bound, last + 1e-9);
		last = run.certificate.upper;
		finish(&run);
	}
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(u_updates_give_the_same_iterates),
		cmocka_unit_test(every_loss_converges),
		cmocka_unit_test(penalties_and_relaxation_leave_the_optimum),
		cmocka_unit_test(average_is_the_sum_divided),
		cmocka_unit_test(units_of_the_features_do_not_matter),
		cmocka_unit_test(the_first_penalty_suits_beta),
		cmocka_unit_test(more_patterns_never_raise_the_optimum),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
