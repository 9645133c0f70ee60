/* apgd, square and the worst cases: brute force in the plane, closed forms, order of strength,
 * masked gradients. */
#include "tests/attack_fixture.h"
#include "tests/close.h"
#include "tests/options.h"
#include "tests/toy.h"

#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct attack attack_fgsm, attack_pgd, attack_apgd, attack_square, attack_worst,
	attack_strong, attack_paper, attack_fab, attack_autoattack;

enum { N = 120, D = 8, M = FIXTURE_WIDTH };

static const struct threat linf = {.norm = NORM_LINF, .eps = 0.3};
static const struct threat l2 = {.norm = NORM_L2, .eps = 0.6};
static const struct threat l1 = {.norm = NORM_L1, .eps = 0.8};
static const struct threat *const threats[] = {&linf, &l2, &l1};

static real *margins_of(struct attack_fixture *t, const struct attack *attack, const char *text)
{
	ptrdiff_t n = t->job.X.rows;
	real *margin = ARENA_ARRAY(&t->arena, real, n);

	attack_fixture_from_clean(t, attack, text);
	memcpy(margin, t->job.margin, (size_t)n * sizeof *margin);
	return margin;
}

/* --- truth in two dimensions ----------------------------------------------------------------- */

/* The lowest margin over a grid of the ball around sample k. */
static double grid_search(const struct attack_fixture *t, ptrdiff_t k)
{
	enum { SIDE = 201 };
	double worst = HUGE_VAL, eps = t->job.threat.eps;

	for (int p = 0; p < SIDE * SIDE; p++) {
		double u = 2.0 * (p % SIDE) / (SIDE - 1) - 1, v = 2.0 * (p / SIDE) / (SIDE - 1) - 1;
		double x = (double)mat_get(t->job.X, k, 0) + eps * u, f = 0;
		double z = (double)mat_get(t->job.X, k, 1) + eps * v;

		if ((t->job.threat.norm == NORM_L2 && u * u + v * v > 1) ||
		    (t->job.threat.norm == NORM_L1 && fabs(u) + fabs(v) > 1))
			continue;
		for (ptrdiff_t j = 0; j < M; j++)
			f += (double)t->net.alpha[j] *
			     fmax(0, x * (double)mat_get(t->net.U, 0, j) +
					     z * (double)mat_get(t->net.U, 1, j));
		worst = fmin(worst, (double)t->job.y[k] * f);
	}
	return worst;
}

static void strong_attacks_find_the_minimum_of_a_grid(void **state)
{
	static const struct {
		const struct attack *attack;
		const char *text;
	} cases[] = {
		{&attack_apgd, "{restarts: 20, stop_when_broken: false}"},
		{&attack_square, "{queries: 1000, restarts: 10, stop_when_broken: false}"},
	};
	enum { SAMPLES = 20 };
	struct attack_fixture t = attack_fixture_make(SAMPLES, 2, false);

	(void)state;
	for (int c = 0; c < 6; c++) {
		t.job.threat = *threats[c % 3];
		attack_fixture_from_clean(&t, cases[c / 3].attack, cases[c / 3].text);
		for (ptrdiff_t k = 0; k < SAMPLES; k++) {
			double truth = grid_search(&t, k), found = (double)t.job.margin[k];

			/* slopes are at most 20: half a cell of the grid, and the tail of a search
			 * that has no gradient */
			check_at_most(found, truth + (c / 3 ? 0.1 : 0.02));
			check_at_least(found, truth - 0.2);
		}
	}
	arena_release(&t.arena);
}

/* --- closed form ----------------------------------------------------------------------------- */

