/* Squared loss l(f, y) = (f - y)^2 / 2. */
#include "solvers/loss/loss.h"

#include <math.h>

static double sample(const void *o, double f, double y)
{
	(void)o;
	return (f - y) * (f - y) / 2;
}

static double value(const void *o, size_t n, const real *f, const real *y)
{
	double sum = 0;

	(void)o;
	for (size_t k = 0; k < n; k++) {
		double r = (double)f[k] - (double)y[k];

		sum += r * r;
	}
	return sum / 2;
}

static void gradient(const void *o, size_t n, const real *f, const real *y, real *g)
{
	(void)o;
	for (size_t k = 0; k < n; k++)
		g[k] = f[k] - y[k];
}

static void hessian(const void *o, size_t n, const real *f, const real *y, real *h)
{
	(void)o;
	(void)f;
	(void)y;
	for (size_t k = 0; k < n; k++)
		h[k] = 1;
}

/* z = (v + t y) / (1 + t) */
static void prox(const void *o, size_t n, double t, const real *v, const real *y, real *z)
{
	real step = (real)t, scale = (real)(1 / (1 + t));

	(void)o;
	for (size_t k = 0; k < n; k++)
		z[k] = (v[k] + step * y[k]) * scale;
}

/* l*(a) = a^2 / 2 + a y */
static double conjugate(const void *o, size_t n, double s, const real *a, const real *y)
{
	double sum = 0;

	(void)o;
	for (size_t k = 0; k < n; k++) {
		double b = s * (double)a[k];

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
	(void)o;
	(void)y;
	return (struct loss_box){1, -HUGE_VAL, HUGE_VAL};
}

/* Of several outputs: the sum over them, so that every function goes output by output. */
static double outputs_sample(const void *o, ptrdiff_t k, const double *f, const double *y)
{
	double sum = 0;

	for (ptrdiff_t c = 0; c < k; c++)
		sum += sample(o, f[c], y[c]);
	return sum;
}

static double outputs_value(const void *o, struct mat F, struct targets y)
{
	double sum = 0;

	for (ptrdiff_t c = 0; c < y.k; c++)
		sum += value(o, (size_t)y.n, mat_col(F, c), y.at + c * y.n);
	return sum;
}

static void outputs_gradient(const void *o, struct mat F, struct targets y, struct mat G)
{
	for (ptrdiff_t c = 0; c < y.k; c++)
		gradient(o, (size_t)y.n, mat_col(F, c), y.at + c * y.n, mat_col(G, c));
}

static void outputs_hessian_product(const void *o, struct mat F, struct targets y, struct mat V,
				    struct mat H)
{
	(void)o;
	(void)F;
	(void)y;
	mat_copy(H, V);
}

static void outputs_prox(const void *o, double t, struct mat V, struct targets y, struct mat Z)
{
	for (ptrdiff_t c = 0; c < y.k; c++)
		prox(o, (size_t)y.n, t, mat_col(V, c), y.at + c * y.n, mat_col(Z, c));
}

static double outputs_conjugate(const void *o, double s, struct mat A, struct targets y)
{
	double sum = 0;

	for (ptrdiff_t c = 0; c < y.k; c++)
		sum += conjugate(o, (size_t)y.n, s, mat_col(A, c), y.at + c * y.n);
	return sum;
}

static const struct loss_outputs outputs = {
	.sum = true,
	.sample = outputs_sample,
	.value = outputs_value,
	.gradient = outputs_gradient,
	.hessian_product = outputs_hessian_product,
	.prox = outputs_prox,
	.conjugate = outputs_conjugate,
	.curvature = curvature,
};

const struct loss loss_squared = {
	.base = {.name = "squared", .doc = "(f - y)^2 / 2", .cite = ""},
	.regression = true,
	.even = true,
	.quadratic = true,
	.smooth = true,
	.sample = sample,
	.value = value,
	.gradient = gradient,
	.hessian = hessian,
	.prox = prox,
	.conjugate = conjugate,
	.curvature = curvature,
	.box = box,
	.outputs = &outputs,
};
