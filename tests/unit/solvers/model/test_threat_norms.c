/* Dual norms and their proximal maps: out = prox of t |.|_q at v exactly if v - out is in the ball
 * of
 * |.|_p of radius t and (v - out)'out = t |out|_q. */
#include "solvers/certify/region.h"
#include "solvers/core/rng.h"
#include "solvers/model/threat.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 37, TRIES = 200 };

/* Of sums of MOST products of size 1. */
static const double TOLERANCE = 1e-13;

/* |s o c|_1, |s o c|_2 or |s o c|_inf over the attacked coordinates, or |c / s|. */
static double naive(long q, const struct threat *norm, const real *c, bool inverse)
{
	double value = 0;

	for (ptrdiff_t j = 0; j < norm->d; j++) {
		double unit = norm->scale ? (double)norm->scale[j] : 1;
		double size =
			norm->frozen[j] ? 0 : fabs((double)c[j]) * (inverse ? 1 / unit : unit);

		value = q == 1 ? value + size : q == 2 ? hypot(value, size) : fmax(value, size);
	}
	return value;
}

struct trial {
	struct threat norm;
	bool frozen[MOST];
	real scale[MOST];
	real v[MOST];
	double t;
};

static void draw(struct trial *trial, long p, int index)
{
	struct rng rng = rng_stream(11, "test_dualnorm", (uint64_t)(3 * index + p));

	trial->norm = (struct threat){.norm = (enum norm)p,
				      .d = 1 + (ptrdiff_t)rng_below(&rng, MOST - 1),
				      .frozen = trial->frozen};
	for (int j = 0; j < MOST; j++) {
		trial->frozen[j] = rng_below(&rng, 5) == 0;
		trial->scale[j] = (real)exp(rng_normal(&rng));
		trial->v[j] = rng_below(&rng, 6) == 0 ? 0 : (real)rng_normal(&rng);
	}
	if (index % 2)
		trial->norm.scale = trial->scale;
	trial->t = index % 4 == 0 ? 0 : fabs(rng_normal(&rng)) * (double)(1 + index % 9);
}

static void check(const struct trial *trial, long q, long dual)
{
	const struct threat *norm = &trial->norm;
	real out[MOST], gap[MOST], scratch[MOST];
	double value = threat_prox(norm, trial->t, trial->v, out), product = 0, square = 0;
	double distance = threat_distance(norm, trial->t, trial->v, scratch);

	for (ptrdiff_t j = 0; j < norm->d; j++) {
		gap[j] = trial->v[j] - out[j];
		product += (double)gap[j] * (double)out[j];
		square += (double)out[j] * (double)out[j];
		if (norm->frozen[j])
			check_equal(gap[j], 0);
	}
	check_close(value, naive(q, norm, out, false), 0, TOLERANCE * (1 + value));
	check_close(threat_dual(norm, out), value, TOLERANCE, TOLERANCE);
	check_at_most(naive(dual, norm, gap, true), trial->t * (1 + TOLERANCE) + TOLERANCE);
	check_close(product, trial->t * value, 0, TOLERANCE * MOST * (1 + trial->t * value));
	check_close(distance, sqrt(square), 0, TOLERANCE * (1 + distance));
}

static void proximal_maps_are_optimal(void **state)
{
	/* exponents of |.|_q and of its dual, 3 for infinity */
	static const long q[] = {1, 2, 3}, dual[] = {3, 2, 1};

	(void)state;
	for (int index = 0; index < TRIES; index++)
		for (long p = NORM_LINF; p <= NORM_L1; p++) {
			struct trial trial;

			draw(&trial, p, index);
			check(&trial, q[p], dual[p]);
		}
}

/* A point of the ball, often a corner of it: s o delta with |delta|_p = 1. */
static void perturb(const struct threat *t, struct rng *rng, double *x)
{
	ptrdiff_t only = (ptrdiff_t)rng_below(rng, (size_t)t->d);
	double square = 0;

	for (ptrdiff_t j = 0; j < t->d; j++) {
		double v = t->frozen[j] ? 0 : rng_normal(rng);

		x[j] = t->norm == NORM_LINF ? (v > 0) - (v < 0)
		       : t->norm == NORM_L1 ? (j == only ? (v > 0) - (v < 0) : 0)
					    : v;
		square += x[j] * x[j];
	}
	for (ptrdiff_t j = 0; j < t->d; j++)
		x[j] *= (t->scale ? (double)t->scale[j] : 1) /
			(t->norm == NORM_L2 && square > 0 ? sqrt(square) : 1);
}

/* No point of the ball is above the dual norm, and its slope says where it is attained. */
static void check_support(const struct trial *trial, struct rng *rng)
{
	const struct threat *t = &trial->norm;
	struct arena arena = {0};
	struct threat polar = threat_polar(t, &arena);
	double value = threat_dual(t, trial->v), attained = 0;
	real g[MOST] = {0};

	for (int k = 0; k < 50; k++) {
		double x[MOST], sum = 0;

		perturb(t, rng, x);
		for (ptrdiff_t j = 0; j < t->d; j++)
			sum += x[j] * (double)trial->v[j];
		check_at_most(sum, value * (1 + TOLERANCE) + TOLERANCE);
	}
	threat_dual_slope(t, trial->v, 1, g);
	for (ptrdiff_t j = 0; j < t->d; j++)
		attained += (double)g[j] * (double)trial->v[j];
	check_close(attained, value, TOLERANCE * MOST, TOLERANCE);
	check_at_most(threat_dual(&polar, g), 1 + 10 * TOLERANCE);
	arena_release(&arena);
}