/* f = w'x near the data: the worst margin is y f - eps |w|_q over the free coordinates. */
static void linear_network_reaches_the_closed_form(void **state)
{
	static const double slack[] = {1e-9, 3e-2}; /* of the fall: exact; a search */
	struct attack_fixture t = attack_fixture_make(N, D, true);
	real *clean = ARENA_ARRAY(&t.arena, real, N);
	double sum = 0, square = 0, largest = 0;

	(void)state;
	t.frozen[3] = true;
	for (ptrdiff_t i = 0; i < D; i++) {
		double w = 0;

		for (ptrdiff_t j = 0; j < M; j++)
			w += (double)mat_get(t.net.U, i, j) * (double)t.net.alpha[j];
		sum += t.frozen[i] ? 0 : fabs(w);
		square += t.frozen[i] ? 0 : w * w;
		largest = t.frozen[i] ? largest : fmax(largest, fabs(w));
	}
	attack_fixture_margins(&t, t.job.X, clean);
	for (int c = 0; c < 6; c++) {
		double fall = 0.2 * (c % 3 == 0 ? sum : c % 3 == 1 ? sqrt(square) : largest);

		t.job.threat = (struct threat){
			.norm = threats[c % 3]->norm, .eps = 0.2, .frozen = t.frozen};
		attack_fixture_from_clean(&t, c / 3 ? &attack_square : &attack_apgd,
					  c / 3 ? "{queries: 3000, stop_when_broken: false}"
						: "{stop_when_broken: false}");
		for (ptrdiff_t k = 0; k < N; k++) {
			double found = (double)(clean[k] - t.job.margin[k]);

			check_at_most(found, fall + 1e-9);
			check_at_least(found, fall * (1 - slack[c / 3]));
		}
	}
	arena_release(&t.arena);
}

/* --- order of strength ----------------------------------------------------------------------- */

/* A point that an attack leaves whole is left whole by its members: they stop when it is broken. */
static void expect_whole(const real *attacked, const real *member)
{
	for (ptrdiff_t k = 0; k < N; k++)
		if (attacked[k] > 0)
			check_above(member[k], 0);
}

static void worst_is_never_above_its_members(void **state)
{
	static const struct attack *const members[] = {&attack_fgsm, &attack_pgd, &attack_apgd,
						       &attack_square};
	struct attack_fixture t = attack_fixture_make(N, D, false);

	(void)state;
	for (int c = 0; c < 3; c++) {
		const real *worst, *strong;

		t.job.threat = *threats[c];
		worst = margins_of(&t, &attack_worst, "{}");
		strong = margins_of(&t, &attack_strong, "{}");
		for (size_t a = 0; a < 4; a++) {
			const real *alone = margins_of(&t, members[a], "{}");

			expect_whole(worst, alone);
			expect_whole(strong, alone);
		}
	}
	arena_release(&t.arena);
}

/* AutoAttack's standard version is its four attacks in a row, each on what those before left. */
static void autoattack_is_its_members_in_a_row(void **state)
{
	static const struct {
		const struct attack *attack;
		const char *options;
	} members[] = {
		{&attack_apgd, "{loss: cross_entropy, restarts: 1, wide: true}"},
		{&attack_apgd, "{loss: targeted, restarts: 1, wide: true}"},
		{&attack_fab, "{restarts: 1}"},
		{&attack_square, "{queries: 5000}"},
	};
	struct attack_fixture t = attack_fixture_make(N, D, false);

	(void)state;
	for (int c = 0; c < 3; c++) {
		const real *whole;

		t.job.threat = *threats[c];
		whole = margins_of(&t, &attack_autoattack, "{}");
		attack_fixture_reset(&t);
		for (size_t m = 0; m < sizeof members / sizeof *members; m++)
			attack_fixture_run(&t, members[m].attack,
					   toy_options(&members[m].attack->base, members[m].options,
						       &t.arena));
		assert_memory_equal(whole, t.job.margin, N * sizeof *whole);
	}
	arena_release(&t.arena);
}

/* Ratios of logits need a third class, and the cross entropy of two falls with the margin. */
static void losses_of_one_output_are_the_margin(void **state)
{
	static const char *const losses[] = {"{loss: dlr}", "{loss: targeted}",
					     "{loss: cross_entropy}"};
	struct attack_fixture t = attack_fixture_make(N, D, false);

	(void)state;
	for (int c = 0; c < 3; c++) {
		const real *plain;

		t.job.threat = *threats[c];
		plain = margins_of(&t, &attack_apgd, "{loss: margin}");
		for (int loss = 0; loss < 3; loss++)
			assert_memory_equal(plain, margins_of(&t, &attack_apgd, losses[loss]),
					    N * sizeof *plain);
	}
	arena_release(&t.arena);
}

