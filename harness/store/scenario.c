/* Bounds on the number of scenarios; the incomplete beta function by its continued fraction
 * (Lentz's method) and its inverse by bisection. */
#include "harness/store/scenario.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

enum {
	FRACTION_STEPS = 10000, /* about sqrt(max(a, b)) are needed */
	BISECTIONS = 60         /* below double rounding */
};

static const double tail_mass = 0.025; /* beyond either end of a 95 % interval */

struct scenario scenario_count(double n, double psi, double xi)
{
	struct scenario s = {(n + 1) / (psi * xi) - 1, 2 / xi * (n + 1 - log(psi)), 0};

	s.least = ceil(fmin(s.markov, s.tail));
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

void scenario_interval(double successes, double n, double *low, double *high)
{
	double k = successes;

	*low = k > 0 ? inverse(k, n - k + 1, tail_mass) : 0;
	*high = k < n ? inverse(k + 1, n - k, 1 - tail_mass) : 1;
	if (!(n > 0))
		*low = *high = NAN;
}
