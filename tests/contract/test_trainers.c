/* What every registered trainer promises, on a tiny problem and in both precisions. */
#include "tests/close.h"
#include "tests/outside.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

enum { N = 40, D = 4, STEPS = 5 };

static const double BETA = 0.1;

/* Objectives here are about 20, sums of N losses of outputs of a few terms each. */
static const double TOLERANCE = 1e4 * REAL_EPSILON;

/* Sizes that make any method small: set where a trainer has the option. Those of `admm_rbcd` fit
 * losses of 40 samples: its defaults are the published ones, for 12,000. */
static const struct {
	const char *name, *small, *moderate;
} sizes[] = {{"patterns", "12", "30"},
	     {"neurons", "30", "200"},
	     {"norms", "2", "2"},
	     {"width", "9", "200"},
	     {"epochs", "100", "100"},
	     {"eps", "0.02", "0"},
	     {"rho_growth", "0.05", "0.05"},
	     {"threshold", "0.01", "0.01"},
	     {"command", OUTSIDE_COMMAND, OUTSIDE_COMMAND},
	     {"adaptive", "true", "true"},
	     {"accurate", "{adam: {width: 5}}", "{adam: {width: 5}}"},
	     {"robust", "{adam: {width: 4}}", "{adam: {width: 4}}"},
	     {"network", "{adam: {width: 5}}", "{adam: {width: 5}}"}};

static const struct trainer *trainer_at(size_t index)
{
	return (const struct trainer *)(const void *)registry_at(KIND_TRAINER, index);
}

static const char *options_text(const struct desc *desc, bool moderate, struct arena *arena)
{
	const char *text = "";

	for (const struct option *row = desc->options; row && row->name; row++)
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
			if (strcmp(row->name, sizes[i].name) == 0)
				text = arena_format(arena, "%s%s: %s, ", text, row->name,
						    moderate ? sizes[i].moderate : sizes[i].small);
	return arena_format(arena, "{%s}", text);
}

struct run {
	const struct trainer *trainer;
	struct toy toy;
	struct arena texts, arena; /* options; what setup allocates */
	void *options, *state;
	struct model *model; /* NULL: it makes none */
	struct model_work work;
	real *f;
	bool takes, ended;
	enum status status;
	struct err err;
};

/* What harness/spec lets pass: a loss that the trainer says it can train. */
static bool is_trainable(const struct trainer *trainer, const struct problem *problem,
			 const void *options)
{
	const char *wanted;

	return !trainer->takes || trainer->takes(problem, options, &wanted);
}

static struct run *run_new(const struct trainer *trainer, struct toy toy, bool moderate)
{
	static struct run run;

	run = (struct run){.trainer = trainer, .toy = toy};
	run.options = toy_options(&trainer->base,
				  options_text(&trainer->base, moderate, &run.texts), &run.texts);
	run.takes = is_trainable(trainer, &run.toy.problem, run.options);
	if (!run.takes)
		return &run;
	run.status =
		trainer->setup(&run.toy.problem, run.options, &run.arena, &run.state, &run.err);
	if (run.status != STATUS_OK)
		return &run;
	if (trainer->makes) {
		ptrdiff_t width = trainer->width(run.state);

		run.model = model_new(trainer->makes, &run.texts,
				      (struct model_size){toy.problem.X.cols, width, 1});
		run.work = model_work_new(&run.texts, trainer->makes,
					  (struct model_size){0, width, 1});
	}
	run.f = ARENA_ARRAY(&run.texts, real, toy.problem.X.rows);
	return &run;
}

static void run_free(struct run *run)
{
	if (run->takes && run->status == STATUS_OK)
		outside_release(run->trainer, run->state);
	arena_release(&run->arena);
	arena_release(&run->texts);
	arena_release(&run->toy.arena);
}

/* Steps as the caller's loop makes them: up to the trainer's own end. The objective is NaN where a
 * method cannot tell it, but never infinite. */
static void step(struct run *run, int steps)
{
	struct progress progress = {.primal_residual = NAN, .dual_residual = NAN};

	for (int i = 0; i < steps && !run->ended; i++) {
		run->trainer->step(run->state, &progress);
		if (!isnan(progress.objective))
			check_finite(progress.objective);
		run->ended = progress.end != OUTCOME_RUNNING;
	}
	if (run->model)
		run->trainer->model(run->state, run->model);
}

/* Call `check` for every trainer and every loss it can train. */
static void each(void (*check)(struct run *run))
{
	for (size_t i = 0; i < registry_count(KIND_TRAINER); i++)
		for (size_t l = 0; l < registry_count(KIND_LOSS); l++) {
			struct toy toy = toy_make(N, D, registry_at(KIND_LOSS, l)->name, BETA);
			struct run *run = run_new(trainer_at(i), toy, false);

			if (run->takes)
				check(run);
			run_free(run);
		}
}

