/* What every registered loss promises, with its default options and in both precisions. */
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* None near a kink of any loss (margins 1, residuals 1) for labels -1 and +1. */
static const double outputs[] = {-7.31, -2.38, -0.62, -0.21, 0.37, 0.83, 1.21, 2.44, 5.77};

enum { OUTPUTS = sizeof outputs / sizeof outputs[0], N = 2 * OUTPUTS };

static const double WEIGHT = 0.23;

struct fixture {
	struct arena arena;
	struct loss_term loss;
	real f[N], y[N], g[N], h[N], z[N];
};

static struct fixture make(size_t index)
{
	struct fixture t = {0};
	const struct desc *desc = registry_at(KIND_LOSS, index);

	t.loss = (struct loss_term){.loss = (const struct loss *)(const void *)desc,
				    .options = toy_options(desc, "{}", &t.arena),
				    .weight = WEIGHT};
	for (int k = 0; k < N; k++) {
		t.f[k] = (real)outputs[k / 2];
		t.y[k] = k % 2 ? 1 : -1;
	}
	return t;
}

static void each(void (*check)(struct fixture *t))
{
	for (size_t i = 0; i < registry_count(KIND_LOSS); i++) {
		struct fixture t = make(i);

		check(&t);
		arena_release(&t.arena);
	}
}

static void check_value(struct fixture *t)
{
	double sum = 0;

	for (int k = 0; k < N; k++)
		sum += toy_loss(t->loss, (double)t->f[k], (double)t->y[k]);
	check_close(loss_value(t->loss, N, t->f, t->y), WEIGHT * sum, 0, 1e-13 * sum);
	check_equal(loss_value(t->loss, 0, NULL, NULL), 0);
}

static void values_are_those_of_the_definition(void **state)
{
	(void)state;
	each(check_value);
}

/* Gradients are rounded to real, of size 10: an error of 10 eps / h and of h^2 by truncation. */
static void check_hessian(struct fixture *t)
{
	double step = cbrt(REAL_EPSILON), curvature = loss_curvature(t->loss);

	loss_gradient(t->loss, N, t->f, t->y, t->g);
	loss_hessian(t->loss, N, t->f, t->y, t->h);
	for (int k = 0; k < N; k++) {
		real right = t->f[k] + (real)step, left = t->f[k] - (real)step, above, below;
		double width = (double)right - (double)left;
		double value = WEIGHT * (toy_loss(t->loss, (double)right, (double)t->y[k]) -
					 toy_loss(t->loss, (double)left, (double)t->y[k]));

		loss_gradient(t->loss, 1, &right, &t->y[k], &above);
		loss_gradient(t->loss, 1, &left, &t->y[k], &below);
		check_close(value / width, t->g[k], 0, 20 * step * step);
		check_close((double)(above - below) / width, t->h[k], 0, 20 * step * step);
		check_at_least(t->h[k], 0);
		check_at_most(t->h[k], curvature * (1 + 4 * REAL_EPSILON));
	}
}

static void gradients_and_hessians_match_differences(void **state)
{
	(void)state;
	each(check_hessian);
}

/* z = prox(v) says (v - z) / t is a subgradient at z: w l(z') >= w l(z) + (v - z)(z' - z) / t. */
static void check_prox(struct fixture *t)
{
	static const double steps[] = {1e-3, 0.7, 40};

	for (int s = 0; s < 3; s++) {
		loss_prox(t->loss, N, steps[s], t->f, t->y, t->z);
		for (int k = 0; k < N * OUTPUTS; k++) {
			double z = (double)t->z[k / OUTPUTS], other = outputs[k % OUTPUTS];
			double y = (double)t->y[k / OUTPUTS];
			double slope = ((double)t->f[k / OUTPUTS] - z) / steps[s];
			double rise =
				WEIGHT * (toy_loss(t->loss, other, y) - toy_loss(t->loss, z, y));
			/* rounding of z, at most 8, shows in the slope */
			double rounding = 32 * REAL_EPSILON * (1 + 1 / steps[s]);

			check_at_least(rise,
				       slope * (other - z) - rounding * (1 + fabs(other - z)));
		}
		memcpy(t->h, t->f, sizeof t->h);
		loss_prox(t->loss, N, steps[s], t->h, t->y, t->h); /* in place */
		assert_memory_equal(t->h, t->z, sizeof t->h);
	}
}

static void prox_leaves_a_subgradient(void **state)
{
	(void)state;
	each(check_prox);
}

/* (w l)*(g) = g f - w l(f) at g = w l'(f). g is rounded to real, so it may lie just outside of
 * the domain of the conjugate, where a loss grows linearly. */
static void check_conjugate(struct fixture *t)
{
	loss_gradient(t->loss, N, t->f, t->y, t->g);
	for (int k = 0; k < N; k++) {
		double f = (double)t->f[k], g = (double)t->g[k], y = (double)t->y[k];
		double inside = 1 - 4 * REAL_EPSILON;
		double conjugate = loss_conjugate(t->loss, 1, inside, &t->g[k], &t->y[k]);
		double expected = g * f - WEIGHT * toy_loss(t->loss, f, y);

		check_close(conjugate, expected, 0, 200 * REAL_EPSILON);
	}
}

