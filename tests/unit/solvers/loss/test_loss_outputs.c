/* Losses of several outputs on random and degenerate instances: values against their definition,
 * slopes against differences, conjugates against Fenchel and Young, two outputs against the loss of
 * one, classes in another order. */
#include "solvers/loss/loss.h"
#include "tests/close.h"
#include "tests/outputs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { LOSSES = OUTPUTS_LOSSES, SEEDS = 1000, MOST = OUTPUTS_MOST, LONG = OUTPUTS_LONG };

/* sum of the definition over the samples */
static double defined(const struct loss *loss, const struct outputs *t, const real *f)
{
	double sum = 0, row[MOST], y[MOST];

	for (ptrdiff_t r = 0; r < t->n; r++) {
		for (ptrdiff_t c = 0; c < t->k; c++) {
			row[c] = (double)f[r + c * t->n];
			y[c] = (double)t->y[r + c * t->n];
		}
		sum += loss->outputs->sample(outputs_options, t->k, row, y);
	}
	return sum;
}

static void each(void (*check)(const struct loss *loss, struct outputs *t))
{
	static struct outputs t;

	for (int l = 0; l < LOSSES; l++)
		for (int seed = 0; seed < SEEDS; seed++) {
			outputs_make_small(&t, seed);
			check(outputs_losses[l], &t);
		}
}

static void check_value(const struct loss *loss, struct outputs *t)
{
	double want = defined(loss, t, t->f);

	check_close(outputs_value(loss, t, t->f), want, 1e-13,
		    1e-14 * (1 + outputs_largest(t, t->f)));
}

static void values_are_those_of_the_definition(void **state)
{
	(void)state;
	each(check_value);
}

/* An output that is far ahead leaves exp(-margin), to all digits. */
static void small_losses_keep_their_digits(void **state)
{
	static const double margins[] = {20, 35, 120, 300};
	static struct outputs t;

	(void)state;
	for (int i = 0; i < 4; i++) {
		real g[3];

		outputs_make(&t, 0, 1, 3);
		memset(t.f, 0, sizeof t.f);
		t.f[t.label[0]] = (real)margins[i];
		check_close(outputs_value(&loss_logistic, &t, t.f), 2 * exp(-1.7 * margins[i]),
			    1e-12, 0);
		loss_logistic.outputs->gradient(outputs_options, outputs_view(&t, t.f),
						outputs_targets(&t), outputs_view(&t, g));
		check_close(g[t.label[0]], -2 * 1.7 * exp(-1.7 * margins[i]), 1e-12, 0);
	}
}

/* Whether the hinge has no kink within 1e-3 of the outputs. */
static bool away_from_kinks(const struct outputs *t)
{
	for (ptrdiff_t r = 0; r < t->n; r++) {
		double first = -1, second = -HUGE_VAL; /* 0 is a piece of its own */

		for (ptrdiff_t c = 0; c < t->k; c++) {
			double lead =
				(double)t->f[r + c * t->n] - (double)t->f[r + t->label[r] * t->n];

			if (c == t->label[r])
				continue;
			second = fmax(second, fmin(first, lead));
			first = fmax(first, lead);
		}
		if (first - second < 1e-3)
			return false;
	}
	return true;
}

static void check_gradient(const struct loss *loss, struct outputs *t)
{
	const double h = 1e-5;
	static real g[LONG * MOST];

	if (t->size > 50 || (loss == &loss_hinge && !away_from_kinks(t)))
		return;
	loss->outputs->gradient(outputs_options, outputs_view(t, t->f), outputs_targets(t),
				outputs_view(t, g));
	for (ptrdiff_t i = 0; i < t->n * t->k; i++) {
		real f = t->f[i];
		double above, below;

		t->f[i] = f + (real)h;
		above = defined(loss, t, t->f);
		t->f[i] = f - (real)h;
		below = defined(loss, t, t->f);
		t->f[i] = f;
		check_close((above - below) / (2 * h), g[i], 1e-9, 1e-9 * (1 + fabs(above)));
	}
}

