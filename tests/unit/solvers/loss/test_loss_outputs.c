/* Losses of several outputs on random and degenerate instances: values against their definition,
 * slopes against differences, conjugates and proximal maps against Fenchel and Young and against
 * search, two outputs against the loss of one, classes in another order. */
#include "solvers/core/rng.h"
#include "solvers/loss/loss.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct loss loss_squared, loss_logistic, loss_hinge, loss_huber;

static const double scale_option[1] = {1.7}; /* loss_scale of logistic */

enum { LOSSES = 3, SEEDS = 1000, MOST = 10, ROWS = 5, LONG = 300 };

static const struct loss *const losses[LOSSES] = {&loss_squared, &loss_logistic, &loss_hinge};

/* Outputs of these sizes; ties where rounded to whole numbers. */
static const double sizes[] = {1, 0, 5, 40, 1e3, 1e8, 1e-7};

enum { SIZES = sizeof sizes / sizeof *sizes };

struct instance {
	struct rng rng;
	ptrdiff_t n, k;
	double size;
	real f[LONG * MOST], y[LONG * MOST], v[LONG * MOST];
	int label[LONG];
};

static void make(struct instance *t, int seed, ptrdiff_t n, ptrdiff_t k)
{
	memset(t, 0, sizeof *t);
	t->rng = rng_stream(20, "outputs", (uint64_t)seed);
	t->n = n;
	t->k = k;
	t->size = sizes[seed % SIZES];
	for (ptrdiff_t i = 0; i < n * k; i++) {
		double f = t->size * rng_normal(&t->rng);

		t->f[i] = (real)(seed % 3 ? f : round(f));
		t->v[i] = (real)rng_normal(&t->rng);
	}
	for (ptrdiff_t r = 0; r < n; r++) {
		t->label[r] = (int)(rng_uniform(&t->rng) * (double)k);
		t->y[r + t->label[r] * n] = 1;
	}
}

static void make_small(struct instance *t, int seed)
{
	make(t, seed, 1 + seed % ROWS, 2 + seed / ROWS % (MOST - 1));
}

static struct mat view(const struct instance *t, real *at)
{
	return (struct mat){t->n, t->k, t->n, at};
}

static struct targets targets(const struct instance *t)
{
	return (struct targets){t->n, t->k, t->y, t->label};
}

static double value_of(const struct loss *loss, const struct instance *t, real *f)
{
	return loss->outputs->value(scale_option, view(t, f), targets(t));
}

/* sum of the definition over the samples */
static double defined(const struct loss *loss, const struct instance *t, const real *f)
{
	double sum = 0, row[MOST], y[MOST];

	for (ptrdiff_t r = 0; r < t->n; r++) {
		for (ptrdiff_t c = 0; c < t->k; c++) {
			row[c] = (double)f[r + c * t->n];
			y[c] = (double)t->y[r + c * t->n];
		}
		sum += loss->outputs->sample(scale_option, t->k, row, y);
	}
	return sum;
}

static double dot(const struct instance *t, const real *a, const real *b)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		sum += (double)a[i] * (double)b[i];
	return sum;
}

static double largest(const struct instance *t, const real *a)
{
	double most = 0;

	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		most = fmax(most, fabs((double)a[i]));
	return most;
}

static void each(void (*check)(const struct loss *loss, struct instance *t))
{
	static struct instance t;

	for (int l = 0; l < LOSSES; l++)
		for (int seed = 0; seed < SEEDS; seed++) {
			make_small(&t, seed);
			check(losses[l], &t);
		}
}

static void check_value(const struct loss *loss, struct instance *t)
{
	double want = defined(loss, t, t->f);

	check_close(value_of(loss, t, t->f), want, 1e-13, 1e-14 * (1 + largest(t, t->f)));
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
	static struct instance t;

	(void)state;
	for (int i = 0; i < 4; i++) {
		real g[3];

		make(&t, 0, 1, 3);
		memset(t.f, 0, sizeof t.f);
		t.f[t.label[0]] = (real)margins[i];
		check_close(value_of(&loss_logistic, &t, t.f), 2 * exp(-1.7 * margins[i]), 1e-12,
			    0);
		loss_logistic.outputs->gradient(scale_option, view(&t, t.f), targets(&t),
						view(&t, g));
		check_close(g[t.label[0]], -2 * 1.7 * exp(-1.7 * margins[i]), 1e-12, 0);
	}
}

/* Whether the hinge has no kink within 1e-3 of the outputs. */
static bool away_from_kinks(const struct instance *t)
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

