/* What every registered attack promises, in both precisions. */
#include "tests/attack_fixture.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 150, D = 7 };

/* Coordinates are below 6 in size: rounding of x + delta, and of a length over D of them. */
static const double ROUNDING = 64 * REAL_EPSILON;

static const struct attack *attack_at(size_t index)
{
	return (const struct attack *)(const void *)registry_at(KIND_ATTACK, index);
}

static const enum norm norms[] = {NORM_LINF, NORM_L2, NORM_L1};

static double distance(const struct attack_job *job, ptrdiff_t k)
{
	double largest = 0, square = 0, sum = 0;

	for (ptrdiff_t i = 0; i < job->X.cols; i++) {
		double delta = (double)mat_get(job->worst, k, i) - (double)mat_get(job->X, k, i);

		largest = fmax(largest, fabs(delta));
		square += delta * delta;
		sum += fabs(delta);
	}
	return job->threat.norm == NORM_LINF ? largest
	       : job->threat.norm == NORM_L2 ? sqrt(square)
					     : sum;
}

static void check_place(const struct attack_job *job, ptrdiff_t k)
{
	const struct threat *threat = &job->threat;

	check_at_most(distance(job, k), threat->eps + ROUNDING);
	for (ptrdiff_t i = 0; i < job->X.cols; i++) {
		real x = mat_get(job->worst, k, i), clean = mat_get(job->X, k, i);

		if (threat->frozen && threat->frozen[i])
			assert_memory_equal(&x, &clean, sizeof x);
		if (threat->lower) {
			check_at_least(x, threat->lower[i]);
			check_at_most(x, threat->upper[i]);
		}
	}
}

/* Margins of the points found, from the definition of the network. */
static void check_margins(const struct attack_fixture *t, const real *entry)
{
	const struct attack_job *job = &t->job;

	for (ptrdiff_t k = 0; k < N; k++) {
		double margin = (double)job->y[k] * toy_output(&t->net, job->worst, k);

		check_at_most(job->margin[k], entry[k]);
		/* a sum of width x D products of size 1 + eps */
		check_close(margin, job->margin[k], 0,
			    FIXTURE_WIDTH * D * 8 * REAL_EPSILON * (1 + job->threat.eps));
	}
}

/* A box that holds all points, but no more than a little around them. */
static void make_box(struct attack_fixture *t)
{
	for (ptrdiff_t i = 0; i < D; i++) {
		t->lower[i] = t->upper[i] = mat_get(t->job.X, 0, i);
		for (ptrdiff_t k = 1; k < N; k++) {
			t->lower[i] =
				(real)fmin((double)t->lower[i], (double)mat_get(t->job.X, k, i));
			t->upper[i] =
				(real)fmax((double)t->upper[i], (double)mat_get(t->job.X, k, i));
		}
		t->frozen[i] = i % 3 == 1;
	}
}

static void check_threat(struct attack_fixture *t, const struct attack *attack)
{
	struct arena arena = {0};
	real *entry = ARENA_ARRAY(&arena, real, N);
	void *options = toy_options(&attack->base, "{}", &arena);

	attack_fixture_reset(t);
	memcpy(entry, t->job.margin, N * sizeof *entry);
	attack_fixture_run(t, attack, options);
	for (ptrdiff_t k = 0; k < N; k++)
		check_place(&t->job, k);
	check_margins(t, entry);
	if (t->job.threat.eps <= 0)
		assert_memory_equal(entry, t->job.margin, N * sizeof *entry);
	arena_release(&arena);
}