static void gradients_match_differences(void **state)
{
	(void)state;
	each(check_gradient);
}

static void check_hessian(const struct loss *loss, struct outputs *t)
{
	const double h = 1e-5;
	static real f[LONG * MOST], above[LONG * MOST], below[LONG * MOST], product[LONG * MOST];
	double curvature = loss->outputs->curvature(outputs_options);

	if (t->size > 50 || (loss == &loss_hinge && !away_from_kinks(t)))
		return;
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		f[i] = t->f[i] + (real)h * t->v[i];
	loss->outputs->gradient(outputs_options, outputs_view(t, f), outputs_targets(t),
				outputs_view(t, above));
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		f[i] = t->f[i] - (real)h * t->v[i];
	loss->outputs->gradient(outputs_options, outputs_view(t, f), outputs_targets(t),
				outputs_view(t, below));
	loss->outputs->hessian_product(outputs_options, outputs_view(t, t->f), outputs_targets(t),
				       outputs_view(t, t->v), outputs_view(t, product));
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		check_close((double)(above[i] - below[i]) / (2 * h), product[i], 1e-8, 1e-8);
	check_at_least(outputs_dot(t, t->v, product), -1e-14 * outputs_dot(t, t->v, t->v));
	check_at_most(outputs_dot(t, t->v, product),
		      curvature * outputs_dot(t, t->v, t->v) * (1 + 1e-14));
	loss->outputs->hessian_product(outputs_options, outputs_view(t, t->f), outputs_targets(t),
				       outputs_view(t, t->v), outputs_view(t, t->v)); /* in place */
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		check_equal(t->v[i], product[i]);
}

static void hessians_match_differences(void **state)
{
	(void)state;
	each(check_hessian);
}

/* Two leading outputs alike: the Hessian reaches its bound. */
static void curvature_is_attained(void **state)
{
	static struct outputs t;
	real product[2];

	(void)state;
	outputs_make(&t, 1, 1, 2);
	memset(t.f, 0, sizeof t.f);
	t.v[0] = 1;
	t.v[1] = -1;
	for (int l = 0; l < 2; l++) {
		outputs_losses[l]->outputs->hessian_product(
			outputs_options, outputs_view(&t, t.f), outputs_targets(&t),
			outputs_view(&t, t.v), outputs_view(&t, product));
		check_close(product[0], outputs_losses[l]->outputs->curvature(outputs_options),
			    1e-14, 0);
	}
	check_equal(loss_hinge.outputs->curvature(outputs_options), HUGE_VAL);
}

/* l(f) + l*(a) - <a, f> is 0 for a in the subdifferential at f, and nowhere negative. */
static double fenchel_young(const struct loss *loss, const struct outputs *t, real *f, real *a)
{
	return outputs_value(loss, t, f) +
	       loss->outputs->conjugate(outputs_options, 1, outputs_view(t, a),
					outputs_targets(t)) -
	       outputs_dot(t, a, f);
}

/* A random point of the domain of the conjugate. */
static void draw_dual(const struct loss *loss, struct outputs *t, real *a)
{
	double scale = loss == &loss_logistic ? outputs_options[0] : 1, p[MOST];

	for (ptrdiff_t r = 0; r < t->n; r++) {
		double sum = 0;

		for (ptrdiff_t c = 0; c < t->k; c++)
			sum += p[c] = pow(rng_uniform(&t->rng), 3);
		for (ptrdiff_t c = 0; c < t->k; c++)
			a[r + c * t->n] = (real)(scale * (p[c] / sum - (c == t->label[r])));
	}
}

