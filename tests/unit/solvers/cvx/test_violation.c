/* Fresh patterns and neurons against the certificate: none is broken where all patterns are in,
 * counts agree with the definition, and the mean share keeps the bound of the scenario approach. */
#include "solvers/cvx/cvx.h"
#include "solvers/cvx/violation.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <omp.h>

struct run {
	struct arena arena;
	const struct trainer *trainer;
	void *state;
	struct certificate c;
};

/* Until the gap is below `gap` or the method ends itself. */
static struct run solve(const struct problem *problem, const char *solver, const char *options,
			double gap)
{
	enum { STEPS = 200 };
	const struct desc *desc = registry_find(KIND_SOLVER, solver);
	struct run run = {.trainer = (const struct trainer *)(const void *)desc};
	struct err err = {0};
	struct progress p = {0};

	if (run.trainer->setup(problem, toy_options(desc, options, &run.arena), &run.arena,
			       &run.state, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	for (int step = 0; step < STEPS && p.end == OUTCOME_RUNNING; step++) {
		run.trainer->step(run.state, &p);
		run.trainer->certify(run.state, &run.c);
		if (run.c.upper - run.c.lower_bound <= gap * run.c.upper)
			break;
	}
	check_at_most(run.c.upper - run.c.lower_bound, gap * run.c.upper);
	return run;
}

static double share(const struct problem *problem, const char *solver, const char *options,
		    long draws)
{
	struct run run = solve(problem, solver, options, 1e-5);
	struct violation v;

	run.trainer->violation(run.state, draws, &v);
	assert_int_equal(v.draws, draws);
	assert_in_range(v.violated, 0, draws);
	arena_release(&run.arena);
	return (double)v.violated / (double)draws;
}

static void all_patterns_leave_nothing_to_break(void **state)
{
	struct toy toy = toy_make(6, 3, "squared", 0.1);

	(void)state;
	check_equal(share(&toy.problem, "ipm", "{patterns: all}", 200), 0);
	check_above(share(&toy.problem, "ipm", "{patterns: 2}", 200), 0.05);
	arena_release(&toy.arena);
}

/* s min over eta >= 0 of |X'(sign d o alpha) + X'(e o eta)| by cyclic coordinate descent. */
static double constraint(struct mat X, const double *d, const real *alpha, double sign)
{
	enum { N = 12, D = 4, SWEEPS = 1000 };
	double r[D] = {0}, eta[N] = {0}, square = 0;

	check_equal(X.rows, N);
	check_equal(X.cols, D);
	for (int sweep = -1; sweep < SWEEPS; sweep++)
		for (ptrdiff_t k = 0; k < N; k++) {
			double e = 2 * d[k] - 1, slope = 0, size = 0, by;

			for (ptrdiff_t j = 0; j < D; j++) {
				slope += e * (double)mat_get(X, k, j) * r[j];
				size += pow((double)mat_get(X, k, j), 2);
			}
			by = sweep < 0 ? sign * d[k] * (double)alpha[k]
				       : e * (fmax(0, eta[k] - slope / size) - eta[k]);
			eta[k] += sweep < 0 ? 0 : e * by;
			for (ptrdiff_t j = 0; j < D; j++)
				r[j] += by * (double)mat_get(X, k, j);
		}
	for (ptrdiff_t j = 0; j < D; j++)
		square += r[j] * r[j];
	return sqrt(square);
}

static bool is_known(struct gates D, const double *d)
{
	for (ptrdiff_t p = 0; p < D.cols; p++) {
		bool same = true;

		for (ptrdiff_t k = 0; k < D.rows; k++)
			same = same && gates_get(D, k, p) == (d[k] > 0.5);
		if (same)
			return true;
	}
	return false;
}

/* The same draws from the definition, at a made-up dual point. */
static void counts_are_those_of_the_definition(void **state)
{
	enum { N = 12, D = 4, DRAWS = 60 };
	struct toy toy = toy_make(N, D, "squared", 0.5);
	struct pattern_options options = toy_patterns("{count: 3}", &toy.arena);
	struct problem fresh = toy.problem;
	struct pattern_stream stream = {.problem = &fresh};
	const struct pattern_source *source;
	struct patterns patterns;
	struct violation v;
	struct err err = {0};
	struct rng rng = rng_stream(toy.problem.seed, "fresh patterns", 0);
	struct cvx cvx;
	long broken = 0;

	(void)state;
	source = (const struct pattern_source *)(const void *)options.from.at[0].item;
	assert_int_equal(pattern_sample(&options, &toy.problem, 0, &toy.arena, &patterns, &err),
			 STATUS_OK);
	cvx = cvx_new(&toy.problem, &patterns, &toy.arena);
	fresh.seed = rng_bits(&rng);
	for (ptrdiff_t k = 0; k < N; k++)
		cvx.alpha[k] = (real)(0.4 * rng_normal(&rng));
	for (uint64_t i = 0; i < DRAWS; i++) {
		real h[D];
		double d[N], most = 0;

		source->direction(&stream, i, h);
		for (ptrdiff_t k = 0; k < N; k++) {
			double sum = 0;

			for (ptrdiff_t j = 0; j < D; j++)
				sum += (double)mat_get(toy.problem.X, k, j) * (double)h[j];
			d[k] = sum >= 0;
		}
		for (int sign = -1; sign < 2; sign += 2)
			most = fmax(most, constraint(toy.problem.X, d, cvx.alpha, sign));
		broken += most > toy.problem.beta * (1 + 1e-9) && !is_known(patterns.D, d);
	}
	for (int exact = 0; exact < 2; exact++) { /* by projected gradients first, or not */
		cvx.exact = exact;
		violation_patterns(&cvx, DRAWS, &v);
		assert_int_equal(v.draws, DRAWS);
		assert_int_equal(v.violated, broken);
	}
	assert_in_range(broken, DRAWS / 10, DRAWS - DRAWS / 10);
	options = toy_patterns("{from: constant}", &toy.arena); /* draws nothing at random */
	violation_patterns(&cvx, DRAWS, &v);
	assert_int_equal(v.draws, 0);
	options = toy_patterns("{file: D.npy}", &toy.arena);
	violation_patterns(&cvx, DRAWS, &v);
	assert_int_equal(v.draws, 0);
	arena_release(&toy.arena);
}

/* E[share] <= (n + 1) / (P + 1), over samples; and it falls. */
static void check_mean(const char *solver, const char *option)
{
	enum { N = 5, REPEATS = 30, DRAWS = 100 };
	static const int counts[] = {10, 20, 50};
	double before = HUGE_VAL;

	for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
		double mean = 0;

		for (int repeat = 0; repeat < REPEATS; repeat++) {
			struct toy toy = toy_make(N, 3, "squared", 0.01);
			char text[64];

			toy.problem.seed = (uint64_t)(1000 + repeat);
			snprintf(text, sizeof text, "{%s: %d}", option, counts[c]);
			mean += share(&toy.problem, solver, text, DRAWS) / REPEATS;
			arena_release(&toy.arena);
		}
		check_at_most(mean, (N + 1.0) / (counts[c] + 1));
		if (mean != 0)
			check_below(mean, before);
		before = mean;
	}
}

static void mean_share_of_neurons_keeps_the_bound(void **state)
{
	(void)state;
	check_mean("scp", "neurons");
}

static void mean_share_of_patterns_keeps_the_bound(void **state)
{
	(void)state;
	check_mean("ipm", "patterns");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_patterns_leave_nothing_to_break),
		cmocka_unit_test(counts_are_those_of_the_definition),
		cmocka_unit_test(mean_share_of_neurons_keeps_the_bound),
		cmocka_unit_test(mean_share_of_patterns_keeps_the_bound),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
