/* SCP on data that is hard for arithmetic: columns scaled 1e-3 to 1e3, correlation 0.9999, bytes,
 * tiny penalties, degenerate instances. The truth is weak duality, evaluated by plain loops on the
 * network and on a dual point that coordinate descent finds. */
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

static const char *const losses[] = {"squared", "logistic", "hinge", "squared_hinge", "huber"};
static const double betas[] = {1e-6, 1e-4, 1e-2, 1};

enum { LOSSES = 5, BETAS = 4, STEPS = 300, SEEDS = 120 };

/* Certified share of the objective that every instance must reach. With the hinge loss one of 240
 * is off the middle of the path where mu falls by a thousandth a step: it comes to 1e-6 or to 4e-6
 * within STEPS, as the kernels of BLAS round. */
static const double GAP = 1e-6, GAP_OF_HINGE = 1e-5;

enum hard { SCALED, CORRELATED, BYTES, PLAIN, KINDS };

static const char *const kinds[] = {"scaled", "correlated", "bytes", "plain"};

static double entry(enum hard kind, double common, double scale, struct rng *rng)
{
	double g = rng_normal(rng);

	if (kind == CORRELATED)
		return sqrt(0.9999) * common + sqrt(1 - 0.9999) * g;
	if (kind == BYTES)
		return g < 0 ? 0 : floor(fmin(255, 100 * g));
	return kind == SCALED ? g * scale : g;
}

static void fill(struct toy *toy, enum hard kind, int seed)
{
	struct mat X = toy->problem.X;
	struct rng rng = rng_stream((uint64_t)seed, kinds[kind], (uint64_t)X.rows);

	for (ptrdiff_t k = 0; k < X.rows; k++) {
		double common = rng_normal(&rng);

		for (ptrdiff_t j = 0; j < X.cols; j++) {
			struct rng column = rng_stream((uint64_t)seed, "column", (uint64_t)j);
			double scale = pow(10, -3 + 6 * rng_uniform(&column));

			mat_set(X, k, j, (real)entry(kind, common, scale, &rng));
		}
	}
}

struct run {
	struct arena arena;
	void *state;
	struct certificate certificate;
	struct progress progress;
	double best; /* bound */
	struct net net;
};

static struct run solve(const struct problem *problem, const char *options, long steps)
{
	const struct desc *desc = registry_find(KIND_SOLVER, "scp");
	const struct trainer *scp = (const struct trainer *)(const void *)desc;
	struct run run = {.best = 0};
	struct err err = {0};

	if (scp->setup(problem, toy_options(desc, options, &run.arena), &run.arena, &run.state,
		       &err) != STATUS_OK)
		fail_msg("%s", err.text);
	for (long step = 0; step < steps && run.progress.end == OUTCOME_RUNNING; step++) {
		scp->step(run.state, &run.progress);
		scp->certify(run.state, &run.certificate);
		run.best = fmax(run.best, run.certificate.lower_bound);
		if (run.certificate.upper - run.best <= GAP * run.certificate.upper)
			break;
	}
	run.net = net_new(&run.arena, problem->X.cols, scp->width(run.state));
	scp->model(run.state, &run.net.base);
	return run;
}

static void check(enum hard kind, ptrdiff_t n, ptrdiff_t d, int i, const char *method)
{
	const char *loss = losses[i % LOSSES];
	double beta = betas[i / LOSSES % BETAS], naive, upper, most;
	struct toy toy = toy_make(n, d, loss, beta);
	const char *options = arena_format(&toy.arena, "{neurons: 120, method: %s}", method);
	struct run run;

	fill(&toy, kind, i);
	run = solve(&toy.problem, options, STEPS);
	upper = run.certificate.upper;
	most = strcmp(loss, "hinge") == 0 ? GAP_OF_HINGE : GAP;
	if (!(upper - run.best <= most * upper && upper - run.best >= -1e-9 * upper))
		fail_msg("%s, %s, beta %g, n %td, seed %d, %s: objective %.10g, bound %.10g",
			 kinds[kind], loss, beta, n, i, method, upper, run.best);
	naive = toy_objective(&toy.problem, &run.net);
	check_close(naive, upper, 1e-7, 0);
	arena_release(&run.arena);
	arena_release(&toy.arena);
}

