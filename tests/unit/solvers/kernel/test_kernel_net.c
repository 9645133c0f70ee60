/* The kernels are those of wide random networks, right to rounding also for parallel points. */
#include "solvers/kernel/kernel_net.h"

#include "solvers/core/rng.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { D = 3, M = 6, NEURONS = 400000 };

/* Points as given, coefficients 1, one output. */
static struct kernel_net *make(struct mat Z, bool tangent, struct arena *arena)
{
	struct kernel_net *net = kernel_net_of(
		model_new(&model_kernel, arena, (struct model_size){Z.rows, Z.cols, 1}));

	mat_copy(net->Z, Z);
	mat_fill(net->A, 1);
	for (ptrdiff_t i = 0; i < Z.rows; i++)
		net->scale[i] = 1;
	*net->tangent = tangent;
	return net;
}

/* k(x, z) by the model with the one point z. */
static double kernel_at(const real *x, const real *z, bool tangent)
{
	struct arena arena = {0};
	struct mat X = mat_new(&arena, 1, D), Z = mat_new(&arena, D, 1);
	struct kernel_net *net;
	struct model_work work;
	real f;

	memcpy(Z.at, z, D * sizeof *z);
	memcpy(X.at, x, D * sizeof *x);
	net = make(Z, tangent, &arena);
	work = model_work_new(&arena, &model_kernel, (struct model_size){D, 1, 1});
	model_forward(&net->base, X, &f, &work);
	arena_release(&arena);
	return (double)f;
}

/* A network sum_j a_j relu(w_j'x / sqrt d) / sqrt m: means over its neurons of the products of
 * their outputs and of their gradients. */
struct empirical {
	double output, gradient; /* NNGP; what NTK has more */
};

static struct empirical sample_network(const real *x, const real *z, struct rng *rng)
{
	struct empirical sum = {0};

	for (int j = 0; j < NEURONS; j++) {
		double p = 0, q = 0, a = rng_normal(rng), product = 0;

		for (int i = 0; i < D; i++) {
			double w = rng_normal(rng) / sqrt(D);

			p += w * (double)x[i];
			q += w * (double)z[i];
			product += (double)x[i] * (double)z[i] / D;
		}
		sum.output += fmax(p, 0) * fmax(q, 0) / NEURONS;
		sum.gradient += a * a * (p > 0 && q > 0) * product / NEURONS;
	}
	return sum;
}

/* The mean of NEURONS products whose spread is at most 2 |x| |z| / d is off by less than five of
 * its deviations. */
static void kernels_are_those_of_wide_networks(void **state)
{
	struct rng rng = rng_stream(5, "test_kernel_net", 0);

	(void)state;
	for (int pair = 0; pair < 5; pair++) {
		real x[D], z[D];
		double size = 0, a = 0, b = 0;
		struct empirical of;

		for (int i = 0; i < D; i++) {
			x[i] = (real)rng_normal(&rng);
			z[i] = (real)(rng_normal(&rng) + pair * (double)x[i]);
			a += (double)x[i] * (double)x[i];
			b += (double)z[i] * (double)z[i];
		}
		of = sample_network(x, z, &rng);
		size = 5 * 2 * sqrt(a * b) / D / sqrt(NEURONS);
		check_close(kernel_at(x, z, false), of.output, 0, size);
		check_close(kernel_at(x, z, true), of.output + of.gradient, 0, size);
	}
}

/* Same, orthogonal, opposite. */
static void closed_forms_at_known_angles(void **state)
{
	const real x[D] = {3, 0, 0}, y[D] = {0, 0, 5}, minus[D] = {-2, 0, 0};

	(void)state;
	check_close(kernel_at(x, x, false), 9.0 / (2 * D), 8 * REAL_EPSILON, 0);
	check_close(kernel_at(x, x, true), 9.0 / D, 8 * REAL_EPSILON, 0);
	check_close(kernel_at(x, y, false), 15 / (2 * M_PI * D), 8 * REAL_EPSILON, 0);
	check_close(kernel_at(x, y, true), 15 / (2 * M_PI * D), 8 * REAL_EPSILON, 0);
	check_close(kernel_at(x, minus, true), 0, 0, 30 * REAL_EPSILON);
	check_equal(kernel_at((real[D]){0}, x, true), 0);
}

/* The tangent kernel falls by its kink with the distance from a point of length 1, to first order
 * by 2 t / (2 pi d) more than at t = 0: an arc cosine of a rounded cosine would not see t. */
static void small_angles_are_seen(void **state)
{
	const double t = sizeof(real) < sizeof(double) ? 6e-4 : 3e-8;
	const real z[D] = {0, 1, 0}, x[D] = {(real)sin(t), (real)cos(t), 0};
	double lost = kernel_at(z, z, true) - kernel_at(x, z, true);

	(void)state;
	check_close(lost, t / (2 * M_PI * D), 2e-3, 2 * REAL_EPSILON);
}

/* K, and the decay as a double sum of definitions. */
static void decay_is_half_the_squared_norm(void **state)
{
	struct arena arena = {0};
	struct rng rng = rng_stream(6, "test_kernel_net", 0);
	struct mat Z = mat_new(&arena, D, M), X = mat_new(&arena, M, D), K = mat_new(&arena, M, M);
	struct kernel_net *net;
	double sum = 0;

	(void)state;
	toy_fill(Z, &rng);
	mat_transpose(X, Z);
	net = make(Z, true, &arena);
	kernel_net_gram(net, X, K);
	for (ptrdiff_t j = 0; j < M; j++)
		net->A.at[j] = (real)rng_normal(&rng);
	for (ptrdiff_t j = 0; j < M; j++)
		for (ptrdiff_t i = 0; i < M; i++) {
			double k = kernel_at(mat_col(Z, i), mat_col(Z, j), true);

			sum += k * (double)net->A.at[i] * (double)net->A.at[j] / 2;
			if (i >= j)
				check_close(mat_get(K, i, j), k, 50 * REAL_EPSILON, REAL_EPSILON);
		}
	check_close(model_kernel.decay(&net->base), sum, 200 * REAL_EPSILON, 200 * REAL_EPSILON);
	arena_release(&arena);
}

/* In other units the function, its norm and its kernel are the same. */
static void units_do_not_matter(void **state)
{
	struct arena arena = {0};
	struct rng rng = rng_stream(7, "test_kernel_net", 0);
	struct mat Z = mat_new(&arena, D, M);
	const real scale[D] = {2, (real)0.25, 8};
	struct model *other = model_new(&model_kernel, &arena, (struct model_size){D, M, 1});
	struct kernel_net *net;

	(void)state;
	toy_fill(Z, &rng);
	net = make(Z, true, &arena);
	model_rescale(scale, &net->base, other);
	check_close(model_kernel.decay(other), model_kernel.decay(&net->base), 50 * REAL_EPSILON,
		    0);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernels_are_those_of_wide_networks),
		cmocka_unit_test(closed_forms_at_known_angles),
		cmocka_unit_test(small_angles_are_seen),
		cmocka_unit_test(decay_is_half_the_squared_norm),
		cmocka_unit_test(units_do_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
