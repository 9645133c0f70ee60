/* Certificates on degenerate data: whatever the points and multipliers, no lower bound is above any
 * upper one, both are finite, and the upper one is the objective of the repaired point's network.
 * Rank 1, equal and zero rows, constant columns, patterns that admit little or nothing, scales from
 * 1e-8 to 1e8; by active sets and by the splitting. */
#include "solvers/core/blas.h"
#include "solvers/cvx/cvx.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <omp.h>

enum { SEEDS = 300, ROUNDS = 6, LOSSES = 4 };

static const char *const losses[LOSSES] = {"squared", "logistic", "hinge", "{huber: {delta: 0.3}}"};

struct fixture {
	struct toy toy;
	struct mat D;
	struct patterns patterns;
	struct cvx cvx;
	struct mat V, W, NV, NW;
	struct rng rng;
	double scale; /* of X */
};

static ptrdiff_t below(struct rng *rng, ptrdiff_t most)
{
	return (ptrdiff_t)(rng_uniform(rng) * (double)most);
}

static void spoil_data(struct fixture *t, int kind)
{
	struct mat X = t->toy.problem.X;

	for (ptrdiff_t k = 0; k < X.rows; k++)
		for (ptrdiff_t j = 0; j < X.cols; j++) {
			real x = mat_get(X, k, j);

			if (kind % 5 == 1) /* rank 1 */
				x = mat_get(X, k, 0) * (real)(j + 1);
			if (kind % 5 == 2) /* equal rows */
				x = mat_get(X, k % 3, j);
			if (kind % 5 == 3 && k % 3 == 0) /* zero rows */
				x = 0;
			if (kind % 5 == 4 && j % 2 == 0) /* constant columns */
				x = 1;
			mat_set(X, k, j, x);
		}
	for (ptrdiff_t i = 0; i < X.rows * X.cols; i++)
		X.at[i] *= (real)t->scale;
}

static void make(struct fixture *t, uint64_t seed)
{
	struct pattern_options options = {.count = 1};
	struct err err = {0};
	struct arena *arena;
	ptrdiff_t n, d, P;
	double beta;

	t->rng = rng_stream(23, "test_cvx_degenerate", seed);
	n = 3 + below(&t->rng, 12);
	d = 1 + below(&t->rng, 6);
	P = 1 + below(&t->rng, 3);
	t->scale = pow(10, (double)below(&t->rng, 17) - 8);
	beta = t->scale * pow(10, -3 * rng_uniform(&t->rng));
	t->toy = toy_make(n, d, losses[seed % LOSSES], beta);
	arena = &t->toy.arena;
	spoil_data(t, (int)(seed % 25));
	options.file = seed % 3 ? "in memory" : NULL; /* random signs, or sampled patterns */
	options = options.file ? options : toy_patterns("{count: 3}", arena);
	t->D = mat_new(arena, n, P);
	for (ptrdiff_t i = 0; i < n * P; i++)
		t->D.at[i] = rng_uniform(&t->rng) < 0.5;
	toy_file(&t->toy.problem, (struct problem_file){.path = "in memory", .array = t->D}, arena);
	assert_int_equal(pattern_sample(&options, &t->toy.problem, 0, arena, &t->patterns, &err),
			 STATUS_OK);
	t->cvx = cvx_new(&t->toy.problem, &t->patterns, arena);
	t->V = mat_new(arena, d, t->patterns.D.cols);
	t->W = mat_new(arena, d, t->patterns.D.cols);
	t->NV = mat_new(arena, n, t->patterns.D.cols);
	t->NW = mat_new(arena, n, t->patterns.D.cols);
}

/* A point, a dual point from other outputs, and multipliers, all of the right sizes or far off. */
static void certify(struct fixture *t, struct certificate *c)
{
	const struct problem *p = &t->toy.problem;
	struct cvx_dual dual = {t->cvx.alpha, t->NV, t->NW, 0};
	double size = pow(10, 4 * rng_uniform(&t->rng) - 3);
	real f[32];

	toy_fill(t->V, &t->rng);
	toy_fill(t->W, &t->rng);
	blas_scale((size_t)(t->V.rows * t->V.cols), size / t->scale, t->V.at);
	blas_scale((size_t)(t->W.rows * t->W.cols), size / t->scale, t->W.at);
	toy_fill(t->NV, &t->rng);
	toy_fill(t->NW, &t->rng);
	dual.scale = size * rng_uniform(&t->rng);
	for (ptrdiff_t k = 0; k < p->X.rows; k++)
		f[k] = (real)(size * rng_normal(&t->rng));
	loss_gradient(p->loss, (size_t)p->X.rows, f, p->y.at, t->cvx.alpha);
	blas_scale((size_t)p->X.rows, -1, t->cvx.alpha);
	cvx_certify(&t->cvx, t->V, t->W, &dual, c);
}

static void check_network(struct fixture *t, const struct certificate *c)
{
	struct net net = net_new(&t->toy.arena, t->V.rows, 2 * t->V.cols);
	double objective;

	cvx_network(t->cvx.RV, t->cvx.RW, &net);
	objective = toy_objective(&t->toy.problem, &net);
	if (!(fabs(objective - c->upper) <= 1e-9 * fmax(1, c->upper)))
		fail_msg("upper %.17g, objective of its network %.17g", c->upper, objective);
}

/* The repaired point R is in its cones, to rounding of the point V that it came from. */
static void check_cones(const struct fixture *t, struct mat R, struct mat V)
{
	struct mat X = t->toy.problem.X;

	for (ptrdiff_t i = 0; i < R.cols; i++)
		for (ptrdiff_t k = 0; k < X.rows; k++) {
			double along = 0, x = 0, r = blas_norm((size_t)X.cols, mat_col(R, i)),
			       v = blas_norm((size_t)X.cols, mat_col(V, i));

			for (ptrdiff_t j = 0; j < X.cols; j++) {
				along += (double)mat_get(X, k, j) * (double)mat_get(R, j, i);
				x += pow((double)mat_get(X, k, j), 2);
			}
			along *= gates_get(t->patterns.D, k, i) ? 1 : -1;
			if (along < -sqrt(x) * (1e-9 * r + 1e-13 * v))
				fail_msg("block %td, row %td: %g of %g", i, k, along, sqrt(x) * r);
		}
}

static void bounds_keep_their_order(void **state)
{
	int informative = 0;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct fixture t;
		double highest = 0, lowest = HUGE_VAL;

		make(&t, seed);
		for (int round = 0; round < ROUNDS; round++) {
			struct certificate c;

			if (round == ROUNDS / 2)
				t.cvx.exact = false;
			certify(&t, &c);
			check_finite(c.upper);
			check_finite(c.lower_bound);
			check_at_least(c.lower_bound, 0);
			highest = fmax(highest, c.lower_bound);
			lowest = fmin(lowest, c.upper);
			check_network(&t, &c);
			check_cones(&t, t.cvx.RV, t.V);
			check_cones(&t, t.cvx.RW, t.W);
		}
		if (!(highest <= lowest * (1 + 1e-9)))
			fail_msg("seed %d: lower bound %.17g above upper bound %.17g", (int)seed,
				 highest, lowest);
		informative += highest > 0.1 * lowest;
		arena_release(&t.toy.arena);
	}
	check_above(informative, SEEDS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_keep_their_order),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
