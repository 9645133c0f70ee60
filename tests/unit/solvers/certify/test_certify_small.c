/* Nets of at most 6 neurons in at most 4 dimensions: `exact` decides every point, as the list of
 * all places where the minimum of a piecewise linear function over a ball can be says; and what is
 * certified, exact and found by an attack never contradict each other. */
#include "solvers/model/certify.h"
#include "tests/close.h"
#include "tests/options.h"
#include "tests/small_net.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

extern const struct certifier certifier_interval, certifier_crown, certifier_exact;
extern const struct attack attack_pgd;

static void certify(struct small *s, const struct certifier *certifier, bool decide)
{
	struct arena scratch = {0};
	void *options = options_default(&certifier->base, &scratch);

	if (certifier != &certifier_interval)
		options_set(&certifier->base, options, "stop_when_decided", decide);
	certifier->run(options, &s->job, &scratch);
	arena_release(&scratch);
}

static struct {
	int points, open, wrong, certified, broken;
} seen;

static void check_decisions(struct small *s)
{
	certify(s, &certifier_exact, true);
	for (ptrdiff_t k = 0; k < SMALL_POINTS; k++) {
		double truth = small_minimum(s, k);
		bool certified = s->job.lower[k] > 0, broken = s->job.upper[k] <= 0;

		seen.points++;
		seen.open += !certified && !broken;
		seen.certified += certified;
		seen.broken += broken;
		if (certified)
			check_above(truth, 0);
		if (broken)
			check_at_most(truth, 1e-9);
		check_at_most(s->job.lower[k], truth);
		check_at_least(s->job.upper[k], truth - 1e-9);
	}
}

static void each_small(int instances, void (*check)(struct small *s))
{
	static const double radii[] = {0.05, 0.2, 0.6};

	for (int i = 0; i < instances; i++)
		for (int norm = NORM_LINF; norm <= NORM_L1; norm++) {
			struct small *s = small_new((uint64_t)i, (enum norm)norm, radii[i / 8 % 3],
						    i % 7 == 6);

			check(s);
			small_free(s);
		}
}

static void exact_decides_every_point(void **state)
{
	(void)state;
	each_small(80, check_decisions);
	check_above(seen.points, 10000);
	check_above(seen.broken, 2000);
	check_above(seen.certified, 2000);
	assert_int_equal(seen.open, 0);
}

/* The radius at which y f reaches 0 first, or 0 if it does not up to 1. */
static double critical(struct small *s, ptrdiff_t k)
{
	double safe = 0, unsafe = 1;

	s->job.threat.eps = unsafe;
	if (small_minimum(s, k) > 0 || s->job.threat.lower)
		return 0;
	for (int i = 0; i < 40; i++) {
		double middle = (safe + unsafe) / 2;

		s->job.threat.eps = middle;
		*(small_minimum(s, k) > 0 ? &safe : &unsafe) = middle;
	}
	return unsafe;
}

/* One part in a million away from the radius at which a point breaks. */
static void check_close_call(struct small *s)
{
	for (ptrdiff_t k = 0; k < 3; k++) {
		double radius = critical(s, k);

		for (int side = -1; side <= 1 && radius > 1e-9; side += 2) {
			s->job.threat.eps = radius * (1 + side * 1e-6);
			certify(s, &certifier_exact, true);
			seen.points++;
			if (!(fabs(small_minimum(s, k)) > 1e-11)) /* rounding of the truth */
				continue;
			seen.certified += s->job.lower[k] > 0;
			seen.broken += s->job.upper[k] <= 0;
			seen.wrong += side < 0 ? !(s->job.lower[k] > 0) : !(s->job.upper[k] <= 0);
		}
	}
}

static void exact_decides_close_calls(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof seen);
	each_small(60, check_close_call);
	check_above(seen.certified, 150);
	check_above(seen.broken, 80);
	assert_int_equal(seen.wrong, 0);
}

/* Margins that PGD finds. */
static const real *attacked(struct small *s)
{
	struct attack_job job = {.model = &s->net.base,
				 .X = s->job.X,
				 .y = s->job.y,
				 .threat = s->job.threat,
				 .seed = 1,
				 .worst = mat_new(&s->arena, SMALL_POINTS, s->job.X.cols),
				 .margin = ARENA_ARRAY(&s->arena, real, SMALL_POINTS)};

	mat_copy(job.worst, job.X);
	for (ptrdiff_t k = 0; k < SMALL_POINTS; k++)
		job.margin[k] = (real)(job.y[k] * toy_output(&s->net, job.X, k));
	attack_pgd.run(options_default(&attack_pgd.base, &s->arena), &job, &s->arena);
	return job.margin;
}

/* Certified by intervals, then by CROWN, then exactly, then not broken by an attack. */
static void check_order(struct small *s)
{
	static const struct certifier *const order[] = {&certifier_interval, &certifier_crown,
							&certifier_exact};
	bool before[SMALL_POINTS] = {false};
	const real *margin;

	for (size_t c = 0; c < sizeof order / sizeof *order; c++) {
		certify(s, order[c], true);
		for (ptrdiff_t k = 0; k < SMALL_POINTS; k++) {
			if (before[k])
				check_above(s->job.lower[k], 0);
			before[k] = s->job.lower[k] > 0;
		}
	}
	margin = attacked(s);
	for (ptrdiff_t k = 0; k < SMALL_POINTS; k++) {
		if (before[k])
			check_above(margin[k], 0);
		seen.broken += (double)margin[k] <= 0;
	}
}

static void stronger_never_says_less(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof seen);
	each_small(30, check_order);
	check_above(seen.broken, 300);
}

static int certified_by_crown(struct small *s, double steps)
{
	void *options = options_default(&certifier_crown.base, &s->arena);
	int count = 0;

	if (steps > 0)
		options_set(&certifier_crown.base, options, "steps", steps);
	certifier_crown.run(options, &s->job, &s->arena);
	for (ptrdiff_t k = 0; k < SMALL_POINTS; k++)
		count += s->job.lower[k] > 0;
	return count;
}

static int by_twenty, by_default;

static void check_steps(struct small *s)
{
	int few = certified_by_crown(s, 20), usual = certified_by_crown(s, 0);

	assert_int_equal(usual, certified_by_crown(s, 4000));
	by_twenty += few;
	by_default += usual;
}

/* More steps than the default would certify nothing more; twenty were too few. */
static void crown_goes_on_while_slopes_can_decide(void **state)
{
	(void)state;
	by_twenty = by_default = 0;
	each_small(60, check_steps);
	check_below(by_twenty, by_default);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_decides_every_point),
		cmocka_unit_test(exact_decides_close_calls),
		cmocka_unit_test(stronger_never_says_less),
		cmocka_unit_test(crown_goes_on_while_slopes_can_decide),
	};

	omp_set_num_threads(1); /* on nets so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
