/* The interval of `fresh` holds the true share: in the plane, where the patterns are arcs of the
 * circle of directions, so that each has a known probability, and its dual constraint at the dual
 * optimum can be computed from its definition. */
#include "harness/stats/scenario.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <omp.h>

enum { MOST = 12, REPEATS = 200, DRAWS = 150, STEPS = 3000 };

static const double pi = 3.14159265358979323846;

struct run {
	struct arena arena;
	const struct trainer *trainer;
	void *state;
};

/* Until the gap is below `gap`, and no further. */
static struct run solve(const struct problem *problem, const char *solver, const char *options,
			double gap)
{
	const struct desc *desc = registry_find(KIND_SOLVER, solver);
	struct run run = {.trainer = (const struct trainer *)(const void *)desc};
	struct certificate c = {.upper = HUGE_VAL};
	struct progress p = {0};
	struct err err = {0};

	if (run.trainer->setup(problem, toy_options(desc, options, &run.arena), &run.arena,
			       &run.state, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	for (int step = 0; step < STEPS && !(c.upper - c.lower_bound < gap * c.upper); step++) {
		run.trainer->step(run.state, &p);
		run.trainer->certify(run.state, &c);
	}
	check_below(c.upper - c.lower_bound, gap * c.upper);
	return run;
}

/* The dual optimum of the squared loss, y - f, from a solution to the end. */
static void dual_optimum(const struct problem *problem, const char *solver, const char *options,
			 double *alpha)
{
	struct run run = solve(problem, solver, options, 1e-9);
	struct net net = net_new(&run.arena, 2, run.trainer->width(run.state));

	run.trainer->model(run.state, &net.base);
	for (ptrdiff_t k = 0; k < problem->X.rows; k++)
		alpha[k] = (double)problem->y.at[k] - toy_output(&net, problem->X, k);
	arena_release(&run.arena);
}

static double along(const struct problem *problem, ptrdiff_t k, double angle)
{
	return cos(angle) * (double)mat_get(problem->X, k, 0) +
	       sin(angle) * (double)mat_get(problem->X, k, 1);
}

/* max g'u over |u| <= 1 within the cone of the pattern at `angle`, g = X'(d o alpha): the largest
 * over the directions of its arc [low, high], for either sign of alpha. Equal to the least norm
 * over the multipliers, by duality. */
static double constraint(const struct problem *problem, const double *alpha, double low,
			 double high)
{
	double angle = (low + high) / 2, g[2] = {0}, most = 0;

	for (ptrdiff_t k = 0; k < problem->X.rows; k++)
		for (ptrdiff_t j = 0; j < 2 && along(problem, k, angle) >= 0; j++)
			g[j] += alpha[k] * (double)mat_get(problem->X, k, j);
	for (int sign = -1; sign < 2; sign += 2) {
		double best = atan2(sign * g[1], sign * g[0]);

		best += 2 * pi * floor((low - best) / (2 * pi) + 1); /* the first at or after low */
		if (best <= high)
			return hypot(g[0], g[1]);
		most = fmax(most, sign * (g[0] * cos(low) + g[1] * sin(low)));
		most = fmax(most, sign * (g[0] * cos(high) + g[1] * sin(high)));
	}
	return most;
}

static int by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Ends of the arcs, in increasing order, the first one again after 2 pi; how many arcs. */
static int arcs_of(const struct problem *problem, double ends[2 * MOST + 1])
{
	int count = 0;

	for (ptrdiff_t k = 0; k < problem->X.rows; k++)
		for (int side = -1; side < 2; side += 2) {
			double end = atan2(side * (double)mat_get(problem->X, k, 0),
					   -side * (double)mat_get(problem->X, k, 1));

			ends[count++] = end < 0 ? end + 2 * pi : end;
		}
	qsort(ends, (size_t)count, sizeof *ends, by_size);
	ends[count] = ends[0] + 2 * pi;
	return count;
}

/* Probability that a Gaussian direction has a pattern which lowers the optimum: no pattern of the
 * program does, as its constraint holds. */
static double share_of_patterns(const struct problem *problem, const double *alpha)
{
	double ends[2 * MOST + 1] = {0}, share = 0;
	int count = arcs_of(problem, ends);

	for (int i = 0; i < count; i++)
		if (constraint(problem, alpha, ends[i], ends[i + 1]) > problem->beta * (1 + 1e-4))
			share += (ends[i + 1] - ends[i]) / (2 * pi);
	return share;
}

/* The same of a neuron. */
static double share_of_neurons(const struct problem *problem, const double *alpha)
{
	enum { ANGLES = 200000 };
	double share = 0;

	for (int i = 0; i < ANGLES; i++) {
		double sum = 0;

		for (ptrdiff_t k = 0; k < problem->X.rows; k++)
			sum += alpha[k] * fmax(0, along(problem, k, 2 * pi * (i + 0.5) / ANGLES));
		share += (fabs(sum) > problem->beta) / (double)ANGLES;
	}
	return share;
}

struct method {
	const char *solver, *exact, *options;
	double (*share)(const struct problem *problem, const double *alpha);
};

static const struct method methods[] = {
	{"ipm", "ipm", "{patterns: 2}", share_of_patterns},
	{"admm", "ipm", "{patterns: 2}", share_of_patterns},
	{"scp", "scp", "{neurons: 3}", share_of_neurons},
};

/* In how many of the repetitions the interval holds the truth. */
static int covered(struct toy *toy, const struct method *method, double gap, double *truth)
{
	double alpha[MOST];
	struct run run;
	int count = 0;

	dual_optimum(&toy->problem, method->exact, method->options, alpha);
	*truth = method->share(&toy->problem, alpha);
	run = solve(&toy->problem, method->solver, method->options, gap);
	for (int repeat = 0; repeat < REPEATS; repeat++) {
		struct violation v;
		double low, high;

		toy->problem.seed = (uint64_t)(1000 + repeat); /* of the draws */
		run.trainer->violation(run.state, DRAWS, &v);
		assert_int_equal(v.draws, DRAWS);
		scenario_interval((double)v.violated, DRAWS, &low, &high);
		count += low <= *truth && *truth <= high;
	}
	arena_release(&run.arena);
	return count;
}

static void intervals_cover_the_true_share(void **state)
{
	int inside = 0;

	(void)state;
	for (size_t m = 0; m < sizeof methods / sizeof *methods; m++)
		for (ptrdiff_t n = 7; n < MOST; n += 2) {
			struct toy toy = toy_make(n, 2, "squared", 0.02);
			double truth;
			int count = covered(&toy, &methods[m], 1e-3, &truth);

			check_at_least(count, 0.93 * REPEATS);
			inside += truth > 0.02 && truth < 0.98;
			arena_release(&toy.arena);
		}
	check_at_least(inside, 6); /* shares of 0 and 1 are easy */
}

/* Why a gap of 1e-3 is asked for. */
static void an_unsolved_point_says_little(void **state)
{
	struct toy toy = toy_make(7, 2, "squared", 0.02);
	double truth;

	(void)state;
	check_below(covered(&toy, &methods[0], 0.3, &truth), 0.5 * REPEATS);
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals_cover_the_true_share),
		cmocka_unit_test(an_unsolved_point_says_little),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
