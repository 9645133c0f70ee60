/* Losses in interior point methods, every loss and both precisions: the central path by
 * differences, directions against the equations they linearise, a program in one variable against a
 * search. */
#include "solvers/model/interior_loss.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 12, D = 3 };

static const char *const losses[] = {
	"squared",       "logistic", "{logistic: {loss_scale: 2}}", "hinge",
	"squared_hinge", "huber",    "{huber: {delta: 0.3}}"};

enum { LOSSES = sizeof losses / sizeof *losses };

/* f is rounded to `real`, and so are a, g and W; all are of size 1 to 10 here. */
static const double ROUNDING = 1e2 * REAL_EPSILON;

struct fixture {
	struct toy toy;
	struct interior_loss *il;
	real f[N], df[N], g[N], w[N];
	double count;
};

static struct fixture *fixture_new(const char *loss, double weight)
{
	static struct fixture s;
	struct rng rng = rng_stream(7, "interior_loss", 0);

	s = (struct fixture){.toy = toy_make(N, D, loss, 0.1)};
	s.toy.problem.loss.weight = weight;
	assert_true(interior_loss_takes(s.toy.problem.loss));
	s.il = interior_loss_new(&s.toy.problem, &s.toy.arena);
	for (ptrdiff_t k = 0; k < N; k++) {
		s.f[k] = (real)(2 * rng_normal(&rng));
		s.df[k] = (real)rng_normal(&rng);
	}
	return &s;
}

static bool is_smooth(const struct fixture *s)
{
	return s->toy.problem.loss.loss->smooth;
}

/* On the path: f explained, every product mu, the gradient is a itself, W = da/df. */
static void check_path(struct fixture *s, double mu)
{
	const double h = sizeof(real) < sizeof(double) ? 1e-2 : 1e-5; /* rounding of f over h */
	real moved[2][N], f[N];
	double count = 0, products;

	interior_loss_start(s->il, s->f, mu);
	products = interior_loss_products(s->il, 0, &count);
	check_below(interior_loss_residual(s->il, s->f), 1e-9); /* a bisection next to an end */
	check_close(products, count * mu, 1e-12, 1e-12);
	interior_loss_weights(s->il, s->f, s->w);
	interior_loss_gradient(s->il, s->f, mu, false, s->g);
	for (ptrdiff_t k = 0; k < N; k++) {
		double a = (double)interior_loss_dual(s->il, s->f)[k];

		check_close(a, s->g[k], 0, 1e-8 + ROUNDING);
	}
	for (int side = 0; side < 2; side++) {
		for (ptrdiff_t k = 0; k < N; k++)
			f[k] = s->f[k] + (real)(side ? h : -h);
		interior_loss_start(s->il, f, mu);
		memcpy(moved[side], interior_loss_dual(s->il, f), sizeof moved[side]);
	}
	for (ptrdiff_t k = 0; k < N; k++) {
		double slope = ((double)moved[1][k] - (double)moved[0][k]) / (2 * h);

		check_close(slope, s->w[k], 0, 10 * h * (1 + slope) + 1e-6);
	}
}

static void path_and_its_slope(void **state)
{
	(void)state;
	for (int l = 0; l < LOSSES; l++)
		for (int m = 0; m < 3; m++) {
			struct fixture *s = fixture_new(losses[l], m == 1 ? 0.25 : 1);

			check_path(s, m == 0 ? 1 : 0.1);
			arena_release(&s->toy.arena);
		}
}

/* P(length) = c0 + c1 length + c2 length^2 from three of its values */
static void coefficients(const struct interior_loss *il, double c[3])
{
	double count = 0, minus = interior_loss_products(il, -1, &count),
	       plus = interior_loss_products(il, 1, &count);

	c[0] = interior_loss_products(il, 0, &count);
	c[1] = (plus - minus) / 2;
	c[2] = (plus + minus) / 2 - c[0];
}

/* A direction off the path: a + da = g + W df; the products fall linearly to mu less the second
 * order terms of the direction before; r is closed in proportion. */
static void check_direction(struct fixture *s, bool correct)
{
	const double mu = 0.02;
	double before[3] = {0}, c[3], count = 0, residual, length, largest = 0;
	real a[N], f[N];

	interior_loss_start(s->il, s->f, 0.3);
	for (ptrdiff_t k = 0; k < N; k++) /* now r is not zero */
		s->f[k] += s->df[N - 1 - k];
	memcpy(a, interior_loss_dual(s->il, s->f), sizeof a);
	residual = interior_loss_residual(s->il, s->f);
	if (correct) {
		interior_loss_direction(s->il, s->f, s->df, 0, false);
		coefficients(s->il, before);
	}
	interior_loss_weights(s->il, s->f, s->w);
	interior_loss_gradient(s->il, s->f, mu, correct, s->g);
	interior_loss_direction(s->il, s->f, s->df, mu, correct);
	coefficients(s->il, c);
	interior_loss_products(s->il, 0, &count);
	check_close(c[1], count * mu - c[0] - before[2], 0, 1e-10 * (1 + fabs(c[1])));
	length = 0.9 * fmin(1, interior_loss_longest(s->il));
	interior_loss_move(s->il, length);
	for (ptrdiff_t k = 0; k < N; k++) {
		double full = (double)s->g[k] + (double)s->w[k] * (double)s->df[k];
		double at = (double)a[k] + length * (full - (double)a[k]);

		f[k] = s->f[k] + (real)length * s->df[k];
		largest = fmax(largest, fabs(at - (double)a[k]));
		if (!is_smooth(s))
			check_close(interior_loss_dual(s->il, f)[k], at, ROUNDING, ROUNDING);
	}
	if (!is_smooth(s))
		check_above(residual, 0.1);
	/* but for what the proximal term leaves */
	largest *= sqrt(REAL_EPSILON) / s->toy.problem.loss.weight;
	check_close(interior_loss_residual(s->il, f), (1 - length) * residual, 0,
		    ROUNDING * (1 + residual) + largest);
}

