/* Conditional gradients beside the interior point on the same patterns: published steps, their
 * rate, and the duality gap. */
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "solvers/frank_wolfe/frank_wolfe_shared.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* Two equal outputs that share neurons: half the loss at the penalty over sqrt(2) is the program of
 * one output, with g = (1, 1) / sqrt(2). The oracle is exact there: M has rank one. */
static void equal_outputs_are_one(void **state)
{
	struct fixture t;
	struct certificate certificate;
	double gap;
	real y[2 * N];

	(void)state;
	fixture_fill(&t, "{patterns: 15}");
	for (ptrdiff_t r = 0; r < N; r++)
		y[r] = y[N + r] = t.toy.problem.y.at[r];
	t.toy.problem.y = (struct targets){.n = N, .k = 2, .at = y};
	t.toy.problem.beta = sqrt(2) * BETA;
	t.state = start(&t, &trainer_frank_wolfe, "{patterns: 15, output: shared, step: best}");
	steps(&trainer_frank_wolfe, t.state, 1500);
	trainer_frank_wolfe.certify(t.state, &certificate);
	check_close(certificate.objective, 2 * t.least, 0.08, 0);
	check_at_least(certificate.objective, 2 * t.least * (1 - 1e-4));
	check_at_most(certificate.lower_bound, 2 * t.least * (1 + 2e-3));
	check_at_least(certificate.lower_bound, 0.8 * t.least);
	check_at_most(certificate.feasibility, 1e4 * REAL_EPSILON);
	gap = toy_number(&trainer_frank_wolfe, t.state, "frank_wolfe_gap");
	check_at_least(gap, certificate.objective - 2 * t.least * (1 + 1e-3));
	assert_string_equal(toy_text(&trainer_frank_wolfe, t.state, "output", &t.arena), "shared");
	fixture_free(&t);
}

/* Neurons of their own are neurons that outputs may share: the bound is not above the best of
 * those, and sharing comes below what they need. Without room the run ends and says so. */
static void shared_atoms_are_certified_and_worth_it(void **state)
{
	static const char *const options[] = {"{patterns: 15, step: best}",
					      "{patterns: 15, output: shared, step: best}",
					      "{patterns: 15, output: shared, atoms: 3}"};
	struct fixture t;
	struct certificate c[3];
	real y[2 * N];

	(void)state;
	fixture_fill(&t, "{patterns: 15}");
	for (ptrdiff_t r = 0; r < N; r++) {
		y[r] = t.toy.problem.y.at[r];
		y[N + r] = (y[r] > 0 ? 1 : (real)-0.5) + mat_get(t.toy.problem.X, r, 0) / 4;
	}
	t.toy.problem.y = (struct targets){.n = N, .k = 2, .at = y};
	for (int i = 0; i < 3; i++) {
		t.state = start(&t, &trainer_frank_wolfe, options[i]);
		steps(&trainer_frank_wolfe, t.state, 1000);
		trainer_frank_wolfe.certify(t.state, &c[i]);
		check_at_most(c[i].lower_bound, c[i].upper);
		check_at_most(c[i].feasibility, 1e4 * REAL_EPSILON);
	}
	check_at_most(c[1].lower_bound, c[0].objective);
	check_at_least(c[1].lower_bound, 0.3 * c[1].objective);
	check_below(c[1].objective, 0.95 * c[0].objective);
	check_above(c[2].objective, c[1].objective);
	assert_non_null(strstr(toy_text(&trainer_frank_wolfe, t.state, "note", &t.arena),
			       "no room for another atom"));
	fixture_free(&t);
}

enum { OUTPUTS = 3, PLANE = 2, ANGLES = 20000 };

/* |Nu' D_i X u| of the direction, 0 outside of the cone of pattern i; Nu is the targets. */
static double atom(const struct problem *problem, struct gates gates, ptrdiff_t i, double angle)
{
	double q[OUTPUTS] = {0}, sum = 0;

	for (ptrdiff_t r = 0; r < problem->X.rows; r++) {
		double z = (double)mat_get(problem->X, r, 0) * cos(angle) +
			   (double)mat_get(problem->X, r, 1) * sin(angle);
		bool on = gates_get(gates, r, i);

		if (on ? z < 0 : z > 0)
			return 0;
		for (int c = 0; c < OUTPUTS && on; c++)
			q[c] += problem->loss.weight *
				(double)problem->y.at[c * problem->X.rows + r] * z;
	}
	for (int c = 0; c < OUTPUTS; c++)
		sum += q[c] * q[c];
	return sqrt(sum);
}

/* At the zero point no atom is better than `most`, and the one found is nearly the best. */
static void atoms_are_those_of_every_direction_in_the_plane(void **state)
{
	enum { ROWS = 12, SEEDS = 20 };

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct toy toy = toy_make(ROWS, PLANE, "squared", BETA);
		struct rng rng = rng_stream(seed, "atoms", 0);
		struct pattern_options options = toy_patterns("{count: 6}", &toy.arena);
		struct frank_wolfe_shared *shared;
		struct frank_wolfe_look look;
		struct patterns patterns;
		struct err err = {0};
		real y[OUTPUTS * ROWS];
		double best = 0;

		toy_fill((struct mat){ROWS, OUTPUTS, ROWS, y}, &rng);
		toy_fill(toy.problem.X, &rng);
		toy.problem.y = (struct targets){.n = ROWS, .k = OUTPUTS, .at = y};
		assert_int_equal(
			pattern_sample(&options, &toy.problem, NULL, &toy.arena, &patterns, &err),
			STATUS_OK);
		shared = frank_wolfe_shared_new(&toy.problem, &patterns, 1, &toy.arena);
		look = shared->look(shared->state);
		for (ptrdiff_t i = 0; i < patterns.D.cols; i++)
			for (int a = 0; a < ANGLES; a++)
				best = fmax(best, atom(&toy.problem, patterns.D, i,
						       2 * acos(-1) * a / ANGLES));
		check_above(best, 0);
		check_at_most(best, look.most * (1 + 1e3 * REAL_EPSILON));
		check_at_most(look.found, look.most);
		check_close(look.found, best, 1e-3, 0);
		arena_release(&toy.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_are_those_published),
		cmocka_unit_test(the_gap_bounds_the_distance_and_the_rate_holds),
		cmocka_unit_test(best_steps_reach_the_optimum),
		cmocka_unit_test(the_bound_of_norms_is_one),
		cmocka_unit_test(equal_outputs_are_one),
		cmocka_unit_test(shared_atoms_are_certified_and_worth_it),
		cmocka_unit_test(atoms_are_those_of_every_direction_in_the_plane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
