/* The published u-step: its gradient, its change of the augmented Lagrangian and its products
 * against their definitions; whole iterations against a naive twin; the optimum against `admm`. */
#include "solvers/admm/rbcd.h"
#include "solvers/gates/pattern.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

static const char *const losses[] = {"squared", "{logistic: {loss_scale: 2}}", "huber"};

enum { LOSSES = sizeof losses / sizeof *losses };

/* --- the augmented Lagrangian from its definition -------------------------------------------- */

/* Everything the u-step minimises over and around, halves side by side. */
struct point {
	struct toy toy;
	double rho;
	struct gates D;     /* n x P */
	struct mat U, V, L; /* d x 2P */
	struct mat S, N;    /* n x 2P */
};

static double sign_of(const struct point *p, ptrdiff_t k, ptrdiff_t i)
{
	return 2 * (double)gates_get(p->D, k, i % p->D.cols) - 1;
}

/* x_k'u_i */
static double activation(const struct point *p, struct mat U, ptrdiff_t k, ptrdiff_t i)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < U.rows; j++)
		sum += (double)mat_get(p->toy.problem.X, k, j) * (double)mat_get(U, j, i);
	return sum;
}

/* f_k = sum_i d_ki x_k'(u_i - z_i) */
static double output(const struct point *p, struct mat U, ptrdiff_t k)
{
	ptrdiff_t P = p->D.cols;
	double f = 0;

	for (ptrdiff_t i = 0; i < P; i++)
		f += (double)gates_get(p->D, k, i) *
		     (activation(p, U, k, i) - activation(p, U, k, P + i));
	return f;
}

static double value_of(const struct point *p, struct mat U)
{
	const struct problem *problem = &p->toy.problem;
	double sum = 0;

	for (ptrdiff_t k = 0; k < problem->X.rows; k++)
		sum += toy_loss(problem->loss, output(p, U, k), (double)problem->y.at[k]);
	return problem->loss.weight * sum;
}

/* |u_i - v_i + l_i|^2 */
static double distance(const struct point *p, struct mat U, ptrdiff_t i)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < U.rows; j++)
		sum += pow((double)(mat_get(U, j, i) - mat_get(p->V, j, i) + mat_get(p->L, j, i)),
			   2);
	return sum;
}

static double lagrangian(const struct point *p, struct mat U)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < U.cols; i++) {
		sum += distance(p, U, i);
		for (ptrdiff_t k = 0; k < p->S.rows; k++)
			sum += pow(sign_of(p, k, i) * activation(p, U, k, i) -
					   (double)mat_get(p->S, k, i) +
					   (double)mat_get(p->N, k, i),
				   2);
	}
	return value_of(p, U) + p->rho / 2 * sum;
}

static struct point point_make(ptrdiff_t n, ptrdiff_t d, ptrdiff_t P, const char *loss)
{
	struct point p = {.toy = toy_make(n, d, loss, 0.1), .rho = 0.7};
	struct arena *arena = &p.toy.arena;
	struct rng rng = rng_stream(17, "test_rbcd", (uint64_t)(n + P));
	struct mat *all[] = {&p.U, &p.V, &p.L, &p.S, &p.N};

	p.D = gates_new(arena, n, P);
	for (ptrdiff_t i = 0; i < P; i++)
		for (ptrdiff_t k = 0; k < n; k++)
			gates_set(p.D, k, i, rng_uniform(&rng) < 0.5);
	for (int m = 0; m < 5; m++) {
		*all[m] = mat_new(arena, m < 3 ? d : n, 2 * P);
		toy_fill(*all[m], &rng);
	}
	return p;
}

/* The u-step at the point: R = V - L + G'(S - N), T, f. */
static struct rbcd rbcd_at(struct point *p, ptrdiff_t block, bool slip)
{
	const struct problem *problem = &p->toy.problem;
	struct arena *arena = &p->toy.arena;
	ptrdiff_t n = p->D.rows, d = p->U.rows, P = p->D.cols;
	struct rbcd r = {.X = problem->X,
			 .y = problem->y.at,
			 .loss = problem->loss,
			 .D = p->D,
			 .block = block,
			 .slip = slip,
			 .rho = p->rho,
			 .decrease = 1e-3,
			 .base_step = 0.01,
			 .most_steps = 500};

