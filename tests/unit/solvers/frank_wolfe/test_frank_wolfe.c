/* Conditional gradients beside the interior point on the same patterns: published steps, their
 * rate, and the duality gap. */
#include "solvers/core/blas.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct trainer trainer_frank_wolfe, trainer_ipm;

enum { N = 30, D = 3 };

static const double BETA = 0.1;

struct fixture {
	struct arena arena;
	struct toy toy;
	double least; /* objective of the interior point's optimum, from below */
	void *state;
};

static void *start(struct fixture *t, const struct trainer *trainer, const char *options)
{
	struct err err = {0};
	void *state;

	assert_int_equal(trainer->setup(&t->toy.problem,
					toy_options(&trainer->base, options, &t->arena), &t->arena,
					&state, &err),
			 STATUS_OK);
	return state;
}

static double steps(const struct trainer *trainer, void *state, int count)
{
	struct progress progress = {0};

	for (int i = 0; i < count && progress.end == OUTCOME_RUNNING; i++)
		trainer->step(state, &progress);
	return progress.objective;
}

static void fixture_fill(struct fixture *t, const char *options)
{
	struct certificate certificate;
	void *ipm;

	*t = (struct fixture){.toy = toy_make(N, D, "squared", BETA)};
	ipm = start(t, &trainer_ipm, "{patterns: 15}");
	steps(&trainer_ipm, ipm, 60);
	trainer_ipm.certify(ipm, &certificate);
	check_close(certificate.lower_bound, certificate.upper, 1e-3, 0);
	t->least = certificate.lower_bound;
	t->state = start(t, &trainer_frank_wolfe, options);
}

static void fixture_free(struct fixture *t)
{
	arena_release(&t->toy.arena);
	arena_release(&t->arena);
}

/* sum of |u_j| |alpha_j| of its network: of balanced neurons the squared norm by half. */
static double norms(struct fixture *t)
{
	struct model *model =
		model_new(&model_relu, &t->arena,
			  (struct model_size){D, trainer_frank_wolfe.width(t->state), 1});

	trainer_frank_wolfe.model(t->state, model);
	return net_decay(net_of(model));
}

/* The first goes all the way to an atom, the second two thirds of it. */
static void steps_are_those_published(void **state)
{
	struct fixture t;
	double gap, norm;

	(void)state;
	fixture_fill(&t, "{patterns: 15, norms: 7}");
	steps(&trainer_frank_wolfe, t.state, 1);
	check_close(norms(&t), 7, 1e3 * REAL_EPSILON, 0);
	steps(&trainer_frank_wolfe, t.state, 1);
	/* 1/3 of the first, and 2/3 of another atom of this norm, or of 0 */
	norm = norms(&t);
	check_at_most(fmin(fabs(norm - 7), fabs(norm - 7.0 / 3)), 1e4 * REAL_EPSILON);
	gap = toy_number(&trainer_frank_wolfe, t.state, "frank_wolfe_gap");
	check_nan(gap); /* that of the point before is not told as that of this one */
	fixture_free(&t);
}

/* F - F* <= 2 (t |X|_2)^2 / (k + 2) with the squared loss, if t is not below the optimal sum of
 * norms; and never above the duality gap. */
static void the_gap_bounds_the_distance_and_the_rate_holds(void **state)
{
	struct fixture t;
	struct certificate certificate;
	double size;

	(void)state;
	fixture_fill(&t, "{patterns: 15, norms: 30}");
	size = blas_mat_norm(t.toy.problem.X) * 30;
	for (int k = 1; k <= 256; k *= 2) {
		double objective, gap;

		t.state = start(&t, &trainer_frank_wolfe, "{patterns: 15, norms: 30}");
		objective = steps(&trainer_frank_wolfe, t.state, k);
		trainer_frank_wolfe.certify(t.state, &certificate);
		gap = toy_number(&trainer_frank_wolfe, t.state, "frank_wolfe_gap");
		check_close(certificate.objective, objective, 1e-12, 0);
		check_at_least(gap, objective - t.least - 1e-3 * t.least);
		check_at_most(objective - t.least, 2 * size * size / (k + 2));
		check_at_most(certificate.lower_bound, t.least * (1 + 2e-3));
		check_at_most(certificate.feasibility, 1e4 * REAL_EPSILON);
	}
	fixture_free(&t);
}

/* Steps of the best length come to the optimum, and the bound with them. */
static void best_steps_reach_the_optimum(void **state)
{
	struct fixture t;
	struct certificate certificate;

	(void)state;
	fixture_fill(&t, "{patterns: 15, step: best}");
	steps(&trainer_frank_wolfe, t.state, 3000);
	trainer_frank_wolfe.certify(t.state, &certificate);
	check_close(certificate.objective, t.least, 0.05, 0);
	check_at_least(certificate.objective, t.least * (1 - 1e-4));
	check_at_least(certificate.lower_bound, 0.4 * t.least);
	assert_string_equal(certificate.scope, "sampled");
	fixture_free(&t);
}

/* Without `norms` t falls with the objective, and no optimum is above it. */
static void the_bound_of_norms_is_one(void **state)
{
	struct fixture t;
	double before = HUGE_VAL;

	(void)state;
	fixture_fill(&t, "{patterns: 15}");
	for (int i = 0; i < 5; i++) {
		double now = toy_number(&trainer_frank_wolfe, t.state, "frank_wolfe_norm");

		check_at_most(now, before);
		check_at_least(now, t.least / BETA);
		before = now;
		steps(&trainer_frank_wolfe, t.state, 20);
	}
	check_below(before, 0.8 * N / 2 / BETA);
	fixture_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_those_published),
		cmocka_unit_test(the_gap_bounds_the_distance_and_the_rate_holds),
		cmocka_unit_test(best_steps_reach_the_optimum),
		cmocka_unit_test(the_bound_of_norms_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
