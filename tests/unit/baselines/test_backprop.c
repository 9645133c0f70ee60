/* The minibatch gradient and what the backprop baselines share. */
#include "baselines/backprop_train.h"
#include "solvers/core/rng.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

extern const struct loss loss_squared;

struct fixture {
	struct arena arena;
	struct problem problem;
	struct backprop_options options;
	struct backprop b;
	long minibatches; /* counted by a rule */
};

static struct fixture make(ptrdiff_t n, ptrdiff_t d, long m)
{
	struct fixture t = {0};
	struct rng rng = rng_stream(57, "test_backprop", (uint64_t)n);
	real *y = ARENA_ARRAY(&t.arena, real, n);

	t.problem.X = mat_new(&t.arena, n, d);
	for (ptrdiff_t k = 0; k < n; k++) {
		y[k] = rng_normal(&rng) > 0 ? 1 : -1;
		for (ptrdiff_t i = 0; i < d; i++)
			mat_set(t.problem.X, k, i, (real)rng_normal(&rng));
	}
	t.problem.y = targets_of(y, n);
	t.problem.loss = (struct loss_term){.loss = &loss_squared, .options = NULL, .weight = 1};
	t.problem.beta = 0.7;
	t.problem.seed = 3;
	t.options = (struct backprop_options){
		.width = m, .epochs = 4, .learning_rate = 0.5, .step_every = 2, .step_factor = 0.1};
	return t;
}

static void setup(struct fixture *t)
{
	struct err err = {0};

	assert_int_equal(backprop_train_setup(&t->b, &t->problem, &t->options, &t->arena, &err),
			 STATUS_OK);
}

/* Objective over n weight in double, by the definition, with weight `at` moved by `by`. */
static double objective(const struct fixture *t, size_t at, double by)
{
	const struct backprop *b = &t->b;
	const real *w = b->weights;
	double sum = 0, decay = 0;

	for (ptrdiff_t k = 0; k < b->n; k++) {
		double f = 0;

		for (ptrdiff_t j = 0; j < b->m; j++) {
			double h = 0, a = (double)w[b->d * b->m + j] +
					  ((size_t)(b->d * b->m + j) == at ? by : 0);

			for (ptrdiff_t i = 0; i < b->d; i++) {
				ptrdiff_t e = i + j * b->d;

				h += (double)mat_get(t->problem.X, k, i) *
				     ((double)w[e] + ((size_t)e == at ? by : 0));
			}
			f += h > 0 ? h * a : 0;
		}
		sum += (f - (double)t->problem.y.at[k]) * (f - (double)t->problem.y.at[k]) / 2;
	}
	for (size_t e = 0; e < b->count; e++)
		decay += pow((double)w[e] + (e == at ? by : 0), 2) / 2;
	return (t->problem.loss.weight * sum + t->problem.beta * decay) /
	       ((double)b->n * t->problem.loss.weight);
}

/* Central differences of a quadratic between kinks: rounding 1e-16 / 1e-5; a sample whose kink lies
 * within 1e-5 contributes 1e-5 of its slope. The gradient itself is a sum of O(n) numbers in
 * `real`. */
static const double NUDGE = 1e-5, ERROR = 1e-5 + 1e3 * REAL_EPSILON;

static void gradient_matches_differences(void **state)
{
	static const ptrdiff_t rows[] = {1, 40, 1100}; /* the last one takes several chunks */

	(void)state;
	for (int c = 0; c < 6; c++) {
		struct fixture t = make(rows[c % 3], 5, 7);

		if (c >= 3) { /* a mean in the place of a sum */
			t.problem.loss.weight = 1.0 / (double)rows[c % 3];
			t.problem.beta = 0.01;
		}
		setup(&t);
		backprop_gradient(&t.b, NULL, t.b.n, NULL, NULL);
		for (size_t e = 0; e < t.b.count; e++) {
			double slope =
				(objective(&t, e, NUDGE) - objective(&t, e, -NUDGE)) / (2 * NUDGE);

			check_close(t.b.gradient[e], slope, ERROR, ERROR);
		}
		arena_release(&t.arena);
	}
}

/* The mean of the gradients over a partition into equal minibatches is the full gradient, decay
 * included. */
