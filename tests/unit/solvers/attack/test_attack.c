/* Attacks: ball, box, frozen coordinates, order of strength, and closed forms. */
#include "tests/attack_fixture.h"
#include "tests/close.h"
#include "tests/options.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct attack attack_fgsm, attack_pgd;

static const struct attack *const attacks[] = {&attack_fgsm, &attack_pgd};

enum {
	ATTACKS = sizeof attacks / sizeof *attacks,
	N = 700, /* several chunks, the last one ragged */
	D = 12,
	M = FIXTURE_WIDTH
};

static void *defaults(struct attack_fixture *t, const struct attack *attack)
{
	return options_default(&attack->base, &t->arena);
}

/* Distance of the worst point of sample k in the norm of the threat. */
static double distance(const struct attack_fixture *t, ptrdiff_t k)
{
	double largest = 0, square = 0;

	for (ptrdiff_t i = 0; i < t->job.X.cols; i++) {
		double delta =
			(double)mat_get(t->job.worst, k, i) - (double)mat_get(t->job.X, k, i);

		largest = fmax(largest, fabs(delta));
		square += delta * delta;
	}
	return t->job.threat.norm == NORM_LINF ? largest : sqrt(square);
}

/* Coordinates are below 6 in size: rounding of x + delta, and of a length over d of them. */
static const double ROUNDING = 64 * REAL_EPSILON;

static void check_place(const struct attack_fixture *t, ptrdiff_t k)
{
	const struct threat *threat = &t->job.threat;

	check_at_most(distance(t, k), threat->eps + ROUNDING);
	for (ptrdiff_t i = 0; i < t->job.X.cols; i++) {
		real x = mat_get(t->job.worst, k, i), c = mat_get(t->job.X, k, i);

		if (threat->frozen && threat->frozen[i])
			assert_memory_equal(&x, &c, sizeof x);
		if (threat->lower) { /* the box, widened to hold the clean point */
			check_at_least(x, fmin((double)threat->lower[i], (double)c));
			check_at_most(x, fmax((double)threat->upper[i], (double)c));
		}
	}
}

static void output_stays_in_ball_and_box_and_never_weakens(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);
	real *clean = ARENA_ARRAY(&t.arena, real, N), *again = ARENA_ARRAY(&t.arena, real, N);

	(void)state;
	attack_fixture_margins(&t, t.job.X, clean);
	for (ptrdiff_t i = 0; i < D; i++) {
		t.lower[i] = (real)-0.9; /* a third of the samples lie outside in a coordinate */
		t.upper[i] = 1;
		t.frozen[i] = i % 5 == 2;
	}
	for (int c = 0; c < ATTACKS * 8; c++) {
		const struct attack *attack = attacks[c / 8];
		bool boxed = c & 1, freeze = c & 2;
		int better = 0;

		t.job.threat = (struct threat){.norm = c & 4 ? NORM_L2 : NORM_LINF,
					       .eps = 0.1,
					       .lower = boxed ? t.lower : NULL,
					       .upper = boxed ? t.upper : NULL,
					       .frozen = freeze ? t.frozen : NULL};
		attack_fixture_reset(&t);
		attack_fixture_run(&t, attack, defaults(&t, attack));
		attack_fixture_margins(&t, t.job.worst, again);
		for (ptrdiff_t k = 0; k < N; k++) {
			check_place(&t, k);
			check_at_most(t.job.margin[k], clean[k]);
			better += t.job.margin[k] < clean[k];
			check_close(again[k], t.job.margin[k], 0, 1e3 * REAL_EPSILON);
		}
		check_above(better, N / 2);
	}
	arena_release(&t.arena);
}

static void margin_on_entry_is_kept_when_it_is_lower(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);
	struct mat before = mat_new(&t.arena, N, D);
	real *margin = ARENA_ARRAY(&t.arena, real, N);
	void *options = defaults(&t, &attack_pgd);

	(void)state;
	options_set(&attack_pgd.base, options, "stop_when_broken", 0);
	t.job.threat = (struct threat){.norm = NORM_LINF, .eps = 0.2};
	attack_fixture_reset(&t);
	attack_fixture_run(&t, &attack_pgd, options);
	memcpy(margin, t.job.margin, N * sizeof *margin);
	attack_fixture_run(&t, &attack_fgsm, defaults(&t, &attack_fgsm)); /* weaker, same ball */
	for (ptrdiff_t k = 0; k < N; k++)
		check_at_most(t.job.margin[k], margin[k]);
	memcpy(margin, t.job.margin, N * sizeof *margin);
	mat_copy(before, t.job.worst);
	t.job.threat.eps = 1e-3; /* a small ball does not reach these margins */
	attack_fixture_run(&t, &attack_pgd, options);
	assert_memory_equal(margin, t.job.margin, N * sizeof *margin);
	assert_memory_equal(before.at, t.job.worst.at, N * D * sizeof(real));
	arena_release(&t.arena);
}

/* Even samples leave their chunk when they break; odd ones bring a margin that only a break can
 * lower, so that those which stay must be given back as they came. */
