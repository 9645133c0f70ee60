/* Mehrotra's loop on a linear program of one constraint,
 *
 *     min c'x   s.t.  1'x = 1, x >= 0,   whose value is min c:
 *
 * steps stay inside, and the products fall to rounding in a few of them. */
#include "solvers/tools/mehrotra.h"

#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 4, STEPS = 12 };

static const double cost[N] = {2.385, 1.107, 1.109, 7.3};

struct program {
	double x[N], z[N], y, dx[N], dz[N], dy;
	int predictors, correctors;
	bool lost; /* the predictor finds no direction */
};

static void direction(struct program *p, double target, bool correct)
{
	double sum = 0, right = -1, gap[N], scale[N];

	for (int i = 0; i < N; i++) {
		double second = correct ? p->dx[i] * p->dz[i] : 0;

		scale[i] = p->x[i] / p->z[i];
		gap[i] = (target - second) / p->z[i] - p->x[i] -
			 scale[i] * (cost[i] - p->y - p->z[i]);
		sum += scale[i];
		right += p->x[i] + gap[i];
	}
	p->dy = -right / sum; /* 1'(x + dx) = 1 */
	for (int i = 0; i < N; i++) {
		p->dx[i] = gap[i] + scale[i] * p->dy;
		p->dz[i] = cost[i] - p->y - p->z[i] - p->dy;
	}
}

static bool predict(void *state)
{
	struct program *p = state;

	p->predictors++;
	direction(p, 0, false);
	return !p->lost;
}

static bool correct(void *state, double target, bool second_order)
{
	struct program *p = state;

	p->correctors++;
	direction(p, target, second_order);
	return true;
}

static double longest(const void *state)
{
	const struct program *p = state;
	double step = HUGE_VAL;

	for (int i = 0; i < N; i++) {
		step = mehrotra_limit(step, p->x[i], p->dx[i]);
		step = mehrotra_limit(step, p->z[i], p->dz[i]);
	}
	return step;
}

static double complementarity(const void *state, double step)
{
	const struct program *p = state;
	double sum = 0;

	for (int i = 0; i < N; i++)
		sum += (p->x[i] + step * p->dx[i]) * (p->z[i] + step * p->dz[i]);
	return sum / N;
}

static const struct mehrotra method = {.predict = predict,
				       .correct = correct,
				       .longest = longest,
				       .complementarity = complementarity,
				       .to_boundary = 0.99,
				       .far_enough = -1};

static struct program start(void)
{
	struct program p = {.y = 0};

	for (int i = 0; i < N; i++)
		p.x[i] = p.z[i] = 1;
	return p;
}

static void a_linear_program_is_solved(void **state)
{
	struct program p = start();
	double value = 0;

	(void)state;
	for (int step = 0; step < STEPS; step++) {
		double length;

		if (complementarity(&p, 0) < 1e-12)
			break;
		assert_true(mehrotra_direction(&method, &p, complementarity(&p, 0), 1e-14));
		length = mehrotra_length(&method, &p);
		for (int i = 0; i < N; i++) {
			p.x[i] += length * p.dx[i];
			p.z[i] += length * p.dz[i];
			check_above(p.x[i], 0);
			check_above(p.z[i], 0);
		}
		p.y += length * p.dy;
		for (int i = 0; i < N; i++)
			p.dx[i] = p.dz[i] = 0;
	}
	for (int i = 0; i < N; i++)
		value += cost[i] * p.x[i];
	check_close(value, 1.107, 0, 1e-9);
	check_close(p.y, 1.107, 0, 1e-9);
}

static void no_corrector_follows_a_lost_predictor(void **state)
{
	struct program p = start();

	(void)state;
	p.lost = true;
	assert_false(mehrotra_direction(&method, &p, 1, 0));
	assert_int_equal(p.predictors, 1);
	assert_int_equal(p.correctors, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_linear_program_is_solved),
		cmocka_unit_test(no_corrector_follows_a_lost_predictor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
