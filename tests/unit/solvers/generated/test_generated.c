/* Generated neurons against the optimum over all networks: of tiny and degenerate problems by the
 * dense reference (tests/trial.h), of small ones by the convex program over all patterns; closed
 * forms; monotone from any start. */
#include "solvers/generated/generated_slide.h"
#include "solvers/model/net.h"
#include "tests/close.h"
#include "tests/toy.h"
#include "tests/trial.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

extern const struct trainer trainer_generated, trainer_ipm, trainer_adam;

/* Relative to the objective without neurons. */
static const double TOLERANCE = REAL_EPSILON > 1e-10 ? 2e-4 : 1e-6;

static const char *const losses[] = {"squared", "{logistic: {loss_scale: 2}}", "hinge",
				     "squared_hinge", "{huber: {delta: 0.5}}"};

static void *start(const struct trainer *trainer, const struct problem *problem,
		   const char *options, struct arena *arena)
{
	struct err err = {0};
	void *state;
	enum status status = trainer->setup(problem, toy_options(&trainer->base, options, arena),
					    arena, &state, &err);

	if (status != STATUS_OK)
		fail_msg("%s", err.text);
	return state;
}

/* The objective of its network by plain loops. */
static double objective_of(const struct trainer *trainer, const struct problem *problem,
			   const void *state, struct arena *arena)
{
	struct model *model = model_new(
		&model_relu, arena, (struct model_size){problem->X.cols, trainer->width(state), 1});

	trainer->model(state, model);
	return toy_model_objective(problem, model);
}

/* Steps to its own end, at most `most`; none raises the objective. Returns that of its network. */
static double train(const struct problem *problem, const char *options, int most)
{
	struct arena arena = {0};
	struct progress progress = {.end = OUTCOME_RUNNING};
	void *state = start(&trainer_generated, problem, options, &arena);
	double before = HUGE_VAL, value;

	for (int i = 0; i < most && progress.end == OUTCOME_RUNNING; i++) {
		trainer_generated.step(state, &progress);
		check_at_most(progress.objective, before * (1 + 256 * REAL_EPSILON));
		before = progress.objective;
	}
	value = objective_of(&trainer_generated, problem, state, &arena);
	check_close(value, progress.objective, 1e4 * REAL_EPSILON, 1e4 * REAL_EPSILON);
	arena_release(&arena);
	return value;
}

/* Ties, rows of zeros, repeated and opposite rows, rank 1, zero and constant columns, large and
 * small ones, one class; with all losses, n from 1 to 8. */
static void tiny_problems_come_to_the_optimum_over_all_networks(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct trial *t = trial_new(seed);
		double value = train(&t->problem, "{starts: 64}", 400);

		if (!(value <= t->all.upper + TOLERANCE * t->zero) ||
		    !(value >= t->all.lower - TOLERANCE * t->zero))
			fail_msg("seed %d, %s: %.9g, the optimum is %.9g", (int)seed,
				 t->problem.loss.loss->base.name, value, t->all.upper);
		trial_free(t);
	}
}

/* GENERATED_SEEDS sets how many. */
static void small_problems_agree_with_all_patterns(void **state)
{
	const char *text = getenv("GENERATED_SEEDS");
	int seeds = text ? atoi(text) : 20;

	(void)state;
	for (int seed = 0; seed < seeds; seed++) {
		struct toy toy = toy_make(8 + seed % 9, 2 + seed % 2, losses[seed % 5],
					  pow(10, -2 + seed % 3));
		struct rng rng = rng_stream((uint64_t)seed, "small", 0);
		struct arena arena = {0};
		struct certificate exact = {0};
		struct progress progress = {.end = OUTCOME_RUNNING};
		double value, zero = 1e-9;
		void *ipm;

		toy_fill(mat_cols(toy.problem.X, 0, toy.problem.X.cols - 1), &rng);
		ipm = start(&trainer_ipm, &toy.problem, "{patterns: all}", &arena);
		for (int i = 0; i < 100 && progress.end == OUTCOME_RUNNING; i++)
			trainer_ipm.step(ipm, &progress);
		trainer_ipm.certify(ipm, &exact);
		value = train(&toy.problem, "{starts: 128}", 400);
		if (!(value <= exact.upper * (1 + TOLERANCE) + zero) ||
		    !(value >= exact.lower_bound * (1 - TOLERANCE) - zero))
			fail_msg("seed %d, %s: %.9g, by all patterns %.9g to %.9g", seed,
				 toy.problem.loss.loss->base.name, value, exact.lower_bound,
				 exact.upper);
		arena_release(&arena);
		arena_release(&toy.arena);
	}
}

