/* Methods of the sampled convex program against each other and against their certificates: every
 * method with every loss it takes, in several shapes, from tiny penalties to those where a = 0. */
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

static const struct {
	ptrdiff_t n, d;
	long neurons;
} shapes[] = {{30, 4, 50}, {90, 5, 40}, {40, 6, 400}}; /* N < n and N > n, a set that must grow */

enum {
	LOSSES = sizeof losses / sizeof *losses,
	SHAPES = sizeof shapes / sizeof *shapes,
	FEW = 300,   /* interior points */
	MANY = 20000 /* gradient steps */
};

static const double GAP = 1e-6;

struct run {
	struct arena arena;
	const struct trainer *trainer;
	void *state;
	struct certificate certificate;
	struct progress progress;
	struct net net;
};

static const struct trainer *scp(void)
{
	return (const struct trainer *)(const void *)registry_find(KIND_SOLVER, "scp");
}

static double gap_of(const struct run *run)
{
	const struct certificate *c = &run->certificate;

	return (c->upper - c->lower_bound) / fmax(1, fabs(c->upper));
}

/* Steps until the relative gap is GAP, or the method ends itself. */
static struct run solve(const struct problem *problem, const char *options, long steps)
{
	struct run run = {.trainer = scp()};
	struct err err = {0};

