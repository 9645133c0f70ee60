/* Worst cases of quadratic functions over balls against brute force, valid in the hard case; and
 * what the sign of the off-diagonal block of the certificate is worth. */
#include "solvers/poly/poly_oracle.h"

#include "solvers/core/rng.h"
#include "solvers/semidefinite/trust_region.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { CASES = 200, ANGLES = 3600 };

static const double SLACK = 1e3 * REAL_EPSILON;

/* A symmetric 3 x 3 matrix: a function of two variables. */
static struct mat random_form(struct rng *rng, struct arena *arena)
{
	struct mat Q = mat_new(arena, 3, 3);

	for (ptrdiff_t j = 0; j < 3; j++)
		for (ptrdiff_t i = 0; i <= j; i++) {
			real value = (real)rng_normal(rng);

			mat_set(Q, i, j, value);
			mat_set(Q, j, i, value);
		}
	return Q;
}

static double value_at(struct mat Q, double x, double y)
{
	const double z[] = {x, y, 1};
	double sum = 0;

	for (int j = 0; j < 3; j++)
		for (int i = 0; i < 3; i++)
			sum += z[i] * (double)mat_get(Q, i, j) * z[j];
	return sum;
}

/* Of sign f over the ball, by rings of points; the inner ones from `from` on. */
static double brute(struct mat Q, const double *x, double sign, double radius, double from)
{
	double least = HUGE_VAL;

	for (int ring = 0; ring <= 40; ring++)
		for (int a = 0; a < ANGLES / (ring < 40 ? 20 : 1); a++) {
			double angle = 2 * M_PI * a / (ANGLES / (ring < 40 ? 20 : 1));
			double r = radius * (from + (1 - from) * ring / 40);

			least = fmin(least, sign * value_at(Q, x[0] + r * cos(angle),
							    x[1] + r * sin(angle)));
		}
	return least;
}

static void worst_margins_are_those_of_brute_force(void **state)
{
	struct rng rng = rng_stream(5, "test_poly_oracle", 0);

	(void)state;
	for (int c = 0; c < CASES; c++) {
		struct arena arena = {0};
		struct poly_oracle *o = poly_oracle_new(2, NULL, &arena);
		struct mat Q = random_form(&rng, &arena), X = mat_new(&arena, 1, 2),
			   worst = mat_new(&arena, 1, 2);
		const real y = c % 2 ? 1 : -1;
		double lower, radius = 0.1 + 0.01 * c, x[2], w[2], reached, size;
		const struct poly_points points = {
			.X = X, .y = &y, .radius = radius, .lower = &lower, .worst = &worst};

		toy_fill(X, &rng);
		assert_true(poly_oracle_set(o, Q));
		poly_oracle_margins(o, &points);
		for (int i = 0; i < 2; i++) {
			x[i] = (double)mat_get(X, 0, i);
			w[i] = (double)mat_get(worst, 0, i);
		}
		size = 10 * (1 + x[0] * x[0] + x[1] * x[1] + radius * radius);
		reached = (double)y * value_at(Q, w[0], w[1]);
		check_at_most(lower, brute(Q, x, (double)y, radius, 0) + SLACK * size);
		check_close(lower, brute(Q, x, (double)y, radius, 0), 1e-2, 1e-2);
		check_close(reached, lower, 0, 1e2 * SLACK * size);
		check_at_most(hypot(w[0] - x[0], w[1] - x[1]), radius * (1 + SLACK));
		arena_release(&arena);
	}
}

/* g has no part along the least eigenvalue: the multiplier is its end, and the value known. */
static void the_hard_case_is_bounded_from_below(void **state)
{
	const double e[] = {-1, 2}, g[] = {0, 0.5};
	const struct trust_region t = {.d = 2, .e = e, .g = g, .sign = 1, .radius = 1};
	double u[2], least = trust_region_least(&t, u);

	(void)state;
	/* l = 1: u_2 = -g / 3, the rest along the first; -1 - g^2 / 3 */
	check_at_most(least, -1 - 0.25 / 3 + 1e-12);
	check_close(least, -1 - 0.25 / 3, 1e-9, 0);
	check_close(u[0] * u[0] + u[1] * u[1], 1, 1e-9, 0);
	check_close(-u[0] * u[0] + 2 * u[1] * u[1] + u[1], least, 1e-9, 0);
}

/* The published code has a Z1 x - (b / 2) z2 where the S-lemma has a plus: what it certifies is
 * then above what a point of the ball has. */
