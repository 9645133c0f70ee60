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

/* (w l)*(g) = g f - w l(f) at g = w l'(f). g is rounded to real, so it may lie just outside of the
 * domain of the conjugate, where a loss grows linearly. */
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

enum { OUTPUTS_K = 4 };

/* Several outputs: l(f) + l*(a) = <a, f> at the slopes, also those that the prox leaves, and slopes
 * that differ by the Hessian. */
static void check_outputs(struct fixture *t)
{
	enum { SIZE = N * OUTPUTS_K };
	static real f[SIZE], one_hot[SIZE], g[SIZE], z[SIZE], h[SIZE];
	static int label[N];
	struct targets y = {.n = N, .k = OUTPUTS_K, .at = one_hot, .label = label};
	struct mat F = {N, OUTPUTS_K, N, f}, G = {N, OUTPUTS_K, N, g}, Z = {N, OUTPUTS_K, N, z},
		   H = {N, OUTPUTS_K, N, h};
	double product = 0, step = 1e-3, inside = 1 - 4 * REAL_EPSILON;

	if (!t->loss.loss->outputs)
		return;
	memset(one_hot, 0, sizeof one_hot);
	for (int i = 0; i < SIZE; i++)
		f[i] = (real)outputs[(i * i + i / N) % OUTPUTS];
	for (int r = 0; r < N; r++) {
		label[r] = r % OUTPUTS_K;
		one_hot[r + label[r] * N] = 1;
	}
	loss_outputs_gradient(t->loss, F, y, G);
	for (int i = 0; i < SIZE; i++)
		product += (double)f[i] * (double)g[i];
	check_close(loss_outputs_value(t->loss, F, y) +
			    loss_outputs_conjugate(t->loss, inside, G, y),
		    product, 0, 4000 * REAL_EPSILON);
	loss_outputs_prox(t->loss, 0.7, F, y, Z);
	loss_outputs_gradient(t->loss, Z, y, G);
	for (int i = 0; i < SIZE && t->loss.loss->smooth; i++)
		check_close((f[i] - z[i]) / (real)0.7, g[i], 0, 100 * REAL_EPSILON);
	loss_outputs_hessian_product(t->loss, Z, y, F, H);
	for (int i = 0; i < SIZE; i++)
		z[i] += (real)step * f[i];
	loss_outputs_gradient(t->loss, Z, y, F);
	for (int i = 0; i < SIZE && t->loss.loss->smooth; i++)
		check_close((double)(f[i] - g[i]), step * (double)h[i], 0,
			    100 * (REAL_EPSILON + step * step));
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
		cmocka_unit_test(boxes_are_the_conjugate),
		cmocka_unit_test(flags_tell_the_truth),
		cmocka_unit_test(several_outputs_meet_fenchel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