static void rows_that_stay_keep_their_point_when_others_leave(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);
	int stayed = 0, left = 0;

	(void)state;
	t.job.threat = (struct threat){.norm = NORM_LINF, .eps = 0.3};
	attack_fixture_reset(&t);
	for (ptrdiff_t k = 1; k < N; k += 2)
		t.job.margin[k] = t.job.margin[k] > 0 ? (real)1e-30 : t.job.margin[k];
	attack_fixture_run(&t, &attack_pgd, defaults(&t, &attack_pgd));
	for (ptrdiff_t k = 0; k < N; k++) {
		left += t.job.margin[k] <= 0;
		if (k % 2 && t.job.margin[k] > 0) {
			stayed++;
			check_at_most(distance(&t, k), 0);
		}
	}
	check_above(stayed, N / 20);
	check_above(left, N / 2);
	arena_release(&t.arena);
}

static double total_margin(const struct attack_fixture *t)
{
	double sum = 0;

	for (ptrdiff_t k = 0; k < t->job.X.rows; k++)
		sum += (double)t->job.margin[k];
	return sum;
}

static void pgd_is_stronger_than_fgsm_and_restarts_help(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);
	void *one = defaults(&t, &attack_pgd), *many = defaults(&t, &attack_pgd);
	real *single = ARENA_ARRAY(&t.arena, real, N);

	(void)state;
	options_set(&attack_pgd.base, one, "stop_when_broken", 0);
	options_set(&attack_pgd.base, many, "stop_when_broken", 0);
	options_set(&attack_pgd.base, one, "restarts", 1);
	for (int norm = NORM_LINF; norm <= NORM_L2; norm++) {
		double fgsm;

		t.job.threat = (struct threat){.norm = (enum norm)norm,
					       .eps = norm == NORM_LINF ? 0.3 : 0.8};
		attack_fixture_reset(&t);
		attack_fixture_run(&t, &attack_fgsm, defaults(&t, &attack_fgsm));
		fgsm = total_margin(&t);
		attack_fixture_reset(&t);
		attack_fixture_run(&t, &attack_pgd, one);
		check_below(total_margin(&t), fgsm);
		memcpy(single, t.job.margin, N * sizeof *single);
		attack_fixture_reset(&t);
		attack_fixture_run(&t, &attack_pgd, many);
		for (ptrdiff_t k = 0; k < N; k++)
			check_at_most(t.job.margin[k], (double)single[k] + 1e2 * REAL_EPSILON);
	}
	arena_release(&t.arena);
}

/* f = w'x near the data, w = U alpha: the worst margin is y f - eps |w|_q over the free
 * coordinates. */
static void linear_network_reaches_the_closed_form(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, true);
	real *clean = ARENA_ARRAY(&t.arena, real, N);
	double sum = 0, square = 0;

	(void)state;
	t.frozen[3] = true;
	for (ptrdiff_t i = 0; i < D; i++) {
		double w = 0;

		for (ptrdiff_t j = 0; j < M; j++)
			w += (double)mat_get(t.net.U, i, j) * (double)t.net.alpha[j];
		sum += t.frozen[i] ? 0 : fabs(w);
		square += t.frozen[i] ? 0 : w * w;
	}
	attack_fixture_margins(&t, t.job.X, clean);
	for (int c = 0; c < 2 * ATTACKS; c++) {
		const struct attack *attack = attacks[c / 2];
		void *options = defaults(&t, attack);
		double eps = 0.2, fall = eps * (c & 1 ? sqrt(square) : sum);

		t.job.threat = (struct threat){
			.norm = c & 1 ? NORM_L2 : NORM_LINF, .eps = eps, .frozen = t.frozen};
		if (attack == &attack_pgd)
			options_set(&attack->base, options, "stop_when_broken", 0);
		attack_fixture_reset(&t);
		attack_fixture_run(&t, attack, options);
		for (ptrdiff_t k = 0; k < N; k++) /* f is a sum of d m products of size 2 */
			check_close(clean[k] - t.job.margin[k], fall, 0, 16 * D * M * REAL_EPSILON);
	}
	arena_release(&t.arena);
}

/* Worst margin of sample k on a grid of the square. */
static double grid_search(struct attack_fixture *t, ptrdiff_t k, struct mat points, real *f)
{
	ptrdiff_t side = (ptrdiff_t)sqrt((double)points.rows);
	double worst = HUGE_VAL, eps = t->job.threat.eps;

	for (ptrdiff_t p = 0; p < points.rows; p++)
		for (ptrdiff_t i = 0; i < 2; i++) {
			double at = (double)(i ? p / side : p % side) / (double)(side - 1);

			mat_set(points, p, i, mat_get(t->job.X, k, i) + (real)(eps * (2 * at - 1)));
		}
	net_forward(&t->net, points, f, &t->work);
	for (ptrdiff_t p = 0; p < points.rows; p++)
		worst = fmin(worst, (double)(t->job.y[k] * f[p]));
	return worst;
}