static void directions_solve_the_linearised_equations(void **state)
{
	(void)state;
	for (int l = 0; l < 2 * LOSSES; l++) {
		struct fixture *s = fixture_new(losses[l / 2], 1);

		check_direction(s, l % 2);
		arena_release(&s->toy.arena);
	}
}

/* The longest step ends on a boundary: nothing is left of it there. */
static void longest_step_ends_on_the_boundary(void **state)
{
	(void)state;
	for (int l = 0; l < LOSSES; l++) {
		struct fixture *s = fixture_new(losses[l], 1);
		double step;

		interior_loss_start(s->il, s->f, 1e-3);
		for (ptrdiff_t k = 0; k < N; k++)
			s->df[k] *= 100;
		interior_loss_direction(s->il, s->f, s->df, 0, false);
		step = interior_loss_longest(s->il);
		if (is_smooth(s)) {
			check_equal(step, INFINITY);
		} else {
			check_above(step, 0);
			check_below(step, 1);
			interior_loss_move(s->il, step);
			check_close(interior_loss_longest(s->il), 0, 0, 1e-10);
		}
		arena_release(&s->toy.arena);
	}
}

/* A logistic loss with a dual variable of its own: a follows L'(f) along a direction whose df is
 * that of f, and closes what f has been moved by beside it. */
static void a_separate_variable_follows_f(void **state)
{
	(void)state;
	for (int l = 1; l < 3; l++) {
		struct fixture *s = fixture_new(losses[l], l == 1 ? 1 : 0.25);
		const struct problem *problem = &s->toy.problem;
		double da[N];
		real a[N], f[N];

		interior_loss_separate(s->il, &s->toy.arena);
		interior_loss_start(s->il, s->f, 1);
		interior_loss_variable(s->il, s->f, a);
		loss_gradient(problem->loss, N, s->f, problem->y.at, s->g);
		for (ptrdiff_t k = 0; k < N; k++) {
			check_close(a[k], s->g[k], 0, ROUNDING);
			f[k] = s->f[k] + (real)1e-6; /* rounding that a does not see */
		}
		interior_loss_sync(s->il, f);
		check_close(interior_loss_residual(s->il, f), 1e-6, 0, ROUNDING);
		interior_loss_weights(s->il, f, s->w);
		interior_loss_offset(s->il, f, s->w, 0, false, da);
		for (ptrdiff_t k = 0; k < N; k++)
			da[k] += (double)s->w[k] * (double)s->df[k];
		interior_loss_follow(s->il, f, s->w, da, 0, false);
		interior_loss_move(s->il, 0.5);
		interior_loss_move(s->il, 0.5);
		for (ptrdiff_t k = 0; k < N; k++)
			f[k] += s->df[k];
		check_at_most(interior_loss_residual(s->il, f), ROUNDING);
		loss_gradient(problem->loss, N, f, problem->y.at, s->g);
		interior_loss_variable(s->il, f, a);
		for (ptrdiff_t k = 0; k < N; k++)
			check_close(a[k], s->g[k], 0, ROUNDING);
		arena_release(&s->toy.arena);
	}
}

/* A logistic loss with its dual variable in a box: on the path as others; off it a moves along the
 * line of the linearised equations, which leaves l*'(a) a residual of second order. */
