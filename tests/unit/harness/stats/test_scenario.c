/* Bounds on the number of scenarios against a table worked out by hand; the incomplete beta
 * function and the exact interval against sums of binomial terms and published values. */
#include "harness/stats/scenario.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* n; psi = xi = 0.1; psi = xi = 0.05; psi = 0.01, xi = 0.1; psi = xi = 0.01 */
static const double table[][5] = {
	{40, 867, 1760, 913, 9122},
	{100, 2067, 4160, 2113, 21122},
	{600, 12067, 24160, 12113, 121122},
	{1000, 20067, 40160, 20113, 201122},
	{10000, 200067, 400160, 200113, 2001122},
	{12000, 240067, 480160, 240113, 2401122},
};

static void counts_are_those_of_the_table(void **state)
{
	static const double psi[] = {0.1, 0.05, 0.01, 0.01}, xi[] = {0.1, 0.05, 0.1, 0.01};
	struct scenario s;

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		for (size_t j = 0; j < 4; j++)
			check_equal(scenario_count(table[i][0], psi[j], xi[j]).least,
				    table[i][j + 1]);
	s = scenario_count(40, 0.9, 0.1); /* little confidence: Markov's inequality is enough */
	check_below(s.markov, s.tail);
	check_equal(s.least, ceil(41 / 0.09 - 1));
}

static void levels_invert_the_counts(void **state)
{
	(void)state;
	for (double n = 1; n < 1e5; n *= 7)
		for (double psi = 0.01; psi < 1; psi += 0.33) {
			double P = scenario_count(n, psi, 0.2).least;

			check_at_most(scenario_level(n, P, psi), 0.2 + 1e-12);
			check_above(scenario_level(n, P - 1, psi), 0.2 - 1e-12);
		}
	check_nan(scenario_level(500, 120, 0.1));
}

/* sum_{i <= n} C(N, i) xi^i (1 - xi)^(N - i), term by term from i = 0 */
static double at_most_n(double n, double N, double xi)
{
	long double log_term = N * log1pl(-xi), sum = 0;

	for (double i = 0; i <= n; i++) {
		sum += expl(log_term);
		log_term += logl((N - i) / (i + 1)) + logl(xi) - log1pl(-xi);
	}
	return (double)sum;
}

/* N is enough, and one less is not. */
static void check_least(double n, double psi, double xi)
{
	double N = scenario_count(n, psi, xi).binomial;

	check_equal(N, floor(N));
	check_above(N, n);
	check_at_most(N, scenario_count(n, psi, xi).least);
	check_at_most(at_most_n(n, N, xi), psi * (1 + 1e-12));
	if (N > n + 1)
		check_above(at_most_n(n, N - 1, xi), psi * (1 - 1e-12));
}

static void binomial_count_is_the_least_by_plain_sums(void **state)
{
	static const double psi[] = {1e-200, 1e-12, 1e-3, 0.05, 0.1, 0.5, 0.9, 0.999};
	static const double xi[] = {1e-7, 1e-3, 0.05, 0.1, 0.5, 0.9, 0.999};

	(void)state;
	for (double n = 1; n < 4000; n = 3 * n + 1)
		for (size_t i = 0; i < sizeof psi / sizeof *psi; i++)
			for (size_t j = 0; j < sizeof xi / sizeof *xi; j++)
				check_least(n, psi[i], xi[j]);
}

/* (1 - xi)^2 + 2 xi (1 - xi) = 0.75 for N = 2; I_{1 - xi}(N - n, n + 1); a large case */
static void binomial_count_is_that_of_the_beta_function(void **state)
{
	double N = scenario_count(60000, 0.1, 0.01).binomial;

	(void)state;
	check_equal(scenario_count(1, 0.76, 0.5).binomial, 2);
	check_equal(scenario_count(1, 0.74, 0.5).binomial, 3);
	check_at_most(scenario_beta(N - 60000, 60001, 0.99), 0.1);
	check_above(scenario_beta(N - 1 - 60000, 60001, 0.99), 0.1);
	check_close(N / scenario_count(60000, 0.1, 0.01).tail, 0.5, 0, 0.01);
}

static void binomial_level_inverts_the_count(void **state)
{
	(void)state;
	for (double n = 1; n < 1e5; n *= 7)
		for (double psi = 0.01; psi < 1; psi += 0.33) {
			double P = scenario_count(n, psi, 0.2).binomial;

			check_at_most(scenario_binomial_level(n, P, psi), 0.2 + 1e-12);
			check_above(scenario_binomial_level(n, P - 1, psi), 0.2);
		}
	check_nan(scenario_binomial_level(500, 500, 0.1));
}

/* P(at least k of n), each with probability p */
static double at_least(int k, int n, double p)
{
	double sum = 0;

	for (double i = k; i <= n; i++)
		sum += exp(lgamma(n + 1.0) - lgamma(i + 1) - lgamma(n - i + 1) + i * log(p) +
			   (n - i) * log1p(-p));
	return sum;
}

static void beta_is_a_binomial_tail(void **state)
{
	(void)state;
	for (int n = 1; n <= 60; n += 7)
		for (int k = 1; k <= n; k += 3)
			for (double p = 0.03; p < 1; p += 0.13)
				check_close(scenario_beta(k, n - k + 1, p), at_least(k, n, p), 0,
					    1e-12);
	check_equal(scenario_beta(2, 3, 0), 0);
	check_equal(scenario_beta(2, 3, 1), 1);
	check_close(scenario_beta(0.5, 0.5, 0.5), 0.5, 0, 1e-14); /* arcsine law */
}

static void check_interval(double k, double n, double low, double high)
{
	double a, b;

	scenario_interval(k, n, &a, &b);
	check_close(a, low, 0, 5e-7);
	check_close(b, high, 0, 5e-7);
}

static void intervals_are_exact(void **state)
{
	double low, high;

	(void)state;
	check_interval(0, 10, 0, 1 - pow(0.025, 0.1));
	check_interval(10, 10, pow(0.025, 0.1), 1);
	check_interval(5, 10, 0.1870860, 0.8129140);
	scenario_interval(10, 100, &low, &high);
	check_close(at_least(10, 100, low), 0.025, 0, 1e-12);
	check_close(1 - at_least(11, 100, high), 0.025, 0, 1e-12);
	scenario_interval(7, 100000, &low, &high);
	check_above(low, 0);
	check_below(low, 7e-5);
	check_above(high, 7e-5);
	check_below(high, 2e-4);
	scenario_interval(0, 0, &low, &high);
	check_nan(low);
	check_nan(high);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_those_of_the_table),
		cmocka_unit_test(levels_invert_the_counts),
		cmocka_unit_test(binomial_count_is_the_least_by_plain_sums),
		cmocka_unit_test(binomial_count_is_that_of_the_beta_function),
		cmocka_unit_test(binomial_level_inverts_the_count),
		cmocka_unit_test(beta_is_a_binomial_tail),
		cmocka_unit_test(intervals_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
