/* Bounds of max |nu'relu(X u)| / |u| against dense sampling with local ascent, and in two
 * dimensions against all kinks; bounds of the objective against the optimum over all networks. */
#include "solvers/bound/dual.h"
#include "solvers/bound/kappa.h"
#include "tests/close.h"
#include "tests/toy.h"
#include "tests/trial.h"

#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { SEEDS = 200, SAMPLES = 2000, BOXES = 40000 };

static const double ROUNDING = 1e-12;

struct trouble {
	struct arena arena;
	struct problem problem;
	struct distinct *rows;
	struct kappa kappa;
	real *alpha;
	double *u, *work;
	struct rng rng;
};

/* n rows of d features: by the seed with rows twice, opposite ones, a column of zeros, a row of
 * zeros, a bias, one sign of alpha, or nothing special. */
static struct trouble trouble_new(uint64_t seed)
{
	struct trouble t = {.rng = rng_stream(seed, "test_bound", 0)};
	ptrdiff_t n = 1 + (ptrdiff_t)(seed % 23), d = 1 + (ptrdiff_t)(seed / 3 % 4);
	struct mat X = t.problem.X = mat_new(&t.arena, n, d);

	toy_fill(X, &t.rng);
	t.alpha = ARENA_ARRAY(&t.arena, real, n);
	for (ptrdiff_t i = 0; i < n; i++) {
		t.alpha[i] = (real)rng_normal(&t.rng);
		for (ptrdiff_t j = 0; j < d && i > 0; j++) {
			if (seed % 7 == 1 && i % 2)
				mat_set(X, i, j, mat_get(X, i - 1, j));
			if (seed % 7 == 2 && i % 2)
				mat_set(X, i, j, -mat_get(X, i - 1, j));
			if (seed % 7 == 4 && i % 3 == 0)
				mat_set(X, i, j, 0);
		}
		if (seed % 7 == 3)
			mat_set(X, i, 0, 0);
		if (seed % 7 == 5)
			mat_set(X, i, d - 1, 1);
		if (seed % 7 == 6)
			t.alpha[i] = (real)fabs((double)t.alpha[i]);
	}
	t.rows = ARENA_NEW(&t.arena, struct distinct);
	*t.rows = distinct_new(&t.problem, &t.arena);
	t.kappa = kappa_new(t.rows, BOXES, &t.arena);
	t.u = ARENA_ARRAY(&t.arena, double, d);
	t.work = ARENA_ARRAY(&t.arena, double, d);
	return t;
}

/* |alpha'relu(X u)| / |u| from the samples, not the rows. */
static double value(const struct trouble *t, const double *u)
{
	double sum = 0, square = 0;

	for (ptrdiff_t j = 0; j < t->problem.X.cols; j++)
		square += u[j] * u[j];
	for (ptrdiff_t i = 0; i < t->problem.X.rows; i++) {
		double z = 0;

		for (ptrdiff_t j = 0; j < t->problem.X.cols; j++)
			z += (double)mat_get(t->problem.X, i, j) * u[j];
		sum += (double)t->alpha[i] * fmax(0, z);
	}
	return square > 0 ? fabs(sum) / sqrt(square) : 0;
}

static double sampled(struct trouble *t)
{
	double best = 0;

	for (int s = 0; s < SAMPLES; s++) {
		for (ptrdiff_t j = 0; j < t->rows->d; j++)
			t->u[j] = rng_normal(&t->rng);
		best = fmax(best, value(t, t->u));
		if (s % 50)
			continue;
		distinct_ascend(t->rows, t->kappa.nu, t->u, t->work);
		best = fmax(best, value(t, t->u));
	}
	return best;
}

static void bounds_are_above_every_neuron(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct trouble t = trouble_new(seed);
		double best, K;

		kappa_pose(&t.kappa, &t.problem, t.alpha, 0);
		best = sampled(&t);
		for (int slice = 0; slice < 4; slice++) { /* at any time */
			K = kappa_bound(&t.kappa);
			check_at_least(K * (1 + ROUNDING) + ROUNDING, best);
			kappa_run(&t.kappa, slice < 3 ? 50 : BOXES);
		}
		K = kappa_bound(&t.kappa);
		check_at_least(K * (1 + ROUNDING) + ROUNDING, best);
		check_close(K, t.kappa.best, 2e-5, 1e-9); /* it is closed */
		check_close(value(&t, t.kappa.u), t.kappa.best, 1e-9, 1e-12);
		arena_release(&t.arena);
	}
}

/* The value at c and -c, c'u the sum next to `at`. */
static double beside(const struct trouble *t, const double *at)
{
	struct mat X = t->problem.X;
	double c[2] = {0, 0}, back[2];

	for (ptrdiff_t k = 0; k < X.rows; k++) {
		double a = (double)mat_get(X, k, 0), b = (double)mat_get(X, k, 1);
		double by = a * at[0] + b * at[1] > 0 ? (double)t->alpha[k] : 0;

		c[0] += by * a;
		c[1] += by * b;
	}
	back[0] = -c[0];
	back[1] = -c[1];
	return fmax(value(t, c), value(t, back));
}

