/* Sampled convex program: its optimality conditions checked from raw data, agreement of the methods
 * that solve it, nested neurons. */
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

enum { N = 30, D = 4, NEURONS = 50, MOST_STEPS = 200 };

static const double betas[] = {1e-4, 1e-2, 1};
static const char *const smooth[] = {"squared", "logistic", "huber", "squared_hinge"};

enum { BETAS = sizeof betas / sizeof *betas, SMOOTH = sizeof smooth / sizeof *smooth };

struct run {
	struct arena arena;
	const struct trainer *trainer;
	void *state;
	struct certificate certificate;
	struct progress progress;
	struct net net;
};

/* Iterations until the gap is below `gap` or the method ends itself. */
static struct run solve(const struct problem *problem, const char *options, long steps, double gap)
{
	struct run run = {.certificate = {.upper = HUGE_VAL}};
	struct err err = {0};
	const struct desc *desc = registry_find(KIND_SOLVER, "scp");

	run.trainer = (const struct trainer *)(const void *)desc;
	if (run.trainer->setup(problem, toy_options(desc, options, &run.arena), &run.arena,
			       &run.state, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	for (long step = 0; step < steps; step++) {
		run.trainer->step(run.state, &run.progress);
		run.trainer->certify(run.state, &run.certificate);
		if (run.progress.end != OUTCOME_RUNNING ||
		    run.certificate.upper - run.certificate.lower_bound < gap)
			break;
	}
	run.net = net_new(&run.arena, problem->X.cols, run.trainer->width(run.state));
	run.trainer->model(run.state, &run.net.base);
	return run;
}

static double gap_of(const struct run *run)
{
	return run->certificate.upper - run->certificate.lower_bound;
}

static void check_gap(const char *loss, double beta)
{
	struct toy toy = toy_make(N, D, loss, beta);
	struct run run = solve(&toy.problem, "{neurons: 50}", MOST_STEPS, 1e-8);

	if (!(gap_of(&run) < 1e-8))
		fail_msg("%s, beta %g: the gap stays at %g", loss, beta, gap_of(&run));
	check_at_least(gap_of(&run), -1e-12 * N); /* a sum of N losses of size 1 */
	arena_release(&run.arena);
	arena_release(&toy.arena);
}

static void newton_closes_the_gap_for_any_beta(void **state)
{
	(void)state;
	for (int b = 0; b < BETAS; b++) {
		check_gap("squared", betas[b]);
		check_gap("logistic", betas[b]);
	}
}

static void methods_meet_the_same_optimum(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * BETAS; i++) {
		struct toy toy = toy_make(N, D, smooth[i / BETAS], betas[i % BETAS]);
		struct run newton = solve(&toy.problem, "{neurons: 50}", MOST_STEPS, 1e-9);
		/* slow where beta is small */
		struct run fista = solve(&toy.problem, "{neurons: 50, method: fista}", 20000, 1e-7);
		double above = fista.certificate.objective - newton.certificate.objective;

		check_at_least(above, -1e-8);
		check_below(above,
			    betas[i % BETAS] < 1e-3 ? 0.1 * newton.certificate.objective : 1e-7);
		check_at_most(fista.certificate.lower_bound,
			      newton.certificate.objective + 1e-12 * N);
		arena_release(&newton.arena);
		arena_release(&fista.arena);
		arena_release(&toy.arena);
	}
}

/* The directions u_i, as documented: normalised Gaussians of stream ("neurons", i). */
static struct mat directions(const struct problem *problem, ptrdiff_t count, struct arena *arena)
{
	struct mat U = mat_new(arena, problem->X.cols, count);

