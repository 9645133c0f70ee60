/* l_1 balls: projection on ball and box by the condition of its optimality, steps by their
 * definition, apgd against a naive twin. */
#include "solvers/attack/ball.h"
#include "solvers/core/rng.h"
#include "tests/attack_fixture.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const struct attack attack_fgsm, attack_apgd;

enum { N = 60, D = 8, M = FIXTURE_WIDTH, ROWS = 16, WIDE = 40 };

/* The largest g'p over |p|_1 <= eps, low <= p <= high (both sides of 0): the steepest coordinates
 * first. */
static double support(const double *g, const double *low, const double *high, int d, double eps)
{
	bool used[WIDE] = {false};
	double sum = 0;

	while (eps > 0) {
		int steepest = -1;
		double way;

		for (int i = 0; i < d; i++)
			if (!used[i] && fabs(g[i]) > 0 &&
			    (steepest < 0 || fabs(g[i]) > fabs(g[steepest])))
				steepest = i;
		if (steepest < 0)
			break;
		used[steepest] = true;
		way = fmin(eps, g[steepest] > 0 ? high[steepest] : -low[steepest]);
		sum += way * fabs(g[steepest]);
		eps -= way;
	}
	return sum;
}

/* --- projection ------------------------------------------------------------------------------ */

struct balls {
	struct arena arena;
	struct chunk chunk;
	struct attack_job job;
	real low[WIDE], high[WIDE];
	bool frozen[WIDE];
};

/* Rows whose perturbations are ordinary, tied, zero, of one column, huge or tiny. */
static struct balls *balls_new(uint64_t seed)
{
	struct arena arena = {0};
	struct balls *b = ARENA_NEW(&arena, struct balls);
	struct rng rng = rng_stream(seed, "test_l1", 0);
	ptrdiff_t d = 1 + (ptrdiff_t)(rng_bits(&rng) % WIDE);
	struct chunk *c = &b->chunk;

	b->job.threat = (struct threat){.norm = NORM_L1,
					.eps = exp(2 * rng_normal(&rng)),
					.d = d,
					.lower = seed % 3 ? b->low : NULL,
					.upper = seed % 3 ? b->high : NULL,
					.frozen = seed % 5 == 4 ? b->frozen : NULL};
	*c = (struct chunk){.job = &b->job,
			    .rows = ROWS,
			    .clean = mat_new(&arena, ROWS, d),
			    .at = mat_new(&arena, ROWS, d),
			    .slope = mat_new(&arena, ROWS, d),
			    .best = mat_new(&arena, ROWS, d),
			    .pull = ARENA_ARRAY(&arena, real, ROWS),
			    .better = ARENA_ARRAY(&arena, real, ROWS)};
	for (int i = 0; i < CHUNK_LINES; i++)
		c->line[i] = ARENA_ARRAY(&arena, real, d);
	for (ptrdiff_t i = 0; i < d; i++) {
		b->low[i] = seed % 3 == 2 ? 0 : (real)-rng_uniform(&rng);
		b->high[i] = (real)rng_uniform(&rng);
		b->frozen[i] = rng_bits(&rng) % 3 == 0;
		for (ptrdiff_t r = 0; r < ROWS; r++) {
			double v = rng_normal(&rng), size = exp(3 * rng_normal(&rng));

			v = r % 4 == 1   ? (v > 0 ? 1 : -1)
			    : r % 4 == 2 ? (i == r % d) * v
			    : r == 3     ? 0
					 : v;
			v *= r == 7 ? 1e9 : r == 11 ? 1e-9 : r == 15 ? size : 1;
			mat_set(c->clean, r, i, seed % 7 ? 0 : (real)rng_normal(&rng));
			mat_set(c->at, r, i,
				b->job.threat.frozen && b->frozen[i]
					? mat_get(c->clean, r, i)
					: mat_get(c->clean, r, i) + (real)v);
			mat_set(c->slope, r, i, (real)rng_normal(&rng));
		}
	}
	for (ptrdiff_t r = 0; r < ROWS; r++)
		c->pull[r] = 1;
	b->arena = arena;
	return b;
}

