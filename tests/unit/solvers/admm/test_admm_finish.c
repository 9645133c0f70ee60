/* The hand-over of ADMM to the interior point: where it happens, what it ends at, what it says. */
#include "solvers/model/trainer.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { N = 60, D = 4, STEPS = 600 };

struct end {
	double gap, objective;
	long steps;
	char note[400];
};

static struct end train(const struct problem *problem, const char *options)
{
	const struct desc *desc = registry_find(KIND_SOLVER, "admm");
	const struct trainer *trainer = (const struct trainer *)(const void *)desc;
	struct progress progress = {.end = OUTCOME_RUNNING};
	struct certificate c;
	struct arena arena = {0};
	struct err err = {0};
	struct end end = {0};
	struct net net;
	void *state;
	size_t calls;

	if (trainer->setup(problem, toy_options(desc, options, &arena), &arena, &state, &err) !=
	    STATUS_OK)
		fail_msg("%s", err.text);
	net = net_new(&arena, problem->X.cols, trainer->width(state));
	calls = arena.calls;
	while (end.steps < STEPS && progress.end == OUTCOME_RUNNING) {
		trainer->step(state, &progress);
		end.steps++;
	}
	if (progress.end != OUTCOME_RUNNING)
		assert_int_equal(progress.end, OUTCOME_CONVERGED);
	assert_int_equal(arena.calls, calls);
	trainer->certify(state, &c);
	trainer->repaired(state, &net.base);
	end.objective = toy_objective(problem, &net);
	check_close(end.objective, c.upper, 1e-9, 0);
	end.gap = (c.upper - c.lower_bound) / c.upper;
	if (toy_text(trainer, state, "note", &arena))
		snprintf(end.note, sizeof end.note, "%s", toy_text(trainer, state, "note", &arena));
	arena_release(&arena);
	return end;
}

static void it_ends_where_admm_stands_still(void **state)
{
	static const char *const losses[] = {"squared", "hinge", "squared_hinge", "huber"};

	(void)state;
	for (size_t l = 0; l < sizeof losses / sizeof losses[0]; l++) {
		struct toy toy = toy_make(N, D, losses[l], 1e-4);
		struct end alone = train(&toy.problem, "{patterns: 30, finish: none}");
		struct end end = train(&toy.problem, "{patterns: 30}");
		struct end again = train(&toy.problem, "{patterns: 30}");

		assert_null(strstr(alone.note, "handed over"));
		assert_int_equal(alone.steps, STEPS);
		check_above(alone.gap, 1e-3);
		assert_non_null(strstr(end.note, "handed over to the interior point after "));
		check_below(end.steps, STEPS);
		check_at_most(end.gap, 1e-6);
		check_at_most(end.objective, alone.objective);
		assert_memory_equal(&end.objective, &again.objective, sizeof end.objective);
		assert_string_equal(end.note, again.note);
		arena_release(&toy.arena);
	}
}

/* While the gap falls ADMM goes on. */
static void it_stays_away_where_admm_gets_on(void **state)
{
	struct toy toy = toy_make(N, D, "squared", 5);
	struct end end = train(&toy.problem, "{patterns: 30}");

	(void)state;
	assert_null(strstr(end.note, "handed over"));
	check_below(end.gap, 1e-6);
	arena_release(&toy.arena);
}

/* Bytes of setup and of `steps` iterations, held at most. */
static double counted(const char *options, ptrdiff_t n, ptrdiff_t d, double steps)
{
	const struct desc *desc = registry_find(KIND_SOLVER, "admm");
	struct toy toy = toy_make(2, 2, "squared", 0.1);
	struct problem shape = toy.problem;
	struct arena_tally tally = {.real_size = sizeof(real), .steps = steps};
	struct arena arena = arena_counting(&tally);
	struct err err = {0};
	void *state;

	shape.X = (struct mat){n, d, n, NULL};
	if (((const struct trainer *)(const void *)desc)
		    ->setup(&shape, toy_options(desc, options, &toy.arena), &arena, &state, &err) !=
	    STATUS_OK)
		fail_msg("%s", err.text);
	arena_release(&arena);
	arena_release(&toy.arena);
	return (double)tally.peak;
}

/* `auto` leaves out what its forecast says is too much; the memory of what it may need counts. */
static void forecasts_count_it(void **state)
{
	double none = counted("{patterns: 50, finish: none}", 2000, 784, HUGE_VAL);

	(void)state;
	check_above(counted("{patterns: 30}", N, D, HUGE_VAL),
		    counted("{patterns: 30, finish: none}", N, D, HUGE_VAL) +
			    N * 30 * sizeof(real));
	check_below(counted("{patterns: 50}", 2000, 784, HUGE_VAL), none + 1e6);
	check_above(counted("{patterns: 50, finish: ipm}", 2000, 784, HUGE_VAL), none + 1e8);
}

/* What it works with does not count in a run that ends before the second look at the gap. */
static void a_short_run_does_not_hold_it(void **state)
{
	enum { ROWS = 1000, COLUMNS = 10 };
	double none = counted("{patterns: 10, finish: none}", ROWS, COLUMNS, 200),
	       early = counted("{patterns: 10}", ROWS, COLUMNS, 200);

	(void)state;
	check_above(counted("{patterns: 10}", ROWS, COLUMNS, HUGE_VAL), early + 3e6);
	check_above(early, none); /* setup touches some of it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_ends_where_admm_stands_still),
		cmocka_unit_test(it_stays_away_where_admm_gets_on),
		cmocka_unit_test(forecasts_count_it),
		cmocka_unit_test(a_short_run_does_not_hold_it),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