	for (ptrdiff_t i = 0; i < count; i++) {
		struct rng rng = rng_stream(problem->seed, "neurons", (uint64_t)i);
		double square = 0;

		toy_fill(mat_cols(U, i, 1), &rng);
		for (ptrdiff_t j = 0; j < U.rows; j++)
			square += pow((double)mat_get(U, j, i), 2);
		for (ptrdiff_t j = 0; j < U.rows; j++)
			mat_set(U, j, i, mat_get(U, j, i) / (real)sqrt(square));
	}
	return U;
}

/* a_i from the network: neuron sqrt|a| u with output weight sign(a) sqrt|a|. */
static double coefficient(const struct net *net, struct mat U, ptrdiff_t i)
{
	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double root = fabs((double)net->alpha[j]), off = 0;

		for (ptrdiff_t r = 0; r < U.rows; r++)
			off = fmax(off, fabs((double)mat_get(net->U, r, j) -
					     root * (double)mat_get(U, r, i)));
		if (off <= 1e-12 * root)
			return root * (double)net->alpha[j];
	}
	return 0;
}

/* phi_i' grad L with naive outputs and differences of the naive loss. */
static double slope(const struct problem *problem, const struct net *net, struct mat U, ptrdiff_t i)
{
	const double h = 1e-4; /* fourth order: truncation and rounding both below 1e-12 */
	double sum = 0;

	for (ptrdiff_t k = 0; k < problem->X.rows; k++) {
		double f = toy_output(net, problem->X, k), y = (double)problem->y.at[k], phi = 0;
		double near = toy_loss(problem->loss, f + h, y) - toy_loss(problem->loss, f - h, y);
		double far = toy_loss(problem->loss, f + 2 * h, y) -
			     toy_loss(problem->loss, f - 2 * h, y);

		for (ptrdiff_t j = 0; j < U.rows; j++)
			phi += (double)mat_get(problem->X, k, j) * (double)mat_get(U, j, i);
		sum += fmax(0, phi) * (8 * near - far) / (12 * h);
	}
	return sum;
}

static void solutions_satisfy_the_optimality_conditions(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * BETAS; i++) {
		struct toy toy = toy_make(N, D, smooth[i / BETAS], betas[i % BETAS]);
		struct run run = solve(&toy.problem, "{neurons: 50}", MOST_STEPS, 0);
		struct mat U = directions(&toy.problem, NEURONS, &toy.arena);
		double beta = toy.problem.beta;
		ptrdiff_t used = 0;

		for (ptrdiff_t j = 0; j < NEURONS; j++) {
			double a = coefficient(&run.net, U, j);
			double g = slope(&toy.problem, &run.net, U, j);
			/* differences of N losses of size 1 over 1e-4, times |phi| of size 2 */
			double rounding = 1e-4 * beta + 1e-10;

			used += a != 0;
			check_close(g, 0, 0, beta + rounding);
			if (a != 0)
				check_close(g + (a > 0 ? beta : -beta), 0, 0, rounding);
		}
		assert_int_equal(used, run.net.U.cols); /* every neuron is one of the directions */
		check_above(used, 0);
		check_below(used, NEURONS);
		arena_release(&run.arena);
		arena_release(&toy.arena);
	}
}

static void network_has_the_objective_of_the_program(void **state)
{
	(void)state;
	for (int i = 0; i < SMOOTH; i++) {
		struct toy toy = toy_make(N, D, smooth[i], 0.1);
		struct run run = solve(&toy.problem, "{neurons: 50}", 7, 0);

		check_close(toy_objective(&toy.problem, &run.net), run.certificate.objective, 0,
			    1e-10 * N);
		check_close(run.progress.objective, run.certificate.objective, 0, 1e-10 * N);
		check_equal(run.certificate.feasibility, 0);
		arena_release(&run.arena);
		arena_release(&toy.arena);
	}
}

/* More neurons contain the fewer: the optimum never rises. */
static void neurons_are_nested(void **state)
{
	struct toy toy = toy_make(N, D, "logistic", 0.01);
	double last = HUGE_VAL;

	(void)state;
	for (int neurons = 5; neurons <= 80; neurons *= 2) {
		struct run run =
			solve(&toy.problem, arena_format(&toy.arena, "{neurons: %d}", neurons),
			      MOST_STEPS, 1e-9);
		struct mat U = directions(&toy.problem, neurons, &toy.arena);
		ptrdiff_t known = 0;

		check_equal(toy_number(run.trainer, run.state, "patterns"), neurons);
		for (ptrdiff_t j = 0; j < neurons; j++)
			known += coefficient(&run.net, U, j) != 0;
		assert_int_equal(known, run.net.U.cols);
		check_at_most(run.certificate.objective, last + 1e-8);
		last = run.certificate.objective;
		arena_release(&run.arena);
	}
	arena_release(&toy.arena);
}