static void minibatch_gradient_is_unbiased(void **state)
{
	enum { ROWS = 96, BATCH = 16 };
	struct fixture t = make(ROWS, 5, 7);
	double *mean;
	struct rng rng = rng_stream(1, "order", 0);

	(void)state;
	t.options.batch = BATCH;
	setup(&t);
	mean = ARENA_ARRAY(&t.arena, double, t.b.count);
	rng_shuffle(&rng, ROWS, t.b.order);
	for (ptrdiff_t first = 0; first < ROWS; first += BATCH) {
		backprop_gradient(&t.b, t.b.order + first, BATCH, NULL, NULL);
		for (size_t e = 0; e < t.b.count; e++)
			mean[e] += (double)t.b.gradient[e] * BATCH / ROWS;
	}
	t.options.batch = 0;
	setup(&t); /* the same seed: the same start */
	backprop_gradient(&t.b, NULL, ROWS, NULL, NULL);
	for (size_t e = 0; e < t.b.count; e++)
		check_close(mean[e], t.b.gradient[e], 0, 1e3 * REAL_EPSILON);
	arena_release(&t.arena);
}

struct record { /* what a rule met */
	double *gradient;
	int *times;
};

static void record_block(void *trainer, struct backprop_block block)
{
	struct record *record = trainer;

	for (ptrdiff_t j = 0; j < block.cols; j++)
		for (ptrdiff_t i = 0; i < block.rows; i++) {
			size_t e = block.first + (size_t)(i + j * block.stride);

			record->times[e]++;
			record->gradient[e] = (double)block.gradient[i + j * block.gradient_stride];
		}
}

/* In one chunk and in several, by one thread and by several. */
static void a_rule_meets_every_weight_once(void **state)
{
	static const ptrdiff_t rows[] = {100, 512, 1100};
	int threads = omp_get_max_threads();

	(void)state;
	for (int c = 0; c < 9; c++) {
		struct fixture t = make(rows[c % 3], 70, 50);
		struct record record;

		omp_set_num_threads(1 + c / 3);
		setup(&t);
		record.gradient = ARENA_ARRAY(&t.arena, double, t.b.count);
		record.times = ARENA_ARRAY(&t.arena, int, t.b.count);
		backprop_gradient(&t.b, NULL, t.b.n, record_block, &record);
		backprop_gradient(&t.b, NULL, t.b.n, NULL, NULL);
		for (size_t e = 0; e < t.b.count; e++) {
			double decay = (double)t.b.decay * (double)t.b.weights[e];

			assert_int_equal(record.times[e], 1);
			check_close(record.gradient[e] + decay, t.b.gradient[e], 0,
				    1e2 * REAL_EPSILON);
		}
		arena_release(&t.arena);
	}
	omp_set_num_threads(threads);
}

static void parts_do_not_change_the_gradient(void **state)
{
	struct fixture t = make(200, 60, 50);
	int threads = omp_get_max_threads();
	real *one;

	(void)state;
	omp_set_num_threads(1);
	setup(&t);
	backprop_gradient(&t.b, NULL, t.b.n, NULL, NULL);
	one = t.b.gradient;
	for (int parts = 2; parts <= 4; parts++) {
		omp_set_num_threads(parts);
		setup(&t);
		assert_int_equal(t.b.parts, parts);
		backprop_gradient(&t.b, NULL, t.b.n, NULL, NULL);
		for (size_t e = 0; e < t.b.count; e++)
			check_close(one[e], t.b.gradient[e], 0, 1e4 * REAL_EPSILON);
	}
	omp_set_num_threads(threads);
	arena_release(&t.arena);
}

static void start_has_the_variance_of_its_rule(void **state)
{
	struct fixture t = make(2, 300, 200);
	static const double inner[] = {2.0 / 300, 2.0 / 500}, outer[] = {2.0 / 200, 2.0 / 201};

	(void)state;
	for (long rule = 0; rule < 2; rule++) {
		double u = 0, a = 0;

		t.options.init = rule;
		setup(&t);
		for (ptrdiff_t e = 0; e < 60000; e++)
			u += (double)t.b.weights[e] * (double)t.b.weights[e] / 60000;
		for (ptrdiff_t e = 60000; e < 60200; e++)
			a += (double)t.b.weights[e] * (double)t.b.weights[e] / 200;
		/* the variance of a sample variance is 2 / count: 4 deviations */
		check_close(u / inner[rule], 1, 0, 4 * sqrt(2.0 / 60000));
		check_close(a / outer[rule], 1, 0, 4 * sqrt(2.0 / 200));
	}
	arena_release(&t.arena);
}