static void members_keep_their_own_options(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);
	const real *alone, *within;
	long steps, restarts;

	(void)state;
	t.job.threat = linf;
	alone = margins_of(&t, &attack_pgd, "{steps: 3, restarts: 2, stop_when_broken: false}");
	within = margins_of(&t, &attack_worst,
			    "{of: {pgd: {steps: 3, restarts: 2, stop_when_broken: false}}}");
	assert_memory_equal(alone, within, N * sizeof *alone);
	attack_worst.effort(toy_options(&attack_worst.base,
					"{of: [{pgd: {steps: 3, restarts: 2}}, fgsm]}", &t.arena),
			    &steps, &restarts);
	check_equal(steps, 7);
	check_equal(restarts, 1);
	arena_release(&t.arena);
}

static void more_restarts_are_never_weaker(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);
	int helped = 0;

	(void)state;
	t.job.threat = linf;
	for (int a = 0; a < 3; a++) {
		const struct attack *attack =
			a == 0 ? &attack_pgd : (a == 1 ? &attack_apgd : &attack_square);
		const real *few = margins_of(&t, attack, "{restarts: 1, stop_when_broken: false}");
		const real *many = margins_of(&t, attack, "{restarts: 4, stop_when_broken: false}");

		for (ptrdiff_t k = 0; k < N; k++) {
			check_at_most(many[k], (double)few[k] + 1e2 * REAL_EPSILON);
			helped += (double)many[k] < (double)few[k] - 1e-3;
		}
	}
	check_above(helped, 0);
	arena_release(&t.arena);
}

/* --- flat losses and masked gradients -------------------------------------------------------- */

static void leaky_hinge_steps_like_the_margin_and_the_hinge_stands_still(void **state)
{
	static const struct attack *const attacks[] = {&attack_fgsm, &attack_pgd};
	struct attack_fixture t = attack_fixture_make(N, D, false);
	real *clean = ARENA_ARRAY(&t.arena, real, N);

	(void)state;
	attack_fixture_margins(&t, t.job.X, clean);
	t.job.threat = linf;
	for (size_t a = 0; a < 2; a++) {
		const struct attack *attack = attacks[a];
		const char *rest = a ? ", restarts: 1, stop_when_broken: false" : "";
		const real *margin =
			margins_of(&t, attack, arena_format(&t.arena, "{slope: 1%s}", rest));
		const real *leaky =
			margins_of(&t, attack, arena_format(&t.arena, "{slope: 0.01%s}", rest));
		const real *hinge =
			margins_of(&t, attack, arena_format(&t.arena, "{slope: 0%s}", rest));
		int moved = 0;

		assert_memory_equal(margin, leaky, N * sizeof *margin);
		for (ptrdiff_t k = 0; k < N; k++) {
			if (clean[k] > 1)
				assert_memory_equal(&hinge[k], &clean[k], sizeof *clean);
			moved += hinge[k] < clean[k];
		}
		check_above(moved, 0);
	}
	arena_release(&t.arena);
}

static void flat_parts_are_declared(void **state)
{
	struct arena arena = {0};

	(void)state;
	check_equal(attack_pgd.flat(toy_options(&attack_pgd.base, "{slope: 0}", &arena)), 1);
	check_equal(attack_pgd.flat(toy_options(&attack_pgd.base, "{}", &arena)), INFINITY);
	check_equal(attack_paper.flat(toy_options(&attack_paper.base, "{}", &arena)), INFINITY);
	check_equal(attack_paper.flat(
			    toy_options(&attack_paper.base, "{of: [{fgsm: {slope: 0}}]}", &arena)),
		    1);
	check_equal(attack_worst.flat(toy_options(&attack_worst.base,
						  "{of: [{fgsm: {slope: 0}}, square]}", &arena)),
		    INFINITY);
	arena_release(&arena);
}

/* f = relu(b) - relu(4 x - b) with b = 1 a frozen column: at x = 0 the gradient in x is zero, at
 * x = 0.6 the margin is -0.4. */
