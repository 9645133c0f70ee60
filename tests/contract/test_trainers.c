/* What every registered trainer promises, on a tiny problem and in both precisions. */
#include "tests/close.h"
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
} sizes[] = {{"patterns", "12", "30"},     {"neurons", "30", "200"}, {"width", "9", "200"},
	     {"epochs", "100", "100"},     {"eps", "0.02", "0"},     {"rho_growth", "0.05", "0.05"},
	     {"threshold", "0.01", "0.01"}};

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
	struct net net;
	struct net_work work;
	real *f;
	bool ended;
	enum status status;
	struct err err;
};

static struct run *run_new(const struct trainer *trainer, struct toy toy, bool moderate)
{
	static struct run run;

	run = (struct run){.trainer = trainer, .toy = toy};
	run.options = toy_options(&trainer->base,
				  options_text(&trainer->base, moderate, &run.texts), &run.texts);
	run.status =
		trainer->setup(&run.toy.problem, run.options, &run.arena, &run.state, &run.err);
	if (run.status != STATUS_OK)
		return &run;
	run.net = net_new(&run.texts, toy.problem.X.cols, trainer->width(run.state));
	run.work = net_work_new(&run.texts, run.net.U.cols);
	run.f = ARENA_ARRAY(&run.texts, real, toy.problem.X.rows);
	return &run;
}

static void run_free(struct run *run)
{
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
	run->trainer->network(run->state, &run->net);
}

/* What harness/spec lets pass: a loss that the trainer says it can train. */
static bool is_trainable(const struct trainer *trainer, struct loss_term loss)
{
	bool listed = !trainer->losses;

	for (const char *const *name = trainer->losses; name && *name; name++)
		listed |= strcmp(*name, loss.loss->base.name) == 0;
	return listed && !(trainer->needs_curvature && isinf(loss_curvature(loss)));
}

/* Call `check` for every trainer and every loss it can train. */
static void each(void (*check)(struct run *run))
{
	for (size_t i = 0; i < registry_count(KIND_TRAINER); i++)
		for (size_t l = 0; l < registry_count(KIND_LOSS); l++) {
			struct toy toy = toy_make(N, D, registry_at(KIND_LOSS, l)->name, BETA);
			struct run *run;

			if (!is_trainable(trainer_at(i), toy.problem.loss)) {
				arena_release(&toy.arena);
				continue;
			}
			run = run_new(trainer_at(i), toy, false);
			check(run);
			run_free(run);
		}
}

/* A loss without a curvature may be refused, in words that name it. */
static bool is_refused(const struct run *run)
{
	const struct loss_term *loss = &run->toy.problem.loss;

	if (run->status == STATUS_OK)
		return false;
	if (isfinite(loss_curvature(*loss)) || run->status != STATUS_SPEC ||
	    !strstr(run->err.text, loss->loss->base.name))
		fail_msg("%s refuses %s: %s", run->trainer->base.name, loss->loss->base.name,
			 run->err.text);
	return true;
}

static void check_objective(struct run *run)
{
	double naive, shared;

	if (is_refused(run))
		return;
	for (int round = 0; round < 3; round++) {
		step(run, round * STEPS); /* the start counts, too */
		naive = toy_objective(&run->toy.problem, &run->net);
		shared =
			trainer_network_objective(&run->toy.problem, &run->net, run->f, &run->work);
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
 * own. */
static void check_progress(struct run *run)
{
	double start, end;

	if (is_refused(run) || trainer_robust(run->trainer, run->options))
		return;
	step(run, 0);
	start = toy_objective(&run->toy.problem, &run->net);
	step(run, 60);
	end = toy_objective(&run->toy.problem, &run->net);
	if (!(end < start))
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

	if (is_refused(run))
		return;
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

	if (is_refused(run))
		return;
	width = run->trainer->width(run->state);
	check_above(width, 0);
	for (ptrdiff_t j = 0; j < width; j++)
		run->net.alpha[j] = (real)NAN; /* what is not written shows */
	mat_fill(mat_cols(run->net.U, 0, width), (real)NAN);
	step(run, STEPS);
	assert_int_equal(run->net.U.rows, D);
	check_at_least(run->net.U.cols, 0);
	check_at_most(run->net.U.cols, width);
	check_finite(toy_objective(&run->toy.problem, &run->net));
	if (run->trainer->patterns_used)
		check_at_least(run->trainer->patterns_used(run->state), 0);
}

static void networks_fit_their_width(void **state)
{
	(void)state;
	each(check_width);
}

static void check_bits(struct run *run)
{
	struct arena arena = {0};
	struct mat U;
	real *alpha;
	ptrdiff_t m;

	if (is_refused(run))
		return;
	step(run, STEPS);
	m = run->net.U.cols;
	U = mat_new(&arena, D, m);
	alpha = ARENA_ARRAY(&arena, real, m);
	mat_copy(U, run->net.U);
	memcpy(alpha, run->net.alpha, (size_t)m * sizeof *alpha);
	run->net.U.cols = 0;
	run->ended = false;
	arena_release(&run->arena);
	assert_int_equal(run->trainer->setup(&run->toy.problem, run->options, &run->arena,
					     &run->state, &run->err),
			 STATUS_OK);
	step(run, STEPS);
	assert_int_equal(run->net.U.cols, m);
	assert_memory_equal(U.at, run->net.U.at, (size_t)(D * m) * sizeof(real));
	assert_memory_equal(alpha, run->net.alpha, (size_t)m * sizeof(real));
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
	check_at_least(c->feasibility, 0);
	assert_non_null(c->scope);
}

static void check_certificate(struct run *run)
{
	struct certificate now, before = {.upper = HUGE_VAL};
	double best = -HUGE_VAL, least = HUGE_VAL;

	if (is_refused(run) || !run->trainer->certify)
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

static void forecasts_tell_the_work(void **state)
{
	enum { ROWS = 400, COLUMNS = 20 };

	(void)state;
	for (size_t i = 0; i < registry_count(KIND_TRAINER); i++) {
		const char *loss = trainer_at(i)->losses ? trainer_at(i)->losses[0] : "squared";
		struct run *run = run_new(trainer_at(i), toy_make(ROWS, COLUMNS, loss, BETA), true);
		struct forecast forecast = {0};

		assert_int_equal(run->status, STATUS_OK);
		run->trainer->forecast(run->options, ROWS, COLUMNS, &forecast);
		check_at_least(forecast.setup_flops, 0);
		check_above(forecast.iteration_flops, 0);
		run_free(run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objective_is_that_of_the_definition),
		cmocka_unit_test(sixty_steps_lower_the_objective),
		cmocka_unit_test(steps_allocate_nothing),
		cmocka_unit_test(networks_fit_their_width),
		cmocka_unit_test(same_seed_gives_the_same_bits),
		cmocka_unit_test(lower_bounds_are_below_upper_bounds),
		cmocka_unit_test(forecasts_tell_the_work),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
