/* ADMM: u-updates against the system they solve and against each other; the optimum is the same
 * whatever the loss's split, the penalties and the relaxation. Known optima are in tests/golden. */
#include "solvers/convex/u_update.h"
#include "solvers/core/blas.h"
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

	run.trainer = (const struct trainer *)(const void *)desc;
	if (run.trainer->setup(problem, toy_options(desc, options, &run.arena), &run.arena,
			       &run.state, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	run.net = net_new(&run.arena, problem->X.cols, run.trainer->width(run.state));
	return run;
}

static void advance(struct run *run, long steps)
{
	struct progress progress = {0};

	for (long step = 0; step < steps; step++)
		run->trainer->step(run->state, &progress);
	run->trainer->network(run->state, &run->net);
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

/* --- the u-step alone ------------------------------------------------------------------------ */

struct system {
	struct arena arena;
	struct u_system u;
	struct mat gram;    /* I + sigma X'X */
	struct mat R, U, Y; /* right-hand sides, solution, X times it */
	real *p, *f;
};

static struct system system_make(ptrdiff_t n, ptrdiff_t d, ptrdiff_t P, double c)
{
	const double sigma = 1.7;
	struct system s = {.u = {.c = c}};
	struct rng rng = rng_stream(13, "test_admm", (uint64_t)n);

	s.u.X = mat_new(&s.arena, n, d);
	s.u.D = mat_new(&s.arena, n, P);
	s.gram = mat_new(&s.arena, d, d);
	s.R = mat_new(&s.arena, d, 2 * P);
	s.U = mat_new(&s.arena, d, 2 * P);
	s.Y = mat_new(&s.arena, n, 2 * P);
	s.p = ARENA_ARRAY(&s.arena, real, n);
	s.f = ARENA_ARRAY(&s.arena, real, n);
	toy_fill(s.u.X, &rng);
	toy_fill(s.R, &rng);
	toy_fill((struct mat){n, 1, n, s.p}, &rng);
	for (ptrdiff_t i = 0; i < P; i++)
		for (ptrdiff_t k = 0; k < n; k++)
			mat_set(s.u.D, k, i, rng_uniform(&rng) < 0.5);
	for (ptrdiff_t a = 0; a < d; a++)
		for (ptrdiff_t b = 0; b < d; b++) {
			double sum = a == b;

			for (ptrdiff_t k = 0; k < n; k++)
				sum += sigma * (double)mat_get(s.u.X, k, a) *
				       (double)mat_get(s.u.X, k, b);
			mat_set(s.gram, a, b, (real)sum);
		}
	s.u.M = mat_new(&s.arena, d, d);
	mat_copy(s.u.M, s.gram);
	assert_true(blas_cholesky(s.u.M));
	return s;
}

/* (X U)_ki */
static double activation(const struct system *s, ptrdiff_t k, ptrdiff_t i)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < s->u.X.cols; j++)
		sum += (double)mat_get(s->u.X, k, j) * (double)mat_get(s->U, j, i);
	return sum;
}

/* f(B)_k = sum_i d_ki x_k' b_i */
static double output(const struct system *s, ptrdiff_t k)
{
	ptrdiff_t P = s->u.D.cols;
	double f = 0;

	for (ptrdiff_t i = 0; i < P; i++)
		f += (double)mat_get(s->u.D, k, i) * activation(s, k, P + i);
	return f;
}

/* M A = R_A in columns below P, M B + c X'(D o ((f(B) - p) 1')) = R_B in the others. */
static double residual(const struct system *s, ptrdiff_t j, ptrdiff_t i)
{
	ptrdiff_t P = s->u.D.cols;
	double sum = -(double)mat_get(s->R, j, i);

	for (ptrdiff_t a = 0; a < s->u.X.cols; a++)
		sum += (double)mat_get(s->gram, j, a) * (double)mat_get(s->U, a, i);
	for (ptrdiff_t k = 0; i >= P && k < s->u.X.rows; k++)
		sum += s->u.c * (double)mat_get(s->u.X, k, j) * (double)mat_get(s->u.D, k, i - P) *
		       (output(s, k) - (double)s->p[k]);
	return sum;
}

/* Options that make an update exact to rounding: set where it has them. */
static const char *exact(const struct desc *update)
{
	return strcmp(update->name, "pcg") == 0 ? "{tolerance: 1e-300, iterations: 1000}" : "{}";
}

static void check_system(const struct u_update *update, ptrdiff_t n, ptrdiff_t d, ptrdiff_t P,
			 double c)
{
	struct system s = system_make(n, d, P, c);
	/* terms of size 1 to c n P, summed over n P of them */
	double tolerance = REAL_EPSILON * (1 + c) * 100 * (double)(n * P);
	struct arena arena = {0};
	struct err err = {0};
	void *state;

	assert_int_equal(update->setup(&s.u,
				       toy_options(&update->base, exact(&update->base), &arena),
				       &arena, &state, &err),
			 STATUS_OK);
	for (int repeat = 0; repeat < 2; repeat++) { /* no memory of the solve before */
		mat_copy(s.U, s.R);
		update->solve(state, s.p, s.U, s.Y, s.f);
		for (ptrdiff_t i = 0; i < 2 * P; i++) {
			for (ptrdiff_t j = 0; j < d; j++)
				assert_true(fabs(residual(&s, j, i)) < tolerance);
			for (ptrdiff_t k = 0; k < n; k++)
				assert_true(fabs(activation(&s, k, i) -
						 (double)mat_get(s.Y, k, i)) < tolerance);
		}
		for (ptrdiff_t k = 0; k < n; k++)
			assert_true(fabs(output(&s, k) - (double)s.f[k]) < tolerance);
	}
	arena_release(&arena);
	arena_release(&s.arena);
}

