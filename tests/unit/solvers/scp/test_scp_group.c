/* Group lasso on a Gram matrix: its conditions of optimality by plain loops on random, alike and
 * dead columns; its gap on nearly alike ones; slopes given instead of targets; steps that stop rows
 * at zero. */
#include "solvers/core/rng.h"
#include "solvers/scp/scp_group.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 20, N = 9, K = 4, SEEDS = 300 };

struct instance {
	struct arena arena;
	double phi[ROWS][N], target[ROWS][K];
	struct scp_group group;
};

/* What the program is given of columns and targets. */
static void sum_up(struct instance *t)
{
	for (int r = 0; r < ROWS; r++)
		for (int c = 0; c < K; c++)
			t->group.square += pow(t->target[r][c], 2);
	for (int j = 0; j < N; j++) {
		for (int i = 0; i < N; i++)
			for (int r = 0; r < ROWS; r++)
				*(mat_col(t->group.G, j) + i) +=
					(real)(t->phi[r][i] * t->phi[r][j]);
		for (int c = 0; c < K; c++)
			for (int r = 0; r < ROWS; r++)
				t->group.B[j + c * N] += t->phi[r][j] * t->target[r][c];
	}
	scp_group_refresh(&t->group);
}

/* Some columns alike, some zero, some short; in every third instance fewer samples than columns. */
static void make(struct instance *t, int seed)
{
	struct rng rng = rng_stream(7, "group", (uint64_t)seed);
	int rows = seed % 3 ? ROWS : 6;

	memset(t, 0, sizeof *t);
	t->group = scp_group_new(N, K, &t->arena);
	t->group.beta = pow(10, 2 * rng_uniform(&rng) - 1.5);
	for (int r = 0; r < rows; r++) {
		for (int j = 0; j < N; j++)
			t->phi[r][j] = fmax(0, rng_normal(&rng)) * (j == 2 ? 1e-3 : 1);
		t->phi[r][4] = seed % 2 ? t->phi[r][3] : t->phi[r][4];
		t->phi[r][6] = 0;
		for (int c = 0; c < K; c++)
			t->target[r][c] = rng_normal(&rng);
	}
	sum_up(t);
}

/* Columns in threes that differ by 1e-3 or less on few samples: many sums of them are zero but for
 * that. */
static void make_nearly_alike(struct instance *t, int seed)
{
	struct rng rng = rng_stream(7, "nearly alike", (uint64_t)seed);

	memset(t, 0, sizeof *t);
	t->group = scp_group_new(N, K, &t->arena);
	t->group.beta = 0.02;
	for (int r = 0; r < 5; r++)
		for (int j = 0; j < N; j++) {
			double own = j % 3 == 0 ? fabs(rng_normal(&rng)) : t->phi[r][j - j % 3];

			t->phi[r][j] = own + pow(10, -3 - seed % 3) * fabs(rng_normal(&rng));
		}
	for (int r = 0; r < 5; r++)
		for (int c = 0; c < K; c++)
			t->target[r][c] = rng_normal(&rng);
	sum_up(t);
}

static double residual(const struct instance *t, int r, int c)
{
	double sum = t->target[r][c];

	for (int j = 0; j < N; j++)
		sum -= t->phi[r][j] * t->group.A[j + c * N];
	return sum;
}

static double length_of(const double *X, int j)
{
	double square = 0;

	for (int c = 0; c < K; c++)
		square += X[j + c * N] * X[j + c * N];
	return sqrt(square);
}

static double objective(const struct instance *t)
{
	double sum = 0;

	for (int r = 0; r < ROWS; r++)
		for (int c = 0; c < K; c++)
			sum += pow(residual(t, r, c), 2) / 2;
	for (int j = 0; j < N; j++)
		sum += t->group.beta * length_of(t->group.A, j);
	return sum;
}

static void solve(struct instance *t)
{
	for (int step = 0; step < 200; step++) {
		scp_group_step(&t->group);
		if (scp_group_gap(&t->group) <= 1e-13 * t->group.objective)
			break;
	}
}

