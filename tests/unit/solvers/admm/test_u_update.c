/* The u-step of ADMM alone: every update against the system that it solves. */
#include "solvers/admm/u_update.h"
#include "solvers/core/blas.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

struct system {
	struct arena arena;
	struct u_system u;
	struct mat gram;    /* I + sigma X'X */
	struct mat R, U, Y; /* right-hand sides, solution, X times it */
	real *p, *f;
};

static struct system system_make(struct u_shape shape, double c)
{
	const double sigma = 1.7;
	ptrdiff_t n = shape.n, d = shape.d, P = shape.P, k_ = shape.k;
	struct system s = {.u = {.c = c, .k = k_}};
	struct rng rng = rng_stream(13, "test_admm", (uint64_t)n);

	s.u.X = mat_new(&s.arena, n, d);
	s.u.D = gates_new(&s.arena, n, P);
	s.gram = mat_new(&s.arena, d, d);
	s.R = mat_new(&s.arena, d, 2 * P * k_);
	s.U = mat_new(&s.arena, d, 2 * P * k_);
	s.Y = mat_new(&s.arena, n, 2 * P * k_);
	s.p = ARENA_ARRAY(&s.arena, real, n * k_);
	s.f = ARENA_ARRAY(&s.arena, real, n * k_);
	toy_fill(s.u.X, &rng);
	toy_fill(s.R, &rng);
	toy_fill((struct mat){n, k_, n, s.p}, &rng);
	for (ptrdiff_t i = 0; i < P; i++)
		for (ptrdiff_t k = 0; k < n; k++)
			gates_set(s.u.D, k, i, rng_uniform(&rng) < 0.5);
	for (ptrdiff_t a = 0; a < d; a++)
		for (ptrdiff_t b = 0; b < d; b++) {
			double sum = a == b;

			for (ptrdiff_t k = 0; k < n; k++)
				sum += sigma * (double)mat_get(s.u.X, k, a) *
				       (double)mat_get(s.u.X, k, b);
			mat_set(s.gram, a, b, (real)sum);
		}
	s.u.M = mat_new(&s.arena, d, d);
	mat_copy(s.u.M, s.gram);
	assert_true(blas_cholesky(s.u.M));
	return s;
}

/* (X U)_ki */
static double activation(const struct system *s, ptrdiff_t k, ptrdiff_t i)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < s->u.X.cols; j++)
		sum += (double)mat_get(s->u.X, k, j) * (double)mat_get(s->U, j, i);
	return sum;
}

/* f(B)_k = sum_i d_ki x_k' b_i of output c */
static double output(const struct system *s, ptrdiff_t k, ptrdiff_t c)
{
	ptrdiff_t P = s->u.D.cols;
	double f = 0;

	for (ptrdiff_t i = 0; i < P; i++)
		f += (double)gates_get(s->u.D, k, i) * activation(s, k, (s->u.k + c) * P + i);
	return f;
}

/* M A = R_A in columns below Pk, M B + c X'(D o ((f(B) - p) 1')) = R_B in the others. */
static double residual(const struct system *s, ptrdiff_t j, ptrdiff_t i)
{
	ptrdiff_t P = s->u.D.cols, n = s->u.X.rows, c = i / P - s->u.k;
	double sum = -(double)mat_get(s->R, j, i);

	for (ptrdiff_t a = 0; a < s->u.X.cols; a++)
		sum += (double)mat_get(s->gram, j, a) * (double)mat_get(s->U, a, i);
	for (ptrdiff_t k = 0; c >= 0 && k < n; k++)
		sum += s->u.c * (double)mat_get(s->u.X, k, j) *
		       (double)gates_get(s->u.D, k, i % P) *
		       (output(s, k, c) - (double)s->p[c * n + k]);
	return sum;
}