static void every_u_update_solves_the_normal_equations(void **state)
{
	(void)state;
	for (size_t i = 0; i < registry_count(KIND_U_UPDATE); i++) {
		const struct u_update *update =
			(const struct u_update *)(const void *)registry_at(KIND_U_UPDATE, i);

		check_system(update, 1, 1, 1, 1);
		check_system(update, 12, 5, 3, 0.3);
		check_system(update, 7, 9, 4, 20);    /* d > n */
		check_system(update, 40, 3, 12, 2);   /* P > d */
		check_system(update, 530, 2, 2, 0.1); /* more rows than a block */
	}
}

/* Where a setup costs as much as many iterations, conjugate gradients go first; the direct update
 * takes over once they have cost a share of it, and says so. */
static void a_long_setup_is_put_off(void **state)
{
	const ptrdiff_t n = 1200, d = 6, P = 200;
	struct system s = system_make(n, d, P, 0.1);
	const struct u_update *update =
		(const struct u_update *)(const void *)registry_find(KIND_U_UPDATE, "auto");
	struct arena arena = {0};
	struct err err = {0};
	void *u;

	(void)state;
	assert_int_equal(
		update->setup(&s.u,
			      toy_options(&update->base, "{iterative: {pcg: {tolerance: 1e-13}}}",
					  &arena),
			      &arena, &u, &err),
		STATUS_OK);
	assert_non_null(strstr(update->note(u), "u_update pcg, which has not"));
	for (int solve = 0; solve < 40; solve++) {
		s.p[0] += (real)(0.1 * solve); /* else the last solution is right */
		mat_copy(s.U, s.R);
		update->solve(u, s.p, s.U, s.Y, s.f);
		if (solve % 10 == 0)
			for (ptrdiff_t i = P - 1; i < 2 * P; i += P)
				assert_true(fabs(residual(&s, 1, i)) < 1e-6);
	}
	assert_non_null(strstr(update->note(u), "then dual"));
	arena_release(&arena);
	arena_release(&s.arena);
}

/* --- iterates and optimum -------------------------------------------------------------------- */

static const char *const iterate_options =
	"{patterns: 9, rho: 0.3, sigma: 2.5, kappa: 0.7, relaxation: 1.4, u_update: %s}";

static void compare_iterates(struct toy *toy, const struct run *dual, const struct desc *update)
{
	const char *choice = arena_format(&toy->arena, "{%s: %s}", update->name, exact(update));
	struct run other = start(&toy->problem, arena_format(&toy->arena, iterate_options, choice));

	advance(&other, 20);
	assert_int_equal(dual->net.U.cols, other.net.U.cols);
	for (ptrdiff_t j = 0; j < dual->net.U.cols; j++) {
		assert_true(fabs((double)(dual->net.alpha[j] - other.net.alpha[j])) < 1e-9);
		for (ptrdiff_t i = 0; i < D; i++)
			assert_true(fabs((double)(mat_get(dual->net.U, i, j) -
						  mat_get(other.net.U, i, j))) < 1e-9);
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
		assert_true(dual.net.U.cols > 2);
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

		assert_true(gap_of(&run) >= -1e-12 * N);
		assert_true(c->objective <= c->upper + 1e-4 &&
			    c->objective >= c->lower_bound - 1e-4);
		assert_true(c->feasibility < 1e-3);
		assert_true(c->lower_bound > 0);
		/* the iterate is not quite feasible, so the network is not quite its output */
		assert_true(fabs(toy_objective(&toy.problem, &run.net) - c->objective) < 1e-3);
		finish(&run);
		arena_release(&toy.arena);
	}
}

/* Intervals [lower, upper] of the same optimum overlap. */
static void check_same_optimum(const struct run *a, const struct run *b)
{
	assert_true(a->certificate.lower_bound <= b->certificate.upper + 1e-12 * N);
	assert_true(b->certificate.lower_bound <= a->certificate.upper + 1e-12 * N);
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
			assert_true(fabs((double)(mean.net.alpha[j] - sum.net.alpha[j])) < 1e-9);
		mean.trainer->certify(mean.state, &mean.certificate);
		assert_true(fabs(sum.certificate.objective - N * mean.certificate.objective) <
			    1e-9);
		assert_true(fabs(sum.certificate.lower_bound - N * mean.certificate.lower_bound) <
			    1e-8);
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
		assert_true(fabs(one.certificate.objective - other.certificate.objective) <
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
			assert_true(early_neurons(beta, losses[l], "{patterns: 12}") > 0);
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

		assert_true(run.certificate.lower_bound <= last + 1e-9);
		last = run.certificate.upper;
		finish(&run);
	}
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_u_update_solves_the_normal_equations),
		cmocka_unit_test(a_long_setup_is_put_off),
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
