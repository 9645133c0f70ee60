/* What every registered certificate promises, in both precisions. */
#include "solvers/model/certify.h"
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

static const struct certifier *certifier_at(size_t index)
{
	return (const struct certifier *)(const void *)registry_at(KIND_CERTIFICATE, index);
}

/* Those of networks; one for another kind of models has tests of its own. */
static size_t certifier_next(size_t index)
{
	while (index < registry_count(KIND_CERTIFICATE) && certifier_at(index)->margins)
		index++;
	return index;
}

static struct certify_job job_of(struct attack_fixture *t)
{
	return (struct certify_job){.net = &t->net,
				    .X = t->job.X,
				    .y = t->job.y,
				    .threat = t->job.threat,
				    .lower = ARENA_ARRAY(&t->arena, double, N),
				    .upper = ARENA_ARRAY(&t->arena, double, N),
				    .worst = mat_new(&t->arena, N, D)};
}

static void run(const struct certifier *certifier, struct certify_job *job)
{
	struct arena scratch = {0};

	certifier->run(toy_options(&certifier->base, "{}", &scratch), job, &scratch);
	arena_release(&scratch);
}

static double distance(const struct certify_job *job, ptrdiff_t k)
{
	double largest = 0, square = 0, sum = 0;

	for (ptrdiff_t i = 0; i < D; i++) {
		double delta = (double)mat_get(job->worst, k, i) - (double)mat_get(job->X, k, i);

		largest = fmax(largest, fabs(delta));
		square += delta * delta;
		sum += fabs(delta);
	}
	return job->threat.norm == NORM_LINF ? largest
	       : job->threat.norm == NORM_L2 ? sqrt(square)
					     : sum;
}

/* Inside ball and box widened to hold the clean point. */
static void check_place(const struct certify_job *job, ptrdiff_t k)
{
	const struct threat *threat = &job->threat;

	check_at_most(distance(job, k), threat->eps + ROUNDING);
	for (ptrdiff_t i = 0; i < D; i++) {
		double x = (double)mat_get(job->worst, k, i);
		double clean = (double)mat_get(job->X, k, i);

		if (threat->frozen && threat->frozen[i])
			check_close(x, clean, 0, 0);
		if (threat->lower) {
			check_at_least(x, fmin(clean, (double)threat->lower[i]) - ROUNDING);
			check_at_most(x, fmax(clean, (double)threat->upper[i]) + ROUNDING);
		}
	}
}

static void make_box(struct attack_fixture *t)
{
	for (ptrdiff_t i = 0; i < D; i++) {
		t->lower[i] = (real)-0.9;
		t->upper[i] = 1;
		t->frozen[i] = i % 3 == 1;
	}
}

static void check_bounds(struct attack_fixture *t, const struct certifier *certifier)
{
	struct certify_job job = job_of(t);
	double gain = certify_gain(&t->net),
	       reach = 10 + job.threat.eps * sqrt(threat_reach(&job.threat));
	double noise = 4 * certify_noise(D, FIXTURE_WIDTH, gain, reach);

	run(certifier, &job);
	for (ptrdiff_t k = 0; k < N; k++) {
		double clean = (double)job.y[k] * toy_output(&t->net, job.X, k);
		double worst = (double)job.y[k] * toy_output(&t->net, job.worst, k);

		check_place(&job, k);
		check_at_most(job.lower[k], worst);
		check_at_most(job.lower[k], job.upper[k]);
		check_close(worst, job.upper[k], 0, noise);
		check_at_most(job.upper[k], clean + noise);
		if (job.threat.eps <= 0)
			check_at_least(job.lower[k], clean - noise);
	}
}

static void bounds_hold_where_the_threat_allows(void **state)
{
	static const double radii[] = {0, 1e-3, 0.2, 5};
	struct attack_fixture t = attack_fixture_make(N, D, false);

	(void)state;
	make_box(&t);
	for (size_t a = certifier_next(0); a < registry_count(KIND_CERTIFICATE);
	     a = certifier_next(a + 1))
		for (int c = 0; c < 3 * 16; c++) {
			t.job.threat = (struct threat){.norm = (enum norm)(c / 16),
						       .eps = radii[c % 4],
						       .lower = c & 4 ? t.lower : NULL,
						       .upper = c & 4 ? t.upper : NULL,
						       .frozen = c & 8 ? t.frozen : NULL};
			check_bounds(&t, certifier_at(a));
		}
	arena_release(&t.arena);
}

/* Never above what the strongest attack of the table finds, whatever rounding does. */
static void no_attack_gets_below_a_bound(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);
	int close = 0;

	(void)state;
	for (int norm = NORM_LINF; norm <= NORM_L2; norm++) {
		t.job.threat = (struct threat){.norm = (enum norm)norm, .eps = 0.1};
		attack_fixture_reset(&t);
		for (size_t a = 0; a < registry_count(KIND_ATTACK); a++) {
			const struct attack *attack =
				(const struct attack *)(const void *)registry_at(KIND_ATTACK, a);

			attack_fixture_run(&t, attack, toy_options(&attack->base, "{}", &t.arena));
		}
		for (size_t c = certifier_next(0); c < registry_count(KIND_CERTIFICATE);
		     c = certifier_next(c + 1)) {
			struct certify_job job = job_of(&t);

			run(certifier_at(c), &job);
			for (ptrdiff_t k = 0; k < N; k++) {
				check_at_most(job.lower[k], t.job.margin[k]);
				close += job.lower[k] > 0;
			}
		}
	}
	check_above(close, N); /* bounds that claim nothing would pass */
	arena_release(&t.arena);
}

static void same_input_gives_the_same_bits(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);

	(void)state;
	t.job.threat = (struct threat){.norm = NORM_LINF, .eps = 0.2};
	for (size_t a = certifier_next(0); a < registry_count(KIND_CERTIFICATE);
	     a = certifier_next(a + 1)) {
		struct certify_job first = job_of(&t), again = job_of(&t);

		run(certifier_at(a), &first);
		run(certifier_at(a), &again);
		assert_memory_equal(first.lower, again.lower, N * sizeof(double));
		assert_memory_equal(first.worst.at, again.worst.at, N * D * sizeof(real));
	}
	arena_release(&t.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_hold_where_the_threat_allows),
		cmocka_unit_test(no_attack_gets_below_a_bound),
		cmocka_unit_test(same_input_gives_the_same_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
