/* Active sets for the convex program: optima and bounds against the interior point on random and
 * degenerate data, every penalty of a path against a run at that penalty alone, single blocks
 * against their conditions. */
#include "solvers/gated/conic_block.h"
#include "solvers/model/net.h"
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

extern const struct trainer trainer_active_set, trainer_ipm;

enum { MOST_STEPS = 3000, SEEDS = sizeof(real) == sizeof(double) ? 6 : 2 };

static const bool IS_DOUBLE = sizeof(real) == sizeof(double);

struct run {
	struct arena arena;
	struct progress progress;
	struct certificate certificate;
	double objective, neurons;
	void *state;
};

static void train(struct run *run, struct toy *toy, const struct trainer *trainer,
		  const char *options)
{
	void *read = toy_options(&trainer->base, options, &toy->arena);
	struct model *model;

	memset(run, 0, sizeof *run);
	assert_int_equal(
		trainer->setup(&toy->problem, read, &run->arena, &run->state, &(struct err){0}),
		STATUS_OK);
	for (int i = 0; i < MOST_STEPS && run->progress.end == OUTCOME_RUNNING; i++)
		trainer->step(run->state, &run->progress);
	model = model_new(trainer->makes, &run->arena,
			  (struct model_size){toy->problem.X.cols, trainer->width(run->state), 1});
	trainer->model(run->state, model);
	trainer->certify(run->state, &run->certificate);
	run->neurons = (double)model_width(model);
	run->objective = toy_model_objective(&toy->problem, model);
}

enum { PLAIN_DATA, GRID, DUPLICATES, ZERO_COLUMN, CONSTANT, WEIGHTS, KINDS };

/* n samples, d features with a last column of ones, degenerate in one of these ways. */
static struct toy make(int kind, int seed, ptrdiff_t n, ptrdiff_t d, double beta)
{
	struct toy toy = toy_make(n, d, "squared", beta);
	struct rng rng = rng_stream((uint64_t)(seed + 100 * kind), "data", 0);
	struct mat X = mat_cols(toy.problem.X, 0, d - 1);
	real *weight = ARENA_ARRAY(&toy.arena, real, n), *y = ARENA_ARRAY(&toy.arena, real, n);

	toy_fill(X, &rng);
	for (ptrdiff_t j = 0; j < d - 1; j++)
		for (ptrdiff_t i = 0; i < n; i++) {
			if (kind == GRID) /* many planes through one ray */
				mat_set(X, i, j, (real)round((double)mat_get(X, i, j)));
			if (kind == DUPLICATES && i >= n / 2)
				mat_set(X, i, j, mat_get(X, i - n / 2, j));
			if (kind == ZERO_COLUMN && j == 0)
				mat_set(X, i, j, 0);
		}
	for (ptrdiff_t i = 0; i < n; i++) {
		y[i] = kind == CONSTANT || rng_uniform(&rng) < 0.5 ? 1 : -1;
		weight[i] = (real)(1 + (double)(i % 3));
	}
	toy.problem.y.at = y;
	if (kind == WEIGHTS)
		toy.problem.y.weight = weight;
	return toy;
}

static void optima_are_those_of_the_interior_point(void **state)
{
	static const double betas[] = {1, 0.1, 0.01};

	(void)state;
	for (int kind = 0; kind < KINDS; kind++)
		for (int seed = 0; seed < SEEDS; seed++) {
			double beta = betas[seed % 3], tolerance = IS_DOUBLE ? 2e-6 : 2e-3;
			struct toy toy = make(kind, seed, 30, 4, beta);
			struct run ours, theirs;

			train(&ours, &toy, &trainer_active_set, "{patterns: 14}");
			train(&theirs, &toy, &trainer_ipm, "{patterns: 14}");
			if (IS_DOUBLE)
				assert_int_equal(ours.progress.end, OUTCOME_CONVERGED);
			check_at_most(ours.certificate.lower_bound,
				      theirs.certificate.upper * (1 + 1e-9));
			if (IS_DOUBLE) /* single digits may stall on a grid */
				check_close(ours.certificate.upper, ours.certificate.lower_bound,
					    tolerance, 1e-9);
			if (kind != WEIGHTS)
				check_close(ours.certificate.upper, ours.objective, tolerance,
					    1e-9);
			check_at_least(ours.certificate.upper,
				       theirs.certificate.lower_bound * (1 - tolerance) -
					       tolerance);
			arena_release(&ours.arena);
			arena_release(&theirs.arena);
			arena_release(&toy.arena);
		}
}

