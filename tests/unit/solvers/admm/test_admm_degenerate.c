/* ADMM on degenerate instances: features of rank 1, duplicated or constant columns, one to three
 * patterns, scales from 1e-8 to 1e8. Whatever the acceleration does, the iterates stay bounded,
 * what is delivered is never above the zero network, and no bound is above it. */
#include "solvers/model/trainer.h"
#include "solvers/tools/penalty.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { INSTANCES = 300, STEPS = 400, MOST_N = 24, MOST_D = 5 };

/* Of one feature, without the outer product. */
enum shape { ONE_FEATURE, RANK_ONE, DUPLICATES, CONSTANT, GENERAL, KINDS };

static void fill(struct mat X, enum shape kind, struct rng *rng)
{
	toy_fill(X, rng);
	for (ptrdiff_t j = 1; j < X.cols; j++) {
		double factor = rng_normal(rng);

		for (ptrdiff_t k = 0; k < X.rows; k++) {
			if (kind == RANK_ONE)
				mat_set(X, k, j, (real)(factor * (double)mat_get(X, k, 0)));
			if (kind == DUPLICATES)
				mat_set(X, k, j, mat_get(X, k, j % 2));
			if (kind == CONSTANT && j > X.cols / 2)
				mat_set(X, k, j, (real)factor);
		}
	}
}

struct draw {
	struct toy toy;
	const char *patterns, *admm; /* options that ask for them, and ADMM alone */
	double zero;                 /* objective of the zero network */
};

/* A scale for all features and, of every other instance, one for each column. */
static void scale(struct mat X, struct rng *rng)
{
	double all = pow(10, 16 * rng_uniform(rng) - 8);
	bool each = rng_uniform(rng) < 0.5;

	for (ptrdiff_t j = 0; j < X.cols; j++) {
		double own = each ? pow(10, 4 * rng_uniform(rng) - 2) : 1;

		for (ptrdiff_t k = 0; k < X.rows; k++)
			mat_set(X, k, j, (real)(all * own * (double)mat_get(X, k, j)));
	}
}

static struct draw draw(uint64_t index)
{
	static const char *const losses[] = {"squared", "logistic", "hinge", "squared_hinge",
					     "huber"};
	struct rng rng = rng_stream(17, "degenerate", index);
	enum shape kind = (enum shape)(index % KINDS);
	ptrdiff_t n = 2 + (ptrdiff_t)rng_below(&rng, MOST_N - 1);
	ptrdiff_t d = kind == ONE_FEATURE ? 1 : 2 + (ptrdiff_t)rng_below(&rng, MOST_D - 1);
	struct draw out = {.toy = toy_make(n, d > 1 ? d : 2, losses[rng_below(&rng, 5)], 1)};
	struct problem *p = &out.toy.problem;
	real *f = ARENA_ARRAY(&out.toy.arena, real, n);
	double largest = 0;

	p->X = mat_new(&out.toy.arena, n, d);
	fill(p->X, kind, &rng);
	scale(p->X, &rng);
	p->seed = index;
	for (ptrdiff_t j = 0; j < d; j++) { /* beta relative to what makes zero optimal */
		double sum = 0;

		for (ptrdiff_t k = 0; k < n; k++)
			sum += (double)mat_get(p->X, k, j) * (double)p->y.at[k];
		largest = fmax(largest, fabs(sum));
	}
	p->beta = fmax(largest, 1e-300) * pow(10, -7 * rng_uniform(&rng));
	out.patterns = arena_format(&out.toy.arena, "{patterns: %d}",
				    1 + (int)rng_below(&rng, index % 2 ? 3 : 12));
	out.admm = arena_format(&out.toy.arena, "{finish: none, %s", out.patterns + 1);
	out.zero = loss_value(p->loss, (size_t)n, f, p->y.at);
	return out;
}

/* Bounds on the optimum and networks, as the evaluation of a run holds them. */
struct seen {
	double lower, upper, last, worst, delivered;
};

static void look(const struct draw *in, const struct trainer *trainer, void *state, struct net *net,
		 struct seen *seen)
{
	struct certificate c;

	trainer->certify(state, &c);
	seen->lower = fmax(seen->lower, c.lower_bound);
	seen->upper = fmin(seen->upper, c.upper);
	trainer->model(state, &net->base);
	seen->last = toy_objective(&in->toy.problem, net);
	seen->worst = fmax(seen->worst, seen->last);
	seen->delivered = fmin(seen->delivered, seen->last);
	if (!trainer->repaired)
		return;
	trainer->repaired(state, &net->base);
	seen->delivered = fmin(seen->delivered, toy_objective(&in->toy.problem, net));
}