static void check_gradient(const struct loss *loss, struct instance *t)
{
	const double h = 1e-5;
	static real g[LONG * MOST];

	if (t->size > 50 || (loss == &loss_hinge && !away_from_kinks(t)))
		return;
	loss->outputs->gradient(scale_option, view(t, t->f), targets(t), view(t, g));
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

static void check_hessian(const struct loss *loss, struct instance *t)
{
	const double h = 1e-5;
	static real f[LONG * MOST], above[LONG * MOST], below[LONG * MOST], product[LONG * MOST];
	double curvature = loss->outputs->curvature(scale_option);

	if (t->size > 50 || (loss == &loss_hinge && !away_from_kinks(t)))
		return;
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		f[i] = t->f[i] + (real)h * t->v[i];
	loss->outputs->gradient(scale_option, view(t, f), targets(t), view(t, above));
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		f[i] = t->f[i] - (real)h * t->v[i];
	loss->outputs->gradient(scale_option, view(t, f), targets(t), view(t, below));
	loss->outputs->hessian_product(scale_option, view(t, t->f), targets(t), view(t, t->v),
				       view(t, product));
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		check_close((double)(above[i] - below[i]) / (2 * h), product[i], 1e-8, 1e-8);
	check_at_least(dot(t, t->v, product), -1e-14 * dot(t, t->v, t->v));
	check_at_most(dot(t, t->v, product), curvature * dot(t, t->v, t->v) * (1 + 1e-14));
	loss->outputs->hessian_product(scale_option, view(t, t->f), targets(t), view(t, t->v),
				       view(t, t->v)); /* in place */
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
	static struct instance t;
	real product[2];

	(void)state;
	make(&t, 1, 1, 2);
	memset(t.f, 0, sizeof t.f);
	t.v[0] = 1;
	t.v[1] = -1;
	for (int l = 0; l < 2; l++) {
		losses[l]->outputs->hessian_product(scale_option, view(&t, t.f), targets(&t),
						    view(&t, t.v), view(&t, product));
		check_close(product[0], losses[l]->outputs->curvature(scale_option), 1e-14, 0);
	}
	check_equal(loss_hinge.outputs->curvature(scale_option), HUGE_VAL);
}

/* l(f) + l*(a) - <a, f> is 0 for a in the subdifferential at f, and nowhere negative. */
static double fenchel_young(const struct loss *loss, const struct instance *t, real *f, real *a)
{
	return value_of(loss, t, f) +
	       loss->outputs->conjugate(scale_option, 1, view(t, a), targets(t)) - dot(t, a, f);
}

/* A random point of the domain of the conjugate. */
static void draw_dual(const struct loss *loss, struct instance *t, real *a)
{
	double scale = loss == &loss_logistic ? scale_option[0] : 1, p[MOST];

	for (ptrdiff_t r = 0; r < t->n; r++) {
		double sum = 0;

		for (ptrdiff_t c = 0; c < t->k; c++)
			sum += p[c] = pow(rng_uniform(&t->rng), 3);
		for (ptrdiff_t c = 0; c < t->k; c++)
			a[r + c * t->n] = (real)(scale * (p[c] / sum - (c == t->label[r])));
	}
}

static void check_conjugate(const struct loss *loss, struct instance *t)
{
	static real a[LONG * MOST], other[LONG * MOST];
	double rounding = 1e-14 * (1 + largest(t, t->f)) * (1 + largest(t, t->f));

	loss->outputs->gradient(scale_option, view(t, t->f), targets(t), view(t, a));
	check_close(fenchel_young(loss, t, t->f, a), 0, 0, rounding * 10);
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		other[i] = t->f[i] + t->v[i];
	check_at_least(fenchel_young(loss, t, other, a), -rounding * 100);
	draw_dual(loss, t, a);
	check_at_least(fenchel_young(loss, t, t->f, a), -rounding * 100);
	/* s is a factor of a: half of it is in the domain, with the value of the halved a */
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		other[i] = a[i] / 2;
	check_close(loss->outputs->conjugate(scale_option, 0.5, view(t, a), targets(t)),
		    loss->outputs->conjugate(scale_option, 1, view(t, other), targets(t)), 1e-14,
		    1e-14);
}

static void conjugates_satisfy_fenchel_and_young(void **state)
{
	(void)state;
	each(check_conjugate);
}

static double conjugate_at(const struct loss *loss, struct instance *t, double own, double first,
			   double second)
{
	real a[3];
	int y = t->label[0];

	a[y] = (real)own;
	a[(y + 1) % 3] = (real)first;
	a[(y + 2) % 3] = (real)second;
	return loss->outputs->conjugate(scale_option, 1, view(t, a), targets(t));
}

static void conjugates_are_infinite_off_their_face(void **state)
{
	static struct instance t;

	(void)state;
	make(&t, 3, 1, 3);
	for (int l = 1; l < LOSSES; l++) {
		check_finite(conjugate_at(losses[l], &t, -1, 0.5, 0.5));
		check_finite(conjugate_at(losses[l], &t, -1, 1 + 1e-15, 0));
		check_finite(conjugate_at(losses[l], &t, 0, 0, 0));
		check_equal(conjugate_at(losses[l], &t, -1, 0.5, 0.4), HUGE_VAL);
		check_equal(conjugate_at(losses[l], &t, -1, 0.5, 0.5 + 1e-12), HUGE_VAL);
		check_equal(conjugate_at(losses[l], &t, -1, 1.2, -0.2), HUGE_VAL);
		check_equal(conjugate_at(losses[l], &t, 0.3, -0.15, -0.15), HUGE_VAL);
		check_equal(conjugate_at(losses[l], &t, -1.8, 0.9, 0.9), HUGE_VAL);
	}
	check_close(conjugate_at(&loss_hinge, &t, -0.7, 0.5, 0.2), -0.7, 1e-15, 0);
	check_close(conjugate_at(&loss_logistic, &t, -1.7, 0.85, 0.85), -log(2), 1e-15, 0);
}

static double prox_objective(const struct loss *loss, struct instance *t, double step,
			     const real *v, real *z)
{
	double square = 0;

	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		square += pow((double)z[i] - (double)v[i], 2);
	return step * value_of(loss, t, z) + square / 2;
}

/* (v - z) / t is a subgradient at z, which is Moreau's identity; no other point is better. */
static void check_prox(const struct loss *loss, struct instance *t)
{
	static const double steps[] = {1e-3, 0.31, 2.9, 57, 1e6};
	static real z[LONG * MOST], a[LONG * MOST], other[LONG * MOST];
	double step = steps[rng_uniform(&t->rng) < 0.5 ? 1 : (int)(5 * rng_uniform(&t->rng))];
	double size = 1 + largest(t, t->f), best;

	loss->outputs->prox(scale_option, step, view(t, t->f), targets(t), view(t, z));
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
			loss->outputs->gradient(scale_option, view(t, z), targets(t),
						view(t, other));
			for (ptrdiff_t j = 0; j < t->n * t->k; j++)
				check_close(other[j], a[j], 0, rounding * (1 + step));
		} else if (isfinite(loss->outputs->conjugate(scale_option, 1, view(t, a),
							     targets(t)))) {
			check_close(fenchel_young(loss, t, z, a), 0, 0, rounding);
		}
	}
	memcpy(other, t->f, sizeof other);
	loss->outputs->prox(scale_option, step, view(t, other), targets(t), view(t, other));
	for (ptrdiff_t j = 0; j < t->n * t->k; j++) /* in place */
		check_equal(other[j], z[j]);
}

