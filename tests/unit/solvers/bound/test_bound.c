/* Bounds of max |nu'relu(X u)| / |u| against dense sampling with local ascent, and in two
 * dimensions against all kinks; bounds of the objective against the optimum over all networks. */
#include "solvers/bound/dual.h"
#include "solvers/bound/kappa.h"
#include "solvers/bound/nonnegative.h"
#include "solvers/bound/transport.h"
#include "tests/close.h"
#include "tests/toy.h"
#include "tests/trial.h"

#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SEEDS = 200, SAMPLES = 2000, BOXES = 40000 };

static const double ROUNDING = 1e-12, AGREED = 1e-6;

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
 * zeros, a bias, one sign of alpha, or a long row. */
static struct trouble trouble_with(uint64_t seed, ptrdiff_t room)
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
		for (ptrdiff_t j = 0; j < d && seed % 7 == 0 && i == n / 2; j++)
			mat_set(X, i, j, 30 * mat_get(X, i, j));
		if (seed % 7 == 3)
			mat_set(X, i, 0, 0);
		if (seed % 7 == 5)
			mat_set(X, i, d - 1, 1);
		if (seed % 7 == 6)
			t.alpha[i] = (real)fabs((double)t.alpha[i]);
	}
	t.rows = ARENA_NEW(&t.arena, struct distinct);
	*t.rows = distinct_new(&t.problem, &t.arena);
	t.kappa = kappa_new(t.rows, room, &t.arena);
	t.u = ARENA_ARRAY(&t.arena, double, d);
	t.work = ARENA_ARRAY(&t.arena, double, d);
	return t;
}

static struct trouble trouble_new(uint64_t seed)
{
	return trouble_with(seed, BOXES);
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

/* With hardly any room the search goes on within the boxes. */
static void without_room_it_closes_too(void **state)
{
	int deep = 0;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct trouble t = trouble_with(seed, 1);
		double best, K = 0;

		kappa_pose(&t.kappa, &t.problem, t.alpha, 0);
		best = sampled(&t);
		for (int slice = 0; slice < 8; slice++) {
			kappa_run(&t.kappa, slice < 4 ? 100 : BOXES);
			K = kappa_bound(&t.kappa);
			check_at_least(K * (1 + ROUNDING) + ROUNDING, best);
		}
		check_close(K, t.kappa.best, 3e-5, 1e-9);
		deep += t.kappa.aim < HUGE_VAL;
		arena_release(&t.arena);
	}
	check_at_least(deep, SEEDS / 10);
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

struct solved {
	struct certificate c;
	struct progress p;
};

static struct solved solve(const struct problem *problem, const char *options, int steps)
{
	const struct trainer *trainer =
		(const struct trainer *)(const void *)registry_find(KIND_TRAINER, "all_networks");
	struct solved s = {.p.end = OUTCOME_RUNNING};
	struct arena arena = {0};
	struct err err = {0};
	double before = 0;
	void *state;

	assert_int_equal(trainer->setup(problem, toy_options(&trainer->base, options, &arena),
					&arena, &state, &err),
			 STATUS_OK);
	for (int k = 0; k < steps && s.p.end == OUTCOME_RUNNING; k++) {
		trainer->step(state, &s.p);
		trainer->certify(state, &s.c);
		check_at_least(s.c.lower_bound, before); /* the best so far */
		before = s.c.lower_bound;
	}
	assert_string_equal(s.c.scope, "all networks");
	arena_release(&arena);
	return s;
}

/* next = net less `rate` times the gradient of the objective, g that of the loss in the outputs. */
static void downhill(const struct problem *p, const struct net *net, const real *g, double rate,
		     struct net *next)
{
	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double a = (double)net->alpha[j], slope = p->beta * a;

		for (ptrdiff_t i = 0; i < p->X.cols; i++) {
			double u = (double)mat_get(net->U, i, j);

			mat_set(next->U, i, j, (real)(u - rate * p->beta * u));
		}
		for (ptrdiff_t k = 0; k < p->X.rows; k++) {
			double z = 0;

			for (ptrdiff_t i = 0; i < p->X.cols; i++)
				z += (double)mat_get(p->X, k, i) * (double)mat_get(net->U, i, j);
			slope += fmax(0, z) * (double)g[k];
			for (ptrdiff_t i = 0; z > 0 && i < p->X.cols; i++)
				mat_set(next->U, i, j,
					mat_get(next->U, i, j) - (real)(rate * a * (double)g[k]) *
									 mat_get(p->X, k, i));
		}
		next->alpha[j] = (real)(a - rate * slope);
	}
}

