/* The convex restriction against naive twins, finite differences, brute force over the ball, weak
 * duality, and its promises: never above its start, at eps = 0 a monotone procedure. */
#include "tests/certified.h"
#include "tests/close.h"
#include "tests/restriction_fixture.h"
#include "tests/restriction_slopes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

enum { GRID = 24 };

static const double EPS = 0.3;

/* Sums of N terms of order one in double. */
static const double ROUNDING = 1e-10;

static double naive_norm(long p, const double *c)
{
	double a = fabs(c[0]), b = fabs(c[1]); /* the last coordinate is the bias */

	return p == NORM_LINF ? a + b : (p == NORM_L2 ? hypot(a, b) : fmax(a, b));
}

/* From the first form of the bound in restriction.h: x'c - eps |c|_q - sum_other max(...). */
static double naive_margin(const struct restriction_fixture *f, ptrdiff_t k)
{
	double c[D] = {0}, margin = 0;

	for (ptrdiff_t j = 0; j < M; j++) {
		double a[D], t = 0, p = fabs((double)mat_get(f->r.S, k, j)), e;
		bool own = f->toy.problem.y.at[k] * f->sigma[j] > 0;

		for (ptrdiff_t i = 0; i < D; i++) {
			a[i] = (double)mat_get(f->A, i, j);
			t += a[i] * (double)mat_get(f->toy.problem.X, k, i);
			c[i] += (own ? p : -p) * a[i];
		}
		e = f->threat.eps * naive_norm((long)f->threat.norm, a);
		margin -= own ? 0 : fmax((1 - p) * (t + e), p * (e - t));
	}
	for (ptrdiff_t i = 0; i < D; i++)
		margin += c[i] * (double)mat_get(f->toy.problem.X, k, i);
	return margin - f->threat.eps * naive_norm((long)f->threat.norm, c);
}

static double naive_value(const struct restriction_fixture *f)
{
	const struct problem *p = &f->toy.problem;
	double value = 0;

	for (ptrdiff_t k = 0; k < N; k++)
		value += toy_loss(p->loss, (double)p->y.at[k] * naive_margin(f, k),
				  (double)p->y.at[k]);
	for (ptrdiff_t j = 0; j < M; j++) {
		double square = 0;

		for (ptrdiff_t i = 0; i < D; i++)
			square += pow((double)mat_get(f->A, i, j), 2);
		value += p->beta * sqrt(square);
	}
	return value;
}

static void check_value(struct restriction_fixture *f)
{
	double naive = naive_value(f), h = 1e-7;
	struct restriction_value value = restriction_evaluate(&f->r, f->A, h, (struct mat){0});

	check_close(value.exact, naive, ROUNDING, 0);
	for (ptrdiff_t k = 0; k < N; k++)
		check_close(f->r.margin[k], naive_margin(f, k), 0, ROUNDING * 100);
	/* blurred by h, N samples with slopes up to the largest margin */
	check_close(value.smooth, naive, 0, 100 * N * h);
}

static void the_value_is_that_of_the_definition(void **state)
{
	(void)state;
	restriction_fixture_each(check_value, EPS);
	restriction_fixture_each(check_value, 0);
}

static void check_gradient(struct restriction_fixture *f)
{
	restriction_slopes_check(&f->r, f->A, f->G);
}

static void the_gradient_is_that_of_the_smoothed_value(void **state)
{
	(void)state;
	restriction_fixture_each(check_gradient, EPS);
	restriction_fixture_each(check_gradient, 0);
}

/* Weak duality: the bounds of a dual point, of another, and of their average are below F at every
 * point. */
static void check_duality(struct restriction_fixture *f)
{
	struct restriction_dual average = restriction_dual_new(&f->toy.problem, M, &f->toy.arena);
	double bound = 0, least = HUGE_VAL;

	for (uint64_t point = 0; point < 2; point++) {
		restriction_fixture_draw(f->A, point, 0.2);
		restriction_evaluate(&f->r, f->A, 0.1, f->G);
		bound = fmax(bound, restriction_bound(&f->r, &f->r.dual));
		restriction_average(&average, N, point ? 0.3 : 1, &f->r.dual);
	}
	bound = fmax(bound, restriction_bound(&f->r, &average));
	for (uint64_t trial = 0; trial < 200; trial++) {
		restriction_fixture_draw(f->A, trial, trial % 2 ? 0.3 : 0.03);
		least = fmin(least, naive_value(f));
	}
	mat_fill(f->A, 0);
	least = fmin(least, naive_value(f));
	check_at_most(bound, least * (1 + ROUNDING));
	check_above(bound, 0);
}

static void the_bound_is_below_the_value_everywhere(void **state)
{
	(void)state;
	restriction_fixture_each(check_duality, EPS);
	restriction_fixture_each(check_duality, 0);
}