static void a_bound_variable_moves_along_a_line(void **state)
{
	const double length = 1e-2, mu = 0.02;

	(void)state;
	for (int l = 1; l < 3 && sizeof(real) == sizeof(double); l++) {
		struct fixture *s = fixture_new(losses[l], l == 1 ? 1 : 0.25);
		real a[N], f[N];
		double residual;

		interior_loss_bound(s->il, &s->toy.arena);
		check_path(s, mu);
		interior_loss_start(s->il, s->f, 0.3);
		for (ptrdiff_t k = 0; k < N; k++)
			s->f[k] += s->df[N - 1 - k];
		memcpy(a, interior_loss_dual(s->il, s->f), sizeof a);
		residual = interior_loss_residual(s->il, s->f);
		interior_loss_weights(s->il, s->f, s->w);
		interior_loss_gradient(s->il, s->f, mu, false, s->g);
		interior_loss_direction(s->il, s->f, s->df, mu, false);
		interior_loss_move(s->il, length);
		for (ptrdiff_t k = 0; k < N; k++) {
			double full = (double)s->g[k] + (double)s->w[k] * (double)s->df[k];

			f[k] = s->f[k] + (real)length * s->df[k];
			check_close(interior_loss_dual(s->il, f)[k],
				    (double)a[k] + length * (full - (double)a[k]), ROUNDING,
				    ROUNDING);
		}
		check_above(residual, 0.1);
		check_close(interior_loss_residual(s->il, f), (1 - length) * residual, 0,
			    10 * length * length);
		arena_release(&s->toy.arena);
	}
}

enum { LAMBDA = 2 };

/* sum_k l(t x_k, y_k) + LAMBDA t^2 / 2 with x the first column, naively */
static double value_at(const struct problem *problem, double t)
{
	double sum = LAMBDA * t * t / 2;

	for (ptrdiff_t k = 0; k < N; k++)
		sum += problem->loss.weight * toy_loss(problem->loss,
						       t * (double)mat_get(problem->X, k, 0),
						       (double)problem->y.at[k]);
	return sum;
}

static double search(const struct problem *problem)
{
	double low = -20, high = 20;

	for (int step = 0; step < 200; step++) { /* ternary: (2/3)^200 of 40 is below rounding */
		double a = low + (high - low) / 3, b = high - (high - low) / 3;

		if (value_at(problem, a) < value_at(problem, b))
			high = b;
		else
			low = a;
	}
	return value_at(problem, (low + high) / 2);
}

static double newton_step(struct fixture *s, double t, double mu, bool correct)
{
	double slope = LAMBDA * t, curvature = LAMBDA;

	interior_loss_weights(s->il, s->f, s->w);
	interior_loss_gradient(s->il, s->f, mu, correct, s->g);
	for (ptrdiff_t k = 0; k < N; k++) {
		double x = (double)mat_get(s->toy.problem.X, k, 0);

		slope += x * (double)s->g[k];
		curvature += x * x * (double)s->w[k];
	}
	for (ptrdiff_t k = 0; k < N; k++)
		s->df[k] = -(real)(slope / curvature) * mat_get(s->toy.problem.X, k, 0);
	interior_loss_direction(s->il, s->f, s->df, mu, correct);
	return -slope / curvature;
}

/* Predictor and corrector as a method of many variables would run them. */
static double solve(struct fixture *s)
{
	double t = 0, mu = 1, count;

	memset(s->f, 0, sizeof s->f);
	interior_loss_start(s->il, s->f, mu);
	for (int step = 0; step < 40; step++) {
		double length, dt;

		newton_step(s, t, 0, false);
		count = 0;
		length = fmin(1, 0.99 * interior_loss_longest(s->il));
		mu *= is_smooth(s) ? 1 : 0.1 + 0.8 * (1 - length);
		dt = newton_step(s, t, mu, true);
		length = fmin(1, 0.99 * interior_loss_longest(s->il));
		interior_loss_move(s->il, length);
		t += length * dt;
		for (ptrdiff_t k = 0; k < N; k++)
			s->f[k] = (real)t * mat_get(s->toy.problem.X, k, 0);
		mu = interior_loss_products(s->il, 0, &count) / fmax(1, count);
	}
	return t;
}

static void one_variable_is_solved_and_certified(void **state)
{
	(void)state;
	for (int l = 0; l < 2 * LOSSES; l++) {
		struct fixture *s = fixture_new(losses[l / 2], l % 2 ? 1.0 / 3 : 1);
		const struct problem *problem = &s->toy.problem;
		double best = search(problem), t = solve(s), slope = 0, bound;
		const real *a = interior_loss_dual(s->il, s->f);

		for (ptrdiff_t k = 0; k < N; k++)
			slope += (double)mat_get(problem->X, k, 0) * (double)a[k];
		bound = -loss_conjugate(problem->loss, N, 1, a, problem->y.at) -
			slope * slope / (2 * LAMBDA);
		if (!(fabs(value_at(problem, t) - best) <= 10 * ROUNDING * (1 + best)))
			fail_msg("%s: %.12g, the search finds %.12g", losses[l / 2],
				 value_at(problem, t), best);
		check_at_most(bound, best + ROUNDING * (1 + best));
		if (!(bound >= best - 10 * ROUNDING * (1 + best)))
			fail_msg("%s: bound %.12g, the search finds %.12g", losses[l / 2], bound,
				 best);
		arena_release(&s->toy.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_and_its_slope),
		cmocka_unit_test(directions_solve_the_linearised_equations),
		cmocka_unit_test(longest_step_ends_on_the_boundary),
		cmocka_unit_test(a_separate_variable_follows_f),
		cmocka_unit_test(a_bound_variable_moves_along_a_line),
		cmocka_unit_test(one_variable_is_solved_and_certified),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
