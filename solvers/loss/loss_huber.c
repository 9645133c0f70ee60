/* Huber loss: r^2 / 2 for |r| <= delta, delta |r| - delta^2 / 2 beyond, r = f - y. */
#include "solvers/loss/loss.h"

#include <math.h>

struct huber_options {
	double delta;
};

static const struct option rows[] = {
	{OPTION_FIELD(struct huber_options, delta), .initial = "1", .range = RANGE_ABOVE(0),
	 .doc = "residual beyond which the loss grows linearly, in the units of the target"},
	{0},
};

static double delta_of(const void *o)
{
	return ((const struct huber_options *)o)->delta;
}

static double sample(const void *o, double f, double y)
{
	double r = fabs(f - y), delta = delta_of(o);

	return r <= delta ? r * r / 2 : delta * (r - delta / 2);
}

static double value(const void *o, size_t n, const real *f, const real *y)
{
	double delta = delta_of(o), sum = 0;

	for (size_t k = 0; k < n; k++) {
		double r = fabs((double)f[k] - (double)y[k]);
		double inner = fmin(r, delta);

		sum += inner * (r - inner / 2);
	}
	return sum;
}

static void gradient(const void *o, size_t n, const real *f, const real *y, real *g)
{
	double delta = delta_of(o);

	for (size_t k = 0; k < n; k++)
		g[k] = (real)fmax(-delta, fmin(delta, (double)f[k] - (double)y[k]));
}

static void hessian(const void *o, size_t n, const real *f, const real *y, real *h)
{
	double delta = delta_of(o);

	for (size_t k = 0; k < n; k++)
		h[k] = fabs((double)f[k] - (double)y[k]) < delta ? 1 : 0;
}

/* r = v - y: z = v - t clip(r / (1 + t), -delta, delta) */
static void prox(const void *o, size_t n, double t, const real *v, const real *y, real *z)
{
	double delta = delta_of(o);

	for (size_t k = 0; k < n; k++) {
		double r = ((double)v[k] - (double)y[k]) / (1 + t);

		z[k] = (real)((double)v[k] - t * fmax(-delta, fmin(delta, r)));
	}
}

/* l*(a) = a^2 / 2 + a y for |a| <= delta */
static double conjugate(const void *o, size_t n, double s, const real *a, const real *y)
{
	double delta = delta_of(o), sum = 0;

	for (size_t k = 0; k < n; k++) {
		double b = s * (double)a[k];

		if (!(fabs(b) <= delta))
			return HUGE_VAL;
		sum += b * (b / 2 + (double)y[k]);
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
	(void)y;
	return (struct loss_box){1, -delta_of(o), delta_of(o)};
}

const struct loss loss_huber = {
	.base = {.name = "huber",
		 .doc = "quadratic for residuals up to delta, linear beyond",
		 .cite = "",
		 .options = rows,
		 .size = sizeof(struct huber_options)},
	.regression = true,
	.even = true,
	.sample = sample,
	.value = value,
	.gradient = gradient,
	.hessian = hessian,
	.prox = prox,
	.conjugate = conjugate,
	.curvature = curvature,
	.box = box,
};