/* Options that make an update exact to rounding: set where it has them. */
static const char *exact(const struct desc *update)
{
	return strcmp(update->name, "pcg") == 0 ? "{tolerance: 1e-300, iterations: 1000}" : "{}";
}

static void check_system(const struct u_update *update, struct u_shape shape, double c)
{
	ptrdiff_t n = shape.n, d = shape.d, columns = 2 * shape.P * shape.k;
	struct system s = system_make(shape, c);
	/* terms of size 1 to c n P, summed over n P of them */
	double tolerance = REAL_EPSILON * (1 + c) * 100 * (double)(n * shape.P);
	struct arena arena = {0};
	struct err err = {0};
	void *state;

	assert_int_equal(update->setup(&s.u,
				       toy_options(&update->base, exact(&update->base), &arena),
				       &arena, &state, &err),
			 STATUS_OK);
	for (int repeat = 0; repeat < 2; repeat++) { /* no memory of the solve before */
		mat_copy(s.U, s.R);
		update->solve(state, s.p, s.U, s.Y, s.f);
		for (ptrdiff_t i = 0; i < columns; i++) {
			for (ptrdiff_t j = 0; j < d; j++)
				check_close(residual(&s, j, i), 0, 0, tolerance);
			for (ptrdiff_t k = 0; k < n; k++)
				check_close(activation(&s, k, i), mat_get(s.Y, k, i), 0, tolerance);
		}
		for (ptrdiff_t k = 0; k < n * shape.k; k++)
			check_close(output(&s, k % n, k / n), s.f[k], 0, tolerance);
	}
	arena_release(&arena);
	arena_release(&s.arena);
}

static void every_u_update_solves_the_normal_equations(void **state)
{
	(void)state;
	for (size_t i = 0; i < registry_count(KIND_U_UPDATE); i++) {
		const struct u_update *update =
			(const struct u_update *)(const void *)registry_at(KIND_U_UPDATE, i);

		for (ptrdiff_t k = 1; k < 4; k += 2) {
			check_system(update, (struct u_shape){1, 1, 1, k}, 1);
			check_system(update, (struct u_shape){12, 5, 3, k}, 0.3);
			check_system(update, (struct u_shape){7, 9, 4, k}, 20);  /* d > n */
			check_system(update, (struct u_shape){40, 3, 12, k}, 2); /* P > d */
			/* more rows than a block */
			check_system(update, (struct u_shape){530, 2, 2, k}, 0.1);
		}
	}
}

/* Where a setup costs as much as many iterations, conjugate gradients go first; the direct update
 * takes over once they have cost a share of it, and says so. */
static void a_long_setup_is_put_off(void **state)
{
	const ptrdiff_t n = 1200, d = 6, P = 200;
	struct system s = system_make((struct u_shape){n, d, P, 1}, 0.1);
	const struct u_update *update =
		(const struct u_update *)(const void *)registry_find(KIND_U_UPDATE, "auto");
	struct arena arena = {0};
	struct err err = {0};
	void *u;

	(void)state;
	assert_int_equal(
		update->setup(&s.u,
			      toy_options(&update->base, "{iterative: {pcg: {tolerance: 1e-13}}}",
					  &arena),
			      &arena, &u, &err),
		STATUS_OK);
	assert_non_null(strstr(update->note(u), "u_update pcg, which has not"));
	for (int solve = 0; solve < 40; solve++) {
		s.p[0] += (real)(0.1 * solve); /* else the last solution is right */
		mat_copy(s.U, s.R);
		update->solve(u, s.p, s.U, s.Y, s.f);
		if (solve % 10 == 0)
			for (ptrdiff_t i = P - 1; i < 2 * P; i += P)
				check_close(residual(&s, 1, i), 0, 0, 1e-6);
	}
	assert_non_null(strstr(update->note(u), "then dual"));
	arena_release(&arena);
	arena_release(&s.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_u_update_solves_the_normal_equations),
		cmocka_unit_test(a_long_setup_is_put_off),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