static void pgd_finds_the_minimum_of_a_grid_in_two_dimensions(void **state)
{
	enum { SIDE = 101, SAMPLES = 40 };
	struct attack_fixture t = attack_fixture_make(SAMPLES, 2, false);
	struct mat points = mat_new(&t.arena, SIDE * SIDE, 2);
	real *f = ARENA_ARRAY(&t.arena, real, SIDE * SIDE);
	void *options = defaults(&t, &attack_pgd);
	int reached = 0;

	(void)state;
	t.job.threat = (struct threat){.norm = NORM_LINF, .eps = 0.5};
	options_set(&attack_pgd.base, options, "restarts", 20);
	options_set(&attack_pgd.base, options, "stop_when_broken", 0);
	attack_fixture_reset(&t);
	attack_fixture_run(&t, &attack_pgd, options);
	for (ptrdiff_t k = 0; k < SAMPLES; k++)
		reached += (double)t.job.margin[k] <= grid_search(&t, k, points, f) + 0.05;
	check_at_least(reached,
		       SAMPLES - 2); /* the problem is not convex: a path may miss the minimum */
	arena_release(&t.arena);
}

static void no_radius_changes_nothing(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);

	(void)state;
	for (int a = 0; a < ATTACKS; a++) {
		attack_fixture_reset(&t);
		attack_fixture_run(&t, attacks[a], defaults(&t, attacks[a]));
		assert_memory_equal(t.job.worst.at, t.job.X.at, N * D * sizeof(real));
	}
	arena_release(&t.arena);
}

static void same_seed_gives_same_bits(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);
	struct mat first = mat_new(&t.arena, N, D);
	void *options = defaults(&t, &attack_pgd);

	(void)state;
	t.job.threat = (struct threat){.norm = NORM_L2, .eps = 0.5};
	attack_fixture_reset(&t);
	attack_fixture_run(&t, &attack_pgd, options);
	mat_copy(first, t.job.worst);
	attack_fixture_reset(&t);
	attack_fixture_run(&t, &attack_pgd, options);
	assert_memory_equal(first.at, t.job.worst.at, N * D * sizeof(real));
	t.job.seed++;
	attack_fixture_reset(&t);
	attack_fixture_run(&t, &attack_pgd, options);
	assert_memory_not_equal(first.at, t.job.worst.at, N * D * sizeof(real));
	arena_release(&t.arena);
}

static void broken_samples_are_left_alone(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);
	real *clean = ARENA_ARRAY(&t.arena, real, N), *stopped = ARENA_ARRAY(&t.arena, real, N);
	real *again = ARENA_ARRAY(&t.arena, real, N);
	void *options = defaults(&t, &attack_pgd);

	(void)state;
	attack_fixture_margins(&t, t.job.X, clean);
	t.job.threat = (struct threat){.norm = NORM_LINF, .eps = 0.4};
	attack_fixture_reset(&t);
	attack_fixture_run(&t, &attack_pgd, options);
	memcpy(stopped, t.job.margin, N * sizeof *stopped);
	attack_fixture_margins(&t, t.job.worst,
			       again); /* most samples left their chunk on the way */
	for (ptrdiff_t k = 0; k < N; k++) {
		if (clean[k] <= 0)
			assert_memory_equal(&clean[k], &stopped[k], sizeof *clean);
		check_close(again[k], stopped[k], 0, 1e3 * REAL_EPSILON);
	}
	options_set(&attack_pgd.base, options, "stop_when_broken", 0);
	attack_fixture_reset(&t);
	attack_fixture_run(&t, &attack_pgd, options);
	for (ptrdiff_t k = 0; k < N; k++) /* the verdict is the same, the margin may be lower */
		if (stopped[k] <= 0)
			check_at_most(t.job.margin[k], 0);
		else
			check_above(t.job.margin[k], 0);
	arena_release(&t.arena);
}

static void effort_is_reported(void **state)
{
	struct attack_fixture t = attack_fixture_make(4, 2, false);
	long steps, restarts;

	(void)state;
	attack_pgd.effort(defaults(&t, &attack_pgd), &steps, &restarts);
	check_equal(steps, 40);
	check_equal(restarts, 5);
	attack_fgsm.effort(defaults(&t, &attack_fgsm), &steps, &restarts);
	check_equal(steps, 1);
	check_equal(restarts, 1);
	arena_release(&t.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_stays_in_ball_and_box_and_never_weakens),
		cmocka_unit_test(margin_on_entry_is_kept_when_it_is_lower),
		cmocka_unit_test(rows_that_stay_keep_their_point_when_others_leave),
		cmocka_unit_test(pgd_is_stronger_than_fgsm_and_restarts_help),
		cmocka_unit_test(linear_network_reaches_the_closed_form),
		cmocka_unit_test(pgd_finds_the_minimum_of_a_grid_in_two_dimensions),
		cmocka_unit_test(no_radius_changes_nothing),
		cmocka_unit_test(same_seed_gives_same_bits),
		cmocka_unit_test(broken_samples_are_left_alone),
		cmocka_unit_test(effort_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
