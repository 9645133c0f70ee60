/* Every method against a dense reference (tests/dense.h) on 300 tiny instances, many of them
 * degenerate, through the evaluator of the harness:
 *
 *     lower bound <= optimum <= objective of what is delivered,
 *
 * the gap as it is defined, and the reported numbers those of the delivered and of the stored
 * network by the definition. */
#include "harness/run/coordinates.h"
#include "harness/run/evaluate.h"
#include "harness/store/modelfile.h"
#include "tests/close.h"
#include "tests/dense.h"
#include "tests/toy.h"
#include "tests/trial.h"

#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEEDS = 300, NEURONS = 24, STORED = 25 };

/* Relative to the optimum, and to the objective of the zero network, whose terms cancel in small
 * optima. */
static const double ROUNDING = REAL_EPSILON > 1e-10 ? 2e-4 : 2e-8,
		    OF_ZERO = REAL_EPSILON > 1e-10 ? 1e-5 : 1e-11;

static const double SOLVED = 1e-3; /* relative error at most of what calls itself converged */
static const double FAR = 1e6;     /* times the zero network: diverging backprop */

struct method {
	const char *solver, *options;
	/* Optimum of the program that the bound speaks of; NULL: there is no reference. */
	struct dense_value (*optimum)(const struct trial *t);
	int steps, dimension; /* 0: any */
	double eps;
	enum norm norm;
	bool outside; /* an iterate may be a network outside of the program */
	double share; /* of the instances, at least, whose gap closes within the steps */
};

static struct dense_value of_all(const struct trial *t)
{
	return t->all;
}

static struct dense_value of_directions(const struct trial *t)
{
	return trial_directions(t, NEURONS);
}

#define EPS 0.1 /* of robust methods; as in their options */

static struct dense_value of_line(const struct trial *t)
{
	double value = dense_robust_line(&t->dense, EPS);

	return (struct dense_value){value, value};
}

static struct dense_value of_linf_ball(const struct trial *t)
{
	return trial_ball(t, 1, EPS);
}

static struct dense_value of_l1_ball(const struct trial *t)
{
	return trial_ball(t, 0, EPS);
}

static struct dense_value of_linear(const struct trial *t, int q)
{
	double value = dense_linear(&t->dense, q, EPS);

	return (struct dense_value){value, value};
}

static struct dense_value of_linear_1(const struct trial *t)
{
	return of_linear(t, 1);
}

static struct dense_value of_linear_2(const struct trial *t)
{
	return of_linear(t, 2);
}

#define ALL "patterns: all"
#define GIVEN "patterns: {file: in memory}"

