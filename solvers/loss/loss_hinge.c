/* Hinge loss l(f, y) = max(0, 1 - y f), y = -1 or +1. */
#include "solvers/loss/loss.h"

#include <math.h>

static double sample(const void *o, double f, double y)
{
	(void)o;
	return fmax(0, 1 - y * f);
}

static double value(const void *o, size_t n, const real *f, const real *y)
{
	double sum = 0;

	(void)o;
	for (size_t k = 0; k < n; k++)
		sum += fmax(0, 1 - (double)y[k] * (double)f[k]);
	return sum;
}

static void gradient(const void *o, size_t n, const real *f, const real *y, real *g)
{
	(void)o;
	for (size_t k = 0; k < n; k++)
		g[k] = y[k] * f[k] < 1 ? -y[k] : 0;
}

static void hessian(const void *o, size_t n, const real *f, const real *y, real *h)
{
	(void)o;
	(void)f;
	(void)y;
	for (size_t k = 0; k < n; k++)
		h[k] = 0;
}

/* In the margin m = y v: m + t below 1 - t, 1 up to 1, m above. */
static void prox(const void *o, size_t n, double t, const real *v, const real *y, real *z)
{
	(void)o;
	for (size_t k = 0; k < n; k++) {
		double m = (double)y[k] * (double)v[k];

		z[k] = (real)((double)y[k] * fmax(m, fmin(1, m + t)));
	}
}

/* l*(a) = a y for a y in [-1, 0] */
static double conjugate(const void *o, size_t n, double s, const real *a, const real *y)
{
	double sum = 0;

	(void)o;
	for (size_t k = 0; k < n; k++) {
		double p = s * (double)a[k] * (double)y[k];

		if (!(p >= -1 && p <= 0))
			return HUGE_VAL;
		sum += p;
	}
	return sum;
}

static double curvature(const void *o)
{
	(void)o;
	return HUGE_VAL;
}

static struct loss_box box(const void *o, double y)
{
	(void)o;
	return (struct loss_box){0, y > 0 ? -1 : 0, y > 0 ? 0 : 1};
}

const struct loss loss_hinge = {
	.base = {.name = "hinge", .doc = "max(0, 1 - y f)", .cite = ""},
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