/* Row j: slopes are those of the residual, of length beta along A_j where that is not 0. */
static void check_row(const struct instance *t, int j)
{
	double size = length_of(t->group.A, j), length = 0;

	for (int c = 0; c < K; c++) {
		double slope = 0;

		for (int r = 0; r < ROWS; r++)
			slope += t->phi[r][j] * residual(t, r, c);
		length += slope * slope;
		check_close(t->group.C[j + c * N], slope, 0, 1e-11);
		if (size > 1e-6)
			check_close(slope, t->group.beta * t->group.A[j + c * N] / size, 0,
				    1e-4 * t->group.beta);
	}
	check_at_most(sqrt(length), t->group.beta * (1 + 1e-5));
}

/* The objective never rises, is that of the definition, and ends where the conditions hold. */
static void steps_lead_to_the_optimum(void **state)
{
	static struct instance t;

	(void)state;
	for (int seed = 0; seed < SEEDS; seed++) {
		double before = HUGE_VAL;

		make(&t, seed);
		for (int step = 0; step < 5; step++) {
			scp_group_step(&t.group);
			scp_group_gap(&t.group);
			check_close(t.group.objective, objective(&t), 1e-12, 0);
			check_at_most(t.group.objective, before * (1 + 1e-14));
			before = t.group.objective;
		}
		solve(&t);
		check_at_most(scp_group_gap(&t.group), 1e-9 * before);
		check_at_least(scp_group_gap(&t.group), -1e-12 * before);
		for (int j = 0; j < N; j++)
			check_row(&t, j);
		check_equal(length_of(t.group.A, 6), 0);
		arena_release(&t.arena);
	}
}

/* Slopes in the place of targets describe the same program. */
static void slopes_replace_targets(void **state)
{
	static struct instance t;
	double b[N * K];
	real s[N * K];
	struct mat S = {N, K, N, s};

	(void)state;
	make(&t, 4);
	scp_group_step(&t.group);
	memcpy(b, t.group.B, sizeof b);
	for (int i = 0; i < N * K; i++)
		s[i] = (real)-t.group.C[i];
	memset(t.group.B, 0, sizeof b);
	scp_group_linearise(&t.group, S);
	for (int i = 0; i < N * K; i++)
		check_close(t.group.B[i], b[i], 0, 1e-12);
	arena_release(&t.arena);
}

/* Of a row that a step would turn round, the step to zero; the rate is that of the objective. */
static void steps_stop_rows_at_zero(void **state)
{
	static struct instance t;
	struct scp_group_move move;
	double start, h = 1e-7;

	(void)state;
	make(&t, 1);
	t.group.beta = 0.3;
	scp_group_step(&t.group);
	start = objective(&t);
	for (int i = 0; i < N * K; i++)
		t.group.D[i] = i % N == 0 ? -2 * t.group.A[i] : 0.3 * cos(i);
	check_above(length_of(t.group.A, 0), 0);
	move = scp_group_displace(&t.group, 1);
	for (int c = 0; c < K; c++)
		check_equal(t.group.R[c * N], -t.group.A[c * N]);
	check_close(t.group.R[1 + 2 * N], t.group.D[1 + 2 * N], 0, 0);
	move = scp_group_displace(&t.group, h);
	for (int i = 0; i < N * K; i++)
		t.group.A[i] += t.group.R[i];
	check_close((objective(&t) - start) / h, move.rate / h, 1e-4, 1e-5);
	check_above(move.norm, 0);
	arena_release(&t.arena);
}

static void nearly_alike_columns_do_not_stop_it(void **state)
{
	static struct instance t;

	(void)state;
	for (int seed = 0; seed < SEEDS; seed++) {
		double gap;

		make_nearly_alike(&t, seed);
		for (int step = 0; step < 100; step++)
			scp_group_step(&t.group);
		gap = scp_group_gap(&t.group);
		check_at_most(gap, 1e-10 * t.group.objective);
		arena_release(&t.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_lead_to_the_optimum),
		cmocka_unit_test(nearly_alike_columns_do_not_stop_it),
		cmocka_unit_test(slopes_replace_targets),
		cmocka_unit_test(steps_stop_rows_at_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