/* Row r at - clean and the ends of the box. */
static double perturbation(const struct balls *b, ptrdiff_t r, double *delta, double *low,
			   double *high)
{
	const struct threat *t = &b->job.threat;
	double sum = 0;

	for (ptrdiff_t i = 0; i < t->d; i++) {
		double c = (double)mat_get(b->chunk.clean, r, i);

		delta[i] = (double)mat_get(b->chunk.at, r, i) - c;
		low[i] = threat_frozen(t, i) ? 0 : fmin(0, (double)threat_lower(t, i) - c);
		high[i] = threat_frozen(t, i) ? 0 : fmax(0, (double)threat_upper(t, i) - c);
		sum += fabs(delta[i]);
	}
	return sum;
}

/* z is the nearest point to v in a convex set that holds 0 where (v - z)'(p - z) <= 0 for every p
 * of the set. */
static void projections_are_nearest(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 600; seed++) {
		struct balls *b = balls_new(seed);
		int d = (int)b->job.threat.d;
		double v[ROWS][WIDE], z[WIDE], g[WIDE], low[WIDE], high[WIDE];
		struct arena arena = b->arena;

		for (ptrdiff_t r = 0; r < ROWS; r++)
			perturbation(b, r, v[r], low, high);
		ball_project(&b->chunk);
		for (ptrdiff_t r = 0; r < ROWS; r++) {
			double size = perturbation(b, r, z, low, high), along = 0, scale = 0;

			check_at_most(size, b->job.threat.eps * (1 + 1e-12) + 1e-14);
			for (int i = 0; i < d; i++) {
				check_at_least(z[i], low[i] - 1e-15);
				check_at_most(z[i], high[i] + 1e-15);
				g[i] = v[r][i] - z[i];
				along += g[i] * z[i];
				scale = fmax(scale, fabs(g[i]));
			}
			check_at_most(support(g, low, high, d, b->job.threat.eps),
				      along + 1e-11 * (1 + scale) * (1 + b->job.threat.eps) +
					      1e-15 * d * scale * scale);
		}
		arena_release(&arena);
	}
}

/* --- steps ----------------------------------------------------------------------------------- */

/* A step of the length of the ball from the clean point is the minimum of slope'delta. */
static void a_whole_step_is_the_linear_minimum(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct balls *b = balls_new(seed);
		int d = (int)b->job.threat.d;
		double delta[WIDE], g[WIDE], low[WIDE], high[WIDE];
		struct arena arena = b->arena;

		mat_copy(b->chunk.at, b->chunk.clean);
		ball_descend(&b->chunk, b->job.threat.eps);
		for (ptrdiff_t r = 0; r < ROWS; r++) {
			double along = 0, least;

			perturbation(b, r, delta, low, high);
			for (int i = 0; i < d; i++) {
				g[i] = -(double)mat_get(b->chunk.slope, r, i);
				along += g[i] * delta[i];
			}
			least = support(g, low, high, d, b->job.threat.eps);
			check_close(along, least, 1e-12, 1e-14);
		}
		arena_release(&arena);
	}
}

/* Random starts are in ball and box, and fill more than its middle. */
static void starts_are_spread_over_the_ball(void **state)
{
	double most = 0, mean = 0;
	long count = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct balls *b = balls_new(seed * 3); /* without a box */
		double delta[WIDE], low[WIDE], high[WIDE];
		struct arena arena = b->arena;
		ptrdiff_t sample[ROWS];

		for (ptrdiff_t r = 0; r < ROWS; r++)
			sample[r] = r;
		b->chunk.sample = sample;
		mat_copy(b->chunk.at, b->chunk.clean);
		ball_scatter(&b->chunk, "test", seed);
		for (ptrdiff_t r = 0; r < ROWS && !b->job.threat.frozen; r++) {
			double d = (double)b->job.threat.d;
			double size = perturbation(b, r, delta, low, high) / b->job.threat.eps;

			check_at_most(size, 1 + 1e-12);
			most = fmax(most, size);
			mean += pow(size, d); /* uniform on [0, 1] */
			count++;
		}
		arena_release(&arena);
	}
	check_above(most, 0.99);
	check_close(mean / (double)count, 0.5, 0, 4 * sqrt(1.0 / 12 / (double)count));
}

