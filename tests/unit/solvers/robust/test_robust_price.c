/* Patterns found by robust pricing: with them the robust program comes to the optimum over all
 * patterns, and never below it. */
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 8, D = 3, STEPS = 600, SEEDS = 9, MISSED = 2 };

static bool bias[D] = {false, false, true};
static const char *const losses[] = {"hinge", "squared", "{logistic: {loss_scale: 2}}"};
static const char *const norms[] = {"linf", "l2", "l1"};

/* What the program comes to, and its bound. */
struct solved {
	double upper, bound, patterns;
};

static struct solved solve(int seed, const char *patterns, double eps)
{
	const struct desc *desc = registry_find(KIND_SOLVER, "robust_admm");
	const struct trainer *trainer = (const struct trainer *)(const void *)desc;
	struct toy toy = toy_make(N, D, losses[seed % 3], 0.1);
	struct arena arena = {0};
	struct rng rng = rng_stream((uint64_t)seed, "robust pricing test", 0);
	struct progress progress = {0};
	struct certificate c = {0};
	struct solved out = {.bound = -HUGE_VAL};
	struct err err = {0};
	const char *options = arena_format(&arena, "{patterns: %s, norm: %s, eps: %g}", patterns,
					   norms[seed / 3 % 3], eps);
	void *state;

	toy.problem.frozen = bias;
	toy.problem.seed = (uint64_t)seed;
	for (ptrdiff_t j = 0; j + 1 < D; j++)
		for (ptrdiff_t k = 0; k < N; k++)
			mat_set(toy.problem.X, k, j, (real)rng_normal(&rng));
	if (trainer->setup(&toy.problem, toy_options(desc, options, &arena), &arena, &state,
			   &err) != STATUS_OK)
		fail_msg("%s", err.text);
	for (long step = 1; step <= STEPS; step++) {
		trainer->step(state, &progress);
		if (step % 50)
			continue;
		trainer->certify(state, &c);
		out.bound = fmax(out.bound, c.lower_bound);
		if (c.upper - out.bound <= 2e-4 * c.upper)
			break;
	}
	out.upper = c.upper;
	out.patterns = toy_number(trainer, state, "patterns");
	arena_release(&arena);
	arena_release(&toy.arena);
	return out;
}

/* With the optimum over all patterns, and without more patterns than are sampled at first. */
static void priced_patterns_come_to_the_optimum_over_all(void **state)
{
	int reached = 0, gained = 0;

	(void)state;
	for (int seed = 0; seed < SEEDS; seed++) {
		double eps = 0.02 + 0.03 * (seed % 4);
		struct solved all = solve(seed, "all", eps);
		struct solved priced =
			solve(seed, "{count: 3, from: [{generated: {steps: 2}}, gaussian]}", eps);
		struct solved sampled = solve(seed, "{count: 3, from: [gaussian]}", eps);

		check_at_least(priced.upper, all.bound * (1 - 1e-9));
		reached += priced.upper <= all.upper * (1 + 1e-3);
		gained += priced.upper < sampled.upper * (1 - 1e-3);
	}
	check_at_least(reached, SEEDS - MISSED);
	check_at_least(gained, SEEDS - MISSED);
}

/* What setup takes is counted from the shapes alone, with room for all that may be found. */
static void memory_is_counted_without_data(void **state)
{
	const struct desc *desc = registry_find(KIND_SOLVER, "robust_admm");
	const struct trainer *trainer = (const struct trainer *)(const void *)desc;
	struct toy toy = toy_make(N, D, "hinge", 0.1);
	struct problem shapes = toy.problem;
	const char *text = "{patterns: {count: 3, from: [{generated: {steps: 2}}]}, eps: 0.05}";
	struct arena_tally tally = {.real_size = sizeof(real)};
	struct arena counting = arena_counting(&tally), arena = {0}, own = {0};
	struct err err = {0};
	void *options = toy_options(desc, text, &own), *made;

	(void)state;
	shapes.X.at = NULL;
	shapes.y.at = NULL;
	assert_int_equal(trainer->setup(&shapes, options, &counting, &made, &err), STATUS_OK);
	assert_int_equal(trainer->setup(&toy.problem, options, &arena, &made, &err), STATUS_OK);
	check_at_least(tally.held, arena.bytes);
	check_at_least(tally.peak, tally.held);
	arena_release(&counting);
	arena_release(&arena);
	arena_release(&own);
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(priced_patterns_come_to_the_optimum_over_all),
		cmocka_unit_test(memory_is_counted_without_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
