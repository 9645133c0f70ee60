/* Second-order cones of moments of neurons: nearest points by the conditions of Moreau, and the
 * moments of neurons themselves, which lie in the cones and do not move. */
#include "solvers/bound/neuron_cones.h"
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SEEDS = 300, K = 5, N = 9 };

/* x = point + rest, the point in the cone, the rest in its polar, orthogonal. */
static void nearest_points_are_nearest(void **state)
{
	int kept = 0, gone = 0;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct rng rng = rng_stream(seed, "cone", 0);
		ptrdiff_t k = 1 + (ptrdiff_t)(seed % K);
		real length[K], x[K], r[K], a, before;
		double norm = 0, polar = 0, product, scale = 1;

		before = a = (real)(seed % 11 ? 3 * rng_normal(&rng) : 0);
		for (ptrdiff_t j = 0; j < k; j++) {
			length[j] = (real)exp(2 * rng_normal(&rng));
			x[j] = r[j] = (real)(rng_normal(&rng) / (double)(j % 2 ? length[j] : 1));
		}
		neuron_cones_nearest(k, length, &a, r);
		product = (double)(before - a) * (double)a;
		for (ptrdiff_t j = 0; j < k; j++) {
			double in = (double)length[j] * (double)r[j], rest = (double)(x[j] - r[j]);

			norm += in * in;
			polar += pow(rest / (double)length[j], 2);
			product += rest * (double)r[j];
			scale += (double)x[j] * (double)x[j] + (double)before * (double)before;
		}
		check_at_most(sqrt(norm), (double)a + 1e-12 * scale);
		check_at_most(sqrt(polar), (double)(a - before) + 1e-9 * scale);
		check_close(product, 0, 0, 1e-9 * scale);
		kept += fabs((double)(a - before)) < 1e-15;
		gone += fabs((double)a) < 1e-15;
	}
	check_above(kept, SEEDS / 20.0);
	check_above(gone, SEEDS / 20.0);
}

struct neuron {
	struct arena arena;
	struct mat P, S, B;
	real length[K];
};

/* Moments of a random neuron: alpha = |u|, z - w = sqrt(2) P c, z w = 0. */
static void make(struct neuron *t, uint64_t seed)
{
	struct rng rng = rng_stream(seed, "neuron", 0);
	double m[1 + K + N] = {0}, square = 0;

	*t = (struct neuron){0};
	t->P = mat_new(&t->arena, N, K);
	t->S = mat_new(&t->arena, 1 + K + N, 1 + K + N);
	t->B = mat_new(&t->arena, 1 + K + N, 1 + K + N);
	for (ptrdiff_t j = 0; j < K; j++) { /* Gram-Schmidt */
		real *p = mat_col(t->P, j);

		for (ptrdiff_t i = 0; i < N; i++)
			p[i] = (real)rng_normal(&rng);
		for (ptrdiff_t l = 0; l < j; l++)
			blas_axpy(N, -blas_dot(N, p, mat_col(t->P, l)), mat_col(t->P, l), p);
		blas_scale(N, 1 / blas_norm(N, p), p);
	}
	for (ptrdiff_t j = 0; j < K; j++) {
		t->length[j] = (real)exp(rng_normal(&rng));
		m[1 + j] = rng_normal(&rng);
		square += pow((double)t->length[j] * m[1 + j], 2);
	}
	m[0] = sqrt(square);
	for (ptrdiff_t i = 0; i < N; i++) {
		double Pc = 0;

		for (ptrdiff_t j = 0; j < K; j++)
			Pc += (double)mat_get(t->P, i, j) * m[1 + j];
		m[1 + K + i] = fabs(Pc); /* (z + w) / sqrt 2 */
	}
	for (ptrdiff_t j = 0; j < t->S.cols; j++)
		for (ptrdiff_t i = 0; i < t->S.rows; i++)
			mat_set(t->S, i, j, (real)(m[i] * m[j]));
	mat_copy(t->B, t->S);
}

static void neurons_do_not_move(void **state)
{
	static struct neuron t;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS / 10; seed++) {
		struct neuron_cones cones;

		make(&t, seed);
		cones = neuron_cones_new(N, K, &t.arena);
		neuron_cones_project(&cones, t.P, t.length, t.S, 1);
		for (int v = 0; v < 2; v++) {
			check_at_most(blas_mat_norm(cones.Z[v]), 1e-12 * blas_mat_norm(t.S));
			check_at_most(blas_norm(N, cones.y[v]), 1e-12 * blas_mat_norm(t.S));
		}
		neuron_cones_join(&cones, t.P, t.B);
		for (ptrdiff_t j = 0; j < t.S.cols; j++)
			for (ptrdiff_t i = j; i < t.S.rows; i++)
				check_close((double)mat_get(t.B, i, j), (double)mat_get(t.S, i, j),
					    1e-12, 1e-12 * blas_mat_norm(t.S));
		arena_release(&t.arena);
	}
}

/* With less alpha the same neuron is outside, and multipliers say so: none for u longer than that
 * for alpha. */
static void multipliers_are_of_the_dual_cone(void **state)
{
	static struct neuron t;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS / 10; seed++) {
		struct neuron_cones cones;
		struct cone_multipliers m;
		struct mat V;
		double all = 0;

		make(&t, seed);
		for (ptrdiff_t i = 1; i < t.S.rows; i++)
			mat_set(t.S, i, 0, mat_get(t.S, i, 0) / 2);
		V = mat_new(&t.arena, K, K);
		for (ptrdiff_t j = 0; j < K; j++)
			mat_set(V, j, j, 1);
		m = cone_multipliers_new(N, K, &t.arena);
		cones = neuron_cones_new(N, K, &t.arena);
		neuron_cones_project(&cones, t.P, t.length, t.S, 1);
		neuron_cones_tell(&cones, V, t.length, 3, &m);
		for (ptrdiff_t i = 0; i < N; i++) {
			double g = 0;

			for (ptrdiff_t j = 0; j < K; j++)
				g += pow((double)mat_get(m.G, i, j), 2);
			check_close(sqrt(g), (double)m.p[i], 1e-6, 1e-9);
			all += (double)m.p[i];
		}
		check_above(all, 0);
		arena_release(&t.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest_points_are_nearest),
		cmocka_unit_test(neurons_do_not_move),
		cmocka_unit_test(multipliers_are_of_the_dual_cone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