static const struct method methods[] = {
	{"admm", "{" ALL "}", of_all, 150, 0, 0, NORM_L2, false, 0.6},
	{"admm", "{" GIVEN "}", trial_given, 150, 0, 0, NORM_L2, true, 0.7},
	{"primal_dual_flow", "{" ALL "}", of_all, 150, 0, 0, NORM_L2, false, 0},
	{"ipm", "{" ALL "}", of_all, 60, 0, 0, NORM_L2, false, 0.7},
	{"ipm", "{" GIVEN "}", trial_given, 60, 0, 0, NORM_L2, true, 0.7},
	{"admm_rbcd", "{" GIVEN ", block: 1, rho: 0.1, threshold: 1e-3, inner_steps: 200}",
	 trial_given, 40, 0, 0, NORM_L2, true, 0.3},
	{"frank_wolfe", "{" ALL ", step: best}", of_all, 200, 0, 0, NORM_L2, false, 0.1},
	{"frank_wolfe", "{" GIVEN "}", trial_given, 60, 0, 0, NORM_L2, true, 0.1},
	{"scp", "{neurons: 24, method: newton}", of_directions, 60, 0, 0, NORM_L2, false, 0.8},
	{"scp", "{neurons: 24, method: working_set}", of_directions, 60, 0, 0, NORM_L2, false, 0.8},
	{"generated", "{starts: 64}", of_all, 40, 0, 0, NORM_L2, false, 0},
	{"robust_admm", "{" ALL ", eps: 0}", of_all, 150, 0, 0, NORM_L2, false, 0.4},
	{"robust_admm", "{" GIVEN ", eps: 0}", trial_given, 150, 0, 0, NORM_L2, true, 0.5},
	{"robust_admm", "{" ALL ", eps: 0.1}", of_line, 150, 1, EPS, NORM_LINF, false, 0.5},
	{"robust_admm", "{" ALL ", eps: 0.1}", of_linf_ball, 100, 2, EPS, NORM_LINF, false, 0.3},
	{"robust_admm", "{" ALL ", eps: 0.1, norm: l1}", of_l1_ball, 100, 2, EPS, NORM_L1, false,
	 0.3},
	{"linear_robust", "{eps: 0.1}", of_linear_1, 100, 0, EPS, NORM_LINF, false, 0.8},
	{"linear_robust", "{eps: 0.1, norm: l2}", of_linear_2, 100, 0, EPS, NORM_L2, false, 0.8},
	{"robust_restriction", "{eps: 0.1, width: 4}", NULL, 30, 0, EPS, NORM_LINF, false, 0},
	{"sgd", "{width: 6, batch: 3}", NULL, 20, 0, 0, NORM_L2, false, 0},
	{"adam", "{width: 6, batch: 3}", NULL, 20, 0, 0, NORM_L2, false, 0},
	{"gd_fixed_head", "{width: 6}", NULL, 20, 0, 0, NORM_L2, false, 0},
};

enum { METHODS = sizeof methods / sizeof *methods };

/* Of each method: instances, those that ended with a gap below 1e-5, and those with an error. */
static struct tally {
	long runs, closed, failed;
} tallies[METHODS];

struct attempt {
	const struct trial *t;
	const struct method *method;
	struct evaluator evaluator;
	struct evaluation now;
	bool referenced;
	struct dense_value optimum;
	long steps;
	bool failed;
};

/* One line for an attempt; the test goes on. */
static void fail_at(struct attempt *a, const char *what, double is, double should)
{
	const struct dense *p = &a->t->dense;

	if (a->failed)
		return;
	a->failed = true;
	print_message("seed %llu, %s %s after %ld steps, %s, n %d, d %d, beta %g: %s %.12g, "
		      "reference %.12g\n",
		      (unsigned long long)a->t->seed, a->method->solver, a->method->options,
		      a->steps, p->loss, p->n, p->d, p->beta, what, is, should);
}

static double slack(const struct trial *t, double value)
{
	return ROUNDING * fabs(value) + OF_ZERO * t->zero;
}

static void at_most(struct attempt *a, const char *what, double low, double high)
{
	if (!(low <= high + slack(a->t, high)))
		fail_at(a, what, low, high);
}

static void check_worst_case(struct attempt *a)
{
	const struct net *net = net_of(a->evaluator.delivered);
	double value = a->t->problem.beta * net_decay(net);

	for (int k = 0; k < a->t->dense.n; k++)
		value += a->t->dense.weight *
			 trial_worst_loss(a->t, net, k, a->method->norm, a->method->eps);
	at_most(a, "a worst case above the objective", value, a->now.objective);
}

static void check_gap(struct attempt *a)
{
	double objective = a->now.objective, bound = a->now.lower_bound;
	double raw = (objective - bound) / objective;
	const struct gaps *gaps = &a->now.gaps;

	if (isnan(bound)) {
		check_nan(gaps->gap);
		check_nan(gaps->raw);
		check_nan(gaps->zero);
		return;
	}
	if (!(objective > 0) && !(bound < 0))
		raw = 0;
	if (!(fabs(gaps->raw - raw) <= 1e-12 * (1 + fabs(raw))))
		fail_at(a, "raw gap", gaps->raw, raw);
	if (!(fabs(gaps->gap - fmax(0, raw)) <= 1e-12 * (1 + fabs(raw))))
		fail_at(a, "gap", gaps->gap, raw);
	raw = fmax(0, objective - bound) / a->t->zero;
	if (!(fabs(gaps->zero - raw) <= 10 * REAL_EPSILON * (1 + raw)))
		fail_at(a, "gap_zero", gaps->zero, raw);
}

