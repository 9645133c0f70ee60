/* Losses of several outputs: proximal maps against Fenchel and Young and against search; rows,
 * weights, one output. */
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

static void each(void (*check)(const struct loss *loss, struct outputs *t))
{
	static struct outputs t;

	for (int l = 0; l < LOSSES; l++)
		for (int seed = 0; seed < SEEDS; seed++) {
			outputs_make_small(&t, seed);
			check(outputs_losses[l], &t);
		}
}

/* l(f) + l*(a) - <a, f> is 0 for a in the subdifferential at f, and nowhere negative. */
static double fenchel_young(const struct loss *loss, const struct outputs *t, real *f, real *a)
{
	return outputs_value(loss, t, f) +
	       loss->outputs->conjugate(outputs_options, 1, outputs_view(t, a),
					outputs_targets(t)) -
	       outputs_dot(t, a, f);
}

static double prox_objective(const struct loss *loss, struct outputs *t, double step, const real *v,
			     real *z)
{
	double square = 0;

	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		square += pow((double)z[i] - (double)v[i], 2);
	return step * outputs_value(loss, t, z) + square / 2;
}

/* (v - z) / t is a subgradient at z, which is Moreau's identity; no other point is better. */
static void check_prox(const struct loss *loss, struct outputs *t)
{
	static const double steps[] = {1e-3, 0.31, 2.9, 57, 1e6};
	static real z[LONG * MOST], a[LONG * MOST], other[LONG * MOST];
	double step = steps[rng_uniform(&t->rng) < 0.5 ? 1 : (int)(5 * rng_uniform(&t->rng))];
	double size = 1 + outputs_largest(t, t->f), best;

	loss->outputs->prox(outputs_options, step, outputs_view(t, t->f), outputs_targets(t),
			    outputs_view(t, z));
	best = prox_objective(loss, t, step, t->f, z);
	check_finite(best);
	for (int i = 0; i < 40; i++) {
		double far = pow(10, -i % 8) * size;

		for (ptrdiff_t j = 0; j < t->n * t->k; j++)
			other[j] = z[j] + (real)(far * rng_normal(&t->rng));
		check_at_least(prox_objective(loss, t, step, t->f, other),
			       best - 1e-13 * (step * size + size * size));
	}
	if (size < 1e7 && size / step < 1e5) { /* else a is rounding */
		double rounding = 1e-12 * (1 + size) * (1 + size / step);

		for (ptrdiff_t j = 0; j < t->n * t->k; j++)
			a[j] = (real)(((double)t->f[j] - (double)z[j]) / step);
		if (loss == &loss_logistic) { /* the conjugate refuses what is off by rounding */
			loss->outputs->gradient(outputs_options, outputs_view(t, z),
						outputs_targets(t), outputs_view(t, other));
			for (ptrdiff_t j = 0; j < t->n * t->k; j++)
				check_close(other[j], a[j], 0, rounding * (1 + step));
		} else if (isfinite(loss->outputs->conjugate(outputs_options, 1, outputs_view(t, a),
							     outputs_targets(t)))) {
			check_close(fenchel_young(loss, t, z, a), 0, 0, rounding);
		}
	}
	memcpy(other, t->f, sizeof other);
	loss->outputs->prox(outputs_options, step, outputs_view(t, other), outputs_targets(t),
			    outputs_view(t, other));
	for (ptrdiff_t j = 0; j < t->n * t->k; j++) /* in place */
		check_equal(other[j], z[j]);
}

static void proximal_maps_are_minimisers(void **state)
{
	(void)state;
	each(check_prox);
}

/* Search along all directions of entries -1, 0 and 1 with ever smaller steps from z. */
static double search(const struct loss *loss, struct outputs *t, double step, const real *v,
		     real *z)
{
	double best = prox_objective(loss, t, step, v, z);
	int count = 1;

	for (ptrdiff_t c = 0; c < t->k; c++)
		count *= 3;
	for (double far = 4; far > 1e-9; far *= 0.7)
		for (int i = 0; i < 5 * count; i++) {
			real kept[MOST];
			double value;

			memcpy(kept, z, sizeof kept);
			for (int c = 0, code = i % count; c < t->k; c++, code /= 3)
				z[c] += (real)(far * (code % 3 - 1));
			value = prox_objective(loss, t, step, v, z);
			if (value < best)
				best = value;
			else
				memcpy(z, kept, sizeof kept);
		}
	return best;
}

static void proximal_maps_are_what_search_finds(void **state)
{
	static const double steps[] = {0.2, 1.3, 6};
	static struct outputs t;

	(void)state;
	for (int i = 0; i < 27; i++) {
		const struct loss *loss = outputs_losses[i % LOSSES];
		double step = steps[i / 3 % 3];
		real z[MOST], from[MOST];

		outputs_make(&t, 7 * i + 1, 1, 2 + i % 3);
		for (ptrdiff_t c = 0; c < t.k; c++)
			t.v[c] *= 2;
		memcpy(from, t.v, sizeof from);
		loss->outputs->prox(outputs_options, step, outputs_view(&t, t.v),
				    outputs_targets(&t), outputs_view(&t, z));
		check_close(search(loss, &t, step, t.v, from),
			    prox_objective(loss, &t, step, t.v, z), 0, 1e-6);
		check_at_most(prox_objective(loss, &t, step, t.v, z),
			      search(loss, &t, step, t.v, from) + 1e-13);
	}
}