/* On an arc between two kinks the sum is c'u: the maximum is at c or at a kink. */
static double by_kinks(const struct trouble *t)
{
	double best = 0;

	for (ptrdiff_t i = 0; i < 2 * t->problem.X.rows; i++) {
		double side = i % 2 ? 1 : -1, a = (double)mat_get(t->problem.X, i / 2, 0);
		double b = (double)mat_get(t->problem.X, i / 2, 1), kink[2] = {-side * b, side * a};
		double left[2] = {kink[0] - 1e-7 * a, kink[1] - 1e-7 * b};
		double right[2] = {kink[0] + 1e-7 * a, kink[1] + 1e-7 * b};

		best = fmax(best, value(t, kink));
		best = fmax(best, fmax(beside(t, left), beside(t, right)));
	}
	return best;
}

static void in_two_dimensions_it_is_the_best_of_all_kinks(void **state)
{
	(void)state;
	for (uint64_t seed = 3; seed < SEEDS; seed++) {
		struct trouble t = trouble_new(seed);

		if (t.rows->d == 2) {
			kappa_pose(&t.kappa, &t.problem, t.alpha, 0);
			kappa_run(&t.kappa, BOXES);
			check_close(kappa_bound(&t.kappa), by_kinks(&t), 2e-5, 1e-9);
		}
		arena_release(&t.arena);
	}
}

static void threads_change_no_bit(void **state)
{
	double bound[2];

	(void)state;
	for (int threads = 1; threads <= 2; threads++) {
		struct trouble t;

		omp_set_num_threads(threads);
		t = trouble_new(176); /* 16 rows, 3 features */
		kappa_pose(&t.kappa, &t.problem, t.alpha, 0);
		kappa_run(&t.kappa, 300);
		bound[threads - 1] = kappa_bound(&t.kappa);
		arena_release(&t.arena);
	}
	omp_set_num_threads(1);
	check_equal(bound[0], bound[1]);
}

static void without_a_bound_of_kappa_there_is_none(void **state)
{
	struct toy toy = toy_make(12, 3, "squared", 0.5);
	struct distinct rows = distinct_new(&toy.problem, &toy.arena);
	struct dual dual = dual_new(&toy.problem, &rows, &toy.arena);
	real alpha[12];

	(void)state;
	for (int k = 0; k < 12; k++)
		alpha[k] = -toy.problem.y.at[k]; /* it points the wrong way: s is 0 */
	check_equal(dual_bound(&dual, alpha, 1), 0);
	check_equal(dual_bound(&dual, toy.problem.y.at, HUGE_VAL), 0);
	/* y itself at K <= beta: |y|^2 / 2, the objective of the zero network */
	check_close(dual_bound(&dual, toy.problem.y.at, 0.5), 6, 1e-12, 0);
	/* K = 2 beta: s y with s = 1/2 */
	check_close(dual_bound(&dual, toy.problem.y.at, 1), 6 * 0.75, 1e-12, 0);
	arena_release(&toy.arena);
}

static void bounds_meet_the_optimum_over_all_networks(void **state)
{
	const struct trainer *trainer =
		(const struct trainer *)(const void *)registry_find(KIND_TRAINER, "all_networks");
	int closed = 0, count = 0;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct trial *t = trial_new(seed);
		struct arena arena = {0};
		struct progress progress = {.end = OUTCOME_RUNNING};
		struct certificate c;
		struct err err = {0};
		double slack = 1e-9 * (t->all.upper + t->zero);
		void *s;

		assert_int_equal(trainer->setup(&t->problem,
						toy_options(&trainer->base,
							    "{width: 30, nodes: 5000, tolerance: "
							    "1e-7}",
							    &arena),
						&arena, &s, &err),
				 STATUS_OK);
		for (int k = 0; k < 40 && progress.end == OUTCOME_RUNNING; k++)
			trainer->step(s, &progress);
		trainer->certify(s, &c);
		assert_string_equal(c.scope, "all networks");
		check_at_most(c.lower_bound, t->all.upper + slack);
		check_at_least(c.upper, t->all.lower - slack);
		count++;
		closed += t->all.upper - c.lower_bound <= 1e-3 * t->all.upper + slack;
		arena_release(&arena);
		trial_free(t);
	}
	printf("  closed to 1e-3: %d of %d\n", closed, count);
	check_at_least(closed, 0.9 * count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_are_above_every_neuron),
		cmocka_unit_test(in_two_dimensions_it_is_the_best_of_all_kinks),
		cmocka_unit_test(threads_change_no_bit),
		cmocka_unit_test(without_a_bound_of_kappa_there_is_none),
		cmocka_unit_test(bounds_meet_the_optimum_over_all_networks),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
