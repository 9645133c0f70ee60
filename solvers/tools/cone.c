/* Second-order cones in the scaling of Nesterov and Todd. See cone.h. */
#include "solvers/tools/cone.h"

#include "solvers/core/blas.h"

#include <math.h>

struct cones cones_new(struct arena *arena, ptrdiff_t d, ptrdiff_t P)
{
	struct cones c;
	struct mat *all[] = {&c.s, &c.ds, &c.z, &c.dz, &c.w, &c.lambda, &c.k};

	for (size_t m = 0; m < sizeof all / sizeof all[0]; m++)
		*all[m] = mat_new(arena, d + 1, P);
	c.eta = ARENA_ARRAY(arena, real, P);
	return c;
}

/* Of the parts behind the first. */
static double tail_dot(ptrdiff_t rows, const real *u, const real *v)
{
	double sum = 0;

	for (ptrdiff_t j = 1; j < rows; j++)
		sum += (double)u[j] * (double)v[j];
	return sum;
}

/* sqrt(u0^2 - |u1|^2), guarded at the boundary, where rounding decides. */
static double root_det(ptrdiff_t rows, const real *u)
{
	double tail = sqrt(tail_dot(rows, u, u)), head = (double)u[0];

	return sqrt(fmax(head - tail, REAL_EPSILON * head) * (head + tail));
}

/* out = W u (sign 1) or W^-1 u (sign -1); out may be u. */
static void apply(const struct cones *c, ptrdiff_t i, int sign, const real *u, real *out)
{
	const real *w = mat_col(c->w, i);
	double eta = (double)c->eta[i], inner = tail_dot(c->w.rows, w, u);
	double factor = sign > 0 ? eta : 1 / eta;
	double along = inner / (1 + (double)w[0]) + sign * (double)u[0];
	double head = (double)w[0] * (double)u[0] + sign * inner;

	for (ptrdiff_t j = 1; j < c->w.rows; j++)
		out[j] = (real)(factor * ((double)u[j] + along * (double)w[j]));
	out[0] = (real)(factor * head);
}

void cones_scale(struct cones *c)
{
	for (ptrdiff_t i = 0; i < c->w.cols; i++) {
		ptrdiff_t rows = c->w.rows;
		const real *s = mat_col(c->s, i), *z = mat_col(c->z, i);
		real *w = mat_col(c->w, i);
		double ps = root_det(rows, s), pz = root_det(rows, z);
		double inner = ((double)s[0] * (double)z[0] + tail_dot(rows, s, z)) / (ps * pz);
		double g = 2 * sqrt((1 + fmax(inner, 1)) / 2), square = 0;

		for (ptrdiff_t j = 1; j < rows; j++) {
			double x = ((double)s[j] / ps - (double)z[j] / pz) / g;

			w[j] = (real)x;
			square += x * x;
		}
		w[0] = (real)sqrt(1 + square); /* det w = 1, whatever rounding did to it */
		c->eta[i] = (real)sqrt(ps / pz);
		apply(c, i, 1, z, mat_col(c->lambda, i));
	}
	mat_fill(c->k, 0);
}

void cones_target(const struct cones *c, ptrdiff_t i, double mu, real *out)
{
	ptrdiff_t rows = c->w.rows;
	const real *l = mat_col(c->lambda, i), *k = mat_col(c->k, i);
	double head = mu - (double)k[0], root = root_det(rows, l);
	double x0 = ((double)l[0] * head + tail_dot(rows, l, k)) / (root * root);

	for (ptrdiff_t j = 1; j < rows; j++) /* lambda o x = (mu, 0) - k */
		out[j] = (real)((-(double)k[j] - x0 * (double)l[j]) / (double)l[0]);
	out[0] = (real)x0;
	apply(c, i, -1, out, out);
}

void cones_second_order(struct cones *c)
{
	for (ptrdiff_t i = 0; i < c->w.cols; i++) {
		/* w and lambda keep the point; the scaled steps take the place of the steps for a
		 * moment, so that nothing more is allocated */
		real *ds = mat_col(c->ds, i), *dz = mat_col(c->dz, i);
		real *out;
		double head;

		apply(c, i, -1, ds, ds);
		apply(c, i, 1, dz, dz);
		/* out = u o v */
		out = mat_col(c->k, i);
		head = (double)ds[0] * (double)dz[0] + tail_dot(c->w.rows, ds, dz);
		for (ptrdiff_t j = 1; j < c->w.rows; j++)
			out[j] = ds[0] * dz[j] + dz[0] * ds[j];
		out[0] = (real)head;
		apply(c, i, 1, ds, ds);
		apply(c, i, -1, dz, dz);
	}
}

/* 1 / step at which u + step v leaves the cone, at most; 0 if it never does. */
static double exit_rate(ptrdiff_t rows, const real *u, const real *v)
{
	double root = root_det(rows, u), head = (double)u[0] / root;
	double inner = tail_dot(rows, u, v) / root, first = (double)v[0];
	double along = (inner / (1 + head) - first) / root, square = 0;

	for (ptrdiff_t j = 1; j < rows; j++) { /* v in the coordinates that take u to (root, 0) */
		double x = (double)v[j] + along * (double)u[j];

		square += x * x;
	}
	return (sqrt(square) - (head * first - inner)) / root;
}

double cones_longest(const struct cones *c)
{
	double rate = 0;

	for (ptrdiff_t i = 0; i < c->w.cols; i++) {
		rate = fmax(rate, exit_rate(c->w.rows, mat_col(c->s, i), mat_col(c->ds, i)));
		rate = fmax(rate, exit_rate(c->w.rows, mat_col(c->z, i), mat_col(c->dz, i)));
	}
	return rate > 0 ? 1 / rate : HUGE_VAL;
}

double cones_products(const struct cones *c, double step)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < c->w.cols; i++) {
		const real *s = mat_col(c->s, i), *ds = mat_col(c->ds, i);
		const real *z = mat_col(c->z, i), *dz = mat_col(c->dz, i);

		for (ptrdiff_t j = 0; j < c->w.rows; j++)
			sum += ((double)s[j] + step * (double)ds[j]) *
			       ((double)z[j] + step * (double)dz[j]);
	}
	return sum;
}