static void check_objective(struct run *run)
{
	double naive, shared;

	if (!run->model)
		return;
	for (int round = 0; round < 3; round++) {
		step(run, round * STEPS); /* the start counts, too */
		naive = toy_model_objective(&run->toy.problem, run->model);
		shared = trainer_objective(&run->toy.problem, run->model, run->f, &run->work);
		check_finite(naive);
		if (!(fabs(naive - shared) <= TOLERANCE * (1 + naive)))
			fail_msg("%s: objective %.9g by the definition, %.9g by the shared routine",
				 run->trainer->base.name, naive, shared);
	}
}

static void objective_is_that_of_the_definition(void **state)
{
	(void)state;
	each(check_objective);
}

/* A robust trainer lowers the worst case, for which the objective may rise: it has tests of its
 * own. One whose model is made in setup keeps it. */
static void check_progress(struct run *run)
{
	double start, end;
	bool kept = run->trainer->made_in_setup && run->trainer->made_in_setup(run->options);

	if (!run->model || (trainer_robust(run->trainer, run->options)))
		return;
	step(run, 0);
	start = toy_model_objective(&run->toy.problem, run->model);
	step(run, 60);
	end = toy_model_objective(&run->toy.problem, run->model);
	if (!(kept ? end == start : end < start))
		fail_msg("%s with %s: the objective went from %g to %g", run->trainer->base.name,
			 run->toy.problem.loss.loss->base.name, start, end);
}

static void sixty_steps_lower_the_objective(void **state)
{
	(void)state;
	each(check_progress);
}

static void check_allocations(struct run *run)
{
	size_t calls = run->arena.calls, bytes = run->arena.bytes;
	struct certificate certificate;

	step(run, STEPS);
	if (run->trainer->certify)
		run->trainer->certify(run->state, &certificate);
	assert_int_equal(run->arena.calls, calls);
	assert_int_equal(run->arena.bytes, bytes);
}

static void steps_allocate_nothing(void **state)
{
	(void)state;
	each(check_allocations);
}

static void check_width(struct run *run)
{
	ptrdiff_t width;

	if (!run->model)
		return;
	width = run->trainer->width(run->state);
	check_above(width, 0);
	for (const struct model_array *a = run->trainer->makes->arrays; a->name; a++) {
		struct model_part part = model_part(run->model, a);

		for (ptrdiff_t k = 0; part.vector && k < part.rows; k++)
			part.vector[k] = (real)NAN; /* what is not written shows */
		if (part.mat)
			mat_fill(*part.mat, (real)NAN);
	}
	step(run, STEPS);
	assert_int_equal(model_features(run->model), D);
	check_at_least(model_width(run->model), 0);
	check_at_most(model_width(run->model), width);
	check_finite(toy_model_objective(&run->toy.problem, run->model));
	if (!isnan(toy_number(run->trainer, run->state, "patterns")))
		check_at_least(toy_number(run->trainer, run->state, "patterns"), 0);
}

static void networks_fit_their_width(void **state)
{
	(void)state;
	each(check_width);
}

/* All numbers of a model, array by array. */
static const real *numbers(const struct model *model, struct arena *arena, ptrdiff_t *count)
{
	real *all;

	*count = 0;
	for (const struct model_array *a = model->kind->arrays; a->name; a++)
		*count += model_part(model, a).rows * model_part(model, a).cols;
	all = ARENA_ARRAY(arena, real, *count);
	*count = 0;
	for (const struct model_array *a = model->kind->arrays; a->name; a++) {
		struct model_part part = model_part(model, a);

		for (ptrdiff_t j = 0; j < part.cols; j++)
			for (ptrdiff_t i = 0; i < part.rows; i++)
				all[(*count)++] =
					part.vector ? part.vector[i] : mat_get(*part.mat, i, j);
	}
	return all;
}

static void check_bits(struct run *run)
{
	struct arena arena = {0};
	const real *first, *second;
	ptrdiff_t count, again;

	if (!run->model)
		return;
	step(run, STEPS);
	first = numbers(run->model, &arena, &count);
	run->ended = false;
	outside_release(run->trainer, run->state);
	arena_release(&run->arena);
	assert_int_equal(run->trainer->setup(&run->toy.problem, run->options, &run->arena,
					     &run->state, &run->err),
			 STATUS_OK);
	step(run, STEPS);
	second = numbers(run->model, &arena, &again);
	assert_int_equal(count, again);
	assert_memory_equal(first, second, (size_t)count * sizeof(real));
	arena_release(&arena);
}