static void points_stay_where_the_threat_allows(void **state)
{
	static const double radii[] = {0, 1e-3, 0.2, 50};
	struct attack_fixture t = attack_fixture_make(N, D, false);

	(void)state;
	make_box(&t);
	for (size_t a = 0; a < registry_count(KIND_ATTACK); a++)
		for (int c = 0; c < 4 * 4 * 3; c++) {
			t.job.threat = (struct threat){.norm = norms[c / 16],
						       .eps = radii[c / 4 % 4],
						       .lower = c & 1 ? t.lower : NULL,
						       .upper = c & 1 ? t.upper : NULL,
						       .frozen = c & 2 ? t.frozen : NULL};
			check_threat(&t, attack_at(a));
		}
	arena_release(&t.arena);
}

static void same_seed_gives_the_same_bits(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);
	struct mat first = mat_new(&t.arena, N, D);

	(void)state;
	t.job.threat = (struct threat){.norm = NORM_LINF, .eps = 0.2};
	for (size_t a = 0; a < registry_count(KIND_ATTACK); a++) {
		const struct attack *attack = attack_at(a);
		void *options = toy_options(&attack->base, "{}", &t.arena);

		attack_fixture_reset(&t);
		attack_fixture_run(&t, attack, options);
		mat_copy(first, t.job.worst);
		attack_fixture_reset(&t);
		attack_fixture_run(&t, attack, options);
		assert_memory_equal(first.at, t.job.worst.at, N * D * sizeof(real));
	}
	arena_release(&t.arena);
}

/* An attack that never finds anything would pass all of the above. */
static void attacks_lower_most_margins(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);
	real *entry = ARENA_ARRAY(&t.arena, real, N);

	(void)state;
	t.job.threat = (struct threat){.norm = NORM_LINF, .eps = 0.2};
	for (size_t a = 0; a < registry_count(KIND_ATTACK); a++) {
		int lower = 0;

		attack_fixture_reset(&t);
		memcpy(entry, t.job.margin, N * sizeof *entry);
		attack_fixture_run(&t, attack_at(a),
				   toy_options(&attack_at(a)->base, "{}", &t.arena));
		for (ptrdiff_t k = 0; k < N; k++)
			lower += t.job.margin[k] < entry[k];
		check_above(lower, N / 2);
	}
	arena_release(&t.arena);
}

static ptrdiff_t standing(const struct attack_job *job)
{
	ptrdiff_t count = 0;

	for (ptrdiff_t k = 0; k < N; k++)
		count += job->margin[k] > 0;
	return count;
}

/* Each radius starts from the worst points of the one before, as in a run. */
static void accuracy_falls_with_the_radius(void **state)
{
	static const double radii[] = {0.02, 0.05, 0.1, 0.2, 0.5, 1};
	struct attack_fixture t = attack_fixture_make(N, D, false);

	(void)state;
	for (size_t c = 0; c < 3 * registry_count(KIND_ATTACK); c++) {
		const struct attack *attack = attack_at(c / 3);
		void *options = toy_options(&attack->base, "{}", &t.arena);
		ptrdiff_t first, before;

		attack_fixture_reset(&t);
		first = before = standing(&t.job);
		for (size_t e = 0; e < sizeof radii / sizeof *radii; e++) {
			t.job.threat = (struct threat){.norm = norms[c % 3], .eps = radii[e]};
			attack_fixture_run(&t, attack, options);
			check_at_most(standing(&t.job), before);
			before = standing(&t.job);
		}
		check_below(before, first);
	}
	arena_release(&t.arena);
}

static void effort_is_stated(void **state)
{
	struct arena arena = {0};

	(void)state;
	for (size_t a = 0; a < registry_count(KIND_ATTACK); a++) {
		long steps = -1, restarts = -1;

		attack_at(a)->effort(toy_options(&attack_at(a)->base, "{}", &arena), &steps,
				     &restarts);
		check_at_least(steps, 0);
		check_at_least(restarts, 0);
	}
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(points_stay_where_the_threat_allows),
		cmocka_unit_test(same_seed_gives_the_same_bits),
		cmocka_unit_test(attacks_lower_most_margins),
		cmocka_unit_test(accuracy_falls_with_the_radius),
		cmocka_unit_test(effort_is_stated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