static void dual_norms_are_support_functions(void **state)
{
	(void)state;
	for (int index = 0; index < TRIES; index++)
		for (long p = NORM_LINF; p <= NORM_L1; p++) {
			struct rng rng = rng_stream(13, "test_support", (uint64_t)(3 * index + p));
			struct trial trial;

			draw(&trial, p, index);
			check_support(&trial, &rng);
		}
}

static void check_envelope(const struct trial *trial)
{
	const struct threat *t = &trial->norm;
	real c[MOST], out[MOST], spare[MOST];
	double mu = 0.1 + trial->t, value, size, square = 0, envelope;

	memcpy(c, trial->v, sizeof c);
	envelope = threat_envelope(t, mu, c, spare, &value);
	size = threat_prox(t, mu, trial->v, out);
	for (ptrdiff_t j = 0; j < t->d; j++) {
		double gap = (double)trial->v[j] - (double)out[j];

		square += gap * gap;
		check_close(c[j], gap / mu, 1e-11, 1e-11);
	}
	check_close(value, threat_dual(t, trial->v), TOLERANCE, TOLERANCE);
	check_close(envelope, size + square / (2 * mu), 1e-11, 1e-11);
}

static void envelopes_are_minima(void **state)
{
	(void)state;
	for (int index = 0; index < TRIES; index++)
		for (long p = NORM_LINF; p <= NORM_L1; p++) {
			struct trial trial;

			draw(&trial, p, index);
			check_envelope(&trial);
		}
}

/* Ball and box at one point. */
struct scene {
	struct trial trial;
	struct region region;
	real low[MOST], high[MOST];
};

static void scene_draw(struct scene *s, long p, int index, struct rng *rng)
{
	draw(&s->trial, p, index);
	s->trial.norm.eps = 0.7;
	s->trial.norm.scale = NULL;
	s->region = (struct region){.norm = s->trial.norm.norm,
				    .eps = s->trial.norm.eps,
				    .d = s->trial.norm.d,
				    .low = s->low,
				    .high = s->high,
				    .boxed = index % 4 > 0};
	for (ptrdiff_t j = 0; j < s->region.d; j++) {
		real box[2] = {(real)-rng_uniform(rng), (real)rng_uniform(rng)};
		const struct threat one = {.eps = 0.7,
					   .d = 1,
					   .lower = s->region.boxed ? box : NULL,
					   .upper = s->region.boxed ? box + 1 : NULL,
					   .frozen = s->trial.frozen + j};
		const struct region_side side = region_side_of(&one, 0, 0.1);

		s->low[j] = (real)side.low;
		s->high[j] = (real)side.high;
	}
}

static double product(const struct scene *s, const real *a, const real *b)
{
	double sum = 0;

	for (ptrdiff_t j = 0; j < s->region.d; j++)
		sum += (double)a[j] * (double)b[j];
	return sum;
}

/* The projection by its variational inequality, the minimum of a linear function against points of
 * the region and the one that a long step ends in. */
static void check_region(const struct scene *s, struct rng *rng)
{
	const real *v = s->trial.v;
	real to[MOST], far[MOST], left[MOST], z[MOST];
	double least = region_minimum(&s->region, v), best, x[MOST];

	for (ptrdiff_t j = 0; j < s->region.d; j++) {
		to[j] = v[j];
		far[j] = -1000 * v[j];
	}
	region_project(&s->region, to);
	region_project(&s->region, far);
	best = product(s, v, far);
	check_at_most(least, best + 1e-9);
	check_at_least(least, best - 0.05 * (1 + fabs(best)));
	for (ptrdiff_t j = 0; j < s->region.d; j++)
		left[j] = v[j] - to[j];
	for (int k = 0; k < 20; k++) {
		perturb(&s->trial.norm, rng, x);
		for (ptrdiff_t j = 0; j < s->region.d; j++)
			z[j] = (real)(0.7 * x[j]);
		region_project(&s->region, z);
		check_at_most(product(s, left, z) - product(s, left, to), 1e-9);
		check_at_most(least, product(s, v, z) + 1e-9);
	}
}

static void regions_are_ball_and_box(void **state)
{
	(void)state;
	for (int index = 0; index < TRIES; index++)
		for (long p = NORM_LINF; p <= NORM_L1; p++) {
			struct rng rng = rng_stream(17, "test_region", (uint64_t)(3 * index + p));
			struct scene s;

			scene_draw(&s, p, index, &rng);
			check_region(&s, &rng);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proximal_maps_are_optimal),
		cmocka_unit_test(dual_norms_are_support_functions),
		cmocka_unit_test(envelopes_are_minima),
		cmocka_unit_test(regions_are_ball_and_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
