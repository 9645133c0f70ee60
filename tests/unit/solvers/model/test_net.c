/* Network kernels against naive twins in double and against finite differences. */
#include "solvers/core/rng.h"
#include "solvers/model/net.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

struct sizes {
	ptrdiff_t n, d, m;
};

/* 1 row, less than a block, and several blocks with a ragged last one */
static const struct sizes shapes[] = {
	{1, 3, 2}, {7, 1, 1}, {100, 9, 17}, {1031, 6, 40}, {515, 33, 70}};

enum { SHAPES = sizeof shapes / sizeof *shapes };

struct fixture {
	struct arena arena;
	struct mat X; /* rows of a larger matrix: its stride is not its row count */
	struct net net;
	struct model_work work;
	real *f, *g;
};

static void fill(struct mat A, struct rng *rng)
{
	for (ptrdiff_t j = 0; j < A.cols; j++)
		for (ptrdiff_t i = 0; i < A.rows; i++)
			mat_set(A, i, j, (real)rng_normal(rng));
}

static struct fixture make(struct sizes s)
{
	struct fixture t = {0};
	struct rng rng = rng_stream(2385, "test_net", (uint64_t)s.n);

	t.X = mat_rows(mat_new(&t.arena, s.n + 5, s.d), 3, s.n);
	fill(t.X, &rng);
	t.net = net_new(&t.arena, s.d, s.m + 2);
	fill(t.net.U, &rng);
	t.net.U.cols = s.m; /* room for more neurons than are in use */
	t.work = net_work_new(&t.arena, s.m);
	t.f = ARENA_ARRAY(&t.arena, real, s.n);
	t.g = ARENA_ARRAY(&t.arena, real, s.n);
	for (ptrdiff_t j = 0; j < s.m; j++)
		t.net.alpha[j] = (real)rng_normal(&rng);
	for (ptrdiff_t k = 0; k < s.n; k++)
		t.g[k] = (real)rng_normal(&rng);
	return t;
}

/* f(x_k) in double; `nudge` is added to x_ki or, with neuron >= 0, to U_ij. */
struct nudge {
	ptrdiff_t i, neuron;
	double by;
};

static double naive(const struct fixture *t, ptrdiff_t k, struct nudge nudge)
{
	double f = 0;

	for (ptrdiff_t j = 0; j < t->net.U.cols; j++) {
		double h = 0;

		for (ptrdiff_t i = 0; i < t->X.cols; i++) {
			double x = (double)mat_get(t->X, k, i), u = (double)mat_get(t->net.U, i, j);

			if (i == nudge.i && nudge.neuron < 0)
				x += nudge.by;
			if (i == nudge.i && nudge.neuron == j)
				u += nudge.by;
			h += x * u;
		}
		f += h > 0 ? h * (double)t->net.alpha[j] : 0;
	}
	return f;
}

/* Rounding of a sum of d m products of O(1) numbers in `real`; the constant covers their spread. */
static double tolerance(const struct fixture *t)
{
	return 8 * REAL_EPSILON * (double)(t->X.cols + t->net.U.cols) *
	       sqrt((double)t->net.U.cols + 1);
}

/* Half width of the central differences: f is piecewise linear, so that only rounding, about 1e-15
 * / 1e-6, and a kink within 1e-6 (none with these seeds) make them differ from the derivative. */
static const double NUDGE = 1e-6, DIFFERENCE_ERROR = 1e-7;

static void forward_matches_naive_twin(void **state)
{
	(void)state;
	for (int s = 0; s < SHAPES; s++) {
		struct fixture t = make(shapes[s]);

		net_forward(&t.net, t.X, t.f, &t.work);
		for (ptrdiff_t k = 0; k < t.X.rows; k++)
			check_close(t.f[k], naive(&t, k, (struct nudge){-1, -1, 0}), 0,
				    tolerance(&t));
		arena_release(&t.arena);
	}
}

static void input_gradient_matches_differences(void **state)
{
	(void)state;
	for (int s = 0; s < SHAPES; s++) {
		struct fixture t = make(shapes[s]);
		struct mat G = mat_new(&t.arena, t.X.rows, t.X.cols);

		net_input_gradient(&t.net, t.X, t.f, G, &t.work);
		for (ptrdiff_t k = 0; k < t.X.rows; k++) {
			check_close(t.f[k], naive(&t, k, (struct nudge){-1, -1, 0}), 0,
				    tolerance(&t));
			for (ptrdiff_t i = 0; i < t.X.cols; i++) {
				double up = naive(&t, k, (struct nudge){i, -1, NUDGE});
				double down = naive(&t, k, (struct nudge){i, -1, -NUDGE});
				double slope = (up - down) / (2 * NUDGE);

				check_close(mat_get(G, k, i), slope, 0,
					    tolerance(&t) + DIFFERENCE_ERROR);
			}
		}
		arena_release(&t.arena);
	}
}

/* sum_k g_k f(x_k), U_ij moved by `by` */
static double weighted(const struct fixture *t, ptrdiff_t i, ptrdiff_t j, double by)
{
	double sum = 0;

	for (ptrdiff_t k = 0; k < t->X.rows; k++)
		sum += (double)t->g[k] * naive(t, k, (struct nudge){i, j, by});
	return sum;
}