/* The lowest objective of a network by gradient descent on both layers, over some random starts of
 * several widths; a step that raises it is halved. */
static double backprop(const struct problem *p, uint64_t seed)
{
	struct rng rng = rng_stream(seed, "backprop", 0);
	struct arena arena = {0};
	ptrdiff_t n = p->X.rows, d = p->X.cols;
	real *f = ARENA_ARRAY(&arena, real, n), *g = ARENA_ARRAY(&arena, real, n);
	double best = HUGE_VAL;

	for (ptrdiff_t m = 1; m <= 4; m++) {
		struct net net = net_new(&arena, d, m), next = net_new(&arena, d, m);
		double rate = 0.1, now, then;

		toy_fill(net.U, &rng);
		for (ptrdiff_t j = 0; j < m; j++)
			net.alpha[j] = (real)rng_normal(&rng);
		now = toy_objective(p, &net);
		for (int step = 0; step < 100 && rate > 1e-9; step++) {
			for (ptrdiff_t k = 0; k < n; k++)
				f[k] = (real)toy_output(&net, p->X, k);
			loss_gradient(p->loss, (size_t)n, f, p->y.at, g);
			downhill(p, &net, g, rate, &next);
			then = toy_objective(p, &next);
			rate *= then < now ? 1.2 : 0.5;
			if (!(then < now))
				continue;
			mat_copy(net.U, next.U);
			memcpy(net.alpha, next.alpha, (size_t)m * sizeof *net.alpha);
			now = then;
		}
		best = fmin(best, now);
	}
	arena_release(&arena);
	return best;
}

/* The objective of its network and the bound, both from both sides. */
static void bounds_meet_the_optimum_over_all_networks(void **state)
{
	/* of each loss, what the transport has of the optimum */
	static const double least[] = {0.5, 0.6, 0.55, 0.55, 0.6};
	double shares[5] = {0};

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct trial *t = trial_new(seed);
		double slack = 1e-9 * (t->all.upper + t->zero);
		struct solved s =
			solve(&t->problem, "{width: 30, nodes: 5000, tolerance: 1e-7}", 40);

		check_at_most(s.c.lower_bound, t->all.upper + slack);
		check_at_least(s.c.lower_bound, t->all.upper * (1 - AGREED) - slack);
		check_at_least(s.c.upper, t->all.lower - slack);
		check_at_most(s.c.upper, t->all.upper * (1 + AGREED) + slack);
		check_at_least(backprop(&t->problem, seed), s.c.lower_bound - slack);
		s = solve(&t->problem, "{method: transport, width: 30, rounds: 1}", 40);
		check_at_most(s.c.lower_bound, t->all.upper + slack);
		check_at_least(s.c.upper, t->all.lower - slack);
		shares[seed % 5] += s.c.lower_bound / t->all.upper;
		if (t->problem.loss.loss->quadratic && seed % 4 == 0) {
			s = solve(&t->problem, "{method: nonnegative, width: 30, rounds: 1}", 52);
			check_at_most(s.c.lower_bound, t->all.upper + slack);
		}
		trial_free(t);
	}
	for (int l = 0; l < 5; l++)
		check_at_least(shares[l] / (SEEDS / 5.0), least[l]);
}

/* min over a of (a |x| - y)^2 / 2 + beta |a| */
static void one_sample_is_a_soft_threshold(void **state)
{
	static const char *const options[] = {"{method: branch_and_bound, tolerance: 1e-6}",
					      "{method: transport, rounds: 5}"};
	static const double targets[] = {1.7, -1.7, 0.05};

	(void)state;
	for (int i = 0; i < 6; i++) {
		struct toy toy = toy_make(1, 3, "squared", 0.4);
		real y = (real)targets[i % 3];
		double x = 0, want;
		struct solved s;

		for (ptrdiff_t j = 0; j < 3; j++)
			x += pow((double)mat_get(toy.problem.X, 0, j), 2);
		x = sqrt(x);
		toy.problem.y.at = &y;
		want = fabs((double)y) * x > 0.4 ? 0.4 * fabs((double)y) / x - 0.08 / (x * x)
						 : (double)y * (double)y / 2;
		s = solve(&toy.problem, options[i / 3], 60);
		check_at_most(s.c.lower_bound, want * (1 + 1e-12));
		check_at_least(s.c.lower_bound, want * (1 - 1e-3));
		arena_release(&toy.arena);
	}
}