static void proximal_maps_are_minimisers(void **state)
{
	(void)state;
	each(check_prox);
}

/* Search along all directions of entries -1, 0 and 1 with ever smaller steps from z. */
static double search(const struct loss *loss, struct instance *t, double step, const real *v,
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
	static struct instance t;

	(void)state;
	for (int i = 0; i < 27; i++) {
		const struct loss *loss = losses[i % LOSSES];
		double step = steps[i / 3 % 3];
		real z[MOST], from[MOST];

		make(&t, 7 * i + 1, 1, 2 + i % 3);
		for (ptrdiff_t c = 0; c < t.k; c++)
			t.v[c] *= 2;
		memcpy(from, t.v, sizeof from);
		loss->outputs->prox(scale_option, step, view(&t, t.v), targets(&t), view(&t, z));
		check_close(search(loss, &t, step, t.v, from),
			    prox_objective(loss, &t, step, t.v, z), 0, 1e-6);
		check_at_most(prox_objective(loss, &t, step, t.v, z),
			      search(loss, &t, step, t.v, from) + 1e-13);
	}
}

/* F = (0, f), class 1 for +1: values, slopes and conjugates of the loss of one output; the prox of
 * what both outputs share is 0, and that of f - 0 has a step twice as long. */
static void two_outputs_are_the_loss_of_one(void **state)
{
	static struct instance t;

	(void)state;
	for (int i = 0; i < 2 * SEEDS; i++) {
		const struct loss *loss = i % 2 ? &loss_logistic : &loss_hinge;
		real y, f, g, a[2], d, z[2];
		double size;

		make(&t, i / 2, 1, 2);
		size = 1 + fabs((double)t.f[1]);
		t.f[0] = 0;
		f = t.f[1];
		y = t.label[0] ? 1 : -1;
		check_close(value_of(loss, &t, t.f), loss->value(scale_option, 1, &f, &y), 1e-14,
			    1e-300);
		loss->gradient(scale_option, 1, &f, &y, &g);
		loss->outputs->gradient(scale_option, view(&t, t.f), targets(&t), view(&t, a));
		check_close(a[1], g, 1e-13, 1e-300);
		check_close(a[0], -g, 1e-13, 1e-300);
		check_close(loss->outputs->conjugate(scale_option, 1, view(&t, a), targets(&t)),
			    loss->conjugate(scale_option, 1, 1, &g, &y), 1e-13, 1e-14);
		loss->prox(scale_option, 1, 2 * 0.83, &f, &y, &d);
		loss->outputs->prox(scale_option, 0.83, view(&t, t.f), targets(&t), view(&t, z));
		check_close(z[1] - z[0], d, 1e-14, 1e-14 * size);
		check_close(z[1] + z[0], f, 1e-14, 1e-14 * size);
	}
}

