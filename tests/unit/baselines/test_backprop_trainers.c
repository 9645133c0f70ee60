/* SGD and Adam as trainers: their recurrences by hand, determinism, early stopping. */
#include "baselines/baseline.h"
#include "solvers/core/rng.h"
#include "tests/close.h"
#include "tests/options.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct trainer trainer_sgd, trainer_adam;
extern const struct loss loss_squared;

static const struct trainer *const trainers[] = {&trainer_sgd, &trainer_adam};

enum {
	TRAINERS = 2,
	N = 60,
	D = 4,
	M = 6,
	COUNT = (D + 1) * M,
	ROWS = 100 /* N for training, the rest for validation */
};

struct fixture {
	struct arena arena;
	struct mat X;
	struct problem problem;
	struct model_work work;
	const struct trainer *trainer;
	void *options, *state;
};

static struct fixture make(const struct trainer *trainer)
{
	struct fixture t = {.trainer = trainer};
	struct rng rng = rng_stream(11, "test_trainers", 0);
	real *y = ARENA_ARRAY(&t.arena, real, ROWS);

	t.X = mat_new(&t.arena, ROWS, D);
	for (ptrdiff_t k = 0; k < ROWS; k++) {
		for (ptrdiff_t i = 0; i < D; i++)
			mat_set(t.X, k, i, (real)rng_normal(&rng));
		y[k] = (real)((double)mat_get(t.X, k, 0) +
			      rng_normal(&rng)); /* half noise: to be overfitted */
	}
	t.problem = (struct problem){.X = mat_rows(t.X, 0, N),
				     .y = targets_of(y, N),
				     .X_validation = mat_rows(t.X, N, ROWS - N),
				     .y_validation = targets_of(y + N, ROWS - N),
				     .loss = {.loss = &loss_squared, .weight = 1},
				     .beta = 0.7,
				     .seed = 3};
	t.work = net_work_new(&t.arena, M);
	t.options = options_default(&trainer->base, &t.arena);
	options_set(&trainer->base, t.options, "width", M);
	options_set(&trainer->base, t.options, "batch", 0);
	return t;
}

static void set(struct fixture *t, const char *name, double value)
{
	options_set(&t->trainer->base, t->options, name, value);
}

static void setup(struct fixture *t)
{
	struct err err = {0};

	assert_int_equal(t->trainer->setup(&t->problem, t->options, &t->arena, &t->state, &err),
			 STATUS_OK);
}

static struct net network(struct fixture *t)
{
	struct net net = net_new(&t->arena, D, t->trainer->width(t->state));

	t->trainer->model(t->state, &net.base);
	assert_int_equal(net.U.cols, M);
	return net;
}

static bool step(struct fixture *t)
{
	struct progress progress;

	t->trainer->step(t->state, &progress);
	check_nan(progress.objective);
	check_nan(progress.primal_residual);
	return progress.end != OUTCOME_RUNNING;
}

static void flatten(const struct net *net, double *w)
{
	for (ptrdiff_t j = 0; j < M; j++) {
		for (ptrdiff_t i = 0; i < D; i++)
			w[i + j * D] = (double)mat_get(net->U, i, j);
		w[D * M + j] = (double)net->alpha[j];
	}
}

/* Gradient of the objective over n weight at the flat weights, by the definition; no decay if
 * !decay. */
static void hand_gradient(const struct fixture *t, const double *w, bool decay, double *g)
{
	double n = (double)t->problem.X.rows, weight = t->problem.loss.weight;

	for (int e = 0; e < COUNT; e++)
		g[e] = decay ? t->problem.beta * w[e] / (n * weight) : 0;
	for (ptrdiff_t k = 0; k < t->problem.X.rows; k++) {
		double h[M], f = 0;

		for (ptrdiff_t j = 0; j < M; j++) {
			h[j] = 0;
			for (ptrdiff_t i = 0; i < D; i++)
				h[j] += (double)mat_get(t->problem.X, k, i) * w[i + j * D];
			f += h[j] > 0 ? h[j] * w[D * M + j] : 0;
		}
		f = (f - (double)t->problem.y.at[k]) / n;
		for (ptrdiff_t j = 0; j < M; j++) {
			for (ptrdiff_t i = 0; h[j] > 0 && i < D; i++)
				g[i + j * D] +=
					f * w[D * M + j] * (double)mat_get(t->problem.X, k, i);
			g[D * M + j] += h[j] > 0 ? f * h[j] : 0;
		}
	}
}

/* Sums over 60 samples and 6 neurons of O(1) numbers, a few steps of rate 0.1. */
static const double ROUNDING = 1e3 * REAL_EPSILON;

static void assert_weights(struct fixture *t, const double *w)
{
	struct net net = network(t);
	double got[COUNT];

	flatten(&net, got);
	for (int e = 0; e < COUNT; e++)
		check_close(got[e], w[e], 0, ROUNDING);
}

static void sgd_follows_the_recurrence(void **state)
{
	static const double momentum[] = {0, 0.8, 0.8};

	(void)state;
	for (int c = 0; c < 3; c++) {
		struct fixture t = make(&trainer_sgd);
		double w[COUNT], g[COUNT], v[COUNT] = {0}, mu = momentum[c];
		struct net net;

		set(&t, "momentum", mu);
		set(&t, "nesterov", c == 2);
		setup(&t);
		net = network(&t);
		flatten(&net, w);
		for (int s = 0; s < 3; s++) {
			hand_gradient(&t, w, true, g);
			for (int e = 0; e < COUNT; e++) {
				v[e] = mu * v[e] + g[e];
				w[e] -= 0.1 * (c == 2 ? g[e] + mu * v[e] : v[e]);
			}
			step(&t);
			assert_weights(&t, w);
		}
		arena_release(&t.arena);
	}
}