/* Any multipliers, allowed or not, of any cones or none, and any nu. */
static void arbitrary_multipliers_bound_every_neuron(void **state)
{
	int found = 0;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed += 3) {
		struct trouble t = trouble_new(seed);
		struct problem *p = &t.problem;
		ptrdiff_t n = t.rows->n;
		struct products m = products_new(n, &t.arena);
		struct cone_multipliers c = cone_multipliers_new(n, p->X.cols, &t.arena);
		struct mat all[] = {m.zz, m.ww, m.zw,           {n, 1, n, m.az}, {n, 1, n, m.aw},
				    c.G,  c.H,  {n, 1, n, c.p}, {n, 1, n, c.q}};
		size_t some = sizeof all / sizeof *all - (seed % 2 ? 4 : 0);
		struct nonnegative_bound bound;
		struct dual dual;
		double K[2];

		p->loss = toy_loss_term("squared", &t.arena);
		p->beta = 0.1;
		p->y = targets_of(t.alpha, p->X.rows);
		dual = dual_new(p, t.rows, &t.arena);
		bound = nonnegative_bound_new(&dual, &t.arena);
		for (size_t i = 0; i < some; i++)
			toy_fill(all[i], &t.rng);
		distinct_gather(t.rows, p, t.alpha, t.kappa.nu);
		for (int g = 0; g < 2 && n > 0; g++)
			K[g] = nonnegative_kappa(&bound, t.kappa.nu, g ? -1 : 1, &m, &c, 0.7);
		if (n > 0 && fmax(K[0], K[1]) < HUGE_VAL) {
			check_at_least(fmax(K[0], K[1]) * (1 + ROUNDING) + ROUNDING, sampled(&t));
			found++;
		}
		arena_release(&t.arena);
	}
	check_at_least(found, SEEDS / 6);
}

/* A cone without alpha is that with as much as it needs. */
static void cones_are_held_by_alpha(void **state)
{
	const double x[] = {0.5, 1, 2}, nu[] = {1, 0.3, 2};
	struct arena arena = {0};
	struct problem p = {
		.X = mat_new(&arena, 3, 1), .loss = toy_loss_term("squared", &arena), .beta = 0.1};
	struct products m = products_new(3, &arena);
	struct cone_multipliers c = cone_multipliers_new(3, 1, &arena);
	real *y = ARENA_ARRAY(&arena, real, 3);
	struct nonnegative_bound bound;
	struct distinct rows;
	struct dual dual;
	double without;

	(void)state;
	for (int i = 0; i < 3; i++) {
		mat_set(p.X, i, 0, (real)x[i]);
		mat_set(c.G, i, 0, (real)-nu[i]);
		mat_set(c.H, i, 0, (real)x[i]);
	}
	p.y = targets_of(y, 3);
	rows = distinct_new(&p, &arena);
	dual = dual_new(&p, &rows, &arena);
	bound = nonnegative_bound_new(&dual, &arena);
	without = nonnegative_kappa(&bound, nu, 1, &m, &c, 1);
	for (int i = 0; i < 3; i++) {
		c.p[i] = (real)nu[i];
		c.q[i] = (real)x[i];
	}
	check_close(nonnegative_kappa(&bound, nu, 1, &m, &c, 1), without, 1e-9, 0);
	arena_release(&arena);
}

/* The values of both signs are above every neuron at any iteration; where they converge quickly
 * they come near beta. */