static void search_breaks_what_hides_its_gradient(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, 2, false);

	(void)state;
	t.net.U.cols = 2;
	mat_fill(t.net.U, 0);
	mat_set(t.net.U, 1, 0, 1);
	mat_set(t.net.U, 0, 1, 4);
	mat_set(t.net.U, 1, 1, -1);
	t.net.alpha[0] = 1;
	t.net.alpha[1] = -1;
	t.frozen[1] = true;
	for (ptrdiff_t k = 0; k < N; k++) {
		mat_set(t.job.X, k, 0, 0);
		mat_set(t.job.X, k, 1, 1);
		((real *)t.job.y)[k] = 1;
	}
	t.job.threat = (struct threat){.norm = NORM_LINF, .eps = 0.6, .frozen = t.frozen};
	attack_fixture_from_clean(&t, &attack_fgsm, "{}");
	for (ptrdiff_t k = 0; k < N; k++)
		check_above(t.job.margin[k], 0);
	attack_fixture_from_clean(&t, &attack_square, "{}");
	for (ptrdiff_t k = 0; k < N; k++)
		check_below(t.job.margin[k], 0);
	attack_fixture_from_clean(&t, &attack_worst, "{of: [fgsm, {pgd: {restarts: 1}}, square]}");
	for (ptrdiff_t k = 0; k < N; k++)
		check_below(t.job.margin[k], 0);
	arena_release(&t.arena);
}

/* --- search ---------------------------------------------------------------------------------- */

static void every_kind_of_move_finds_something(void **state)
{
	static const char *const moves[] = {"all", "run", "subset", "shake"};
	struct attack_fixture t = attack_fixture_make(N, D, false);
	real *clean = ARENA_ARRAY(&t.arena, real, N);

	(void)state;
	attack_fixture_margins(&t, t.job.X, clean);
	for (int c = 0; c < 8; c++) {
		int better = 0;

		t.job.threat = c % 2 ? l2 : linf;
		attack_fixture_from_clean(&t, &attack_square,
					  arena_format(&t.arena,
						       "{move: %s, stop_when_broken: false}",
						       moves[c / 2]));
		for (ptrdiff_t k = 0; k < N; k++)
			better += (double)t.job.margin[k] < (double)clean[k] - 0.1;
		check_above(better, N * 9 / 10);
	}
	arena_release(&t.arena);
}

static void search_does_not_depend_on_threads(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);
	struct mat one = mat_new(&t.arena, N, D);
	int threads = omp_get_max_threads();

	(void)state;
	t.job.threat = linf;
	omp_set_num_threads(1);
	attack_fixture_from_clean(&t, &attack_square, "{queries: 50}");
	mat_copy(one, t.job.worst);
	omp_set_num_threads(3);
	attack_fixture_from_clean(&t, &attack_square, "{queries: 50}");
	omp_set_num_threads(threads);
	assert_memory_equal(one.at, t.job.worst.at, N * D * sizeof(real));
	arena_release(&t.arena);
}

/* Nothing to attack, or nobody to move: no result, and no fault. */
static void empty_network_and_frozen_points_stay_as_they_are(void **state)
{
	static const struct attack *const attacks[] = {&attack_fgsm,   &attack_pgd,
						       &attack_apgd,   &attack_square,
						       &attack_strong, &attack_paper};
	struct attack_fixture t = attack_fixture_make(N, D, false);

	(void)state;
	memset(t.frozen, 1, D * sizeof *t.frozen);
	for (int c = 0; c < 4 * 6; c++) {
		t.job.threat = c & 1 ? l2 : linf;
		t.job.threat.frozen = c & 2 ? t.frozen : NULL;
		t.net.U.cols = c & 2 ? M : 0;
		attack_fixture_from_clean(&t, attacks[c / 4], "{}");
		assert_memory_equal(t.job.worst.at, t.job.X.at, N * D * sizeof(real));
		for (ptrdiff_t k = 0; k < N && !(c & 2); k++)
			check_equal(t.job.margin[k], 0);
	}
	arena_release(&t.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strong_attacks_find_the_minimum_of_a_grid),
		cmocka_unit_test(linear_network_reaches_the_closed_form),
		cmocka_unit_test(worst_is_never_above_its_members),
		cmocka_unit_test(autoattack_is_its_members_in_a_row),
		cmocka_unit_test(losses_of_one_output_are_the_margin),
		cmocka_unit_test(members_keep_their_own_options),
		cmocka_unit_test(more_restarts_are_never_weaker),
		cmocka_unit_test(leaky_hinge_steps_like_the_margin_and_the_hinge_stands_still),
		cmocka_unit_test(flat_parts_are_declared),
		cmocka_unit_test(search_breaks_what_hides_its_gradient),
		cmocka_unit_test(every_kind_of_move_finds_something),
		cmocka_unit_test(search_does_not_depend_on_threads),
		cmocka_unit_test(empty_network_and_frozen_points_stay_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