	r.U = mat_new(arena, d, 2 * P);
	r.R = mat_new(arena, d, 2 * P);
	r.T = mat_new(arena, d, P);
	r.f = ARENA_ARRAY(arena, real, n);
	mat_copy(r.U, p->U);
	for (ptrdiff_t i = 0; i < 2 * P; i++)
		for (ptrdiff_t j = 0; j < d; j++) {
			double sum = (double)(mat_get(p->V, j, i) - mat_get(p->L, j, i));

			if (i >= P)
				mat_set(r.T, j, i - P, (real)sum);
			for (ptrdiff_t k = 0; k < n; k++)
				sum += sign_of(p, k, i) * (double)mat_get(problem->X, k, j) *
				       (double)(mat_get(p->S, k, i) - mat_get(p->N, k, i));
			mat_set(r.R, j, i, (real)sum);
		}
	for (ptrdiff_t k = 0; k < n; k++)
		r.f[k] = (real)output(p, p->U, k);
	rbcd_new(&r, arena);
	rbcd_start(&r);
	return r;
}

/* Column of [u z] that column j of the block's gradient belongs to. */
static ptrdiff_t column_of(const struct rbcd *r, ptrdiff_t j)
{
	return (ptrdiff_t)r->drawn[j % r->block] + (j < r->block ? 0 : r->D.cols);
}

static void gradient_is_that_of_finite_differences(void **state)
{
	(void)state;
	for (int l = 0; l < 2 * LOSSES; l++) {
		struct point p = point_make(9, 4, 5, losses[l / 2]);
		struct rbcd r;

		p.toy.problem.loss.weight = l % 2 ? 1.0 / 9 : 1;
		r = rbcd_at(&p, 3, false);
		rbcd_direction(&r);
		for (ptrdiff_t j = 0; j < 2 * r.block; j++)
			for (ptrdiff_t k = 0; k < 4; k++) {
				const double h = 1e-5; /* error h^2 and 1e-16 |L| / h */
				real *at = mat_col(p.U, column_of(&r, j)) + k, before = *at;
				double difference;

				*at = before + h;
				difference = lagrangian(&p, p.U);
				*at = before - h;
				difference = (difference - lagrangian(&p, p.U)) / (2 * h);
				*at = before;
				check_close(difference, mat_get(r.G, k, j), 0,
					    1e-6 * (1 + fabs(difference)));
			}
		arena_release(&p.toy.arena);
	}
}

/* rho sum over the block of |z_i - w_i + lambda_2i|^2 */
static double slip_of(const struct point *p, const struct rbcd *r)
{
	double sum = 0;

	for (ptrdiff_t j = r->block; j < 2 * r->block; j++)
		sum += distance(p, p->U, column_of(r, j));
	return p->rho * sum;
}

static void check_change(const char *loss, ptrdiff_t block, bool slip)
{
	static const double steps[] = {0.5, 0.01, 1e-4};
	struct point p = point_make(11, 3, 7, loss);
	struct rbcd r = rbcd_at(&p, block, slip);
	double before = lagrangian(&p, p.U);

	for (ptrdiff_t j = 0; j < r.block; j++) /* not the first ones */
		r.drawn[j] = (size_t)(6 - j);
	rbcd_direction(&r);
	for (int s = 0; s < 3; s++) {
		double change = rbcd_change(&r, steps[s]), naive;

		mat_copy(r.U, p.U);
		for (ptrdiff_t j = 0; j < 2 * r.block; j++)
			for (ptrdiff_t k = 0; k < 3; k++)
				mat_col(r.U, column_of(&r, j))[k] -= steps[s] * mat_get(r.G, k, j);
		naive = lagrangian(&p, r.U) - before + (slip ? slip_of(&p, &r) : 0);
		check_close(change, naive, 0, 1e-11 * (fabs(naive) + before));
	}
	if (slip)
		check_above(slip_of(&p, &r), 0.1); /* it would show */
	arena_release(&p.toy.arena);
}

static void change_is_that_of_the_definition(void **state)
{
	(void)state;
	for (int l = 0; l < LOSSES; l++)
		for (ptrdiff_t block = 1; block <= 7; block += 2) {
			check_change(losses[l], block, false);
			check_change(losses[l], block, true);
		}
}

/* After many steps the outputs and q, which are updated, are still those of U; the augmented
 * Lagrangian went down by the sum of the decreases. */