/* --- apgd ------------------------------------------------------------------------------------ */

struct twin {
	const struct attack_fixture *t;
	ptrdiff_t k;
	double x[D], top[D], slope[D], eps;
};

static double twin_margin(struct twin *w)
{
	double f = 0, y = (double)w->t->job.y[w->k];

	memset(w->slope, 0, sizeof w->slope);
	for (ptrdiff_t j = 0; j < M; j++) {
		double h = 0, a = y * (double)w->t->net.alpha[j];

		for (ptrdiff_t i = 0; i < D; i++)
			h += w->x[i] * (double)mat_get(w->t->net.U, i, j);
		f += a * fmax(0, h);
		for (ptrdiff_t i = 0; i < D; i++)
			w->slope[i] += h > 0 ? a * (double)mat_get(w->t->net.U, i, j) : 0;
	}
	return f;
}

static double clean_of(const struct twin *w, ptrdiff_t i)
{
	return (double)mat_get(w->t->job.X, w->k, i);
}

/* |w| descending */
static int by_size(const void *one, const void *two)
{
	double a = fabs(*(const double *)one), b = fabs(*(const double *)two);

	return (a < b) - (a > b);
}

/* Soft threshold by the level, found from the sorted sizes (Duchi et al. 2008). */
static void twin_project(struct twin *w)
{
	double sorted[D], sum = 0, level = 0, eps = w->eps, total = 0;

	for (ptrdiff_t i = 0; i < D; i++) {
		sorted[i] = w->x[i] - clean_of(w, i);
		total += fabs(sorted[i]);
	}
	if (total <= eps)
		return;
	qsort(sorted, D, sizeof *sorted, by_size);
	for (int i = 0; i < D; i++) {
		sum += fabs(sorted[i]);
		if (fabs(sorted[i]) > (sum - eps) / (i + 1))
			level = (sum - eps) / (i + 1);
	}
	for (ptrdiff_t i = 0; i < D; i++) {
		double delta = w->x[i] - clean_of(w, i);

		w->x[i] = clean_of(w, i) + copysign(fmax(0, fabs(delta) - level), delta);
	}
}

static void twin_step(struct twin *w, double eta, double share)
{
	double sorted[D], moved = 0;
	int least = (int)(share * D) - 1;

	memcpy(sorted, w->slope, sizeof sorted);
	qsort(sorted, D, sizeof *sorted, by_size);
	least = least < 0 ? 0 : least;
	for (ptrdiff_t i = 0; i < D; i++)
		moved += fabs(w->slope[i]) >= fabs(sorted[least]);
	for (ptrdiff_t i = 0; i < D; i++)
		if (fabs(w->slope[i]) >= fabs(sorted[least]))
			w->x[i] -= copysign(eta / moved, w->slope[i]);
	twin_project(w);
}

/* A round of steps in a ball from x, a checkpoint after so many; the lowest margin. The last point
 * is looked at, and top is the best one. */