/* With 1/n as weight and beta / n the program is 1/n times the other. */
static void average_is_the_sum_divided(void **state)
{
	struct toy toy = toy_make(N, D, "logistic", 0.3);
	struct run sum = solve(&toy.problem, "{neurons: 50}", MOST_STEPS, 1e-10), mean;

	(void)state;
	toy.problem.loss.weight = 1.0 / N;
	toy.problem.beta /= N;
	mean = solve(&toy.problem, "{neurons: 50}", MOST_STEPS, 1e-12);
	check_close(mean.certificate.objective * N, sum.certificate.objective, 0, 1e-9);
	arena_release(&sum.arena);
	arena_release(&mean.arena);
	arena_release(&toy.arena);
}

static void refuse(const struct problem *problem, const char *options, enum status status,
		   const char *part)
{
	const struct desc *desc = registry_find(KIND_SOLVER, "scp");
	const struct trainer *scp = (const struct trainer *)(const void *)desc;
	struct arena arena = {0};
	struct err err = {0};
	void *state;

	void *bound = toy_options(desc, options, &arena);
	enum status found = trainer_check(scp, problem, bound, &err);

	if (found == STATUS_OK)
		found = scp->setup(problem, bound, &arena, &state, &err);
	assert_int_equal(found, status);
	assert_non_null(strstr(err.text, part));
	arena_release(&arena);
}

static void what_cannot_be_solved_is_refused(void **state)
{
	struct toy toy = toy_make(N, D, "hinge", 0.3);

	(void)state;
	refuse(&toy.problem, "{method: fista}", STATUS_SPEC,
	       "scp: expected a loss with a finite second derivative, got \"hinge\"");
	refuse(&toy.problem, "{method: ista}", STATUS_SPEC, "got \"hinge\"");
	refuse(&toy.problem, "{method: coordinate}", STATUS_SPEC, "got \"hinge\"");
	refuse(&toy.problem, "{method: newton, first: 20}", STATUS_SPEC,
	       "scp: expected a method that solves for the first neurons first, such as "
	       "working_set, got \"newton\" with first: 20");
	arena_release(&toy.arena);
}

/* No neuron is active: the zero network, certified. */
static void without_an_active_neuron_zero_is_optimal(void **state)
{
	static const char *const losses[] = {"squared", "logistic", "hinge", "squared_hinge",
					     "huber"};

	(void)state;
	for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
		struct toy toy = toy_make(N, D, losses[i], 0.3);
		struct run run;

		mat_fill(toy.problem.X, 0);
		run = solve(&toy.problem, "{}", MOST_STEPS, 1e-12);
		assert_int_equal(run.net.U.cols, 0);
		assert_int_equal(run.progress.end, OUTCOME_CONVERGED);
		check_close(gap_of(&run), 0, 0, 1e-12);
		check_close(run.certificate.upper, toy_objective(&toy.problem, &run.net), 0,
			    1e-12 * N);
		arena_release(&run.arena);
		arena_release(&toy.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newton_closes_the_gap_for_any_beta),
		cmocka_unit_test(methods_meet_the_same_optimum),
		cmocka_unit_test(solutions_satisfy_the_optimality_conditions),
		cmocka_unit_test(network_has_the_objective_of_the_program),
		cmocka_unit_test(neurons_are_nested),
		cmocka_unit_test(average_is_the_sum_divided),
		cmocka_unit_test(what_cannot_be_solved_is_refused),
		cmocka_unit_test(without_an_active_neuron_zero_is_optimal),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
