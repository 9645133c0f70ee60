/* The convex program's verifier against naive loops: objective, feasibility, repaired point, dual
 * bound, recovered network. */
#include "solvers/cvx/cvx.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 15, D = 4, P = 6, LOSSES = 7 };

static const char *const losses[LOSSES] = {
	"squared",       "logistic", "{logistic: {loss_scale: 2}}", "hinge",
	"squared_hinge", "huber",    "{huber: {delta: 0.3}}"};

/* Sums of some hundred terms that are below a hundred. */
static const double TOLERANCE = 1e4 * REAL_EPSILON;

struct fixture {
	struct toy toy;
	struct patterns patterns;
	struct cvx cvx;
	struct mat V, W, NV, NW;
	struct cvx_dual dual;
	real *alpha, *f;
	struct rng rng;
};

static void make(struct fixture *t, const char *loss, double weight)
{
	struct pattern_options options;
	struct err err = {0};
	struct arena *arena = &t->toy.arena;

	t->toy = toy_make(N, D, loss, 0.3);
	t->toy.problem.loss.weight = weight;
	options = toy_patterns(arena_format(arena, "{count: %d}", P), arena);
	assert_int_equal(pattern_sample(&options, &t->toy.problem, 0, arena, &t->patterns, &err),
			 STATUS_OK);
	t->cvx = cvx_new(&t->toy.problem, &t->patterns, arena);
	t->V = mat_new(arena, D, P);
	t->W = mat_new(arena, D, P);
	t->NV = mat_new(arena, N, P);
	t->NW = mat_new(arena, N, P);
	t->alpha = ARENA_ARRAY(arena, real, N);
	t->f = ARENA_ARRAY(arena, real, N);
	t->dual = (struct cvx_dual){t->alpha, t->NV, t->NW, 0};
	t->rng = rng_stream(11, "test_cvx", 0);
}

static void finish(struct fixture *t)
{
	arena_release(&t->toy.arena);
}

static void assert_near(double a, double b)
{
	check_close(a, b, TOLERANCE, TOLERANCE);
}

/* e_ki x_k' v_i */
static double slack(const struct fixture *t, struct mat V, ptrdiff_t k, ptrdiff_t i)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < D; j++)
		sum += (double)mat_get(t->toy.problem.X, k, j) * (double)mat_get(V, j, i);
	return gates_get(t->patterns.D, k, i) ? sum : -sum;
}

static double column_norm(struct mat V, ptrdiff_t i)
{
	double square = 0;

	for (ptrdiff_t j = 0; j < V.rows; j++)
		square += pow((double)mat_get(V, j, i), 2);
	return sqrt(square);
}

/* Objective from the definition. */
static double objective(const struct fixture *t, struct mat V, struct mat W)
{
	const struct problem *p = &t->toy.problem;
	double loss = 0, norms = 0;

	for (ptrdiff_t k = 0; k < N; k++) {
		double f = 0;

		for (ptrdiff_t i = 0; i < P; i++)
			if (gates_get(t->patterns.D, k, i))
				f += slack(t, V, k, i) - slack(t, W, k, i);
		loss += toy_loss(p->loss, f, (double)p->y.at[k]);
	}
	for (ptrdiff_t i = 0; i < P; i++)
		norms += column_norm(V, i) + column_norm(W, i);
	return p->loss.weight * loss + p->beta * norms;
}

static void extent(const struct fixture *t, struct mat V, double *violation, double *largest)
{
	for (ptrdiff_t i = 0; i < P; i++)
		for (ptrdiff_t k = 0; k < N; k++) {
			*violation = fmax(*violation, -slack(t, V, k, i));
			*largest = fmax(*largest, fabs(slack(t, V, k, i)));
		}
}

/* Move each block of V along its direction by the least step that makes it feasible. */
static void repair(const struct fixture *t, struct mat V)
{
	for (ptrdiff_t i = 0; i < P; i++) {
		double step = 0;

		for (ptrdiff_t k = 0; k < N; k++)
			step = fmax(step, -slack(t, V, k, i) / slack(t, t->patterns.H, k, i));
		for (ptrdiff_t j = 0; j < D; j++)
			mat_set(V, j, i,
				mat_get(V, j, i) + (real)step * mat_get(t->patterns.H, j, i));
	}
}