static void the_wrong_sign_is_no_certificate(void **state)
{
	struct rng rng = rng_stream(6, "test_poly_oracle", 0);
	int broken = 0, broken_right = 0;

	(void)state;
	for (int c = 0; c < CASES; c++) {
		struct arena arena = {0};
		struct mat Q = random_form(&rng, &arena);
		double x[] = {rng_normal(&rng), rng_normal(&rng)}, e[2], g[2], u[2];
		double wrong = 0, right = 0, found, value = value_at(Q, x[0], x[1]);
		struct poly_oracle *o = poly_oracle_new(2, NULL, &arena);
		struct trust_region t = {.d = 2, .e = e, .g = g, .sign = 1, .radius = 1};

		assert_true(poly_oracle_set(o, Q));
		for (int turn = 0; turn < 2; turn++) {
			double slope[2];

			for (int i = 0; i < 2; i++)
				slope[i] = (double)mat_get(Q, i, 0) * x[0] +
					   (double)mat_get(Q, i, 1) * x[1] +
					   (turn ? -1 : 1) * (double)mat_get(Q, i, 2);
			for (int i = 0; i < 2; i++) {
				e[i] = o->e[i];
				g[i] = (double)mat_get(o->V, 0, i) * slope[0] +
				       (double)mat_get(o->V, 1, i) * slope[1];
			}
			*(turn ? &wrong : &right) = value + trust_region_least(&t, u);
		}
		found = brute(Q, x, 1, 1, 0);
		broken += wrong > found + 1e-3;
		broken_right += right > found + 1e-3;
		arena_release(&arena);
	}
	assert_int_equal(broken_right, 0);
	check_at_least(broken, CASES / 4);
}

/* Distances of the points X (2 x 2) to where sign f is 0. */
static void look(struct poly_oracle *o, struct mat X, real sign, double *distance)
{
	const ptrdiff_t row[] = {1, 0};
	const real signs[] = {sign, sign};
	const struct poly_rows rows = {.X = X, .row = row, .sign = signs, .count = 2};

	distance[0] = distance[1] = HUGE_VAL;
	poly_oracle_distances(o, &rows, distance);
}

/* x'x - 1 is 0 on the unit circle, 1 - x'x the other way, x'x in one point and x'x + 1 nowhere. */
static void distances_to_a_circle(void **state)
{
	struct arena arena = {0};
	struct poly_oracle *o = poly_oracle_new(2, NULL, &arena);
	struct mat Q = mat_new(&arena, 3, 3), X = mat_new(&arena, 2, 2);
	double distance[2];

	(void)state;
	mat_set(X, 0, 0, 3);
	mat_set(X, 1, 1, (real)0.25);
	for (ptrdiff_t i = 0; i < 3; i++)
		mat_set(Q, i, i, i < 2 ? 1 : -1);
	assert_true(poly_oracle_set(o, Q));
	look(o, X, 1, distance);
	check_close(distance[0], 2, 1e-5, 0);
	check_close(distance[1], 0, 0, 0);
	look(o, X, -1, distance);
	check_close(distance[0], 0, 0, 0);
	check_close(distance[1], 0.75, 1e-5, 0);
	mat_set(Q, 2, 2, 0);
	assert_true(poly_oracle_set(o, Q));
	look(o, X, 1, distance);
	check_close(distance[0], 3, 1e-2, 0);
	mat_set(Q, 2, 2, 1);
	assert_true(poly_oracle_set(o, Q));
	look(o, X, 1, distance);
	check_equal(distance[0], HUGE_VAL);
	arena_release(&arena);
}

/* Within the distance no margin is broken, a little further one is; in the hard case too, where a
 * point lies on the axis of an ellipse. */
static void distances_are_where_margins_end(void **state)
{
	struct rng rng = rng_stream(7, "test_poly_oracle", 0);
	int finite = 0;

	(void)state;
	for (int c = 0; c < CASES; c++) {
		struct arena arena = {0};
		struct poly_oracle *o = poly_oracle_new(2, NULL, &arena);
		struct mat Q = random_form(&rng, &arena), X = mat_new(&arena, 2, 2);
		double distance[2], least[2];

		toy_fill(X, &rng);
		if (c % 4 == 0) { /* the function is even in the first variable, and X on its axis
				   */
			mat_set(Q, 0, 1, 0);
			mat_set(Q, 1, 0, 0);
			mat_set(Q, 0, 2, 0);
			mat_set(Q, 2, 0, 0);
			mat_set(X, 0, 0, 0);
		}
		assert_true(poly_oracle_set(o, Q));
		look(o, X, 1, distance);
		for (int side = 0; side < 2; side++) {
			double factor = side ? 1 + 1e-4 : 1 - 1e-4;
			const struct poly_points points = {.X = mat_rows(X, 0, 1),
							   .radius =
								   factor * fmin(distance[0], 1e3),
							   .lower = &least[side]};

			poly_oracle_margins(o, &points);
		}
		if (distance[0] > 0) {
			check_above(least[0], 0);
			check_equal(distance[0] < 1e3, least[1] < 0);
			finite += distance[0] < 1e3;
		}
		arena_release(&arena);
	}
	check_at_least(finite, CASES / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worst_margins_are_those_of_brute_force),
		cmocka_unit_test(the_hard_case_is_bounded_from_below),
		cmocka_unit_test(the_wrong_sign_is_no_certificate),
		cmocka_unit_test(distances_to_a_circle),
		cmocka_unit_test(distances_are_where_margins_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
