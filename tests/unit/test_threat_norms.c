/* Dual norms and their proximal maps: out = prox of t |.|_q at v exactly if v - out is in the ball
 * of
 * |.|_p of radius t and (v - out)'out = t |out|_q. */
#include "solvers/core/rng.h"
#include "solvers/model/threat.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MOST = 37, TRIES = 200 };

/* Of sums of MOST products of size 1. */
static const double TOLERANCE = 1e-13;

/* |c|_1, |c|_2 or |c|_inf over the attacked coordinates, from its definition. */
static double naive(long q, const struct threat *norm, const real *c)
{
	double value = 0;

	for (ptrdiff_t j = 0; j < norm->d; j++) {
		double size = norm->frozen[j] ? 0 : fabs((double)c[j]);

		value = q == 1 ? value + size : q == 2 ? hypot(value, size) : fmax(value, size);
	}
	return value;
}

struct trial {
	struct threat norm;
	bool frozen[MOST];
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
		trial->v[j] = rng_below(&rng, 6) == 0 ? 0 : (real)rng_normal(&rng);
	}
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
	check_close(value, naive(q, norm, out), 0, TOLERANCE * (1 + value));
	check_close(threat_dual(norm, out), value, TOLERANCE, TOLERANCE);
	check_at_most(naive(dual, norm, gap), trial->t * (1 + TOLERANCE) + TOLERANCE);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proximal_maps_are_optimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