/* One sample: relu(x'u) is at most |x|, so that it is min (f - y)^2 / 2 + beta |f| / |x| over f. */
static void one_sample_is_a_soft_threshold(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++) {
		struct toy toy = toy_make(1, 3, "squared", 0.2 * (i + 1));
		const struct problem *p = &toy.problem;
		double norm = 0, y = (double)p->y.at[0], f, value;

		for (ptrdiff_t j = 0; j < 3; j++)
			norm += (double)mat_get(p->X, 0, j) * (double)mat_get(p->X, 0, j);
		norm = sqrt(norm);
		f = fmax(0, fabs(y) - p->beta / norm);
		value = (f - fabs(y)) * (f - fabs(y)) / 2 + p->beta * f / norm;
		check_close(train(p, "{}", 100), value, 1e3 * REAL_EPSILON, 0);
		arena_release(&toy.arena);
	}
}

/* Above the largest |nu'relu(X u)| at 0, here |X'y| of one sign of the labels and positive X, the
 * zero network is the optimum; right below it is not. */
static void large_penalties_give_the_zero_network(void **state)
{
	struct toy toy = toy_make(12, 3, "squared", 1);
	struct problem *p = &toy.problem;
	double square = 0;

	(void)state;
	for (ptrdiff_t j = 0; j < p->X.cols; j++) {
		double sum = 0;

		for (ptrdiff_t k = 0; k < p->X.rows; k++) {
			mat_set(p->X, k, j, (real)fabs((double)mat_get(p->X, k, j)));
			((real *)p->y.at)[k] = 1;
			sum += (double)mat_get(p->X, k, j);
		}
		square += sum * sum;
	}
	p->beta = sqrt(square) * 1.001;
	check_close(train(p, "{}", 100), 6, 0, 0);
	p->beta = sqrt(square) * 0.99;
	check_below(train(p, "{}", 100), 6);
	arena_release(&toy.arena);
}

static void never_above_its_start(void **state)
{
	(void)state;
	for (size_t l = 0; l < sizeof losses / sizeof *losses; l++) {
		struct toy toy = toy_make(40, 4, losses[l], 0.1);
		struct arena arena = {0};
		void *adam = start(&trainer_adam, &toy.problem,
				   "{width: 30, batch: 8, learning_rate: 0.02}", &arena);
		struct progress progress;
		double before, after;

		for (int i = 0; i < 50; i++)
			trainer_adam.step(adam, &progress);
		before = objective_of(&trainer_adam, &toy.problem, adam, &arena);
		after = train(&toy.problem,
			      "{start: {adam: {width: 30, batch: 8, learning_rate: 0.02}}, "
			      "start_steps: 50, starts: 2, add: 1}",
			      1);
		check_at_most(after, before);
		/* and without the start another network */
		check_unequal(train(&toy.problem, "{starts: 2, add: 1}", 1), after);
		arena_release(&arena);
		arena_release(&toy.arena);
	}
}

/* No more neurons are in use than there are samples, however many are drawn; in single precision
 * rounding keeps some. */
static void neurons_in_use_are_independent(void **state)
{
	(void)state;
	for (size_t l = 0; l < sizeof losses / sizeof *losses; l++) {
		struct toy toy = toy_make(15, 4, losses[l], 1e-3);
		struct arena arena = {0};
		struct progress progress;
		void *made =
			start(&trainer_generated, &toy.problem, "{sampled: 200, slide: 0}", &arena);

		for (int i = 0; i < 5; i++) {
			trainer_generated.step(made, &progress);
			check_at_most(toy_number(&trainer_generated, made, "patterns"),
				      REAL_EPSILON < 1e-10 ? 15 : 30);
		}
		arena_release(&arena);
		arena_release(&toy.arena);
	}
}

/* For a twentieth of the objective some can go; what is left is a network of that objective. */
static void minimal_networks_keep_the_objective(void **state)
{
	struct toy toy = toy_make(30, 3, "squared", 1e-2);
	struct arena arena = {0};
	struct progress progress = {.end = OUTCOME_RUNNING};
	double whole = train(&toy.problem, "{}", 400), value;
	void *all = start(&trainer_generated, &toy.problem, "{}", &arena), *few;

	(void)state;
	while (progress.end == OUTCOME_RUNNING)
		trainer_generated.step(all, &progress);
	progress.end = OUTCOME_RUNNING;
	few = start(&trainer_generated, &toy.problem, "{minimal: true, minimal_slack: 0.05}",
		    &arena);
	while (progress.end == OUTCOME_RUNNING)
		trainer_generated.step(few, &progress);
	value = objective_of(&trainer_generated, &toy.problem, few, &arena);
	check_at_most(value, 1.05 * whole * (1 + 1e3 * REAL_EPSILON));
	check_at_least(value, whole * (1 - TOLERANCE));
	check_below(toy_number(&trainer_generated, few, "patterns"),
		    toy_number(&trainer_generated, all, "patterns"));
	check_close(toy_number(&trainer_generated, all, "patterns") -
			    toy_number(&trainer_generated, few, "patterns"),
		    toy_number(&trainer_generated, few, "generated_removed"), 0, 0);
	arena_release(&arena);
	arena_release(&toy.arena);
}

