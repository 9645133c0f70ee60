/* Losses: gradient against finite differences, prox against its optimality condition and a grid,
 * conjugate against Fenchel's inequality and its equality case. */
#include "solvers/loss/loss.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct loss loss_squared, loss_logistic, loss_hinge, loss_squared_hinge, loss_huber;

static const double one_option[1] = {1.7}; /* loss_scale of logistic, delta of huber */

static const struct {
	const struct loss *loss;
	double kinks[2]; /* outputs times label where the gradient jumps */
} cases[] = {
	{&loss_squared, {NAN, NAN}},       {&loss_logistic, {NAN, NAN}}, {&loss_hinge, {1, NAN}},
	{&loss_squared_hinge, {NAN, NAN}}, {&loss_huber, {NAN, NAN}},
};

enum { CASES = sizeof cases / sizeof cases[0] };

static const real outputs[] = {(real)-7.31, (real)-2.385, (real)-0.62, (real)-0.011, (real)0.37,
			       (real)0.93,  (real)1.21,   (real)2.44,  (real)5.77};

enum { N = sizeof outputs / sizeof outputs[0] };

static double at(const struct loss *loss, double f, double y)
{
	real fr = (real)f, yr = (real)y;

	return loss->value(one_option, 1, &fr, &yr);
}

static void gradient_matches_differences(void **state)
{
	const double h = 1e-6; /* truncation h^2, rounding eps / h: both near 1e-10 */

	(void)state;
	for (int c = 0; c < CASES; c++)
		for (int i = 0; i < 2 * N; i++) {
			real f = outputs[i / 2], y = i % 2 ? 1 : -1, g;
			double difference = (at(cases[c].loss, (double)f + h, (double)y) -
					     at(cases[c].loss, (double)f - h, (double)y)) /
					    (2 * h);

			cases[c].loss->gradient(one_option, 1, &f, &y, &g);
			check_close(difference, g, 1e-7, 1e-7);
		}
}

/* t l(z) + (z - v)^2 / 2 is smallest at the prox: no point of a fine grid is below. */
static void prox_is_the_minimiser(void **state)
{
	static const double steps[] = {1e-3, 0.31, 2.9, 57, 1e6};

	(void)state;
	for (int c = 0; c < CASES; c++)
		for (int i = 0; i < 2 * N * 5; i++) {
			real v = outputs[i / 10], y = i % 2 ? 1 : -1, z;
			double t = steps[i / 2 % 5], best;

			cases[c].loss->prox(one_option, 1, t, &v, &y, &z);
			check_finite(z);
			best = t * at(cases[c].loss, (double)z, (double)y) +
			       pow((double)z - (double)v, 2) / 2;
			for (int k = -200; k <= 200; k++) {
				double other =
					(double)z + 1e-3 * k * fmax(1, fabs((double)(z - v)));
				double value = t * at(cases[c].loss, other, (double)y) +
					       pow(other - (double)v, 2) / 2;

				check_at_least(value, best - 1e-12 * (1 + fabs(best)));
			}
		}
}

/* l*(a) + l(f) >= a f for every f, with equality for a = l'(f). */
static void conjugate_satisfies_fenchel(void **state)
{
	(void)state;
	for (int c = 0; c < CASES; c++)
		for (int i = 0; i < 2 * N; i++) {
			real f = outputs[i / 2], y = i % 2 ? 1 : -1, a;
			double conjugate, equality;

			cases[c].loss->gradient(one_option, 1, &f, &y, &a);
			conjugate = cases[c].loss->conjugate(one_option, 1, 1, &a, &y);
			equality = conjugate + at(cases[c].loss, (double)f, (double)y) -
				   (double)a * (double)f;
			check_close(equality, 0, 0, 1e-12 * (1 + fabs((double)(a * f))));
			for (int k = 0; k < N; k++)
				check_at_least(conjugate + at(cases[c].loss, (double)outputs[k],
							      (double)y),
					       (double)a * (double)outputs[k] - 1e-12);
		}
}

static void conjugate_is_infinite_outside_its_domain(void **state)
{
	real y = 1, positive = (real)0.5, steep = (real)-3;

	(void)state;
	check_equal(loss_hinge.conjugate(one_option, 1, 1, &positive, &y), INFINITY);
	check_equal(loss_hinge.conjugate(one_option, 1, 1, &steep, &y), INFINITY);
	check_equal(loss_logistic.conjugate(one_option, 1, 1, &steep, &y), INFINITY);
	check_equal(loss_squared_hinge.conjugate(one_option, 1, 1, &positive, &y), INFINITY);
	check_equal(loss_huber.conjugate(one_option, 1, 1, &steep, &y), INFINITY);
}

/* w l: value, gradient, prox and conjugate of a weighted loss agree with the definition. */
static void weights_scale_every_function(void **state)
{
	(void)state;
	for (int c = 0; c < CASES; c++) {
		struct loss_term term = {
			.loss = cases[c].loss, .options = one_option, .weight = 0.23};
		real f = (real)0.37, y = -1, g, gw, z, zw;

		check_close(loss_value(term, 1, &f, &y), 0.23 * at(cases[c].loss, (double)f, -1), 0,
			    1e-15);
		cases[c].loss->gradient(one_option, 1, &f, &y, &g);
		loss_gradient(term, 1, &f, &y, &gw);
		check_close(gw, 0.23 * (double)g, 0, 1e-15);
		cases[c].loss->prox(one_option, 1, 0.23 * 1.9, &f, &y, &z);
		loss_prox(term, 1, 1.9, &f, &y, &zw);
		check_close(z, zw, 0, 1e-15);
		check_close(loss_conjugate(term, 1, 1, &gw, &y) + loss_value(term, 1, &f, &y),
			    gw * f, 0, 1e-12);
	}
}

/* The vectorised prox of the logistic loss solves z - v + t l'(z) = 0 to rounding for long inputs
 * too. */
static void logistic_prox_solves_its_equation(void **state)
{
	enum { LONG = 5003 };
	static real v[LONG], y[LONG], z[LONG], g[LONG];

	(void)state;
	for (int k = 0; k < LONG; k++) {
		v[k] = (real)(k % 211 - 105) * (real)0.37;
		y[k] = k % 3 ? 1 : -1;
	}
	for (double t = 1e-4; t < 1e7; t *= 9.7) {
		loss_logistic.prox(one_option, LONG, t, v, y, z);
		loss_logistic.gradient(one_option, LONG, z, y, g);
		for (int k = 0; k < LONG; k++) {
			double residual = (double)z[k] - (double)v[k] + t * (double)g[k];
			double slope = 1 + t; /* of the equation, at most: an error of z by rounding
						 shows times it */

			check_close(residual, 0, 0,
				    1e-14 * slope * (1 + fabs((double)z[k]) + fabs((double)v[k])));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gradient_matches_differences),
		cmocka_unit_test(prox_is_the_minimiser),
		cmocka_unit_test(conjugate_satisfies_fenchel),
		cmocka_unit_test(conjugate_is_infinite_outside_its_domain),
		cmocka_unit_test(weights_scale_every_function),
		cmocka_unit_test(logistic_prox_solves_its_equation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