static void check_conjugate(const struct loss *loss, struct outputs *t)
{
	static real a[LONG * MOST], other[LONG * MOST];
	double rounding = 1e-14 * (1 + outputs_largest(t, t->f)) * (1 + outputs_largest(t, t->f));

	loss->outputs->gradient(outputs_options, outputs_view(t, t->f), outputs_targets(t),
				outputs_view(t, a));
	check_close(fenchel_young(loss, t, t->f, a), 0, 0, rounding * 10);
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		other[i] = t->f[i] + t->v[i];
	check_at_least(fenchel_young(loss, t, other, a), -rounding * 100);
	draw_dual(loss, t, a);
	check_at_least(fenchel_young(loss, t, t->f, a), -rounding * 100);
	/* s is a factor of a: half of it is in the domain, with the value of the halved a */
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		other[i] = a[i] / 2;
	check_close(loss->outputs->conjugate(outputs_options, 0.5, outputs_view(t, a),
					     outputs_targets(t)),
		    loss->outputs->conjugate(outputs_options, 1, outputs_view(t, other),
					     outputs_targets(t)),
		    1e-14, 1e-14);
}

static void conjugates_satisfy_fenchel_and_young(void **state)
{
	(void)state;
	each(check_conjugate);
}

static double conjugate_at(const struct loss *loss, struct outputs *t, double own, double first,
			   double second)
{
	real a[3];
	int y = t->label[0];

	a[y] = (real)own;
	a[(y + 1) % 3] = (real)first;
	a[(y + 2) % 3] = (real)second;
	return loss->outputs->conjugate(outputs_options, 1, outputs_view(t, a), outputs_targets(t));
}

static void conjugates_are_infinite_off_their_face(void **state)
{
	static struct outputs t;

	(void)state;
	outputs_make(&t, 3, 1, 3);
	for (int l = 1; l < LOSSES; l++) {
		check_finite(conjugate_at(outputs_losses[l], &t, -1, 0.5, 0.5));
		check_finite(conjugate_at(outputs_losses[l], &t, -1, 1 + 1e-15, 0));
		check_finite(conjugate_at(outputs_losses[l], &t, 0, 0, 0));
		check_equal(conjugate_at(outputs_losses[l], &t, -1, 0.5, 0.4), HUGE_VAL);
		check_equal(conjugate_at(outputs_losses[l], &t, -1, 0.5, 0.5 + 1e-12), HUGE_VAL);
		check_equal(conjugate_at(outputs_losses[l], &t, -1, 1.2, -0.2), HUGE_VAL);
		check_equal(conjugate_at(outputs_losses[l], &t, 0.3, -0.15, -0.15), HUGE_VAL);
		check_equal(conjugate_at(outputs_losses[l], &t, -1.8, 0.9, 0.9), HUGE_VAL);
	}
	check_close(conjugate_at(&loss_hinge, &t, -0.7, 0.5, 0.2), -0.7, 1e-15, 0);
	check_close(conjugate_at(&loss_logistic, &t, -1.7, 0.85, 0.85), -log(2), 1e-15, 0);
}

/* F = (0, f), class 1 for +1: values, slopes and conjugates of the loss of one output; the prox of
 * what both outputs share is 0, and that of f - 0 has a step twice as long. */
static void two_outputs_are_the_loss_of_one(void **state)
{
	static struct outputs t;

	(void)state;
	for (int i = 0; i < 2 * SEEDS; i++) {
		const struct loss *loss = i % 2 ? &loss_logistic : &loss_hinge;
		real y, f, g, a[2], d, z[2];
		double size;

		outputs_make(&t, i / 2, 1, 2);
		size = 1 + fabs((double)t.f[1]);
		t.f[0] = 0;
		f = t.f[1];
		y = t.label[0] ? 1 : -1;
		check_close(outputs_value(loss, &t, t.f), loss->value(outputs_options, 1, &f, &y),
			    1e-14, 1e-300);
		loss->gradient(outputs_options, 1, &f, &y, &g);
		loss->outputs->gradient(outputs_options, outputs_view(&t, t.f), outputs_targets(&t),
					outputs_view(&t, a));
		check_close(a[1], g, 1e-13, 1e-300);
		check_close(a[0], -g, 1e-13, 1e-300);
		check_close(loss->outputs->conjugate(outputs_options, 1, outputs_view(&t, a),
						     outputs_targets(&t)),
			    loss->conjugate(outputs_options, 1, 1, &g, &y), 1e-13, 1e-14);
		loss->prox(outputs_options, 1, 2 * 0.83, &f, &y, &d);
		loss->outputs->prox(outputs_options, 0.83, outputs_view(&t, t.f),
				    outputs_targets(&t), outputs_view(&t, z));
		check_close(z[1] - z[0], d, 1e-14, 1e-14 * size);
		check_close(z[1] + z[0], f, 1e-14, 1e-14 * size);
	}
}