static void same_seed_gives_the_same_bits(void **state)
{
	(void)state;
	omp_set_num_threads(2);
	each(check_bits);
	omp_set_num_threads(1);
}

/* The objective is a sum of terms that cancel in the lower bound: its rounding, not the bound's. */
static void check_order(const struct run *run, const struct certificate *c)
{
	double slack = TOLERANCE * (1 + fabs(c->objective));

	if (c->lower_bound > c->upper + slack)
		fail_msg("%s with %s: lower bound %.9g above upper bound %.9g",
			 run->trainer->base.name, run->toy.problem.loss.loss->base.name,
			 c->lower_bound, c->upper);
	if (c->feasibility <= 0 && c->lower_bound > c->objective + slack)
		fail_msg("%s: lower bound %.9g above the objective %.9g of a feasible point",
			 run->trainer->base.name, c->lower_bound, c->objective);
	if (run->model)
		check_at_least(c->feasibility, 0);
	assert_non_null(c->scope);
}

static void check_certificate(struct run *run)
{
	struct certificate now, before = {.upper = HUGE_VAL};
	double best = -HUGE_VAL, least = HUGE_VAL;

	if (!run->trainer->certify)
		return;
	for (int round = 0; round < 20; round++) {
		step(run, 3);
		run->trainer->certify(run->state, &now);
		check_order(run, &now);
		best = fmax(best, now.lower_bound);
		least = fmin(least, now.upper);
		before = now;
	}
	run->trainer->certify(run->state, &now); /* looking changes nothing */
	assert_memory_equal(&now.objective, &before.objective, sizeof now.objective);
	/* but for multipliers that go on from those found before */
	if (!isnan(before.lower_bound))
		check_at_least(now.lower_bound, before.lower_bound);
	/* bounds of different iterates speak of the same program */
	check_at_most(best, least + TOLERANCE * (1 + fabs(least)));
}

static void lower_bounds_are_below_upper_bounds(void **state)
{
	(void)state;
	each(check_certificate);
}

/* With the first loss that it takes. */
static struct run *run_taken(const struct trainer *trainer, ptrdiff_t n, ptrdiff_t d)
{
	struct run *run = NULL;

	for (size_t l = 0; (!run || !run->takes) && l < registry_count(KIND_LOSS); l++) {
		if (run)
			run_free(run);
		run = run_new(trainer, toy_make(n, d, registry_at(KIND_LOSS, l)->name, BETA), true);
	}
	return run;
}

static void forecasts_tell_the_work(void **state)
{
	enum { ROWS = 400, COLUMNS = 20 };

	(void)state;
	for (size_t i = 0; i < registry_count(KIND_TRAINER); i++) {
		struct run *run = run_taken(trainer_at(i), ROWS, COLUMNS);
		struct forecast forecast = {0};

		assert_int_equal(run->status, STATUS_OK);
		run->trainer->forecast(run->options,
				       (struct trainer_shape){.n = ROWS, .d = COLUMNS, .k = 1},
				       &forecast);
		check_at_least(forecast.setup_flops, 0);
		check_above(forecast.iteration_flops, 0);
		run_free(run);
	}
}

/* One sentence with its name, or it declares that it takes them. */
static void check_refusal(const struct trainer *trainer, const struct problem *problem,
			  bool declared, const char *sentence)
{
	struct err err = {0};

	if (declared)
		return;
	assert_int_equal(trainer_check(trainer, problem, NULL, &err), STATUS_SPEC);
	assert_ptr_equal(strstr(err.text, trainer->base.name), err.text);
	assert_string_equal(err.text + strlen(trainer->base.name), sentence);
}

static void outputs_and_weights_are_refused(void **state)
{
	const real weight = 2;

	(void)state;
	for (size_t i = 0; i < registry_count(KIND_TRAINER); i++) {
		const struct trainer *trainer = trainer_at(i);
		const struct problem several = {.y = {.k = 3}},
				     weighted = {.y = {.k = 1, .weight = &weight}};

		check_refusal(trainer, &several, trainer->multi_output, " takes one output");
		check_refusal(trainer, &weighted, trainer->sample_weights,
			      " takes no weights of samples");
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objective_is_that_of_the_definition),
		cmocka_unit_test(sixty_steps_lower_the_objective),
		cmocka_unit_test(steps_allocate_nothing),
		cmocka_unit_test(networks_fit_their_width),
		cmocka_unit_test(same_seed_gives_the_same_bits),
		cmocka_unit_test(lower_bounds_are_below_upper_bounds),
		cmocka_unit_test(forecasts_tell_the_work),
		cmocka_unit_test(outputs_and_weights_are_refused),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	if (outside_main(argc, argv))
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