static long by_name(const char *const *names, const char *name)
{
	long i = 0;

	while (strcmp(names[i], name) != 0)
		i++;
	return i;
}

static void schedules_follow_their_formula(void **state)
{
	struct fixture t = make(10, 2, 3);
	double cosine[] = {0.5, 0.25 * (1 + sqrt(0.5)), 0.25, 0.25 * (1 - sqrt(0.5))};
	double step[] = {0.5, 0.5, 0.05, 0.05};

	(void)state;
	setup(&t);
	for (t.b.epoch = 0; t.b.epoch < 4; t.b.epoch++) {
		t.options.schedule = by_name(backprop_train_schedules, "constant");
		check_close(backprop_train_rate(&t.b), 0.5, 0, 1e-15);
		t.options.schedule = by_name(backprop_train_schedules, "cosine");
		check_close(backprop_train_rate(&t.b), cosine[t.b.epoch], 0, 1e-15);
		t.options.schedule = by_name(backprop_train_schedules, "step");
		check_close(backprop_train_rate(&t.b), step[t.b.epoch], 0, 1e-15);
	}
	arena_release(&t.arena);
}

static void patience_needs_a_validation_part(void **state)
{
	struct fixture t = make(10, 2, 3);
	struct err err = {0};

	(void)state;
	t.options.patience = 5;
	assert_int_equal(backprop_train_setup(&t.b, &t.problem, &t.options, &t.arena, &err),
			 STATUS_SPEC);
	assert_string_equal(err.text,
			    "patience: expected 0 or a validation part (split: {validation: "
			    "0.1}), got \"5\" and no validation samples");
	arena_release(&t.arena);
}

/* Counts minibatches: a rule meets the block that starts at 0 once in each. */
static void count_minibatch(void *trainer, struct backprop_block block)
{
	struct fixture *t = trainer;

	t->minibatches += block.first == 0;
}

/* The order of an epoch is a permutation; 50 samples in minibatches of 16 are 4, the last one
 * ragged. */
static void an_epoch_visits_every_sample_once(void **state)
{
	enum { ROWS = 50 };
	struct fixture t = make(ROWS, 2, 3);
	size_t seen[ROWS] = {0}, moved = 0;

	(void)state;
	t.options.batch = 16;
	setup(&t);
	backprop_train_epoch(&t.b, count_minibatch, NULL, &t);
	assert_int_equal(t.minibatches, 4);
	for (size_t k = 0; k < ROWS; k++) {
		seen[t.b.order[k]]++;
		moved += t.b.order[k] != k;
	}
	for (size_t k = 0; k < ROWS; k++)
		assert_int_equal(seen[k], 1);
	check_above(moved, ROWS / 2);
	arena_release(&t.arena);
}

static void forecast_is_of_forward_and_backward_products(void **state)
{
	struct fixture t = make(3000, 40, 30);
	struct forecast forecast;

	(void)state;
	backprop_train_forecast(&t.options, (struct trainer_shape){.n = 3000, .d = 40, .k = 1},
				&forecast);
	check_close(forecast.iteration_flops, 4.0 * 3000 * 40 * 30, 0, 1);
	arena_release(&t.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gradient_matches_differences),
		cmocka_unit_test(minibatch_gradient_is_unbiased),
		cmocka_unit_test(a_rule_meets_every_weight_once),
		cmocka_unit_test(parts_do_not_change_the_gradient),
		cmocka_unit_test(start_has_the_variance_of_its_rule),
		cmocka_unit_test(schedules_follow_their_formula),
		cmocka_unit_test(patience_needs_a_validation_part),
		cmocka_unit_test(an_epoch_visits_every_sample_once),
		cmocka_unit_test(forecast_is_of_forward_and_backward_products),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