/* The first step goes all the way to one neuron of norm t, the second 2/3 of it; the objective
 * comes near the optimum at a rate of 1 / k: F - F* <= 2 (t |X|_F)^2 / (k + 2). */
static void published_steps_are_those_of_conditional_gradients(void **state)
{
	struct toy toy = toy_make(30, 3, "squared", 0.1);
	const char *options = "{step: published, norms: 30}";
	struct arena arena = {0};
	struct progress progress = {.end = OUTCOME_RUNNING};
	double least = train(&toy.problem, "{}", 400), size = 0;
	void *made = start(&trainer_generated, &toy.problem, options, &arena);
	struct model *model = model_new(&model_relu, &arena,
					(struct model_size){3, trainer_generated.width(made), 1});

	(void)state;
	size = 30 * sqrt(mat_squares(toy.problem.X));
	trainer_generated.step(made, &progress);
	trainer_generated.model(made, model);
	check_equal(net_of(model)->U.cols, 1);
	check_close(net_decay(net_of(model)), 30, 1e3 * REAL_EPSILON, 0);
	for (int k = 2; k <= 400; k++) {
		trainer_generated.step(made, &progress);
		check_at_most(progress.objective - least, 2 * size * size / (k + 1));
		check_at_least(progress.objective, least * (1 - TOLERANCE));
	}
	check_close(objective_of(&trainer_generated, &toy.problem, made, &arena),
		    progress.objective, 1e4 * REAL_EPSILON, 0);
	check_at_most(progress.objective, 2.5 * least);
	arena_release(&arena);
	arena_release(&toy.arena);
}

/* The program over the patterns of its neurons has its objective. */
static void patterns_of_generated_neurons_suffice(void **state)
{
	struct toy toy = toy_make(40, 3, "squared", 0.5);
	struct arena arena = {0};
	struct progress progress = {.end = OUTCOME_RUNNING};
	struct certificate certificate;
	double least = train(&toy.problem, "{}", 400);
	void *ipm = start(&trainer_ipm, &toy.problem,
			  "{patterns: {count: 40, from: [generated: {steps: 400}]}}", &arena);

	(void)state;
	for (int i = 0; i < 100 && progress.end == OUTCOME_RUNNING; i++)
		trainer_ipm.step(ipm, &progress);
	trainer_ipm.certify(ipm, &certificate);
	check_close(certificate.upper, least, TOLERANCE, 0);
	arena_release(&arena);
	arena_release(&toy.arena);
}

/* Each penalty of a path has the optimum that it has by itself, but for what is left to gain; also
 * with as few neurons as that takes. */
static void paths_have_the_optimum_of_each_penalty(void **state)
{
	static const char *const options[] = {"{}", "{minimal: true}"};

	(void)state;
	for (int minimal = 0; minimal < 2; minimal++) {
		struct toy toy = toy_make(25, 3, "squared", 0.1);
		struct arena arena = {0};
		void *bound = toy_options(&trainer_generated.base, options[minimal], &arena);
		struct penalty_done done[6];

		toy.problem.penalties = (struct penalties){6, NAN};
		assert_int_equal(toy_path(&trainer_generated, &toy.problem, bound, done, 6, &arena),
				 6);
		toy.problem.penalties.count = 1;
		for (int i = 0; i < 6; i++) {
			toy.problem.beta = done[i].beta;
			check_close(done[i].objective, train(&toy.problem, "{}", 400), 1e-4, 0);
			check_close(done[i].beta, done[0].beta * pow(0.1 / done[0].beta, i / 5.0),
				    1e-9, 0);
		}
		check_close(done[0].objective, 12.5, 1e-4, 0); /* the first network is zero */
		arena_release(&arena);
		arena_release(&toy.arena);
	}
}

/* Where a small penalty leaves many networks that fit, those that larger penalties led to have the
 * smaller norms after as many rounds; at a penalty that leaves none there is nothing to go
 * through. */
