/* The largest radius of each pattern: both limits against a dense search over the angles of the
 * plane, exact values of frozen columns, screening, and what the facts say. */
#include "solvers/convex/robust_bounds.h"

#include "solvers/convex/robust.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ANGLES = 200000 };

static const double TURN = 6.283185307179586;

/* max over directions of the plane of min_k e_k x_k'v / |v|_q, and at least 0 */
static double search_plane(struct mat X, const real *d, const struct dualnorm *norm)
{
	double best = 0;

	for (int a = 0; a < ANGLES; a++) {
		real v[2] = {(real)cos(TURN * a / ANGLES), (real)sin(TURN * a / ANGLES)};
		double least = HUGE_VAL;

		for (ptrdiff_t k = 0; k < X.rows; k++)
			least = fmin(least, (2 * (double)d[k] - 1) *
						    ((double)mat_get(X, k, 0) * (double)v[0] +
						     (double)mat_get(X, k, 1) * (double)v[1]));
		best = fmax(best, least / dualnorm_value(norm, v));
	}
	return best;
}

/* Points around the origin, or to one side of it, and all patterns of them beside one that no
 * direction has. */
static struct patterns make_plane(struct toy *toy, double side)
{
	struct rng rng = rng_stream(3, "test_robust_bounds", 0);
	struct mat X = mat_new(&toy->arena, 9, 2);
	struct pattern_options options = toy_patterns("{count: all}", &toy->arena);
	struct patterns out;
	struct err err = {0};

	toy_fill(X, &rng);
	for (ptrdiff_t k = 0; k < X.rows; k++)
		mat_set(X, k, 0, mat_get(X, k, 0) + (real)side);
	toy->problem.X = X;
	assert_int_equal(pattern_sample(&options, &toy->problem, 0, &toy->arena, &out, &err),
			 STATUS_OK);
	return out;
}

static void check_plane(long p, double side)
{
	static const bool frozen[2] = {false, false};
	struct toy toy = {.problem = {.seed = 1}};
	struct patterns patterns = make_plane(&toy, side);
	struct dualnorm norm = {p, 2, frozen};
	ptrdiff_t P = patterns.D.cols;
	struct robust_question question = {toy.problem.X, patterns.D, &norm, 0.1};
	struct robust_limits *limits = ARENA_ARRAY(&toy.arena, struct robust_limits, P);
	struct mat H = mat_new(&toy.arena, 2, P);

	robust_bounds(&question, H, limits);
	for (ptrdiff_t i = 0; i < P; i++) {
		double truth = search_plane(toy.problem.X, mat_col(patterns.D, i), &norm);

		if (!(limits[i].lower <= limits[i].upper && limits[i].upper >= truth * (1 - 1e-9) &&
		      limits[i].lower <= truth * (1 + 1e-3) + 1e-9 &&
		      limits[i].upper <= limits[i].lower * 1.0102 + 1e-8))
			fail_msg("p %ld, pattern %td: %.9g not in [%.9g, %.9g]", p, i, truth,
				 limits[i].lower, limits[i].upper);
	}
	arena_release(&toy.arena);
}

static void limits_enclose_a_dense_search(void **state)
{
	(void)state;
	for (long p = PERTURBATION_LINF; p <= PERTURBATION_L1; p++) {
		check_plane(p, 0);
		check_plane(p, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_enclose_a_dense_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
