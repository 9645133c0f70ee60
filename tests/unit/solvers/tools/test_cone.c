/* Second-order cones: the scaling against its definition, step lengths against the boundary itself.
 */
#include "solvers/core/rng.h"
#include "solvers/tools/cone.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { D = 5, P = 40, ROWS = D + 1 };

/* Sums of a few terms of size up to 100. */
static const double rounding = 1e-10;

struct fixture {
	struct arena arena;
	struct cones c;
};

static double tail(const real *u)
{
	double square = 0;

	for (int j = 1; j < ROWS; j++)
		square += (double)u[j] * (double)u[j];
	return sqrt(square);
}

/* Random points, some a hair inside the boundary, and random steps. */
static struct fixture make(void)
{
	struct fixture t = {0};
	struct rng rng = rng_stream(5, "test_cone", 0);
	struct mat points[] = {{0}, {0}}, steps[] = {{0}, {0}};

	t.c = cones_new(&t.arena, D, P);
	points[0] = t.c.s;
	points[1] = t.c.z;
	steps[0] = t.c.ds;
	steps[1] = t.c.dz;
	for (int m = 0; m < 2; m++)
		for (ptrdiff_t i = 0; i < P; i++) {
			real *u = mat_col(points[m], i), *v = mat_col(steps[m], i);
			double size = pow(10, 4 * rng_uniform(&rng) - 2);

			for (int j = 0; j < ROWS; j++) {
				u[j] = (real)(size * rng_normal(&rng));
				v[j] = (real)rng_normal(&rng);
			}
			u[0] = (real)(tail(u) * (1 + pow(10, -4 * rng_uniform(&rng))));
		}
	cones_scale(&t.c);
	return t;
}

/* out = W u or W^-1 u from the definition of w and eta. */
static void scale(const struct cones *c, ptrdiff_t i, int sign, const real *u, double *out)
{
	const real *w = mat_col(c->w, i);
	double eta = (double)c->eta[i], inner = 0, factor = sign > 0 ? eta : 1 / eta;

	for (int j = 1; j < ROWS; j++)
		inner += (double)w[j] * (double)u[j];
	out[0] = factor * ((double)w[0] * (double)u[0] + sign * inner);
	for (int j = 1; j < ROWS; j++)
		out[j] = factor *
			 ((double)u[j] +
			  (sign * (double)u[0] + inner / (1 + (double)w[0])) * (double)w[j]);
}

static void scaling_takes_both_points_to_lambda(void **state)
{
	struct fixture t = make();

	(void)state;
	for (ptrdiff_t i = 0; i < P; i++) {
		const real *lambda = mat_col(t.c.lambda, i);
		double wz[ROWS], ws[ROWS];

		scale(&t.c, i, 1, mat_col(t.c.z, i), wz);
		scale(&t.c, i, -1, mat_col(t.c.s, i), ws);
		for (int j = 0; j < ROWS; j++) {
			check_close(wz[j], lambda[j], 0, 1e-8 * (double)lambda[0]);
			check_close(ws[j], lambda[j], 0, 1e-8 * (double)lambda[0]);
		}
	}
	arena_release(&t.arena);
}

/* lambda o (W target) = mu (1, 0) - k */
static void targets_solve_the_complementarity(void **state)
{
	const double mu = 0.37;
	struct fixture t = make();
	real target[ROWS];

	(void)state;
	cones_second_order(&t.c);
	for (ptrdiff_t i = 0; i < P; i++) {
		const real *l = mat_col(t.c.lambda, i), *k = mat_col(t.c.k, i);
		double x[ROWS], head, largest = 0;

		cones_target(&t.c, i, mu, target);
		scale(&t.c, i, 1, target, x);
		head = (double)l[0] * x[0];
		for (int j = 0; j < ROWS; j++)
			largest = fmax(largest, fabs(x[j]) * (double)l[0]);
		for (int j = 1; j < ROWS; j++) {
			head += (double)l[j] * x[j];
			check_close((double)l[0] * x[j] + x[0] * (double)l[j] + (double)k[j], 0, 0,
				    1e-8 * (1 + largest));
		}
		check_close(head, mu - (double)k[0], 0, 1e-8 * (1 + largest));
	}
	arena_release(&t.arena);
}

/* k = (W^-1 ds) o (W dz), and the steps are what they were. */
static void second_order_terms_are_the_product(void **state)
{
	struct fixture t = make();

	(void)state;
	cones_second_order(&t.c);
	for (ptrdiff_t i = 0; i < P; i++) {
		const real *k = mat_col(t.c.k, i);
		double a[ROWS], b[ROWS], head = 0, size = 0;

		scale(&t.c, i, -1, mat_col(t.c.ds, i), a);
		scale(&t.c, i, 1, mat_col(t.c.dz, i), b);
		for (int j = 0; j < ROWS; j++) {
			head += a[j] * b[j];
			size = fmax(size, fabs(a[j]) * fabs(b[j]));
		}
		size = 1e-8 * (1 + size + fabs(a[0]) * fabs(b[0]) * 1e2);
		check_close(head, k[0], 0, size * 10);
	}
	arena_release(&t.arena);
}

static double margin(const real *u, const real *v, double step)
{
	real at[ROWS];

	for (int j = 0; j < ROWS; j++)
		at[j] = u[j] + (real)step * v[j];
	return (double)at[0] - tail(at);
}

/* One cone at a time: the step found is where one of the two points reaches its boundary. */
static void the_longest_step_ends_on_the_boundary(void **state)
{
	struct fixture t = make();
	int bounded = 0;

	(void)state;
	for (ptrdiff_t i = 0; i < P; i++) {
		struct cones one = t.c;
		double step, inside, beyond;

		one.s = mat_cols(t.c.s, i, 1);
		one.ds = mat_cols(t.c.ds, i, 1);
		one.z = mat_cols(t.c.z, i, 1);
		one.dz = mat_cols(t.c.dz, i, 1);
		one.w = mat_cols(t.c.w, i, 1);
		step = cones_longest(&one);
		if (isinf(step))
			continue;
		bounded++;
		inside = fmin(margin(one.s.at, one.ds.at, 0.999 * step),
			      margin(one.z.at, one.dz.at, 0.999 * step));
		beyond = fmin(margin(one.s.at, one.ds.at, 1.001 * step),
			      margin(one.z.at, one.dz.at, 1.001 * step));
		check_above(inside, -rounding * (double)one.s.at[0]);
		check_below(beyond, rounding * (double)one.s.at[0]);
	}
	check_above(bounded, P / 2);
	arena_release(&t.arena);
}

static void products_are_sums(void **state)
{
	const double step = 0.3;
	struct fixture t = make();
	double sum = 0;

	(void)state;
	for (ptrdiff_t i = 0; i < P; i++)
		for (int j = 0; j < ROWS; j++)
			sum += ((double)mat_get(t.c.s, j, i) +
				step * (double)mat_get(t.c.ds, j, i)) *
			       ((double)mat_get(t.c.z, j, i) +
				step * (double)mat_get(t.c.dz, j, i));
	check_close(cones_products(&t.c, step), sum, rounding, rounding);
	arena_release(&t.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scaling_takes_both_points_to_lambda),
		cmocka_unit_test(targets_solve_the_complementarity),
		cmocka_unit_test(second_order_terms_are_the_product),
		cmocka_unit_test(the_longest_step_ends_on_the_boundary),
		cmocka_unit_test(products_are_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