static void conjugates_meet_fenchel(void **state)
{
	(void)state;
	each(check_conjugate);
}

/* (w l)*(g) >= g f - w l(f) for any f and the slope g at any other output of the same label. */
static void check_young(struct fixture *t)
{
	loss_gradient(t->loss, N, t->f, t->y, t->g);
	for (int k = 0; k < N; k++)
		for (int other = k % 2; other < N; other += 2) {
			double f = (double)t->f[k], g = (double)t->g[other];
			double conjugate = loss_conjugate(t->loss, 1, 1 - 4 * REAL_EPSILON,
							  &t->g[other], &t->y[k]);

			check_at_least(conjugate - g * f +
					       WEIGHT * toy_loss(t->loss, f, (double)t->y[k]),
				       -200 * REAL_EPSILON);
		}
}

static void conjugates_meet_young(void **state)
{
	(void)state;
	each(check_young);
}

/* Inside the interval the conjugate is the quadratic; a step beyond an end it is infinite. */
static void check_box(struct fixture *t)
{
	static const double inside[] = {0.01, 0.3, 0.77, 0.99};

	for (int k = 0; t->loss.loss->box && k < N; k++) {
		struct loss_box box = loss_box(t->loss, (double)t->y[k]);
		double low = fmax(box.low, -3), high = fmin(box.high, 3);
		real beyond[] = {(real)(box.low - 0.01), (real)(box.high + 0.01)};

		check_below(low, high);
		for (int i = 0; i < 4; i++) {
			real a = (real)(low + inside[i] * (high - low));
			double expected =
				(double)a * (box.quadratic * (double)a / 2 + (double)t->y[k]);

			check_close(loss_conjugate(t->loss, 1, 1, &a, &t->y[k]), expected, 0,
				    200 * REAL_EPSILON);
		}
		for (int end = 0; end < 2; end++)
			if (isfinite(beyond[end]))
				check_equal(loss_conjugate(t->loss, 1, 1, &beyond[end], &t->y[k]),
					    INFINITY);
	}
}

static void boxes_are_the_conjugate(void **state)
{
	(void)state;
	each(check_box);
}

/* Whether the value of one sample is a function of y f that never rises, or of |f - y| that never
 * falls. */
static bool is_ordered(const struct fixture *t, bool falls)
{
	bool ordered = true;

	for (int k = 0; k < N; k++)
		for (int l = 0; l < N; l++) {
			double f = (double)t->f[k], g = (double)t->f[l], y = (double)t->y[k],
			       z = (double)t->y[l];
			bool lower = falls ? y * f >= z * g : fabs(f - y) <= fabs(g - z);

			/* residuals of the same size are so to rounding */
			if (lower)
				ordered &= toy_loss(t->loss, f, y) <=
					   toy_loss(t->loss, g, z) * (1 + 4 * REAL_EPSILON);
		}
	return ordered;
}

/* Properties that solvers rely on. */
static void check_flags(struct fixture *t)
{
	const struct loss *loss = t->loss.loss;
	bool quadratic = true;

	for (int k = 0; k < N; k++) {
		double r = (double)t->f[k] - (double)t->y[k];

		quadratic &= fabs(toy_loss(t->loss, (double)t->f[k], (double)t->y[k]) - r * r / 2) <
			     1e-6;
	}
	assert_int_equal(loss->quadratic, quadratic);
	assert_true(!loss->quadratic || loss->regression);
	assert_int_equal(loss->falls, is_ordered(t, true));
	assert_int_equal(loss->even, is_ordered(t, false));
}

static void flags_tell_the_truth(void **state)
{
	(void)state;
	each(check_flags);
}

enum { OUTPUTS_K = 4, SIZE = N * OUTPUTS_K };

/* Several outputs, with no two of a sample alike. */
struct several {
	real f[SIZE], one_hot[SIZE], g[SIZE], z[SIZE], h[SIZE];
	int label[N];
	struct mat F, G, Z, H;
	struct targets y;
};

static struct several *several_of(void)
{
	static struct several m;

	m = (struct several){.F = {N, OUTPUTS_K, N, m.f},
			     .G = {N, OUTPUTS_K, N, m.g},
			     .Z = {N, OUTPUTS_K, N, m.z},
			     .H = {N, OUTPUTS_K, N, m.h}};
	for (int i = 0; i < SIZE; i++)
		m.f[i] = (real)(outputs[(i * i + i / N) % OUTPUTS] + 0.013 * (i / N));
	for (int r = 0; r < N; r++) {
		m.label[r] = r % OUTPUTS_K;
		m.one_hot[r + m.label[r] * N] = 1;
	}
	m.y = (struct targets){.n = N, .k = OUTPUTS_K, .at = m.one_hot, .label = m.label};
	return &m;
}