static void adam_follows_the_recurrence(void **state)
{
	const double b1 = 0.9, b2 = 0.999, epsilon = 1e-2, rate = 0.1;

	(void)state;
	for (int decoupled = 0; decoupled < 2; decoupled++) {
		struct fixture t = make(&trainer_adam);
		double w[COUNT], g[COUNT], p[COUNT] = {0}, q[COUNT] = {0};
		struct net net;

		set(&t, "learning_rate", rate);
		set(&t, "epsilon", epsilon); /* large, so that a wrong place of it shows */
		set(&t, "decoupled", decoupled);
		setup(&t);
		net = network(&t);
		flatten(&net, w);
		for (int s = 1; s <= 3; s++) {
			hand_gradient(&t, w, !decoupled, g);
			for (int e = 0; e < COUNT; e++) {
				p[e] = b1 * p[e] + (1 - b1) * g[e];
				q[e] = b2 * q[e] + (1 - b2) * g[e] * g[e];
				w[e] *= decoupled ? 1 - rate * t.problem.beta / N : 1;
				w[e] -= rate * p[e] / (1 - pow(b1, s)) /
					(sqrt(q[e] / (1 - pow(b2, s))) + epsilon);
			}
			step(&t);
			assert_weights(&t, w);
		}
		arena_release(&t.arena);
	}
}

/* A sum with beta and a mean with beta/n are the same problem: the same learning rate, the same
 * path. */
static void learning_rate_does_not_depend_on_the_weight(void **state)
{
	(void)state;
	for (int a = 0; a < TRAINERS; a++) {
		struct fixture sum = make(trainers[a]), mean = make(trainers[a]);
		struct net net;
		double w[COUNT];

		mean.problem.loss.weight = 1.0 / N;
		mean.problem.beta = sum.problem.beta / N;
		setup(&sum);
		setup(&mean);
		for (int s = 0; s < 3; s++) {
			step(&sum);
			step(&mean);
		}
		net = network(&sum);
		flatten(&net, w);
		assert_weights(&mean, w);
		arena_release(&sum.arena);
		arena_release(&mean.arena);
	}
}

static double objective(struct fixture *t)
{
	struct net net = network(t);

	return trainer_objective(&t->problem, &net.base, ARENA_ARRAY(&t->arena, real, N), &t->work);
}

static void training_lowers_the_objective_and_allocates_nothing(void **state)
{
	(void)state;
	for (int a = 0; a < TRAINERS; a++) {
		struct fixture t = make(trainers[a]);
		double before;
		size_t calls;

		set(&t, "batch", 16);
		set(&t, "epochs", 30);
		set(&t, "learning_rate", 0.02);
		setup(&t);
		before = objective(&t);
		calls = t.arena.calls;
		for (int epoch = 1; epoch <= 30; epoch++)
			assert_int_equal(step(&t), epoch == 30);
		assert_int_equal(t.arena.calls, calls);
		check_below(objective(&t), 0.8 * before);
		assert_null(t.trainer->facts);
		arena_release(&t.arena);
	}
}

static void seed_decides_the_bits(void **state)
{
	(void)state;
	for (int a = 0; a < TRAINERS; a++) {
		struct net nets[3];
		struct fixture t = make(trainers[a]);

		set(&t, "batch", 16);
		for (int r = 0; r < 3; r++) {
			t.problem.seed = r < 2 ? 3 : 4;
			setup(&t);
			for (int s = 0; s < 5; s++)
				step(&t);
			nets[r] = network(&t);
		}
		assert_memory_equal(nets[0].U.at, nets[1].U.at, D * M * sizeof(real));
		assert_memory_equal(nets[0].alpha, nets[1].alpha, M * sizeof(real));
		assert_memory_not_equal(nets[0].U.at, nets[2].U.at, D * M * sizeof(real));
		arena_release(&t.arena);
	}
}

static double validation_loss(struct fixture *t)
{
	struct net net = network(t);
	real f[ROWS];

	net_forward(&net, t->problem.X_validation, f, &t->work);
	return loss_value(t->problem.loss, ROWS - N, f, t->problem.y_validation.at);
}

static void early_stopping_returns_the_best_weights(void **state)
{
	(void)state;
	for (int a = 0; a < TRAINERS; a++) {
		struct fixture t = make(trainers[a]);
		double best = HUGE_VAL, last = 0;
		int epochs = 0, best_epoch = 0;
		bool finished = false;

		t.problem.beta = 1e-6;
		set(&t, "batch", 10);
		set(&t, "epochs", 2000);
		set(&t, "learning_rate", 0.05);
		set(&t, "patience", 15);
		setup(&t);
		while (!finished) {
			finished = step(&t);
			last = validation_loss(&t);
			epochs++;
			if (!finished && last < best) {
				best = last;
				best_epoch = epochs;
			}
		}
		assert_int_equal(epochs, best_epoch + 15);
		check_below(epochs, 2000);
		check_at_least(last, best);
		check_at_most(last, best); /* the same weights, the same bits */
		arena_release(&t.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sgd_follows_the_recurrence),
		cmocka_unit_test(adam_follows_the_recurrence),
		cmocka_unit_test(learning_rate_does_not_depend_on_the_weight),
		cmocka_unit_test(training_lowers_the_objective_and_allocates_nothing),
		cmocka_unit_test(seed_decides_the_bits),
		cmocka_unit_test(early_stopping_returns_the_best_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