/* min y f(x_k + delta) over a grid on the ball and its boundary. */
static double brute_margin(const struct restriction_fixture *f, const struct net *net, ptrdiff_t k)
{
	struct mat X = f->toy.problem.X;
	double worst = HUGE_VAL, y = (double)f->toy.problem.y.at[k];
	real at[D];
	struct mat point = {1, D, 1, at};

	for (int a = -GRID; a <= GRID; a++)
		for (int b = -GRID; b <= GRID; b++) {
			double u = fabs((double)a), v = fabs((double)b), size;

			size = (long)f->threat.norm == NORM_LINF
				       ? fmax(u, v)
				       : ((long)f->threat.norm == NORM_L2 ? hypot(u, v) : u + v);
			size = fmax(size, GRID); /* outer points go to the boundary */
			at[0] = mat_get(X, k, 0) + (real)(f->threat.eps * a / size);
			at[1] = mat_get(X, k, 1) + (real)(f->threat.eps * b / size);
			at[2] = 1;
			worst = fmin(worst, y * toy_output(net, point, 0));
		}
	return worst;
}

static double brute_value(const struct restriction_fixture *f, const struct net *net)
{
	const struct problem *p = &f->toy.problem;
	double value = 0;

	for (ptrdiff_t k = 0; k < N; k++)
		value += toy_loss(p->loss, (double)p->y.at[k] * brute_margin(f, net, k),
				  (double)p->y.at[k]);
	for (ptrdiff_t j = 0; j < net->U.cols; j++)
		value += p->beta * fabs((double)net->alpha[j]) *
			 hypot(hypot((double)mat_get(net->U, 0, j), (double)mat_get(net->U, 1, j)),
			       (double)mat_get(net->U, 2, j));
	return value;
}

static void check_brute(struct restriction_fixture *f)
{
	real margin[N];

	for (long steps = 0; steps <= 20; steps += 20) {
		double value =
			certified_objective(&f->toy.problem, &f->threat, &f->net, steps, margin);

		check_at_least(value, brute_value(f, &f->net) * (1 - ROUNDING));
		for (ptrdiff_t k = 0; k < N; k++)
			check_at_most(margin[k], brute_margin(f, &f->net, k) + ROUNDING);
	}
}

static void no_perturbation_beats_the_certificate(void **state)
{
	(void)state;
	restriction_fixture_each(check_brute, EPS);
	restriction_fixture_each(check_brute, 1);
}

/* On a ball so small that no neuron changes sign the network is linear: the bound is exact,
 * although nothing constrains a sign. */
static void check_exact(struct restriction_fixture *f)
{
	real margin[N];
	double value = certified_objective(&f->toy.problem, &f->threat, &f->net, 0, margin);

	check_close(value, brute_value(f, &f->net), 0, 1e-9 * value);
	for (ptrdiff_t k = 0; k < N; k++)
		check_close(margin[k], brute_margin(f, &f->net, k), 0, 1e-9);
}

static void the_certificate_is_exact_where_no_sign_changes(void **state)
{
	(void)state;
	for (long p = 0; p < NORMS; p += 2) { /* a grid holds the corners of these balls */
		struct restriction_fixture *f = restriction_fixture_make(p, "hinge", 1e-5);

		check_exact(f);
		restriction_fixture_free(f);
	}
	restriction_fixture_each(check_exact, 0);
}

static void check_renewal(struct restriction_fixture *f)
{
	double before = naive_value(f), plain, tight;
	struct mat S = mat_new(&f->toy.arena, N, M);

	mat_copy(S, f->r.S);
	plain = restriction_renew(&f->r, f->A, 0);
	check_at_most(plain, before * (1 + ROUNDING));
	check_close(plain, naive_value(f), 0, ROUNDING * plain);
	mat_copy(f->r.S, S);
	tight = restriction_renew(&f->r, f->A, 20);
	check_below(tight, plain); /* some slope of some sample was not the best one */
	check_close(tight, naive_value(f), 0, ROUNDING * tight);
	for (ptrdiff_t j = 0; j < M; j++)
		for (ptrdiff_t k = 0; k < N; k++) {
			real own = f->toy.problem.y.at[k] * f->sigma[j], s = mat_get(f->r.S, k, j);

			check_at_least(s * own, 0);
			check_close(s, 0, 0, 1);
		}
}

static void new_slopes_never_raise_the_value(void **state)
{
	(void)state;
	restriction_fixture_each(check_renewal, EPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_value_is_that_of_the_definition),
		cmocka_unit_test(the_gradient_is_that_of_the_smoothed_value),
		cmocka_unit_test(the_bound_is_below_the_value_everywhere),
		cmocka_unit_test(no_perturbation_beats_the_certificate),
		cmocka_unit_test(the_certificate_is_exact_where_no_sign_changes),
		cmocka_unit_test(new_slopes_never_raise_the_value),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