/* Column c becomes column (c + turn) % k. */
static void turn_classes(const struct instance *t, ptrdiff_t turn, const real *from, real *to)
{
	for (ptrdiff_t c = 0; c < t->k; c++)
		memcpy(to + (c + turn) % t->k * t->n, from + c * t->n, (size_t)t->n * sizeof *from);
}

static void check_order(const struct loss *loss, struct instance *t)
{
	static struct instance u;
	static real g[LONG * MOST], h[LONG * MOST], want[LONG * MOST];
	ptrdiff_t turn = 1 + t->n % (t->k - 1);
	double size = 1 + largest(t, t->f), one;

	u = *t;
	turn_classes(t, turn, t->f, u.f);
	turn_classes(t, turn, t->y, u.y);
	turn_classes(t, turn, t->v, u.v);
	for (ptrdiff_t r = 0; r < t->n; r++)
		u.label[r] = (int)((t->label[r] + turn) % t->k);
	one = value_of(loss, t, t->f);
	check_close(value_of(loss, &u, u.f), one, 1e-14, 0);
	loss->outputs->gradient(scale_option, view(t, t->f), targets(t), view(t, g));
	loss->outputs->gradient(scale_option, view(&u, u.f), targets(&u), view(&u, h));
	turn_classes(t, turn, g, want);
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		check_close(h[i], want[i], 1e-14, 0);
	check_close(loss->outputs->conjugate(scale_option, 0.7, view(&u, h), targets(&u)),
		    loss->outputs->conjugate(scale_option, 0.7, view(t, g), targets(t)), 1e-13,
		    1e-14);
	loss->outputs->prox(scale_option, 2.3, view(t, t->f), targets(t), view(t, g));
	loss->outputs->prox(scale_option, 2.3, view(&u, u.f), targets(&u), view(&u, h));
	turn_classes(t, turn, g, want);
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		check_close(h[i], want[i], 1e-14, 1e-15 * size);
	loss->outputs->hessian_product(scale_option, view(t, t->f), targets(t), view(t, t->v),
				       view(t, g));
	loss->outputs->hessian_product(scale_option, view(&u, u.f), targets(&u), view(&u, u.v),
				       view(&u, h));
	turn_classes(t, turn, g, want);
	for (ptrdiff_t i = 0; i < t->n * t->k; i++)
		check_close(h[i], want[i], 1e-13, 1e-14 * largest(t, t->v));
}

static void the_order_of_classes_changes_nothing(void **state)
{
	(void)state;
	each(check_order);
}