static struct seen run(const char *solver, const struct draw *in, const char *options)
{
	const struct desc *desc = registry_find(KIND_SOLVER, solver);
	const struct trainer *trainer = (const struct trainer *)(const void *)desc;
	struct seen seen = {.lower = -HUGE_VAL, .upper = HUGE_VAL, .delivered = HUGE_VAL};
	struct progress progress = {.end = OUTCOME_RUNNING};
	struct arena arena = {0};
	struct err err = {0};
	struct net net;
	void *state;

	if (trainer->setup(&in->toy.problem, toy_options(desc, options, &arena), &arena, &state,
			   &err) != STATUS_OK)
		fail_msg("%s", err.text);
	net = net_new(&arena, in->toy.problem.X.cols, trainer->width(state));
	for (int step = 1, next = 1; step <= STEPS && progress.end == OUTCOME_RUNNING; step++) {
		trainer->step(state, &progress);
		if (step < next && progress.end == OUTCOME_RUNNING)
			continue;
		next = step < STEPS / 2 ? 2 * step : STEPS;
		look(in, trainer, state, &net, &seen);
	}
	arena_release(&arena);
	return seen;
}

static double margin(const struct draw *in)
{
	return 1e-9 * in->zero;
}

/* The intervals of two methods hold the same optimum: no gap says less than the true one. */
static void compare(const struct draw *in, const struct seen *admm)
{
	struct seen ipm = run("ipm", in, in->patterns);

	check_at_most(admm->lower, admm->upper + margin(in));
	check_at_most(admm->lower, ipm.upper + margin(in));
	check_at_most(ipm.lower, admm->upper + margin(in));
}

static void iterates_stay_below_the_zero_network(void **state)
{
	double gap = 0;

	(void)state;
	for (uint64_t i = 0; i < INSTANCES; i++) {
		struct draw in = draw(i);
		struct seen seen = run("admm", &in, in.admm);

		if (getenv("VERBOSE"))
			print_message(
				"%3d %td x %td %s beta %.2g %s: of the zero network: last %.4g, "
				"worst %.4g, delivered %.4g, in [%.4g, %.4g]\n",
				(int)i, in.toy.problem.X.rows, in.toy.problem.X.cols,
				in.toy.problem.loss.loss->base.name, in.toy.problem.beta,
				in.patterns, seen.last / in.zero, seen.worst / in.zero,
				seen.delivered / in.zero, seen.lower / in.zero,
				seen.upper / in.zero);
		check_at_most(seen.worst, 100 * in.zero);
		check_at_most(seen.delivered, in.zero + margin(&in));
		check_at_most(seen.upper, in.zero + margin(&in));
		compare(&in, &seen);
		gap += (seen.upper - seen.lower) / seen.upper / INSTANCES;
		arena_release(&in.toy.arena);
	}
	check_below(gap, 0.2);
}

/* The robust program, which shares the acceleration: its certified worst case. */
static void robust_iterates_stay_bounded(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < INSTANCES / 3; i++) {
		struct draw in = draw(i);
		double size = 0;
		struct seen seen;

		for (ptrdiff_t k = 0; k < in.toy.problem.X.rows; k++)
			size = fmax(size, fabs((double)mat_get(in.toy.problem.X, k, 0)));
		seen = run("robust_admm", &in,
			   arena_format(&in.toy.arena, "{eps: %.17g, norm: l2, %s",
					1e-3 * (double)(i % 3) * size, in.patterns + 1));
		check_at_most(seen.worst, 100 * in.zero);
		check_at_most(seen.upper, in.zero + margin(&in));
		check_at_most(seen.lower, seen.upper + margin(&in));
		arena_release(&in.toy.arena);
	}
}

/* A scale that has run away makes no residual small. */
static void residuals_are_not_relative_to_what_has_run_away(void **state)
{
	double zero = 30, far = 1e15;

	(void)state;
	check_equal(penalty_relative(1, penalty_size(4, zero / 2, zero)), 0.5);
	check_above(penalty_relative(1, penalty_size(far * far, far * zero, zero)), 0.99);
	check_nan(penalty_relative(1, penalty_size(4, INFINITY, zero)));
	check_nan(penalty_relative(1, penalty_size(4, NAN, zero)));
	check_equal(penalty_relative(1, penalty_dual(2, 14, 3)), 0.25);
	check_equal(penalty_relative(1, penalty_dual(far, 4, 3)), 0.25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iterates_stay_below_the_zero_network),
		cmocka_unit_test(robust_iterates_stay_bounded),
		cmocka_unit_test(residuals_are_not_relative_to_what_has_run_away),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