/* More rows than a block has: each as if it were alone, and views with a stride. */
static void rows_do_not_see_each_other(void **state)
{
	static struct outputs t, one;
	static real wide[(LONG + 7) * MOST], z[LONG * MOST], g[LONG * MOST];
	struct mat F = {LONG, MOST, LONG + 7, wide};

	(void)state;
	outputs_make(&t, 2, LONG, MOST);
	mat_copy(F, outputs_view(&t, t.f));
	for (int l = 0; l < LOSSES; l++) {
		const struct loss_outputs *loss = outputs_losses[l]->outputs;
		double sum = 0;

		loss->gradient(outputs_options, F, outputs_targets(&t), outputs_view(&t, g));
		loss->prox(outputs_options, 1.9, F, outputs_targets(&t), outputs_view(&t, z));
		for (ptrdiff_t r = 0; r < LONG; r++) {
			real gr[MOST], zr[MOST];

			outputs_make(&one, 0, 1, MOST);
			one.label[0] = t.label[r];
			for (ptrdiff_t c = 0; c < MOST; c++) {
				one.f[c] = t.f[r + c * LONG];
				one.y[c] = t.y[r + c * LONG];
			}
			sum += outputs_value(outputs_losses[l], &one, one.f);
			loss->gradient(outputs_options, outputs_view(&one, one.f),
				       outputs_targets(&one), outputs_view(&one, gr));
			loss->prox(outputs_options, 1.9, outputs_view(&one, one.f),
				   outputs_targets(&one), outputs_view(&one, zr));
			for (ptrdiff_t c = 0; c < MOST; c++) {
				check_close(g[r + c * LONG], gr[c], 1e-15, 0);
				check_close(z[r + c * LONG], zr[c], 1e-14, 1e-14);
			}
		}
		check_close(loss->value(outputs_options, F, outputs_targets(&t)), sum, 1e-13, 0);
	}
}

/* What is not a number gives a value that is none. */
static void what_is_not_a_number_stays(void **state)
{
	static struct outputs t;

	(void)state;
	for (int l = 0; l < LOSSES; l++)
		for (int c = 0; c < 3; c++) {
			outputs_make(&t, 4, 1, 3);
			t.f[c] = (real)NAN;
			check_nan(outputs_value(outputs_losses[l], &t, t.f));
		}
}

static void weights_scale_every_function(void **state)
{
	static struct outputs t;
	static real g[OUTPUTS_ROWS * MOST], w[OUTPUTS_ROWS * MOST];

	(void)state;
	outputs_make(&t, 14, OUTPUTS_ROWS, MOST);
	for (int l = 0; l < LOSSES; l++) {
		struct loss_term term = {
			.loss = outputs_losses[l], .options = outputs_options, .weight = 0.23};
		const struct loss_outputs *loss = outputs_losses[l]->outputs;
		struct mat F = outputs_view(&t, t.f), G = outputs_view(&t, g),
			   W = outputs_view(&t, w);
		struct targets y = outputs_targets(&t);

		check_close(loss_outputs_value(term, F, y),
			    0.23 * outputs_value(outputs_losses[l], &t, t.f), 1e-15, 0);
		loss->hessian_product(outputs_options, F, y, outputs_view(&t, t.v), G);
		loss_outputs_hessian_product(term, F, y, outputs_view(&t, t.v), W);
		for (int i = 0; i < OUTPUTS_ROWS * MOST; i++)
			check_close(w[i], 0.23 * (double)g[i], 1e-15, 0);
		loss->prox(outputs_options, 0.23 * 1.9, F, y, G);
		loss_outputs_prox(term, 1.9, F, y, W);
		for (int i = 0; i < OUTPUTS_ROWS * MOST; i++)
			check_close(w[i], g[i], 1e-15, 1e-15);
		loss->gradient(outputs_options, F, y, G);
		loss_outputs_gradient(term, F, y, W);
		for (int i = 0; i < OUTPUTS_ROWS * MOST; i++)
			check_close(w[i], 0.23 * (double)g[i], 1e-15, 0);
		check_close(loss_outputs_conjugate(term, 1, W, y) + loss_outputs_value(term, F, y),
			    outputs_dot(&t, w, t.f), 1e-12, 1e-12);
		check_equal(loss_outputs_curvature(term, MOST),
			    0.23 * loss->curvature(outputs_options));
	}
}

/* One output: the loss without `outputs`, bit for bit. */
static void one_output_is_the_loss_of_one(void **state)
{
	struct loss_term term = {.loss = &loss_huber, .options = outputs_options, .weight = 0.6};
	real f[3] = {(real)0.3, (real)-2.1, (real)1.4}, y[3] = {1, -1, (real)0.2},
	     v[3] = {(real)0.7, 2, -3}, a[3], b[3];
	struct mat F = {3, 1, 3, f}, V = {3, 1, 3, v}, A = {3, 1, 3, a};
	struct targets one = targets_of(y, 3);

	(void)state;
	check_equal(loss_outputs_value(term, F, one), loss_value(term, 3, f, y));
	loss_outputs_prox(term, 0.9, F, one, A);
	loss_prox(term, 3, 0.9, f, y, b);
	assert_memory_equal(a, b, sizeof a);
	loss_outputs_hessian_product(term, F, one, V, A);
	loss_hessian(term, 3, f, y, b);
	for (int r = 0; r < 3; r++)
		check_equal(a[r], b[r] * v[r]);
	loss_outputs_gradient(term, F, one, A);
	loss_gradient(term, 3, f, y, b);
	assert_memory_equal(a, b, sizeof a);
	check_equal(loss_outputs_conjugate(term, 0.9, A, one), loss_conjugate(term, 3, 0.9, b, y));
	check_equal(loss_outputs_curvature(term, 1), loss_curvature(term));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proximal_maps_are_minimisers),
		cmocka_unit_test(proximal_maps_are_what_search_finds),
		cmocka_unit_test(rows_do_not_see_each_other),
		cmocka_unit_test(what_is_not_a_number_stays),
		cmocka_unit_test(weights_scale_every_function),
		cmocka_unit_test(one_output_is_the_loss_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