static void larger_penalties_come_first(void **state)
{
	struct toy toy = toy_make(80, 12, "squared", 1e-4);
	struct arena arena = {0};
	struct progress progress;
	void *made;

	(void)state;
	check_below(train(&toy.problem, "{starts: 64}", 60),
		    0.8 * train(&toy.problem, "{starts: 64, continuation: 0}", 60));
	toy.problem.beta = 1e6;
	made = start(&trainer_generated, &toy.problem, "{}", &arena);
	trainer_generated.step(made, &progress);
	check_close(progress.objective,
		    objective_of(&trainer_generated, &toy.problem, made, &arena), 0, 0);
	check_equal(toy_number(&trainer_generated, made, "patterns"), 0);
	arena_release(&arena);
	arena_release(&toy.arena);
}

/* And that is no convergence: neurons that would lower the objective have no place. */
static void room_that_is_used_up_is_told(void **state)
{
	struct toy toy = toy_make(40, 4, "squared", 1e-2);
	struct arena arena = {0}, texts = {0};
	struct progress progress = {.end = OUTCOME_RUNNING};
	void *made = start(&trainer_generated, &toy.problem, "{neurons: 3, starts: 16}", &arena);

	(void)state;
	for (int i = 0; i < 300 && progress.end == OUTCOME_RUNNING; i++)
		trainer_generated.step(made, &progress);
	assert_int_equal(progress.end, OUTCOME_STALLED);
	assert_non_null(strstr(toy_text(&trainer_generated, made, "note", &texts),
			       "room for 3 neurons is used up"));
	arena_release(&texts);
	arena_release(&arena);
	arena_release(&toy.arena);
}

/* With many features, too, neurons of both signs are found: where all labels are one. */
static void both_signs_are_priced(void **state)
{
	struct toy toy = toy_make(30, 120, "squared", 1);
	real *y = ARENA_ARRAY(&toy.arena, real, 30);
	double value[2];

	(void)state;
	toy.problem.y.at = y;
	for (int side = 0; side < 2; side++) {
		for (int i = 0; i < 30; i++)
			y[i] = side ? -1 : 1;
		value[side] = train(&toy.problem, "{starts: 64}", 60);
	}
	check_below(value[0], 10); /* of 15 without neurons */
	check_close(value[0], value[1], 1e-2, 0);
	arena_release(&toy.arena);
}

/* A slide ends where neither more nor less of a neuron lowers the objective. */
static void slides_end_where_the_objective_is_flat(void **state)
{
	enum { ROOM = 12 };
	struct toy toy = toy_make(40, 4, "squared", 0.3);
	struct rng rng = rng_stream(5, "slide", 0);
	struct neurons neurons = neurons_new(&toy.problem, ROOM, &toy.arena);
	struct price price = price_new(&toy.problem, 64, &toy.arena);
	struct slide slide = slide_new(&neurons, &price, &toy.arena);
	double before, flat;

	(void)state;
	neurons.count = ROOM;
	for (ptrdiff_t j = 0; j < ROOM; j++) {
		net_direction(&rng, 4, mat_col(neurons.U, j));
		mat_set(neurons.A, j, 0, (real)(j % 2 ? 0.3 : -0.3));
	}
	neurons_activate(&neurons, 0);
	neurons_output(&neurons);
	before = neurons_objective(&neurons);
	slide_descend(&slide, 2000, 0, true);
	flat = neurons_objective(&neurons);
	check_below(flat, before);
	for (ptrdiff_t j = 0; j < neurons.count; j++)
		for (int side = -1; side <= 1; side += 2) {
			real kept = mat_get(neurons.A, j, 0);

			mat_set(neurons.A, j, 0, kept * (real)(1 + 1e-3 * side));
			neurons_output(&neurons);
			check_at_least(neurons_objective(&neurons),
				       flat * (1 - (REAL_EPSILON > 1e-10 ? 1e-5 : 1e-6)));
			mat_set(neurons.A, j, 0, kept);
		}
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tiny_problems_come_to_the_optimum_over_all_networks),
		cmocka_unit_test(small_problems_agree_with_all_patterns),
		cmocka_unit_test(one_sample_is_a_soft_threshold),
		cmocka_unit_test(large_penalties_give_the_zero_network),
		cmocka_unit_test(never_above_its_start),
		cmocka_unit_test(neurons_in_use_are_independent),
		cmocka_unit_test(minimal_networks_keep_the_objective),
		cmocka_unit_test(published_steps_are_those_of_conditional_gradients),
		cmocka_unit_test(patterns_of_generated_neurons_suffice),
		cmocka_unit_test(paths_have_the_optimum_of_each_penalty),
		cmocka_unit_test(larger_penalties_come_first),
		cmocka_unit_test(room_that_is_used_up_is_told),
		cmocka_unit_test(both_signs_are_priced),
		cmocka_unit_test(slides_end_where_the_objective_is_flat),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