static void check_order(struct attempt *a)
{
	const struct held *repaired = &a->evaluator.held[DELIVERED_REPAIRED];
	bool robust = a->evaluator.robust && a->method->eps > 0;

	if (!robust)
		at_most(a, "the optimum over all networks above the objective", a->t->all.lower,
			a->now.objective);
	if (isnan(a->now.lower_bound))
		return;
	at_most(a, "bound above the objective", a->now.lower_bound, a->now.objective);
	if (!a->referenced)
		return;
	at_most(a, "bound above the optimum", a->now.lower_bound, a->optimum.upper);
	if (!a->method->outside)
		at_most(a, "optimum above the objective", a->optimum.lower, a->now.objective);
	if (repaired->any)
		at_most(a, "optimum above the repaired point", a->optimum.lower,
			repaired->objective);
}

static void check_evaluation(struct attempt *a)
{
	double naive;

	evaluate_iterate(&a->evaluator, &a->now);
	if (!isfinite(a->now.objective)) { /* backprop may diverge, and then says so */
		if (a->evaluator.training.trainer->certify || a->now.finite)
			fail_at(a, "objective", a->now.objective, a->t->all.lower);
		return;
	}
	naive = toy_objective(&a->t->problem, net_of(a->evaluator.delivered));
	if (!a->evaluator.training.trainer->certify && naive > FAR * a->t->zero)
		return; /* on its way to no number at all */
	if (!(fabs(a->now.objective_network - naive) <= slack(a->t, naive)))
		fail_at(a, "network objective", a->now.objective_network, naive);
	check_order(a);
	check_gap(a);
	if (a->method->eps > 0)
		check_worst_case(a);
}

/* What is read back from the file of a model is, bit by bit, the delivered network. */
static void check_stored(struct attempt *a)
{
	const struct net *net = net_of(a->evaluator.delivered);
	struct modelfile model = {.model = &net_of(a->evaluator.delivered)->base,
				  .stages = a->t->data.stages},
			 back;
	struct arena arena = {0};
	struct err err = {0};
	char path[] = "/tmp/test_differential_XXXXXX";
	int file = mkstemp(path);

	check_at_least(file, 0);
	assert_int_equal(modelfile_save(path, &model, &err), STATUS_OK);
	assert_int_equal(modelfile_load(path, &arena, &back, &err), STATUS_OK);
	close(file);
	unlink(path);
	assert_int_equal(net_of(back.model)->U.cols, net->U.cols);
	check_equal(toy_objective(&a->t->problem, net_of(back.model)),
		    toy_objective(&a->t->problem, net));
	arena_release(&arena);
}

static bool is_trainable(const struct trainer *trainer, const struct problem *problem,
			 const void *options)
{
	const char *wanted;

	return !trainer->takes || trainer->takes(problem, options, &wanted);
}

/* Evaluations at 1, 2, 5, 14, .. steps and at the end. */
static void run(struct attempt *a, const struct trainer *trainer, void *state)
{
	struct progress p = {.end = OUTCOME_RUNNING};
	long next = 1;

	while (a->steps < a->method->steps && p.end == OUTCOME_RUNNING) {
		trainer->step(state, &p);
		if (++a->steps < next && a->steps < a->method->steps && p.end == OUTCOME_RUNNING)
			continue;
		next = 3 * next - next / 2;
		check_evaluation(a);
	}
	if (p.end == OUTCOME_CONVERGED && a->referenced &&
	    !(a->now.objective <= (1 + SOLVED) * a->optimum.upper + slack(a->t, a->optimum.upper)))
		fail_at(a, "\"converged\" at the objective", a->now.objective, a->optimum.upper);
}