	if (run.trainer->setup(problem, toy_options(&scp()->base, options, &run.arena), &run.arena,
			       &run.state, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	for (long step = 1; step <= steps; step++) {
		run.trainer->step(run.state, &run.progress);
		if (steps > FEW && step % 20 && run.progress.end == OUTCOME_RUNNING)
			continue;
		run.trainer->certify(run.state, &run.certificate);
		if (run.progress.end != OUTCOME_RUNNING || gap_of(&run) <= GAP)
			break;
	}
	run.net = net_new(&run.arena, problem->X.cols, run.trainer->width(run.state));
	run.trainer->model(run.state, &run.net.base);
	return run;
}

/* The bound is one, the gap is closed, the network has the objective that was certified. */
static void check_to(const struct problem *problem, const struct run *run, const char *what,
		     double gap)
{
	const struct certificate *c = &run->certificate;
	double naive = toy_objective(problem, &run->net);

	if (!(gap_of(run) <= gap && gap_of(run) >= -1e-12))
		fail_msg("%s with %s, beta %g: gap %g", what, problem->loss.loss->base.name,
			 problem->beta, gap_of(run));
	/* outputs of size 1 of neurons that cancel */
	if (!(fabs(naive - c->objective) <= 1e-9 * (1 + naive)))
		fail_msg("%s with %s: objective %.12g, by the definition %.12g", what,
			 problem->loss.loss->base.name, c->objective, naive);
}

static void check(const struct problem *problem, const struct run *run, const char *what)
{
	check_to(problem, run, what, GAP);
}

/* Methods that are fast for any beta, and those that are for a large one. */
static const char *const exact[] = {"newton", "working_set", "working_set, first: 8"};
static const char *const gradient[] = {"fista", "coordinate", "ista"};

enum { EXACT = sizeof exact / sizeof *exact, GRADIENT = sizeof gradient / sizeof *gradient };

static double value(const struct problem *problem, long neurons, const char *method, long steps)
{
	struct arena arena = {0};
	const char *options = arena_format(&arena, "{neurons: %ld, method: %s}", neurons, method);
	struct run run = solve(problem, options, steps);
	double objective = run.certificate.objective;

	check(problem, &run, method);
	arena_release(&run.arena);
	arena_release(&arena);
	return objective;
}

static void agree(double a, double b, const char *what)
{
	if (!(fabs(a - b) <= 2 * GAP * fmax(1, fabs(a))))
		fail_msg("%s: %.10g, newton finds %.10g", what, b, a);
}

static void interior_points_meet_one_optimum(void **state)
{
	static const double betas[] = {1e-4, 1e-2, 1};

	(void)state;
	for (int i = 0; i < SHAPES * LOSSES * 3; i++) {
		const int shape = i / LOSSES / 3;
		struct toy toy = toy_make(shapes[shape].n, shapes[shape].d, losses[i / 3 % LOSSES],
					  betas[i % 3]);
		double best = value(&toy.problem, shapes[shape].neurons, exact[0], FEW);

		for (int m = 1; m < EXACT; m++)
			agree(best, value(&toy.problem, shapes[shape].neurons, exact[m], FEW),
			      exact[m]);
		arena_release(&toy.arena);
	}
}

static void gradient_methods_meet_it_too(void **state)
{
	(void)state;
	for (int i = 0; i < SHAPES * LOSSES; i++) {
		const int shape = i / LOSSES;
		struct toy toy = toy_make(shapes[shape].n, shapes[shape].d, losses[i % LOSSES], 2);
		double best = value(&toy.problem, shapes[shape].neurons, exact[0], FEW);

		for (int m = 0; m < GRADIENT - 1 && isfinite(loss_curvature(toy.problem.loss)); m++)
			agree(best, value(&toy.problem, shapes[shape].neurons, gradient[m], MANY),
			      gradient[m]);
		arena_release(&toy.arena);
	}
}

/* The published method has the same optimum, but comes near it only: its bounds enclose the optimum
 * from the first step on. */
static void ista_encloses_the_optimum(void **state)
{
	(void)state;
	for (int l = 0; l < LOSSES; l++) {
		struct toy toy = toy_make(40, 6, losses[l], 2);
		double best = value(&toy.problem, 200, exact[0], FEW);

		for (long steps = 1; steps <= 3000 && isfinite(loss_curvature(toy.problem.loss));
		     steps *= 50) {
			struct run run = solve(&toy.problem, "{neurons: 200, method: ista}", steps);

			check_to(&toy.problem, &run, "ista", steps > 2000 ? 0.03 : 1);
			check_at_least(run.certificate.objective, best - 2 * GAP * best);
			check_at_most(run.certificate.lower_bound, best * (1 + 1e-12));
			arena_release(&run.arena);
		}
		arena_release(&toy.arena);
	}
}

/* |relu(X u_i)' grad L(0)| over the first neurons, naively */
static double largest_beta(const struct problem *problem, long neurons)
{
	ptrdiff_t n = problem->X.rows, d = problem->X.cols;
	struct arena arena = {0};
	real *f = ARENA_ARRAY(&arena, real, n), *g = ARENA_ARRAY(&arena, real, n);
	double largest = 0;

	loss_gradient(problem->loss, (size_t)n, f, problem->y.at, g);
	for (long i = 0; i < neurons; i++) {
		struct rng rng = rng_stream(problem->seed, "neurons", (uint64_t)i);
		struct mat u = mat_new(&arena, d, 1);
		double square = 0, sum = 0;

		toy_fill(u, &rng);
		for (ptrdiff_t j = 0; j < d; j++)
			square += pow((double)u.at[j], 2);
		for (ptrdiff_t k = 0; k < n; k++) {
			double z = 0;

			for (ptrdiff_t j = 0; j < d; j++)
				z += (double)mat_get(problem->X, k, j) * (double)u.at[j];
			sum += fmax(0, z) * (double)g[k];
		}
		largest = fmax(largest, fabs(sum) / sqrt(square));
	}
	arena_release(&arena);
	return largest;
}

static void zero_comes_out_exactly(void **state)
{
	(void)state;
	for (int i = 0; i < LOSSES * (EXACT + GRADIENT); i++) {
		const char *method =
			i / LOSSES < EXACT ? exact[i / LOSSES] : gradient[i / LOSSES - EXACT];
		struct toy toy = toy_make(30, 4, losses[i % LOSSES], 1);
		const char *options = arena_format(&toy.arena, "{neurons: 50, method: %s}", method);
		double beta = largest_beta(&toy.problem, 50);
		struct run run;

		if (i / LOSSES >= EXACT && isinf(loss_curvature(toy.problem.loss))) {
			arena_release(&toy.arena);
			continue;
		}
		toy.problem.beta = beta * (1 + 1e-12); /* rounding of the sums */
		run = solve(&toy.problem, options, MANY);
		assert_int_equal(run.net.U.cols, 0);
		assert_int_equal(run.progress.end, OUTCOME_CONVERGED);
		check_close(gap_of(&run), 0, 0, 1e-14);
		arena_release(&run.arena);
		toy.problem.beta = beta * 0.98;
		run = solve(&toy.problem, options, MANY);
		check(&toy.problem, &run, method);
		check_above(run.net.U.cols, 0);
		arena_release(&run.arena);
		arena_release(&toy.arena);
	}
}

static void zero_rows(struct toy *toy)
{
	for (ptrdiff_t k = 0; k < toy->problem.X.rows; k += 3)
		for (ptrdiff_t j = 0; j < toy->problem.X.cols; j++)
			mat_set(toy->problem.X, k, j, 0);
}

static void equal_labels(struct toy *toy)
{
	real *y = ARENA_ARRAY(&toy->arena, real, toy->problem.X.rows);

	for (ptrdiff_t k = 0; k < toy->problem.X.rows; k++)
		y[k] = 1;
	toy->problem.y.at = y;
}

static void constant_columns(struct toy *toy)
{
	mat_fill(mat_cols(toy->problem.X, 1, 2), (real)2.385);
}

static void deficient_rank(struct toy *toy)
{
	struct mat X = toy->problem.X;

	for (ptrdiff_t k = 0; k < X.rows; k++)
		mat_set(X, k, 2, 2 * mat_get(X, k, 0) - mat_get(X, k, 1));
}

static void repeated_samples(struct toy *toy)
{
	struct mat X = toy->problem.X;
	ptrdiff_t half = X.rows / 2;

	mat_copy(mat_rows(X, half, half), mat_rows(X, 0, half)); /* some with the other label */
}

static void awkward_data_is_solved(void **state)
{
	static void (*const spoil[])(struct toy *) = {zero_rows, equal_labels, constant_columns,
						      deficient_rank, repeated_samples};

	(void)state;
	for (int i = 0; i < 5 * LOSSES * 2; i++) {
		struct toy toy = toy_make(40, 5, losses[i / 2 % LOSSES], i % 2 ? 1e-3 : 1);
		double best;

		spoil[i / 2 / LOSSES](&toy);
		best = value(&toy.problem, 60, exact[0], FEW);
		for (int m = 1; m < EXACT; m++)
			agree(best, value(&toy.problem, 60, exact[m], FEW), exact[m]);
		if (i % 2 == 0 && isfinite(loss_curvature(toy.problem.loss)))
			agree(best, value(&toy.problem, 60, "coordinate", MANY), "coordinate");
		arena_release(&toy.arena);
	}
}

/* Gap-safe screening drops nothing that the optimum uses: it would then not be met. */
static void screening_keeps_what_is_used(void **state)
{
	static const double betas[] = {0.3, 1, 3, 8};

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct toy toy = toy_make(60, 5, "squared", betas[i]);
		struct run cd = solve(&toy.problem, "{neurons: 300, method: coordinate}", MANY);

		check(&toy.problem, &cd, "coordinate");
		check_below(cd.net.U.cols, 60); /* exact zeros, as an interior point has not */
		agree(value(&toy.problem, 300, "newton", FEW), cd.certificate.objective,
		      "coordinate");
		arena_release(&cd.arena);
		arena_release(&toy.arena);
	}
}

/* A constant step of twice the safe one still descends, one that is far too long does not. */
static void the_step_of_ista_is_an_option(void **state)
{
	struct toy toy = toy_make(30, 4, "squared", 1);
	struct run small = solve(&toy.problem, "{neurons: 20, method: {ista: {step: 1e-9}}}", 20);
	struct run large = solve(&toy.problem, "{neurons: 20, method: {ista: {step: 10}}}", 20);

	(void)state;
	/* from L(0) = 15, by at most the step times the square of the gradient, 1e3 */
	check_below(small.certificate.objective, 15);
	check_above(small.certificate.objective, 14.99);
	check_above(large.certificate.objective, 15);
	arena_release(&small.arena);
	arena_release(&large.arena);
	arena_release(&toy.arena);
}

static void note_is(const char *options, double beta, const char *expected)
{
	struct toy toy = toy_make(20, 3, "squared", beta);
	struct run run = solve(&toy.problem, options, 1);
	const char *note = toy_text(scp(), run.state, "note", &run.arena);

	if (expected)
		assert_non_null(strstr(note, expected));
	else
		assert_null(note);
	arena_release(&run.arena);
	arena_release(&toy.arena);
}

static void the_choice_is_noted(void **state)
{
	(void)state;
	note_is("{neurons: 30}", 1e-3, "newton: ");
	note_is("{neurons: 30}", 1, "working_set: ");
	note_is("{neurons: 3000}", 1e-3, "working_set: ");
	note_is("{neurons: 30, first: 5}", 1e-3, "working_set: ");
	note_is("{neurons: 30, method: newton}", 1, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interior_points_meet_one_optimum),
		cmocka_unit_test(gradient_methods_meet_it_too),
		cmocka_unit_test(ista_encloses_the_optimum),
		cmocka_unit_test(zero_comes_out_exactly),
		cmocka_unit_test(awkward_data_is_solved),
		cmocka_unit_test(screening_keeps_what_is_used),
		cmocka_unit_test(the_step_of_ista_is_an_option),
		cmocka_unit_test(the_choice_is_noted),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