/* Fresh patterns that would lower the optimum are those that the interior point finds: the dual
 * optimum is one point. */
static void violations_are_those_of_the_interior_point(void **state)
{
	enum { DRAWS = 200 };
	double seen = 0;

	(void)state;
	for (int seed = 0; seed < 4; seed++) {
		struct toy toy = make(PLAIN_DATA, seed, 30, 4, 0.3);
		struct violation mine, other;
		struct run ours, theirs;

		train(&ours, &toy, &trainer_active_set, "{patterns: 14}");
		train(&theirs, &toy, &trainer_ipm, "{patterns: 14}");
		trainer_active_set.violation(ours.state, DRAWS, &mine);
		trainer_ipm.violation(theirs.state, DRAWS, &other);
		check_equal(mine.draws, DRAWS);
		check_close((double)mine.violated, (double)other.violated, 0,
			    IS_DOUBLE ? 10 : 30); /* draws share patterns near the limit */
		seen += (double)mine.violated;
		arena_release(&ours.arena);
		arena_release(&theirs.arena);
		arena_release(&toy.arena);
	}
	check_above(seen, 20);
	check_below(seen, 4 * DRAWS);
}

/* One sample: one neuron, and what is left of y is beta / |x|. */
static void one_sample_is_a_soft_threshold(void **state)
{
	struct toy toy = make(PLAIN_DATA, 3, 1, 4, 0.3);
	double square = 0, rest;
	struct run run;

	(void)state;
	for (ptrdiff_t j = 0; j < 4; j++)
		square +=
			(double)mat_get(toy.problem.X, 0, j) * (double)mat_get(toy.problem.X, 0, j);
	rest = fmin(1, 0.3 / sqrt(square));
	train(&run, &toy, &trainer_active_set, "{patterns: all}");
	check_close(run.objective, rest * rest / 2 + 0.3 * (1 - rest) / sqrt(square), 1e-5, 0);
	assert_string_equal(run.certificate.scope, "all");
	arena_release(&run.arena);
	arena_release(&toy.arena);
}

/* Above the first penalty of its path nothing is worth its price. */
static void large_penalties_give_the_zero_network(void **state)
{
	struct toy toy = make(PLAIN_DATA, 5, 30, 4, 1e4);
	struct run run;

	(void)state;
	toy.problem.penalties = (struct penalties){5, NAN};
	train(&run, &toy, &trainer_active_set, "{patterns: 10}");
	check_equal(run.neurons, 0);
	check_close(run.objective, run.certificate.lower_bound, 1e-6, 0);
	arena_release(&run.arena);
	arena_release(&toy.arena);
}

/* From the penalty that the method finds, and from one that is given. */
static void penalties_of_a_path_are_runs_of_their_own(void **state)
{
	struct toy toy = make(GRID, 2, 40, 4, 0.02);
	void *options = toy_options(&trainer_active_set.base, "{patterns: 16}", &toy.arena);

	(void)state;
	if (!IS_DOUBLE)
		skip();
	for (int given = 0; given < 2; given++) {
		struct penalty_done done[7];
		struct arena arena = {0};

		toy.problem.penalties = (struct penalties){7, given ? 0.5 : NAN};
		assert_int_equal(
			toy_path(&trainer_active_set, &toy.problem, options, done, 7, &arena), 7);
		for (int i = 0; i < 7; i++) {
			struct run alone;

			check_at_most(done[i].objective - done[i].lower_bound,
				      1e-6 * done[i].objective);
			check_close(done[i].beta, done[0].beta * pow(0.02 / done[0].beta, i / 6.0),
				    1e-12, 0);
			toy.problem.beta = done[i].beta;
			toy.problem.penalties.count = 1;
			train(&alone, &toy, &trainer_active_set, "{patterns: 16}");
			check_close(done[i].objective, alone.objective, 3e-6, 1e-12);
			if (i == 0 && !given)
				check_equal(alone.neurons, 0);
			arena_release(&alone.arena);
		}
		check_close(done[given ? 0 : 6].beta, given ? 0.5 : 0.02, 1e-12, 0);
		toy.problem.beta = 0.02;
		arena_release(&arena);
	}
	arena_release(&toy.arena);
}

