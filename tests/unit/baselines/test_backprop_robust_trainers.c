/* Robust training through the trainers sgd and adam: what it must not change, and what it must
 * reach. */
#include "solvers/model/trainer.h"
#include "tests/close.h"
#include "tests/robust.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

enum { N = 90, D = 4, M = 12 };

static const bool frozen[D] = {[D - 1] = true};

static const char *const robust[] = {
	"adversary: {eps: 0.2}",
	"adversary: {eps: 0.2, norm: l2, attack: fgsm, ramp: 0.5}",
	"adversary: {eps: 0.2, attack: fgsm_random, clip: [-9, 9]}",
	"adversary: {eps: 0.2, trades: 3}",
	"interval: {eps: 0.2, plain: 0.2, ramp: 0.3}",
	"interval: {eps: 0.2, norm: l2, kappa: 0}",
};

static const char *const trainers[] = {"sgd", "adam"};

struct run {
	struct toy toy;
	struct arena arena;
	struct net net;
	size_t late_calls; /* allocations after setup */
	long epochs;
};

/* Train for `epochs` with the given options beside the common ones. */
static struct run train(const char *trainer, const char *options, const char *loss)
{
	struct run run = {.toy = toy_make(N, D, loss, 0.05)};
	const struct trainer *t =
		(const struct trainer *)(const void *)registry_find(KIND_TRAINER, trainer);
	const char *text = arena_format(
		&run.arena, "{width: 12, epochs: 40, batch: 16, learning_rate: 0.05, %s}", options);
	const void *bound = toy_options(&t->base, text, &run.arena);
	struct progress progress = {.end = OUTCOME_RUNNING};
	struct err err = {0};
	void *state;
	size_t calls;

	run.toy.problem.frozen = frozen;
	run.toy.problem.X_validation = run.toy.problem.X;
	run.toy.problem.y_validation.at = run.toy.problem.y.at;
	run.net = net_new(&run.arena, D, M);
	if (t->setup(&run.toy.problem, bound, &run.arena, &state, &err) != STATUS_OK)
		fail_msg("%s", err.text);
	for (calls = run.arena.calls; progress.end == OUTCOME_RUNNING; run.epochs++)
		t->step(state, &progress);
	run.late_calls = run.arena.calls - calls;
	t->model(state, &run.net.base);
	return run;
}

static void drop(struct run *run)
{
	arena_release(&run->arena);
	arena_release(&run->toy.arena);
}

static bool same_weights(const struct run *a, const struct run *b)
{
	return memcmp(a->net.U.at, b->net.U.at, D * M * sizeof(real)) == 0 &&
	       memcmp(a->net.alpha, b->net.alpha, M * sizeof(real)) == 0;
}

static void radius_zero_is_plain_training_bit_for_bit(void **state)
{
	static const char *const nothing[] = {"adversary: {eps: 0, attack: fgsm, trades: 2}",
					      "interval: {eps: 0, kappa: 0, plain: 0.5}",
					      "adversary: {eps: 0}, interval: {eps: 0}"};

	(void)state;
	for (size_t t = 0; t < sizeof trainers / sizeof *trainers; t++) {
		struct run plain = train(trainers[t], "patience: 9", "hinge");

		for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
			struct run run = train(
				trainers[t],
				arena_format(&plain.arena, "patience: 9, %s", nothing[i]), "hinge");

			assert_true(same_weights(&plain, &run));
			drop(&run);
		}
		drop(&plain);
	}
}

static void robust_training_repeats_and_allocates_nothing(void **state)
{
	(void)state;
	for (size_t t = 0; t < sizeof trainers / sizeof *trainers; t++)
		for (size_t i = 0; i < sizeof robust / sizeof *robust; i++) {
			struct run plain = train(trainers[t], "patience: 20", "logistic");
			const char *options =
				arena_format(&plain.arena, "patience: 20, %s", robust[i]);
			struct run one = train(trainers[t], options, "logistic");
			struct run two = train(trainers[t], options, "logistic");

			assert_true(same_weights(&one, &two));
			assert_false(same_weights(&one, &plain));
			assert_int_equal(one.late_calls, 0);
			drop(&plain);
			drop(&one);
			drop(&two);
		}
}