static void attempt(const struct trial *t, const struct method *method, struct tally *tally)
{
	const struct trainer *trainer =
		(const struct trainer *)(const void *)registry_find(KIND_TRAINER, method->solver);
	struct attempt a = {.t = t, .method = method, .referenced = method->optimum != NULL};
	struct arena arena = {0};
	struct err err = {0};
	struct coordinates posed;
	void *options, *state;

	options = toy_options(&trainer->base, method->options, &arena);
	if (!is_trainable(trainer, &t->problem, options) ||
	    (method->dimension > 0 && method->dimension != t->dense.d)) {
		arena_release(&arena);
		return;
	}
	posed = coordinates_choose(&t->problem, trainer, options, &arena);
	if (trainer->setup(&posed.problem, options, &arena, &state, &err) != STATUS_OK) {
		fail_at(&a, err.text, NAN, NAN);
		tally->failed++;
		arena_release(&arena);
		return;
	}
	a.evaluator =
		evaluate_new(&t->problem, &t->data,
			     (struct training){trainer, options, state, posed.rowspace}, &arena);
	if (a.referenced)
		a.optimum = method->optimum(t);
	run(&a, trainer, state);
	if (t->seed % STORED == 0 && a.now.finite)
		check_stored(&a);
	tally->runs++;
	tally->closed += a.now.gaps.gap < 1e-5;
	tally->failed += a.failed;
	arena_release(&arena);
}

static void bound_optimum_objective(void **state)
{
	long failed = 0;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct trial *t = trial_new(seed);

		for (size_t m = 0; m < METHODS; m++)
			attempt(t, &methods[m], &tallies[m]);
		trial_free(t);
	}
	for (size_t m = 0; m < METHODS; m++)
		failed += tallies[m].failed;
	assert_int_equal(failed, 0);
}

static void the_reference_proves_itself(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct trial *t = trial_new(seed);
		bool cells[TRIAL_CELLS][DENSE_N];
		int count = dense_cells(&t->dense, cells, TRIAL_CELLS);
		struct dense_value given = trial_given(t), scp = of_directions(t);
		struct dense_value ball = of_linf_ball(t);
		struct dense_value again =
			dense_patterns(&t->dense, count, (const bool(*)[DENSE_N])cells);

		check_at_most(t->all.upper - t->all.lower, 2e-9 * t->all.upper);
		check_at_most(given.upper - given.lower, 2e-9 * given.upper);
		check_at_most(scp.upper - scp.lower, 2e-9 * scp.upper);
		if (isfinite(ball.upper))
			check_at_most(ball.upper - ball.lower, 2e-9 * ball.upper);
		check_close(again.upper, t->all.upper, 4e-9, 0);
		check_at_least(given.upper, t->all.lower);
		check_at_least(scp.upper, t->all.lower);
		if (t->dense.d == 1 && !t->problem.loss.loss->regression) /* two ways to a number */
			check_close(dense_robust_line(&t->dense, EPS), ball.upper, 4e-9, 0);
		if (t->dense.d == 1)
			check_close(dense_robust_line(&t->dense, 0), t->all.upper, 4e-9, 0);
		trial_free(t);
	}
}

/* Bounds that claim nothing would pass. */
static void gaps_close(void **state)
{
	(void)state;
	for (size_t m = 0; m < METHODS; m++) {
		const struct method *method = &methods[m];

		if (getenv("VERBOSE"))
			print_message("%s %s: %ld of %ld closed\n", method->solver, method->options,
				      tallies[m].closed, tallies[m].runs);
		check_at_least(tallies[m].closed, method->share * (double)tallies[m].runs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reference_proves_itself),
		cmocka_unit_test(bound_optimum_objective),
		cmocka_unit_test(gaps_close),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