/* More rows than a block has: each as if it were alone, and views with a stride. */
static void rows_do_not_see_each_other(void **state)
{
	static struct instance t, one;
	static real wide[(LONG + 7) * MOST], z[LONG * MOST], g[LONG * MOST];
	struct mat F = {LONG, MOST, LONG + 7, wide};

	(void)state;
	make(&t, 2, LONG, MOST);
	mat_copy(F, view(&t, t.f));
	for (int l = 0; l < LOSSES; l++) {
		const struct loss_outputs *loss = losses[l]->outputs;
		double sum = 0;

		loss->gradient(scale_option, F, targets(&t), view(&t, g));
		loss->prox(scale_option, 1.9, F, targets(&t), view(&t, z));
		for (ptrdiff_t r = 0; r < LONG; r++) {
			real gr[MOST], zr[MOST];

			make(&one, 0, 1, MOST);
			one.label[0] = t.label[r];
			for (ptrdiff_t c = 0; c < MOST; c++) {
				one.f[c] = t.f[r + c * LONG];
				one.y[c] = t.y[r + c * LONG];
			}
			sum += value_of(losses[l], &one, one.f);
			loss->gradient(scale_option, view(&one, one.f), targets(&one),
				       view(&one, gr));
			loss->prox(scale_option, 1.9, view(&one, one.f), targets(&one),
				   view(&one, zr));
			for (ptrdiff_t c = 0; c < MOST; c++) {
				check_close(g[r + c * LONG], gr[c], 1e-15, 0);
				check_close(z[r + c * LONG], zr[c], 1e-14, 1e-14);
			}
		}
		check_close(loss->value(scale_option, F, targets(&t)), sum, 1e-13, 0);
	}
}

/* What is not a number gives a value that is none. */
static void what_is_not_a_number_stays(void **state)
{
	static struct instance t;

	(void)state;
	for (int l = 0; l < LOSSES; l++)
		for (int c = 0; c < 3; c++) {
			make(&t, 4, 1, 3);
			t.f[c] = (real)NAN;
			check_nan(value_of(losses[l], &t, t.f));
		}
}

static void weights_scale_every_function(void **state)
{
	static struct instance t;
	static real g[ROWS * MOST], w[ROWS * MOST];

	(void)state;
	make(&t, 14, ROWS, MOST);
	for (int l = 0; l < LOSSES; l++) {
		struct loss_term term = {losses[l], scale_option, 0.23};
		const struct loss_outputs *loss = losses[l]->outputs;
		struct mat F = view(&t, t.f), G = view(&t, g), W = view(&t, w);
		struct targets y = targets(&t);

		check_close(loss_outputs_value(term, F, y), 0.23 * value_of(losses[l], &t, t.f),
			    1e-15, 0);
		loss->hessian_product(scale_option, F, y, view(&t, t.v), G);
		loss_outputs_hessian_product(term, F, y, view(&t, t.v), W);
		for (int i = 0; i < ROWS * MOST; i++)
			check_close(w[i], 0.23 * (double)g[i], 1e-15, 0);
		loss->prox(scale_option, 0.23 * 1.9, F, y, G);
		loss_outputs_prox(term, 1.9, F, y, W);
		for (int i = 0; i < ROWS * MOST; i++)
			check_close(w[i], g[i], 1e-15, 1e-15);
		loss->gradient(scale_option, F, y, G);
		loss_outputs_gradient(term, F, y, W);
		for (int i = 0; i < ROWS * MOST; i++)
			check_close(w[i], 0.23 * (double)g[i], 1e-15, 0);
		check_close(loss_outputs_conjugate(term, 1, W, y) + loss_outputs_value(term, F, y),
			    dot(&t, w, t.f), 1e-12, 1e-12);
		check_equal(loss_outputs_curvature(term, MOST),
			    0.23 * loss->curvature(scale_option));
	}
}

/* One output: the loss without `outputs`, bit for bit. */
static void one_output_is_the_loss_of_one(void **state)
{
	struct loss_term term = {&loss_huber, scale_option, 0.6};
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
		cmocka_unit_test(values_are_those_of_the_definition),
		cmocka_unit_test(small_losses_keep_their_digits),
		cmocka_unit_test(gradients_match_differences),
		cmocka_unit_test(hessians_match_differences),
		cmocka_unit_test(curvature_is_attained),
		cmocka_unit_test(conjugates_satisfy_fenchel_and_young),
		cmocka_unit_test(conjugates_are_infinite_off_their_face),
		cmocka_unit_test(proximal_maps_are_minimisers),
		cmocka_unit_test(proximal_maps_are_what_search_finds),
		cmocka_unit_test(two_outputs_are_the_loss_of_one),
		cmocka_unit_test(the_order_of_classes_changes_nothing),
		cmocka_unit_test(rows_do_not_see_each_other),
		cmocka_unit_test(what_is_not_a_number_stays),
		cmocka_unit_test(weights_scale_every_function),
		cmocka_unit_test(one_output_is_the_loss_of_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