static void what_is_updated_stays_true(void **state)
{
	(void)state;
	for (int l = 0; l < LOSSES; l++) {
		struct point p = point_make(11, 3, 7, losses[l]);
		struct rbcd r = rbcd_at(&p, 2, false);
		struct rng rng = rng_stream(1, "rbcd", 0);
		struct mat q = mat_new(&p.toy.arena, 3, 14);

		rbcd_minimise(&r, 1e-6, &rng);
		check_at_least(r.steps, 15);
		check_at_most(r.steps, 500);
		check_above(r.refused, 0);
		for (ptrdiff_t k = 0; k < 11; k++)
			check_close(r.f[k], output(&p, r.U, k), 0, 1e-11);
		mat_copy(q, r.q);
		rbcd_start(&r);
		for (ptrdiff_t i = 0; i < 3 * 14; i++)
			check_close(q.at[i], r.q.at[i], 0, 1e-11);
		check_below(lagrangian(&p, r.U), 0.9 * lagrangian(&p, p.U));
		arena_release(&p.toy.arena);
	}
}

static void minimisation_stops_by_its_rules(void **state)
{
	struct point p = point_make(11, 3, 7, "squared");
	struct rbcd r = rbcd_at(&p, 2, false);
	struct rng rng = rng_stream(1, "rbcd", 0);

	(void)state;
	rbcd_minimise(&r, 6e6, &rng); /* ceil(8 sqrt(7/2)) fill the window of 1e8 */
	assert_int_equal(r.steps, 15);
	rbcd_minimise(&r, 0, &rng);
	check_at_most(r.steps, 15 + 500);
	r.most_steps = 4;
	r.steps = 0;
	rbcd_minimise(&r, 0, &rng);
	assert_int_equal(r.steps, 4);
	arena_release(&p.toy.arena);
}

/* --- products -------------------------------------------------------------------------------- */

static void check_products(ptrdiff_t n, ptrdiff_t d, ptrdiff_t count)
{
	struct arena arena = {0};
	struct rng rng = rng_stream(3, "test_rbcd", (uint64_t)n);
	struct mat A = mat_new(&arena, n, d);
	struct gates D = gates_new(&arena, n, 12);
	struct mat B = mat_new(&arena, n, rbcd_padded(count)),
		   C = mat_new(&arena, d, rbcd_padded(count));
	real *sum = ARENA_ARRAY(&arena, real, n);
	size_t at[9];

	toy_fill(A, &rng);
	toy_fill(B, &rng);
	for (ptrdiff_t i = 0; i < 12; i++)
		for (ptrdiff_t k = 0; k < n; k++)
			gates_set(D, k, i, rng_uniform(&rng) < 0.5);
	rbcd_transposed_product(A, B, C);
	for (ptrdiff_t j = 0; j < d; j++)
		for (ptrdiff_t c = 0; c < count; c++) {
			double naive = 0;

			for (ptrdiff_t k = 0; k < n; k++)
				naive += (double)mat_get(A, k, j) * (double)mat_get(B, k, c);
			check_close(naive, mat_get(C, j, c), 0, 1e-13 * (double)n);
		}
	for (ptrdiff_t c = 0; c < count; c++)
		at[c] = (size_t)(11 - c);
	rbcd_masked_product(A, C, D, at, count, sum);
	for (ptrdiff_t k = 0; k < n; k++) {
		double naive = 0;

		for (ptrdiff_t c = 0; c < count; c++)
			for (ptrdiff_t j = 0; j < d; j++)
				naive += (double)gates_get(D, k, 11 - c) *
					 (double)mat_get(A, k, j) * (double)mat_get(C, j, c);
		check_close(naive, sum[k], 0, 1e-13 * (double)(n * d));
	}
	arena_release(&arena);
}

static void products_are_those_of_the_definition(void **state)
{
	(void)state;
	for (ptrdiff_t d = 1; d <= 9; d++) /* odd, and no multiple of 4 */
		for (ptrdiff_t count = 1; count <= 9; count += 2)
			check_products(d * 3 - 2, d, count);
	check_products(2100, 6, 5); /* more than a row block, and a rest */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gradient_is_that_of_finite_differences),
		cmocka_unit_test(change_is_that_of_the_definition),
		cmocka_unit_test(what_is_updated_stays_true),
		cmocka_unit_test(minimisation_stops_by_its_rules),
		cmocka_unit_test(products_are_those_of_the_definition),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