enum { DIM = 5, ROWS = 12, PROBES = 400 };

struct block {
	double A[DIM * DIM], r[DIM];
	struct mat B;
};

static const double price = 0.5;

/* A of rank 3, r in its range, so that the value is bounded; a cone with an inside, with rows that
 * are there twice. */
static void make_block(struct block *block, int seed, struct arena *arena)
{
	struct rng rng = rng_stream((uint64_t)seed, "block", 0);
	struct mat Z = mat_new(arena, DIM, DIM);
	double v[DIM];

	block->B = mat_new(arena, ROWS, DIM);
	toy_fill(block->B, &rng);
	toy_fill(Z, &rng);
	for (ptrdiff_t i = 0; i < ROWS; i++)
		for (ptrdiff_t j = 0; j < DIM; j++)
			mat_set(block->B, i, j,
				mat_get(block->B, i % 9, j) + (real)(j == 0 ? 1.5 : 0));
	for (int i = 0; i < DIM * DIM; i++) {
		block->A[i] = 0;
		for (int k = 0; k < 3; k++)
			block->A[i] +=
				(double)mat_get(Z, i % DIM, k) * (double)mat_get(Z, i / DIM, k);
	}
	for (int i = 0; i < DIM; i++)
		v[i] = 2 * (rng_uniform(&rng) - 0.3);
	for (int i = 0; i < DIM; i++) {
		block->r[i] = 0;
		for (int j = 0; j < DIM; j++)
			block->r[i] += block->A[i + j * DIM] * v[j];
	}
}

static double block_value(const struct block *block, const double *c)
{
	double value = 0, square = 0;

	for (int i = 0; i < DIM; i++) {
		square += c[i] * c[i];
		value -= block->r[i] * c[i];
		for (int j = 0; j < DIM; j++)
			value += c[i] * block->A[i + j * DIM] * c[j] / 2;
	}
	return value + price * sqrt(square);
}

/* The least entry of B c. */
static double block_slack(const struct block *block, const double *c)
{
	double least = HUGE_VAL;

	for (ptrdiff_t i = 0; i < ROWS; i++) {
		double row = 0;

		for (int j = 0; j < DIM; j++)
			row += (double)mat_get(block->B, i, j) * c[j];
		least = fmin(least, row);
	}
	return least;
}

/* A block's optimum is feasible, and the value falls towards no feasible point. */
static void blocks_are_solved(void **state)
{
	struct arena arena = {0};

	(void)state;
	for (int seed = 0; seed < 40; seed++) {
		struct conic_scratch s = conic_scratch_new(DIM, ROWS, &arena);
		struct conic_face face = {0, arena_alloc(&arena, DIM, sizeof(ptrdiff_t))};
		struct rng rng = rng_stream((uint64_t)seed, "probes", 0);
		struct block block;
		double c[DIM] = {0}, value;

		make_block(&block, seed, &arena);
		conic_solve(&s, &(struct conic_block){block.A, block.r, price, block.B}, c, &face);
		value = block_value(&block, c);
		check_at_most(value, 0);
		check_at_least(block_slack(&block, c), IS_DOUBLE ? -1e-9 : -1e-4);
		for (int probe = 0; probe < PROBES; probe++) {
			double u[DIM], share = probe % 2 ? 1e-3 : 0.3;

			for (int j = 0; j < DIM; j++)
				u[j] = 4 * (rng_uniform(&rng) - 0.5) + (j == 0 ? 1 : 0);
			if (block_slack(&block, u) < 0)
				continue;
			for (int j = 0; j < DIM; j++)
				u[j] = c[j] + share * (u[j] - c[j]);
			check_at_least(block_value(&block, u), value - (IS_DOUBLE ? 1e-10 : 1e-4));
		}
	}
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(optima_are_those_of_the_interior_point),
		cmocka_unit_test(violations_are_those_of_the_interior_point),
		cmocka_unit_test(one_sample_is_a_soft_threshold),
		cmocka_unit_test(large_penalties_give_the_zero_network),
		cmocka_unit_test(penalties_of_a_path_are_runs_of_their_own),
		cmocka_unit_test(blocks_are_solved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