static void hard_data_is_solved(void **state)
{
	(void)state;
	for (int i = 0; i < SEEDS; i++)
		for (int kind = 0; kind < KINDS; kind++) {
			check((enum hard)kind, 40, 4, i, i % 2 ? "newton" : "working_set");
			if (i < LOSSES * BETAS)
				check((enum hard)kind, 150, 8, i, "newton");
		}
}

static void many_samples_are_solved(void **state)
{
	(void)state;
	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 7; i < 13; i += 5)
			check((enum hard)kind, 1500, 6, i, "newton");
}

static double scale_of(int seed)
{
	return pow(10, seed % 17 - 8);
}

/* Degenerate features: zeros, rank one, duplicates, constants, any scale, very few samples. */
static void spoil(struct toy *toy, int seed)
{
	struct mat X = toy->problem.X;
	double scale = scale_of(seed);

	for (ptrdiff_t j = 0; j < X.cols; j++)
		for (ptrdiff_t k = 0; k < X.rows; k++) {
			double x = (double)mat_get(X, k, j);

			if (seed % 5 == 0)
				x = 0;
			if (seed % 5 == 1)
				x = (double)mat_get(X, k, 0) * (double)(j + 1);
			if (seed % 5 == 2 && j > 0)
				x = (double)mat_get(X, k, j - 1);
			if (seed % 5 == 3 && j % 2)
				x = 2.385;
			mat_set(X, k, j, (real)(x * (seed % 5 == 2 && j > 0 ? 1 : scale)));
		}
}

static double value_of_zero(const struct problem *problem)
{
	double sum = 0;

	for (ptrdiff_t k = 0; k < problem->X.rows; k++)
		sum += toy_loss(problem->loss, 0, (double)problem->y.at[k]);
	return sum;
}

/* Never above the zero network, never converged beyond the gap, bounds below the objective of the
 * other method; solved unless beta is below 1e-9 of the features. */
static void degenerate_data_ends_right(void **state)
{
	static const ptrdiff_t sizes[] = {1, 2, 3, 25};

	(void)state;
	for (int seed = 0; seed < 170; seed++) {
		const char *loss = losses[seed / 5 % LOSSES];
		struct toy toy = toy_make(sizes[seed % 4], 4, loss, betas[seed / 7 % BETAS]);
		struct run run, other;
		double zero;
		bool closed;

		spoil(&toy, seed);
		run = solve(&toy.problem, "{neurons: 30}", STEPS);
		other = solve(&toy.problem, "{neurons: 30, method: working_set}", STEPS);
		zero = value_of_zero(&toy.problem);
		closed = run.certificate.upper - run.best <= GAP * run.certificate.upper;
		if (!(run.certificate.upper <= zero * (1 + 1e-12)) ||
		    (run.progress.end == OUTCOME_CONVERGED && !closed) ||
		    (toy.problem.beta >= 1e-9 * scale_of(seed) && !closed))
			fail_msg("seed %d, %s, beta %g: objective %.10g, bound %.10g, zero %.10g",
				 seed, loss, toy.problem.beta, run.certificate.upper, run.best,
				 zero);
		check_at_most(run.best, other.certificate.upper * (1 + 1e-12));
		check_at_most(other.best, run.certificate.upper * (1 + 1e-12));
		arena_release(&run.arena);
		arena_release(&other.arena);
		arena_release(&toy.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hard_data_is_solved),
		cmocka_unit_test(many_samples_are_solved),
		cmocka_unit_test(degenerate_data_ends_right),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
