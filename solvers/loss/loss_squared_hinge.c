/* Squared hinge loss l(f, y) = max(0, 1 - y f)^2 / 2, y = -1 or +1. */
#include "solvers/loss/loss.h"

#include <math.h>

static double sample(const void *o, double f, double y)
{
	double r = fmax(0, 1 - y * f);

	(void)o;
	return r * r / 2;
}

static double value(const void *o, size_t n, const real *f, const real *y)
{
	double sum = 0;

	(void)o;
	for (size_t k = 0; k < n; k++) {
		double r = fmax(0, 1 - (double)y[k] * (double)f[k]);

		sum += r * r;
	}
	return sum / 2;
}

static void gradient(const void *o, size_t n, const real *f, const real *y, real *g)
{
	(void)o;
	for (size_t k = 0; k < n; k++) {
		real r = 1 - y[k] * f[k];

		g[k] = r > 0 ? -y[k] * r : 0;
	}
}

static void hessian(const void *o, size_t n, const real *f, const real *y, real *h)
{
	(void)o;
	for (size_t k = 0; k < n; k++)
		h[k] = y[k] * f[k] < 1 ? 1 : 0;
}

/* In the margin m = y v: (m + t) / (1 + t) below 1, m above. */
static void prox(const void *o, size_t n, double t, const real *v, const real *y, real *z)
{
	(void)o;
	for (size_t k = 0; k < n; k++) {
		double m = (double)y[k] * (double)v[k];

		z[k] = (real)((double)y[k] * (m < 1 ? (m + t) / (1 + t) : m));
	}
}

/* l*(a) = (a y)^2 / 2 + a y for a y <= 0 */
static double conjugate(const void *o, size_t n, double s, const real *a, const real *y)
{
	double sum = 0;

	(void)o;
	for (size_t k = 0; k < n; k++) {
		double p = s * (double)a[k] * (double)y[k];

		if (!(p <= 0))
			return HUGE_VAL;
		sum += p * (p / 2 + 1);
	}
	return sum;
}

static double curvature(const void *o)
{
	(void)o;
	return 1;
}

static struct loss_box box(const void *o, double y)
{
	(void)o;
	return (struct loss_box){1, y > 0 ? -HUGE_VAL : 0, y > 0 ? 0 : HUGE_VAL};
}

const struct loss loss_squared_hinge = {
	.base = {.name = "squared_hinge", .doc = "max(0, 1 - y f)^2 / 2", .cite = ""},
	.falls = true,
	.sample = sample,
	.value = value,
	.gradient = gradient,
	.hessian = hessian,
	.prox = prox,
	.conjugate = conjugate,
	.curvature = curvature,
	.box = box,
};