static void weight_gradient_matches_differences(void **state)
{
	(void)state;
	for (int s = 0; s < SHAPES; s++) {
		struct fixture t = make(shapes[s]);
		struct net gradient = net_new(&t.arena, t.X.cols, t.net.U.cols);
		double n = (double)t.X.rows, bound = (tolerance(&t) + DIFFERENCE_ERROR) * n;
		double f = weighted(&t, -1, -1, 0), sum = 0;

		mat_fill(gradient.U, 7); /* what was there before does not count */
		gradient.alpha[0] = 7;
		net_weight_gradient(&t.net, t.X, t.g, &gradient, &t.work);
		for (ptrdiff_t j = 0; j < t.net.U.cols; j += 5) {
			ptrdiff_t i = j % t.X.cols;
			double slope = (weighted(&t, i, j, NUDGE) - weighted(&t, i, j, -NUDGE)) /
				       (2 * NUDGE);

			check_close(mat_get(gradient.U, i, j), slope, 0, bound);
		}
		/* f is linear in alpha: galpha' alpha = sum g f */
		for (ptrdiff_t j = 0; j < t.net.U.cols; j++)
			sum += (double)gradient.alpha[j] * (double)t.net.alpha[j];
		check_close(sum, f, 0, bound);
		/* and homogeneous in U: <gU, U> = sum g f */
		sum = 0;
		for (ptrdiff_t j = 0; j < t.net.U.cols; j++)
			for (ptrdiff_t i = 0; i < t.X.cols; i++)
				sum += (double)mat_get(gradient.U, i, j) *
				       (double)mat_get(t.net.U, i, j);
		check_close(sum, f, 0, bound);
		arena_release(&t.arena);
	}
}

static void same_bits_again_and_same_values_serially(void **state)
{
	struct fixture t = make(shapes[3]);
	struct model_work serial = net_work_serial(&t.arena, t.net.U.cols);
	real *again = ARENA_ARRAY(&t.arena, real, t.X.rows);

	(void)state;
	net_forward(&t.net, t.X, t.f, &t.work);
	net_forward(&t.net, t.X, again, &t.work);
	assert_memory_equal(t.f, again, (size_t)t.X.rows * sizeof(real));
	net_forward(&t.net, t.X, again, &serial);
	for (ptrdiff_t k = 0; k < t.X.rows; k++)
		check_close(t.f[k], again[k], 0, tolerance(&t));
	arena_release(&t.arena);
}

static void kernels_work_inside_a_team(void **state)
{
	struct fixture t = make(shapes[2]);
	struct model_work work[2] = {net_work_serial(&t.arena, t.net.U.cols),
				     net_work_serial(&t.arena, t.net.U.cols)};
	real *f[2] = {t.f, ARENA_ARRAY(&t.arena, real, t.X.rows)};

	(void)state;
#pragma omp parallel for num_threads(2)
	for (int i = 0; i < 2; i++)
		net_forward(&t.net, t.X, f[i], &work[i]);
	assert_memory_equal(f[0], f[1], (size_t)t.X.rows * sizeof(real));
	arena_release(&t.arena);
}

static void nan_weight_is_not_hidden_by_relu(void **state)
{
	struct fixture t = make(shapes[2]);

	(void)state;
	mat_set(t.net.U, 0, 0, (real)NAN);
	net_forward(&t.net, t.X, t.f, &t.work);
	for (ptrdiff_t k = 0; k < t.X.rows; k++)
		check_nan(t.f[k]);
	arena_release(&t.arena);
}

static void no_neuron_or_no_row_is_fine(void **state)
{
	struct fixture t = make(shapes[2]);
	struct mat G = mat_new(&t.arena, t.X.rows, t.X.cols);
	struct net gradient = net_new(&t.arena, t.X.cols, t.net.U.cols);

	(void)state;
	mat_fill(gradient.U, 1);
	net_weight_gradient(&t.net, mat_rows(t.X, 0, 0), t.g, &gradient, &t.work);
	check_at_least(mat_get(gradient.U, 0, 0), 0);
	check_at_most(mat_get(gradient.U, 0, 0), 0);
	t.net.U.cols = 0;
	mat_fill(G, 1);
	net_input_gradient(&t.net, t.X, t.f, G, &t.work);
	for (ptrdiff_t k = 0; k < t.X.rows; k++) {
		check_at_least(t.f[k], 0);
		check_at_most(t.f[k], 0);
		check_at_least(mat_get(G, k, 0), 0);
		check_at_most(mat_get(G, k, 0), 0);
	}
	arena_release(&t.arena);
}

static void decay_is_half_the_sum_of_squares(void **state)
{
	struct arena arena = {0};
	struct net net = net_new(&arena, 2, 2);

	(void)state;
	mat_set(net.U, 0, 0, 3);
	mat_set(net.U, 1, 1, -2);
	net.alpha[0] = 5;
	check_close(net_decay(&net), 19, 0, 1e-12);
	net.U.cols = 1; /* neurons not in use do not count */
	check_close(net_decay(&net), 17, 0, 1e-12);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forward_matches_naive_twin),
		cmocka_unit_test(input_gradient_matches_differences),
		cmocka_unit_test(weight_gradient_matches_differences),
		cmocka_unit_test(same_bits_again_and_same_values_serially),
		cmocka_unit_test(kernels_work_inside_a_team),
		cmocka_unit_test(nan_weight_is_not_hidden_by_relu),
		cmocka_unit_test(no_neuron_or_no_row_is_fine),
		cmocka_unit_test(decay_is_half_the_sum_of_squares),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
