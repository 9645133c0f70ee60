/* The largest radius of each pattern: both limits against a dense search over the angles of the
 * plane, exact values of frozen columns, screening, and what the facts say. */
#include "solvers/robust/robust_bounds.h"

#include "solvers/robust/robust_patterns.h"
#include "tests/close.h"
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
static double search_plane(struct mat X, const real *d, const struct threat *norm)
{
	double best = 0;

	for (int a = 0; a < ANGLES; a++) {
		real v[2] = {(real)cos(TURN * a / ANGLES), (real)sin(TURN * a / ANGLES)};
		double least = HUGE_VAL;

		for (ptrdiff_t k = 0; k < X.rows; k++)
			least = fmin(least, (2 * (double)d[k] - 1) *
						    ((double)mat_get(X, k, 0) * (double)v[0] +
						     (double)mat_get(X, k, 1) * (double)v[1]));
		best = fmax(best, least / threat_dual(norm, v));
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
	struct threat norm = {.norm = (enum norm)p, .eps = 0.1, .d = 2, .frozen = frozen};
	ptrdiff_t P = patterns.D.cols;
	struct mat D = gates_matrix(patterns.D, &toy.arena);
	struct robust_limits *limits = ARENA_ARRAY(&toy.arena, struct robust_limits, P);
	struct mat H = mat_new(&toy.arena, 2, P);

	robust_bounds(toy.problem.X, D, &norm, H, limits, &toy.arena);
	for (ptrdiff_t i = 0; i < P; i++) {
		double truth = search_plane(toy.problem.X, mat_col(D, i), &norm);

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
	for (long p = NORM_LINF; p <= NORM_L1; p++) {
		check_plane(p, 0);
		check_plane(p, 2);
	}
}

/* On the line beside a frozen bias: a threshold admits a neuron up to half its gap, the pattern of
 * all ones up to any radius, no other pattern at all. */
static void a_frozen_bias_gives_half_the_gap(void **state)
{
	static const double x[] = {-2, -0.5, 0.1, 1.7, 4};
	static const double patterns[5][5] = {{0, 0, 1, 1, 1},
					      {0, 0, 0, 1, 1},
					      {1, 1, 1, 1, 0},
					      {1, 1, 1, 1, 1},
					      {1, 0, 1, 1, 0}};
	static const double truth[] = {0.3, 0.8, 1.15, HUGE_VAL, 0};
	static const bool frozen[] = {false, true, true};
	struct arena arena = {0};
	struct mat X = mat_new(&arena, 5, 3), D = mat_new(&arena, 5, 5), H = mat_new(&arena, 3, 5);
	struct threat norm = {.eps = 0.5, .d = 3, .frozen = frozen};
	struct robust_limits limits[5];

	(void)state;
	for (ptrdiff_t k = 0; k < 5; k++) {
		mat_set(X, k, 0, (real)x[k]);
		mat_set(X, k, 1, 1); /* and a frozen column of zeros */
		for (ptrdiff_t i = 0; i < 5; i++)
			mat_set(D, k, i, (real)patterns[i][k]);
	}
	robust_bounds(X, D, &norm, H, limits, &arena);
	for (ptrdiff_t i = 0; i < 5; i++) {
		check_at_most(limits[i].lower, limits[i].upper);
		check_at_most(limits[i].lower, truth[i] * (1 + 1e-9));
		check_at_least(limits[i].upper, truth[i] * (1 - 1e-9));
		check_at_least(limits[i].lower, 0.98 * truth[i]);
		check_at_most(limits[i].upper, 1.02 * truth[i] + 1e-3);
	}
	arena_release(&arena);
}

struct program {
	struct toy toy;
	bool frozen[4];
	struct robust r;
	struct err err;
};

static enum status pose(struct program *p, const char *patterns, long screen, double eps)
{
	static struct pattern_options options;

	memset(p, 0, sizeof *p);
	p->toy = toy_make(12, 3, "hinge", 0.1);
	p->frozen[2] = true;
	p->r.problem = &p->toy.problem;
	p->r.threat = (struct threat){.eps = eps, .d = 3, .frozen = p->frozen};
	options = toy_patterns(patterns, &p->toy.arena);
	return robust_patterns(&p->r, &options, screen, &p->toy.arena, &p->err);
}

/* The screened ones are the best of the same draws; their limits separate them from the others. */
static void screening_keeps_the_largest_limits(void **state)
{
	struct program all, best;
	double least = HUGE_VAL;
	ptrdiff_t above = 0;

	(void)state;
	assert_int_equal(pose(&all, "{count: 48, from: [constant, perturbed]}", 1, 0.05),
			 STATUS_OK);
	assert_int_equal(pose(&best, "{count: 12, from: [constant, perturbed]}", 4, 0.05),
			 STATUS_OK);
	assert_int_equal(all.r.candidates, best.r.candidates);
	assert_int_equal(best.r.sampled, 12);
	for (ptrdiff_t i = 0; i < 12; i++)
		least = fmin(least, best.r.facts[i].lower);
	for (ptrdiff_t i = 0; i < all.r.sampled; i++)
		above += all.r.facts[i].lower > least * 1.02 + 1e-6;
	check_below(above, 12); /* no more than are kept */
	assert_string_equal(best.r.facts[0].source, "constant");
	check_equal(best.r.facts[0].lower, INFINITY);
	arena_release(&all.toy.arena);
	arena_release(&best.toy.arena);
}

static void verdicts_agree_with_the_limits(void **state)
{
	struct program p;
	ptrdiff_t admitted = 0;

	(void)state;
	assert_int_equal(pose(&p, "{count: 40, from: [constant, gaussian]}", 1, 0.15), STATUS_OK);
	for (ptrdiff_t i = 0; i < p.r.sampled; i++) {
		const struct robust_fact *fact = &p.r.facts[i];

		check_at_most(0, fact->lower);
		check_at_most(fact->lower, fact->upper);
		if (fact->verdict == ROBUST_EXCLUDED)
			check_at_most(fact->upper, p.r.threat.eps);
		if (fact->verdict == ROBUST_ADMITTED)
			check_above(fact->lower, p.r.threat.eps);
		check_above(fact->active, 0);
		check_at_most(fact->active, 1);
		admitted += fact->verdict == ROBUST_ADMITTED;
	}
	assert_int_equal(admitted, p.r.D.cols);
	assert_in_range(admitted, 2, p.r.sampled - 2);
	arena_release(&p.toy.arena);
}

static void screening_needs_a_count(void **state)
{
	struct program p;

	(void)state;
	assert_int_equal(pose(&p, "{count: all}", 2, 0.1), STATUS_SPEC);
	assert_string_equal(p.err.text,
			    "screen: expected patterns that are drawn to a count, got all");
	arena_release(&p.toy.arena);
	assert_int_equal(pose(&p, "{file: D.npy}", 2, 0.1), STATUS_SPEC);
	assert_string_equal(p.err.text,
			    "screen: expected patterns that are drawn to a count, got a file");
	arena_release(&p.toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_enclose_a_dense_search),
		cmocka_unit_test(a_frozen_bias_gives_half_the_gap),
		cmocka_unit_test(screening_keeps_the_largest_limits),
		cmocka_unit_test(verdicts_agree_with_the_limits),
		cmocka_unit_test(screening_needs_a_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
