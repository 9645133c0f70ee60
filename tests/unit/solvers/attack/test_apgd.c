/* apgd against a naive twin written from the definition, one sample and one loop at a time. */
#include "tests/attack_fixture.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct attack attack_apgd;

enum { N = 120, D = 8, M = FIXTURE_WIDTH };

struct twin {
	const struct attack_fixture *t;
	ptrdiff_t k;
	double x[D], old[D], top[D], slope[D];
};

static double twin_margin(struct twin *w)
{
	double f = 0;

	memset(w->slope, 0, sizeof w->slope);
	for (ptrdiff_t j = 0; j < M; j++) {
		double h = 0, a = (double)w->t->net.alpha[j];

		for (ptrdiff_t i = 0; i < D; i++)
			h += w->x[i] * (double)mat_get(w->t->net.U, i, j);
		f += a * fmax(0, h);
		for (ptrdiff_t i = 0; i < D; i++)
			w->slope[i] += h > 0 ? a * (double)mat_get(w->t->net.U, i, j) : 0;
	}
	return (double)w->t->job.y[w->k] * f;
}

static void twin_project(const struct twin *w, double *x)
{
	const struct threat *threat = &w->t->job.threat;
	double square = 0, scale;

	for (ptrdiff_t i = 0; i < D; i++) {
		double clean = (double)mat_get(w->t->job.X, w->k, i), delta = x[i] - clean;

		square += delta * delta;
		if (threat->norm == NORM_LINF)
			x[i] = clean + fmax(-threat->eps, fmin(threat->eps, delta));
	}
	scale = fmin(1, threat->eps / sqrt(square));
	for (ptrdiff_t i = 0; i < D && threat->norm == NORM_L2; i++) {
		double clean = (double)mat_get(w->t->job.X, w->k, i);

		x[i] = clean + scale * (x[i] - clean);
	}
}

static void twin_step(struct twin *w, double eta, double blend)
{
	double z[D], next[D], square = 0, y = (double)w->t->job.y[w->k];

	for (ptrdiff_t i = 0; i < D; i++)
		square += w->slope[i] * w->slope[i];
	for (ptrdiff_t i = 0; i < D; i++) {
		double g = y * w->slope[i];

		z[i] = w->x[i] - eta * (w->t->job.threat.norm == NORM_L2 ? g / sqrt(square)
									 : (g > 0) - (g < 0));
	}
	twin_project(w, z);
	for (ptrdiff_t i = 0; i < D; i++)
		next[i] = w->x[i] + blend * (z[i] - w->x[i]) + (1 - blend) * (w->x[i] - w->old[i]);
	twin_project(w, next);
	memcpy(w->old, w->x, sizeof w->old);
	memcpy(w->x, next, sizeof w->x);
}

/* The lowest margin of one start of 100 steps from the clean point; checkpoints after 22, 41, 57,
 * 70, 80, 87, 93, 99 steps. */
static double twin_run(struct twin *w)
{
	static const int checkpoints[] = {22, 41, 57, 70, 80, 87, 93, 99};
	double eta = 2 * w->t->job.threat.eps, lowest = HUGE_VAL, last = -HUGE_VAL, before = 0;
	int fell = 0, mark = 0, since = 0;
	bool kept = false, wait;

	for (int s = 0; s <= 100; s++) {
		double margin = twin_margin(w);

		fell += margin < last;
		last = margin;
		if (margin < lowest)
			memcpy(w->top, w->x, sizeof w->top);
		lowest = fmin(lowest, margin);
		wait = false;
		if (mark < 8 && s == checkpoints[mark]) {
			wait = fell < 0.75 * (s - since) || (kept && !(lowest < before));
			kept = !wait;
			before = lowest;
			fell = 0;
			since = checkpoints[mark++];
		}
		if (wait) {
			eta /= 2;
			last = lowest;
			memcpy(w->x, w->top, sizeof w->x);
			memcpy(w->old, w->top, sizeof w->old);
		} else {
			twin_step(w, eta, s > 0 ? 0.75 : 1);
		}
	}
	return lowest;
}

static void apgd_equals_its_naive_twin(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, false);
	int same = 0;

	(void)state;
	for (int c = 0; c < 2; c++) {
		t.job.threat =
			(struct threat){.norm = c ? NORM_L2 : NORM_LINF, .eps = c ? 0.6 : 0.3};
		attack_fixture_from_clean(&t, &attack_apgd,
					  "{restarts: 1, stop_when_broken: false}");
		for (ptrdiff_t k = 0; k < N; k++) {
			struct twin w = {.t = &t, .k = k};

			for (ptrdiff_t i = 0; i < D; i++)
				w.x[i] = w.old[i] = (double)mat_get(t.job.X, k, i);
			same += fabs(twin_run(&w) - (double)t.job.margin[k]) < 1e-9;
		}
	}
	check_at_least(same, 2 * N - 4); /* rounding may decide a path that meets a kink */
	arena_release(&t.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(apgd_equals_its_naive_twin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