static void multipliers_bound_every_neuron(void **state)
{
	int near = 0, count = 0;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed += 3) {
		struct trouble t = trouble_new(seed);
		struct problem *p = &t.problem;
		struct dual dual;
		struct nonnegative relaxation;

		p->loss = toy_loss_term("squared", &t.arena);
		p->beta = 0.1;
		p->y = targets_of(t.alpha, p->X.rows);
		dual = dual_new(p, t.rows, &t.arena);
		relaxation = nonnegative_new(&dual, &t.arena);
		for (int round = 0; round < 6 && nonnegative_round(&relaxation); round++) {
			double K = 0;

			for (int g = 0; g < 2; g++)
				K = fmax(K, relaxation.value[g]);
			if (!(K < HUGE_VAL))
				continue;
			memcpy(t.kappa.nu, relaxation.nu, (size_t)t.rows->n * sizeof(double));
			t.alpha = relaxation.bound.alpha;
			dual_place(&dual, relaxation.nu, t.alpha);
			check_at_least(K * (1 + ROUNDING) + ROUNDING, sampled(&t));
		}
		count += relaxation.k > 0;
		near += relaxation.bound.K > 0 && relaxation.bound.K < 1.5;
		arena_release(&t.arena);
	}
	check_at_least(near, 0.6 * count);
}

static void transports_bound_every_neuron(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct trouble t = trouble_new(seed);
		struct problem *p = &t.problem;
		struct dual dual;
		struct transport transport;
		ptrdiff_t n = p->X.rows;
		double K;

		p->loss = toy_loss_term("squared", &t.arena);
		p->beta = 0.1;
		p->y = targets_of(t.alpha, n);
		dual = dual_new(p, t.rows, &t.arena);
		transport = transport_new(&dual, &t.arena);
		transport_start(&transport);
		for (int round = 0; round < 3; round++) {
			transport_round(&transport);
			K = transport_certify(&transport);
			if (!(K < HUGE_VAL)) /* no rows but zeros */
				continue;
			t.alpha = transport.alpha;
			distinct_gather(t.rows, p, t.alpha, t.kappa.nu);
			check_at_least(K * (1 + ROUNDING) + ROUNDING, sampled(&t));
		}
		arena_release(&t.arena);
	}
}

/* On a grid of both its parameters. */
static void the_certificate_is_its_formula(void **state)
{
	struct trouble t = trouble_new(178); /* 17 rows, 4 features */
	struct problem *p = &t.problem;
	struct dual dual;
	struct transport s;
	double K, least = HUGE_VAL, S = 0;

	(void)state;
	p->loss = toy_loss_term("squared", &t.arena);
	p->beta = 0.1;
	p->y = targets_of(t.alpha, p->X.rows);
	dual = dual_new(p, t.rows, &t.arena);
	s = transport_new(&dual, &t.arena);
	transport_start(&s);
	transport_round(&s);
	K = transport_certify(&s);
	for (ptrdiff_t q = 0; q < s.count; q++)
		S += s.pair[q].pi * s.pair[q].pi / s.pair[q].g;
	for (int a = -300; a <= 300; a++) /* scale of g */
		for (int c = 1; c <= 400; c++) {
			double scale = exp(0.01 * a) * sqrt(S / (double)s.w[s.X.rows - 1]);
			double top = scale * (double)s.w[s.X.rows - 1] / 4,
			       l = top * (1 + 0.01 * c);
			double value = S / (4 * scale) + l;

			for (ptrdiff_t k = 0; k < s.X.rows; k++)
				value += s.coefficient[k] / (l - scale * (double)s.w[k] / 4) / 16;
			least = fmin(least, value);
		}
	check_close(K, least, 2e-3, 0);
	arena_release(&t.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_are_above_every_neuron),
		cmocka_unit_test(without_room_it_closes_too),
		cmocka_unit_test(in_two_dimensions_it_is_the_best_of_all_kinks),
		cmocka_unit_test(threads_change_no_bit),
		cmocka_unit_test(without_a_bound_of_kappa_there_is_none),
		cmocka_unit_test(bounds_meet_the_optimum_over_all_networks),
		cmocka_unit_test(one_sample_is_a_soft_threshold),
		cmocka_unit_test(transports_bound_every_neuron),
		cmocka_unit_test(multipliers_bound_every_neuron),
		cmocka_unit_test(arbitrary_multipliers_bound_every_neuron),
		cmocka_unit_test(cones_are_held_by_alpha),
		cmocka_unit_test(the_certificate_is_its_formula),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