/* Column c becomes column (c + turn) % k. */
static void turn_classes(const struct outputs *t, ptrdiff_t turn, const real *from, real *to)
{
	for (ptrdiff_t c = 0; c < t->k; c++)
		memcpy(to + (c + turn) % t->k * t->n, from + c * t->n, (size_t)t->n * sizeof *from);
}

static void check_order(const struct loss *loss, struct outputs *t)
{
	static struct outputs u;
	static real g[LONG * MOST], h[LONG * MOST], want[LONG * MOST];
	ptrdiff_t turn = 1 + t->n % (t->k - 1);
	double size = 1 + outputs_largest(t, t->f), one;

	u = *t;
	turn_classes(t, turn, t->f, u.f);
	turn_classes(t, turn, t->y, u.y);
	turn_classes(t, turn, t->v, u.v);
	for (ptrdiff_t r = 0; r < t->n; r++)
		u.label[r] = (int)((t->label[r] + turn) % t->k);
	one = outputs_value(loss, t, t->f);
	check_close(outputs_value(loss, &u, u.f), one, 1e-14, 0);
	loss->outputs->gradient(outputs_options, outputs_view(t, t->f), outputs_targets(t),
				outputs_view(t, g));
	loss->outputs->gradient(outputs_options, outputs_view(&u, u.f), outputs_targets(&u),
				outputs_view(&u, h));
	turn_classes(t, turn, g, want);
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		check_close(h[i], want[i], 1e-14, 0);
	check_close(loss->outputs->conjugate(outputs_options, 0.7, outputs_view(&u, h),
					     outputs_targets(&u)),
		    loss->outputs->conjugate(outputs_options, 0.7, outputs_view(t, g),
					     outputs_targets(t)),
		    1e-13, 1e-14);
	loss->outputs->prox(outputs_options, 2.3, outputs_view(t, t->f), outputs_targets(t),
			    outputs_view(t, g));
	loss->outputs->prox(outputs_options, 2.3, outputs_view(&u, u.f), outputs_targets(&u),
			    outputs_view(&u, h));
	turn_classes(t, turn, g, want);
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		check_close(h[i], want[i], 1e-14, 1e-15 * size);
	loss->outputs->hessian_product(outputs_options, outputs_view(t, t->f), outputs_targets(t),
				       outputs_view(t, t->v), outputs_view(t, g));
	loss->outputs->hessian_product(outputs_options, outputs_view(&u, u.f), outputs_targets(&u),
				       outputs_view(&u, u.v), outputs_view(&u, h));
	turn_classes(t, turn, g, want);
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		check_close(h[i], want[i], 1e-13, 1e-14 * outputs_largest(t, t->v));
}

static void the_order_of_classes_changes_nothing(void **state)
{
	(void)state;
	each(check_order);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_those_of_the_definition),
		cmocka_unit_test(small_losses_keep_their_digits),
		cmocka_unit_test(gradients_match_differences),
		cmocka_unit_test(hessians_match_differences),
		cmocka_unit_test(curvature_is_attained),
		cmocka_unit_test(conjugates_satisfy_fenchel_and_young),
		cmocka_unit_test(conjugates_are_infinite_off_their_face),
		cmocka_unit_test(two_outputs_are_the_loss_of_one),
		cmocka_unit_test(the_order_of_classes_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