/* Mean margin of interval bounds, and share of samples certified by them. */
static double certified_margin(const struct run *run, double eps, double *share)
{
	const struct threat threat = {.eps = eps, .frozen = frozen};
	double sum = 0, certified = 0;

	for (ptrdiff_t k = 0; k < N; k++) {
		double margin = robust_interval_margin(&run->net, run->toy.problem.X, k,
						       (double)run->toy.problem.y.at[k], &threat);

		sum += toy_loss(run->toy.problem.loss, margin, 1) / N;
		certified += margin > 0;
	}
	*share = certified / N;
	return sum;
}

/* The bound is what interval training lowers; attacks alone leave it high. */
static void interval_training_certifies_more(void **state)
{
	double share[3], loss[3];
	static const char *const options[] = {"", "adversary: {eps: 0.2}",
					      "interval: {eps: 0.2, kappa: 0}"};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct run run = train("adam", options[i], "logistic");

		loss[i] = certified_margin(&run, 0.2, &share[i]);
		drop(&run);
	}
	check_below(loss[2], loss[1]);
	check_below(loss[1], loss[0]);
	if (!(share[2] > share[0] && share[2] >= share[1]))
		fail_msg("certified: plain %g, attacked %g, interval %g", share[0], share[1],
			 share[2]);
}

/* Patience counts and keeps weights only once eps is reached. */
static void early_stopping_waits_for_the_ramp(void **state)
{
	struct run run =
		train("adam", "patience: 1, interval: {eps: 0.3, kappa: 0, plain: 0.4, ramp: 0.5}",
		      "logistic");

	(void)state;
	check_at_least(run.epochs, 36); /* of 40 */
	drop(&run);
}

static void check_refused(const char *loss, const char *options, const real *targets,
			  const char *expected)
{
	const struct trainer *adam =
		(const struct trainer *)(const void *)registry_find(KIND_TRAINER, "adam");
	struct toy toy = toy_make(N, D, loss, 0.05);
	struct err err = {0};
	void *state;

	if (targets)
		toy.problem.y.at = targets;
	assert_int_equal(adam->setup(&toy.problem, toy_options(&adam->base, options, &toy.arena),
				     &toy.arena, &state, &err),
			 STATUS_SPEC);
	if (!strstr(err.text, expected))
		fail_msg("expected \"%s\", found \"%s\"", expected, err.text);
	arena_release(&toy.arena);
}

static void bad_options_are_refused(void **state)
{
	static const real targets[N] = {0.5, 2};

	(void)state;
	check_refused("hinge", "{adversary: {eps: 0.1}, interval: {eps: 0.1}}", NULL,
		      "interval.eps: expected 0 beside adversary.eps > 0, got \"0.1\"");
	check_refused("squared", "{interval: {eps: 0.1}}", NULL,
		      "interval.eps: expected 0 or a loss that falls with the margin, got \"0.1\" "
		      "and loss squared");
	check_refused("hinge", "{interval: {eps: 0.1, plain: 0.7, ramp: 0.5}}", NULL,
		      "interval.ramp: expected at most 1 - interval.plain, got \"0.5\" with plain "
		      "\"0.7\"");
	check_refused("hinge", "{adversary: {eps: 0.1, clip: [-0.1, 0.1]}}", NULL,
		      "adversary.clip: [-0.1, 0.1] excludes training sample");
	check_refused("hinge", "{adversary: {eps: 0.1, units: raw}}", NULL,
		      "adversary: units: raw needs steps of prepare");
	check_refused("hinge", "{interval: {eps: 0.1, scale: [1]}}", NULL,
		      "interval: scale: expected ");
	check_refused("squared", "{adversary: {eps: 0.1}}", targets,
		      "adversary.eps: expected 0 for regression, got \"0.1\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(radius_zero_is_plain_training_bit_for_bit),
		cmocka_unit_test(robust_training_repeats_and_allocates_nothing),
		cmocka_unit_test(interval_training_certifies_more),
		cmocka_unit_test(early_stopping_waits_for_the_ramp),
		cmocka_unit_test(bad_options_are_refused),
	};

	omp_set_num_threads(2);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