/* The upper bound is the objective of the feasible point that comes with it. */
static void check_upper(const struct fixture *t, const struct certificate *c)
{
	double violation = 0, largest = 0;

	extent(t, t->cvx.RV, &violation, &largest);
	extent(t, t->cvx.RW, &violation, &largest);
	check_at_most(violation, TOLERANCE * fmax(1, largest));
	assert_near(c->upper, objective(t, t->cvx.RV, t->cvx.RW));
}

static void points_are_measured_by_the_definition(void **state)
{
	(void)state;
	for (int l = 0; l < LOSSES; l++) {
		struct fixture t;
		struct certificate c;
		double violation = 0, largest = 0;

		make(&t, losses[l], 0.7);
		toy_fill(t.V, &t.rng);
		toy_fill(t.W, &t.rng);
		cvx_certify(&t.cvx, t.V, t.W, &t.dual, &c);
		extent(&t, t.V, &violation, &largest);
		extent(&t, t.W, &violation, &largest);
		check_above(violation, 0.1); /* random points are not feasible */
		assert_near(c.objective, objective(&t, t.V, t.W));
		assert_near(c.feasibility, violation / largest);
		assert_near(cvx_group_norm(2, mat_cols(t.V, 1, 1)), 2 * column_norm(t.V, 1));
		check_upper(&t, &c);
		repair(&t, t.V);
		repair(&t, t.W);
		check_at_most(c.upper, objective(&t, t.V, t.W));
		finish(&t);
	}
}

/* V = H diag(s), s >= 0: interior points of the cones, some blocks zero. */
static void feasible_point(struct fixture *t, struct mat V)
{
	double size = 0.5 * rng_uniform(&t->rng);

	for (ptrdiff_t i = 0; i < P; i++) {
		double s = rng_uniform(&t->rng) < 0.3 ? 0 : size * rng_uniform(&t->rng);

		for (ptrdiff_t j = 0; j < D; j++)
			mat_set(V, j, i, (real)s * mat_get(t->patterns.H, j, i));
	}
}

static void feasible_points_need_no_repair(void **state)
{
	struct fixture t;
	struct certificate c;

	(void)state;
	make(&t, "logistic", 1);
	cvx_certify(&t.cvx, t.V, t.W, &t.dual, &c); /* zero */
	check_equal(c.feasibility, 0);
	assert_near(c.objective, N * log(2));
	assert_near(c.upper, N * log(2));
	feasible_point(&t, t.V);
	feasible_point(&t, t.W);
	cvx_certify(&t.cvx, t.V, t.W, &t.dual, &c);
	check_at_most(c.feasibility, TOLERANCE);
	assert_near(c.objective, objective(&t, t.V, t.W));
	check_at_most(c.upper, c.objective * (1 + TOLERANCE)); /* a multiple may be better */
	check_upper(&t, &c);
	assert_string_equal(c.scope, "sampled");
	finish(&t);
}

static void blocks_without_interior_direction_are_left_out(void **state)
{
	struct fixture t;
	struct certificate c;

	(void)state;
	make(&t, "squared", 1);
	toy_fill(t.V, &t.rng);
	mat_fill(mat_cols(t.patterns.H, 2, 1), 0);
	cvx_certify(&t.cvx, t.V, t.W, &t.dual, &c);
	check_upper(&t, &c);
	assert_near(c.objective, objective(&t, t.V, t.W));
	finish(&t);
}

/* Blocks without a direction: as many of the longest ones are projected as can be paid for, others
 * are 0. */