static double product_of(const real *a, const real *b)
{
	double sum = 0;

	for (int i = 0; i < SIZE; i++)
		sum += (double)a[i] * (double)b[i];
	return sum;
}

/* Weighted sum of the definition, with the outputs f. */
static double defined(const struct fixture *t, const struct several *m, const real *f)
{
	double sum = 0, row[OUTPUTS_K], y[OUTPUTS_K];

	for (int r = 0; r < N; r++) {
		for (int c = 0; c < OUTPUTS_K; c++) {
			row[c] = (double)f[r + c * N];
			y[c] = (double)m->one_hot[r + c * N];
		}
		sum += WEIGHT * t->loss.loss->outputs->sample(t->loss.options, OUTPUTS_K, row, y);
	}
	return sum;
}

/* l(f) + l*(a) = <a, f> at the slopes, also those that the prox leaves, and no less at others;
 * slopes that differ by the Hessian. */
static void check_outputs(struct fixture *t)
{
	struct several *m = several_of();
	double step = 1e-3, inside = 1 - 4 * REAL_EPSILON, conjugate, best, square = 0;

	if (!t->loss.loss->outputs)
		return;
	check_close(loss_outputs_value(t->loss, m->F, m->y), defined(t, m, m->f), 1e-13, 0);
	loss_outputs_gradient(t->loss, m->F, m->y, m->G);
	conjugate = loss_outputs_conjugate(t->loss, inside, m->G, m->y);
	check_close(defined(t, m, m->f) + conjugate, product_of(m->f, m->g), 0,
		    4000 * REAL_EPSILON);
	for (int i = 0; i < SIZE; i++)
		m->z[i] = -m->f[SIZE - 1 - i];
	check_at_least(defined(t, m, m->z) + conjugate - product_of(m->z, m->g),
		       -4000 * REAL_EPSILON);

	loss_outputs_prox(t->loss, 0.7, m->F, m->y, m->Z);
	best = defined(t, m, m->z);
	for (int i = 0; i < SIZE; i++)
		square += pow((double)m->z[i] - (double)m->f[i], 2) / 1.4;
	best += square;
	check_at_most(best, defined(t, m, m->f));
	for (int i = 0; i < SIZE; i++) { /* nor is any step along one output better */
		real z = m->z[i], before = m->f[i];

		for (int side = -1; side < 2; side += 2) {
			double moved;

			m->z[i] = z + (real)(side * 0.01);
			moved = defined(t, m, m->z) + square +
				(pow((double)m->z[i] - (double)before, 2) -
				 pow((double)z - (double)before, 2)) /
					1.4;
			check_at_least(moved, best - 4000 * REAL_EPSILON);
		}
		m->z[i] = z;
	}
	loss_outputs_gradient(t->loss, m->Z, m->y, m->G);
	for (int i = 0; i < SIZE && t->loss.loss->smooth; i++)
		check_close((m->f[i] - m->z[i]) / (real)0.7, m->g[i], 0, 100 * REAL_EPSILON);
	loss_outputs_hessian_product(t->loss, m->Z, m->y, m->F, m->H);
	for (int i = 0; i < SIZE; i++)
		m->z[i] += (real)step * m->f[i];
	loss_outputs_gradient(t->loss, m->Z, m->y, m->F);
	for (int i = 0; i < SIZE && t->loss.loss->smooth; i++)
		check_close((double)(m->f[i] - m->g[i]), step * (double)m->h[i], 0,
			    100 * (REAL_EPSILON + step * step));
}

/* Slopes of several outputs against differences of the definition. */
static void check_slopes(struct fixture *t)
{
	struct several *m = several_of();
	double step = cbrt(REAL_EPSILON);

	if (!t->loss.loss->outputs)
		return;
	loss_outputs_gradient(t->loss, m->F, m->y, m->G);
	for (int i = 0; i < SIZE; i++) {
		real f = m->f[i], right = f + (real)step, left = f - (real)step;
		double rise;

		m->f[i] = right;
		rise = defined(t, m, m->f);
		m->f[i] = left;
		rise -= defined(t, m, m->f);
		m->f[i] = f;
		check_close(rise / ((double)right - (double)left), m->g[i], 0,
			    20 * step * step + 1e-14 / step); /* sums are near 100 */
	}
}

static void slopes_of_several_outputs_match_differences(void **state)
{
	(void)state;
	each(check_slopes);
}

static void several_outputs_meet_fenchel(void **state)
{
	(void)state;
	each(check_outputs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_those_of_the_definition),
		cmocka_unit_test(gradients_and_hessians_match_differences),
		cmocka_unit_test(prox_leaves_a_subgradient),
		cmocka_unit_test(conjugates_meet_fenchel),
		cmocka_unit_test(conjugates_meet_young),
		cmocka_unit_test(boxes_are_the_conjugate),
		cmocka_unit_test(flags_tell_the_truth),
		cmocka_unit_test(several_outputs_meet_fenchel),
		cmocka_unit_test(slopes_of_several_outputs_match_differences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
