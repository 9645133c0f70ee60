/* Bounds on the number of scenarios; the incomplete beta function by its continued fraction
 * (Lentz's method) and its inverse by bisection; binomial probabilities after Loader, "Fast and
 * accurate computation of binomial probabilities", 2000. */
#include "harness/stats/scenario.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	FRACTION_STEPS = 10000, /* about sqrt(max(a, b)) are needed */
	BISECTIONS = 60         /* below double rounding */
};

static const double tail_mass = 0.025; /* beyond either end of a 95 % interval */

/* log n! - log(sqrt(2 pi n) (n / e)^n), n >= 1: Stirling's series where its first omitted term is
 * below rounding */
static long double stirling_error(long double n)
{
	const long double half_log_two_pi = 0.918938533204672741780L, m = 1 / (n * n);

	if (n < 16)
		return lgammal(n + 1) - (n + 0.5L) * logl(n) + n - half_log_two_pi;
	return (1 / 12.0L - m * (1 / 360.0L - m * (1 / 1260.0L - m * (1 / 1680.0L - m / 1188)))) /
	       n;
}

/* x log(x / mean) + mean - x */
static long double deviance(long double x, long double mean)
{
	long double e = (x - mean) / mean;

	return mean * ((1 + e) * log1pl(e) - e);
}

/* log P(k of N), 0 < k < N, by Loader's saddle point expansion: differences of log factorials as
 * large as N log N would leave no digits. */
static long double log_binomial(long double k, long double N, long double xi)
{
	const long double two_pi = 6.28318530717958647692L;

	return stirling_error(N) - stirling_error(k) - stirling_error(N - k) - deviance(k, N * xi) -
	       deviance(N - k, N * (1 - xi)) + logl(N / (two_pi * k * (N - k))) / 2;
}

/* Is P(at most n of N) <= psi, each with probability xi? The binomial terms are summed from the
 * last one downwards, as multiples of it; about sqrt(n) of them count. */
static bool suffices(double n, double N, double psi, double xi)
{
	const long double odds = (1 - (long double)xi) / xi;
	long double term = 1, sum = 0;

	for (double i = n; i >= 0 && term > LDBL_EPSILON * sum; i--) {
		sum += term;
		term *= i / (N - i + 1) * odds;
	}
	return log_binomial(n, N, xi) + logl(sum) <= logl(psi);
}

/* By bisection between a number that is too small by Cantelli's inequality and the tail bound. */
static double binomial(double n, double psi, double xi, double tail)
{
	const double far = sqrt((n + 1) * psi / (1 - psi));
	double low = fmax(n, floor((n + 1 - far) / xi) - 1), high = ceil(tail);

	while (high - low > 1) {
		double N = floor((low + high) / 2);

		*(suffices(n, N, psi, xi) ? &high : &low) = N;
	}
	return high;
}

struct scenario scenario_count(double n, double psi, double xi)
{
	struct scenario s = {(n + 1) / (psi * xi) - 1, 2 / xi * (n + 1 - log(psi)), 0, 0};

	s.least = ceil(fmin(s.markov, s.tail));
	s.binomial = binomial(n, psi, xi, s.tail);
	return s;
}

double scenario_level(double n, double P, double psi)
{
	double xi = fmin((n + 1) / (psi * (P + 1)), 2 / P * (n + 1 - log(psi)));

	return xi < 1 ? xi : NAN;
}

/* The factor of the continued fraction after its m-th pair of terms, x < (a + 1) / (a + b + 2). */
static double fraction(double a, double b, double x)
{
	const double tiny = DBL_MIN / DBL_EPSILON; /* in place of a zero denominator */
	double c = 1, d = 1 - (a + b) * x / (a + 1), value;

	d = 1 / (fabs(d) < tiny ? tiny : d);
	value = d;
	for (int m = 1; m < FRACTION_STEPS; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double terms[] = {even, odd}, before = value;

		for (size_t i = 0; i < 2; i++) {
			d = 1 + terms[i] * d;
			c = 1 + terms[i] / c;
			c = fabs(c) < tiny ? tiny : c;
			d = 1 / (fabs(d) < tiny ? tiny : d);
			value *= c * d;
		}
		if (fabs(value - before) <= DBL_EPSILON * fabs(value))
			break;
	}
	return value;
}

double scenario_beta(double a, double b, double x)
{
	double front;

	if (!(x > 0))
		return 0;
	if (!(x < 1))
		return 1;
	front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
	if (x < (a + 1) / (a + b + 2))
		return front * fraction(a, b, x) / a;
	return 1 - front * fraction(b, a, 1 - x) / b;
}

/* The x with I_x(a, b) = p */
static double inverse(double a, double b, double p)
{
	double low = 0, high = 1;

	for (int i = 0; i < BISECTIONS; i++) {
		double x = (low + high) / 2;

		*(scenario_beta(a, b, x) < p ? &low : &high) = x;
	}
	return (low + high) / 2;
}

double scenario_binomial_level(double n, double P, double psi)
{
	return P > n ? inverse(n + 1, P - n, 1 - psi) : NAN;
}

void scenario_interval(double successes, double n, double *low, double *high)
{
	double k = successes;

	*low = k > 0 ? inverse(k, n - k + 1, tail_mass) : 0;
	*high = k < n ? inverse(k + 1, n - k, 1 - tail_mass) : 1;
	if (!(n > 0))
		*low = *high = NAN;
}