static void what_projections_cost_is_limited(void **state)
{
	(void)state;
	for (ptrdiff_t paid = 0; paid <= 2; paid++) {
		struct fixture t;
		struct certificate c;
		double least = HUGE_VAL, most = 0, violation = 0, largest = 0;
		ptrdiff_t kept = 0;
		real ones[N];

		make(&t, "squared", 1);
		for (ptrdiff_t k = 0; k < N; k++)
			ones[k] = 1;
		t.toy.problem.y.at = ones; /* no scale of the repaired point is 0 */
		t.toy.problem.beta = 1e-6;
		cvx_prepare(&t.cvx);
		for (ptrdiff_t i = 0; i < P; i++) /* near their cones, and outside */
			for (ptrdiff_t j = 0; j < D; j++)
				mat_set(t.V, j, i,
					(real)(1 + (double)i) * mat_get(t.cvx.interior.H, j, i) +
						(real)rng_normal(&t.rng));
		t.cvx.exact = false;
		t.cvx.affordable = (double)paid * 2 * N * D * D;
		memset(t.cvx.interior.margin, 0, P * sizeof *t.cvx.interior.margin);
		cvx_certify(&t.cvx, t.V, t.W, &t.dual, &c);
		for (ptrdiff_t i = 0; i < P; i++) {
			double norm = column_norm(t.V, i);
			bool broken = false;

			for (ptrdiff_t k = 0; k < N; k++)
				broken = broken || slack(&t, t.V, k, i) < 0;
			if (!broken)
				continue;
			if (column_norm(t.cvx.RV, i) > 0) {
				kept++;
				least = fmin(least, norm);
			} else {
				most = fmax(most, norm);
			}
		}
		assert_int_equal(kept, paid);
		check_at_least(least, most);
		extent(&t, t.cvx.RV, &violation, &largest);
		check_at_most(violation, TOLERANCE);
		check_at_most(c.upper, DBL_MAX);
		finish(&t);
	}
}

/* A dual point: alpha = -grad L at random outputs, random multipliers (positive N count as none).
 */
static void random_dual(struct fixture *t)
{
	real gradient[N];

	for (ptrdiff_t k = 0; k < N; k++)
		t->f[k] = (real)rng_normal(&t->rng);
	loss_gradient(t->toy.problem.loss, N, t->f, t->toy.problem.y.at, gradient);
	for (ptrdiff_t k = 0; k < N; k++)
		t->alpha[k] = -gradient[k];
	toy_fill(t->NV, &t->rng);
	toy_fill(t->NW, &t->rng);
	t->dual.scale = 0.2 * rng_uniform(&t->rng);
}

/* min over eta >= 0 of |X'(sign d_i o alpha) + X'(e_i o eta)| by cyclic coordinate descent. */
static double block_norm(const struct fixture *t, ptrdiff_t i, double sign)
{
	enum { SWEEPS = 3000 };
	double r[D] = {0}, eta[N] = {0}, square = 0;

	for (ptrdiff_t k = 0; k < N; k++)
		for (ptrdiff_t j = 0; j < D; j++)
			r[j] += sign * (double)gates_get(t->patterns.D, k, i) *
				(double)t->alpha[k] * (double)mat_get(t->toy.problem.X, k, j);
	for (int sweep = 0; sweep < SWEEPS; sweep++)
		for (ptrdiff_t k = 0; k < N; k++) {
			double e = gates_get(t->patterns.D, k, i) ? 1 : -1, slope = 0, size = 0;
			double next;

			for (ptrdiff_t j = 0; j < D; j++) {
				double x = e * (double)mat_get(t->toy.problem.X, k, j);

				slope += x * r[j];
				size += x * x;
			}
			next = fmax(0, eta[k] - slope / size);
			for (ptrdiff_t j = 0; j < D; j++)
				r[j] += (next - eta[k]) * e *
					(double)mat_get(t->toy.problem.X, k, j);
			eta[k] = next;
		}
	for (ptrdiff_t j = 0; j < D; j++)
		square += r[j] * r[j];
	return sqrt(square);
}

/* max of -L*(-s alpha) over a grid of feasible s; concave in s, so the maximum is near. */
static double grid_bound(const struct fixture *t)
{
	enum { STEPS = 20000 };
	const struct problem *p = &t->toy.problem;
	double largest = 0, best = -HUGE_VAL, most;

	for (ptrdiff_t i = 0; i < P; i++)
		largest = fmax(largest, fmax(block_norm(t, i, 1), block_norm(t, i, -1)));
	most = fmin(16, p->beta / largest);
	for (int step = 0; step <= STEPS; step++)
		best = fmax(best,
			    -loss_conjugate(p->loss, N, -most * step / STEPS, t->alpha, p->y.at));
	return best;
}

