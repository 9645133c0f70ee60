/* Logistic loss l(f, y) = log(1 + exp(-s y f)), y = -1 or +1. The published experiments use s = 2.
 */
#include "solvers/core/loss.h"

#include <math.h>

struct logistic_options {
	double loss_scale;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct logistic_options, loss_scale), .initial = "1", .range = RANGE_ABOVE(0),
	 .doc = "s in log(1 + exp(-s y f)); the published ADMM experiments use 2"},
	{0},
};

static double scale_of(const void *o)
{
	return ((const struct logistic_options *)o)->loss_scale;
}

/* log(1 + exp(t)) without overflow */
static double softplus(double t)
{
	return t > 0 ? t + log1p(exp(-t)) : log1p(exp(t));
}

static double value(const void *o, size_t n, const real *f, const real *y)
{
	double s = scale_of(o), sum = 0;

	for (size_t k = 0; k < n; k++)
		sum += softplus(-s * (double)y[k] * (double)f[k]);
	return sum;
}

/* g = -s y / (1 + exp(s y f)) */
static void gradient(const void *o, size_t n, const real *f, const real *y, real *g)
{
	double s = scale_of(o);

	for (size_t k = 0; k < n; k++)
		g[k] = (real)(-s * (double)y[k] / (1 + exp(s * (double)y[k] * (double)f[k])));
}

enum {
	PROX_STEPS = 60 /* bisection alone halves the bracket 60 times: below double rounding */
};

/* Root q in [0, 1] of q = sigma(-(m + c q)), c = t s^2, m = s y v. Then z = v + t s y q.
 *
 * h(q) = log(q / (1 - q)) + m + c q is increasing; Newton on x = logit(q) is safeguarded by a
 * bracket (plain Newton overflows for large t). With x: h(x) = x + m + c sigma(x), slope 1 + c
 * sigma'(x) >= 1, and the root lies in [-m - c, -m]. */
static double prox_root(double m, double c)
{
	double low = -m - c, high = -m;
	double x = high < 0 ? high : (low > 0 ? low : 0);

	for (int step = 0; step < PROX_STEPS; step++) {
		double q = x > 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
		double h = x + m + c * q;
		double next = x - h / (1 + c * q * (1 - q));

		if (h > 0)
			high = x;
		else
			low = x;
		if (!(next > low && next < high))
			next = (low + high) / 2;
		if (fabs(next - x) <= 4 * DBL_EPSILON * fmax(1, fabs(x))) /* the last digits of x */
			return next;
		x = next;
	}
	return x;
}

static void prox(const void *o, size_t n, double t, const real *v, const real *y, real *z)
{
	double s = scale_of(o), c = t * s * s;

#pragma omp parallel for schedule(static) if (n > 2048)
	for (size_t k = 0; k < n; k++) {
		double x = prox_root(s * (double)y[k] * (double)v[k], c);
		double q = x > 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));

		z[k] = (real)((double)v[k] + t * s * (double)y[k] * q);
	}
}

/* p log p with 0 log 0 = 0 */
static double entropy(double p)
{
	return p > 0 ? p * log(p) : 0;
}

/* With p = -a y / s in [0, 1]: l*(a) = p log p + (1 - p) log(1 - p) */
static double conjugate(const void *o, size_t n, double s, const real *a, const real *y)
{
	double loss_scale = scale_of(o), sum = 0;

	for (size_t k = 0; k < n; k++) {
		double p = -s * (double)a[k] * (double)y[k] / loss_scale;

		if (!(p >= 0 && p <= 1))
			return HUGE_VAL;
		sum += entropy(p) + entropy(1 - p);
	}
	return sum;
}

static double curvature(const void *o)
{
	double s = scale_of(o);

	return s * s / 4;
}

const struct loss loss_logistic = {
	.base = {.name = "logistic",
		 .doc = "log(1 + exp(-s y f))",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct logistic_options)},
	.value = value,
	.gradient = gradient,
	.prox = prox,
	.conjugate = conjugate,
	.curvature = curvature,
};