static double twin_round(struct twin *w, int steps, int span)
{
	double eps = w->eps, eta = eps, share = 0.2, before = 0, lowest = HUGE_VAL;

	for (ptrdiff_t i = 0; i < D; i++)
		before += fabs(w->x[i] - clean_of(w, i)) > 0;
	share = before > 0 && before < D ? before / D / 1.5 : 0.2;
	before = before > 0 ? before : D;
	for (int s = 0; s <= steps; s++) {
		double margin = twin_margin(w), spread = 0;

		if (margin < lowest)
			memcpy(w->top, w->x, sizeof w->top);
		lowest = fmin(lowest, margin);
		if (s > 0 && s < steps && s % span == 0) {
			for (ptrdiff_t i = 0; i < D; i++)
				spread += fabs(w->top[i] - clean_of(w, i)) > 0;
			share = spread / D / 1.5;
			eta = spread < 0.95 * before ? eps : fmax(eta / 1.5, eps / 100);
			if (spread < 0.95 * before) {
				memcpy(w->x, w->top, sizeof w->x);
				before = spread;
				continue;
			}
			before = spread;
		}
		if (s < steps)
			twin_step(w, eta, share);
	}
	return lowest;
}

/* One start of 100 steps from the clean point; or 30 in the ball of three radii, 30 in that of two,
 * 40. */
static double twin_run(struct twin *w, bool wide)
{
	double eps = w->t->job.threat.eps;

	for (int factor = 3; factor > 1 && wide; factor--) {
		w->eps = factor * eps;
		twin_project(w);
		twin_round(w, 30, 1);
		memcpy(w->x, w->top, sizeof w->x);
	}
	w->eps = eps;
	twin_project(w);
	return wide ? twin_round(w, 40, 1) : twin_round(w, 100, 4);
}

static void apgd_equals_its_naive_twin(void **state)
{
	static const char *const options[] = {"{restarts: 1, stop_when_broken: false}",
					      "{restarts: 1, stop_when_broken: false, wide: true}"};
	struct attack_fixture t = attack_fixture_make(N, D, false);

	(void)state;
	t.job.threat = (struct threat){.norm = NORM_L1, .eps = 0.8};
	for (int wide = 0; wide < 2; wide++) {
		double ours = 0, twins = 0;
		int same = 0, falls = 0;

		attack_fixture_from_clean(&t, &attack_apgd, options[wide]);
		for (ptrdiff_t k = 0; k < N; k++) {
			struct twin w = {.t = &t, .k = k};
			double clean, lowest;

			for (ptrdiff_t i = 0; i < D; i++)
				w.x[i] = clean_of(&w, i);
			clean = twin_margin(&w);
			lowest = twin_run(&w, wide);
			falls += (double)t.job.margin[k] < clean;
			same += fabs(lowest - (double)t.job.margin[k]) < 1e-9;
			ours += clean - (double)t.job.margin[k];
			twins += clean - lowest;
		}
		assert_int_equal(falls, N);
		/* rounding may decide whether a column is back at its clean value, and so their
		 * share */
		check_at_least(same, N * 7 / 10);
		check_close(ours, twins, 0.01, 0);
	}
	arena_release(&t.arena);
}

/* A step of fgsm is one of the linear piece: never above where any single column leads. */
static void fgsm_takes_the_best_column(void **state)
{
	struct attack_fixture t = attack_fixture_make(N, D, true);
	real *one = ARENA_ARRAY(&t.arena, real, N);

	(void)state;
	t.job.threat = (struct threat){.norm = NORM_L1, .eps = 0.5};
	attack_fixture_from_clean(&t, &attack_fgsm, "{}");
	for (ptrdiff_t i = 0; i < D; i++)
		for (int side = -1; side <= 1; side += 2) {
			struct mat P = mat_new(&t.arena, N, D);

			mat_copy(P, t.job.X);
			for (ptrdiff_t k = 0; k < N; k++)
				mat_set(P, k, i, mat_get(P, k, i) + (real)(side * 0.5));
			attack_fixture_margins(&t, P, one);
			for (ptrdiff_t k = 0; k < N; k++)
				check_at_most(t.job.margin[k], (double)one[k] + 1e-12);
		}
	arena_release(&t.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(projections_are_nearest),
		cmocka_unit_test(a_whole_step_is_the_linear_minimum),
		cmocka_unit_test(starts_are_spread_over_the_ball),
		cmocka_unit_test(apgd_equals_its_naive_twin),
		cmocka_unit_test(fgsm_takes_the_best_column),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