/* The multipliers that are given do not matter where d is small: they are improved to the best. A
 * bound is more than the best scale gives where the dual point can be moved. */
static void bounds_are_no_worse_than_the_best_scale_and_multipliers(void **state)
{
	int better = 0;

	(void)state;
	for (int l = 0; l < LOSSES; l++) {
		struct fixture t;
		struct certificate c;

		make(&t, losses[l], 0.7);
		for (int trial = 0; trial < 5; trial++) {
			double grid;

			random_dual(&t);
			cvx_certify(&t.cvx, t.V, t.W, &t.dual, &c);
			grid = grid_bound(&t);
			check_at_least(c.lower_bound, grid - sqrt(TOLERANCE));
			better += c.lower_bound > grid * 1.01;
		}
		finish(&t);
	}
	check_above(better, 5);
}

/* Weak duality, whatever the points. */
static void no_bound_is_above_any_feasible_point(void **state)
{
	enum { TRIALS = 200 };

	(void)state;
	for (int l = 0; l < LOSSES; l++) {
		struct fixture t;
		struct certificate c;
		double highest = -HUGE_VAL, lowest = HUGE_VAL;

		make(&t, losses[l], l % 2 ? 1 : 1.0 / N);
		for (int trial = 0; trial < TRIALS; trial++) {
			feasible_point(&t, t.V);
			feasible_point(&t, t.W);
			random_dual(&t);
			cvx_certify(&t.cvx, t.V, t.W, &t.dual, &c);
			highest = fmax(highest, c.lower_bound);
			lowest = fmin(lowest, objective(&t, t.V, t.W));
			toy_fill(t.V, &t.rng); /* and of repaired ones */
			cvx_certify(&t.cvx, t.V, t.W, &t.dual, &c);
			lowest = fmin(lowest, c.upper);
		}
		check_above(highest, 0); /* it says something */
		check_at_most(highest, lowest * (1 + TOLERANCE));
		finish(&t);
	}
}

static void networks_equal_the_feasible_points_they_come_from(void **state)
{
	(void)state;
	for (int l = 0; l < LOSSES; l++) {
		struct fixture t;
		struct net net;
		struct model_work work;

		make(&t, losses[l], 0.7);
		net = net_new(&t.toy.arena, D, 2 * P);
		work = net_work_new(&t.toy.arena, 2 * P);
		feasible_point(&t, t.V);
		feasible_point(&t, t.W);
		mat_fill(mat_cols(t.V, 0, 1), 0); /* left out */
		cvx_network(t.V, t.W, &net);
		check_below(net.U.cols, 2 * P);
		for (ptrdiff_t k = 0; k < N; k++) {
			double f = 0;

			for (ptrdiff_t i = 0; i < P; i++)
				f += gates_get(t.patterns.D, k, i)
					     ? slack(&t, t.V, k, i) - slack(&t, t.W, k, i)
					     : 0;
			assert_near(toy_output(&net, t.toy.problem.X, k), f);
		}
		assert_near(toy_objective(&t.toy.problem, &net), objective(&t, t.V, t.W));
		assert_near(trainer_objective(&t.toy.problem, &net.base, t.f, &work),
			    objective(&t, t.V, t.W));
		for (ptrdiff_t j = 0; j < net.U.cols; j++) /* balanced: the cheapest split */
			assert_near(column_norm(net.U, j), fabs((double)net.alpha[j]));
		finish(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_are_measured_by_the_definition),
		cmocka_unit_test(feasible_points_need_no_repair),
		cmocka_unit_test(blocks_without_interior_direction_are_left_out),
		cmocka_unit_test(what_projections_cost_is_limited),
		cmocka_unit_test(bounds_are_no_worse_than_the_best_scale_and_multipliers),
		cmocka_unit_test(no_bound_is_above_any_feasible_point),
		cmocka_unit_test(networks_equal_the_feasible_points_they_come_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
