/* Logistic loss l(f, y) = log(1 + exp(-s y f)), y = -1 or +1. The published experiments use s = 2.
 */
#include "solvers/loss/loss.h"

#include <math.h>
#include <stdint.h>

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

static double sample(const void *o, double f, double y)
{
	double m = -scale_of(o) * y * f;

	return m > 0 ? m + log1p(exp(-m)) : log1p(exp(m));
}

static double value(const void *o, size_t n, const real *f, const real *y)
{
	double s = scale_of(o), sum = 0;

	for (size_t k = 0; k < n; k++) { /* log(1 + exp(t)) without overflow */
		double t = -s * (double)y[k] * (double)f[k];

		sum += t > 0 ? t + log1p(exp(-t)) : log1p(exp(t));
	}
	return sum;
}

/* g = -s y / (1 + exp(s y f)) */
static void gradient(const void *o, size_t n, const real *f, const real *y, real *g)
{
	double s = scale_of(o);

	for (size_t k = 0; k < n; k++)
		g[k] = (real)(-s * (double)y[k] / (1 + exp(s * (double)y[k] * (double)f[k])));
}

static void hessian(const void *o, size_t n, const real *f, const real *y, real *h)
{
	double s = scale_of(o);

	for (size_t k = 0; k < n; k++) {
		double q = 1 / (1 + exp(s * (double)y[k] * (double)f[k]));

		h[k] = (real)(s * s * q * (1 - q));
	}
}

enum {
	PROX_STEPS = 60, /* bisection alone halves the bracket 60 times: below double rounding */
	CHUNK = 256      /* samples solved side by side: four arrays of doubles stay in L1 */
};

/* exp(x) for |x| <= 700 without a branch, so that a loop over samples becomes vector code: 2^k
 * exp(r) with |r| <= log(2)/2 and the Taylor polynomial of degree 13, whose remainder is 4e-18. */
static inline double exp_inline(double x)
{
	static const double log2e = 1.4426950408889634, ln2_high = 0x1.62e42fefa38p-1,
			    ln2_low = 0x1.ef35793c7673p-45, shift = 0x1.8p52;
	double k = x * log2e + shift, r, p;
	union {
		double value;
		uint64_t bits;
	} power = {.value = k}; /* the low bits of k hold the integer */

	k -= shift;
	r = x - k * ln2_high - k * ln2_low;
	p = 1 + r * (1.0 / 13);
	for (int degree = 12; degree > 0; degree--)
		p = 1 + p * r * (1.0 / degree);
	power.bits = (power.bits + 1023) << 52;
	return p * power.value;
}

static inline double clamp(double x, double low, double high)
{
	return x < low ? low : (x > high ? high : x);
}

/* 1 / (1 + exp(-x)) */
static inline double sigmoid(double x)
{
	return 1 / (1 + exp_inline(clamp(-x, -700, 700)));
}

/* One safeguarded Newton step on every lane; the largest change relative to the terms of h. */
static double newton(ptrdiff_t count, double c, const double *restrict m, double *restrict x,
		     double *restrict low, double *restrict high)
{
	double largest = 0;

#pragma omp simd reduction(max : largest)
	for (ptrdiff_t k = 0; k < count; k++) {
		double q = sigmoid(x[k]), h = x[k] + m[k] + c * q,
		       next = x[k] - h / (1 + c * q * (1 - q)), change;

		high[k] = h > 0 ? x[k] : high[k];
		low[k] = h > 0 ? low[k] : x[k];
		next = next >= low[k] && next <= high[k] ? next : (low[k] + high[k]) / 2;
		change = fabs(next - x[k]) / (1 + fabs(x[k]) + fabs(m[k]));
		largest = change > largest ? change : largest;
		x[k] = next;
	}
	return largest;
}

/* Root of q = sigma(-(m + c q)), c = t s^2, m = s y v; then s y z = -logit(q).
 *
 * With x = logit(q): h(x) = x + m + c sigma(x) is increasing with slope >= 1, and the root lies in
 * [-m - c, -m]. Newton alone overflows for large c, so a bracket guards it. */
static void prox_chunk(double s, double t, ptrdiff_t count, const real *v, const real *y, real *z)
{
	double m[CHUNK], x[CHUNK], low[CHUNK], high[CHUNK], c = t * s * s;

#pragma omp simd
	for (ptrdiff_t k = 0; k < count; k++) {
		m[k] = s * (double)y[k] * (double)v[k];
		low[k] = -m[k] - c;
		high[k] = -m[k];
		x[k] = clamp(0, low[k], high[k]);
	}
	for (int step = 0; step < PROX_STEPS; step++)
		if (newton(count, c, m, x, low, high) <= 4 * DBL_EPSILON) /* rounding of h */
			break;
#pragma omp simd
	for (ptrdiff_t k = 0; k < count; k++)
		z[k] = (real)(-x[k] * (double)y[k] / s);
}

static void prox(const void *o, size_t n, double t, const real *v, const real *y, real *z)
{
	double s = scale_of(o);

#pragma omp parallel for schedule(static) if (n > 4 * CHUNK)
	for (size_t first = 0; first < n; first += CHUNK) {
		size_t count = first + CHUNK < n ? CHUNK : n - first;

		prox_chunk(s, t, (ptrdiff_t)count, v + first, y + first, z + first);
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
		sum += entropy(p) + (p < 1 ? (1 - p) * log1p(-p) : 0); /* p may be tiny */
	}
	return sum;
}

static double curvature(const void *o)
{
	double s = scale_of(o);

	return s * s / 4;
}

/* a = -s y q with q = 1 / (1 + exp(s y f)): f = log((1 - q) / q) / (s y) */
static struct loss_entropy dual_entropy(const void *o, double y)
{
	double s = scale_of(o);

	return (struct loss_entropy){1 / s, y > 0 ? -s : 0, y > 0 ? 0 : s};
}

const struct loss loss_logistic = {
	.base = {.name = "logistic",
		 .doc = "log(1 + exp(-s y f))",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct logistic_options)},
	.falls = true,
	.smooth = true,
	.sample = sample,
	.value = value,
	.gradient = gradient,
	.hessian = hessian,
	.prox = prox,
	.conjugate = conjugate,
	.curvature = curvature,
	.entropy = dual_entropy,
};
