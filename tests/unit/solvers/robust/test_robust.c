/* The worst case of one sample: values against attacks by brute force, proximal maps by the
 * subgradient inequality, conjugates by Fenchel's; dual norms likewise. */
#include "solvers/core/blas.h"
#include "solvers/robust/robust.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 12, D = 4, TRIES = 400 };

static const char *const losses[] = {"hinge", "{logistic: {loss_scale: 2}}", "squared_hinge",
				     "squared", "{huber: {delta: 0.4}}"};

enum { LOSSES = sizeof losses / sizeof losses[0] };

struct fixture {
	struct toy toy;
	struct robust r;
	bool frozen[D];
};

static void make(struct fixture *t, const char *loss, long p, double eps)
{
	memset(t, 0, sizeof *t);
	t->toy = toy_make(N, D, loss, 0.1);
	t->frozen[D - 1] = true;
	t->r.problem = &t->toy.problem;
	t->r.threat =
		(struct threat){.norm = (enum norm)p, .eps = eps, .d = D, .frozen = t->frozen};
	t->r.two_sided = t->toy.problem.loss.loss->regression;
	t->r.Xt = mat_new(&t->toy.arena, D, N);
	mat_transpose(t->r.Xt, t->toy.problem.X);
}

static void each(void (*check)(struct fixture *t, struct rng *rng))
{
	for (int l = 0; l < LOSSES; l++)
		for (long p = NORM_LINF; p <= NORM_L1; p++)
			for (int e = 0; e < 3; e++) {
				struct rng rng =
					rng_stream(7, "test_robust", (uint64_t)(9 * l + 3 * p + e));
				struct fixture t;

				make(&t, losses[l], p, e == 0 ? 0 : e == 1 ? 0.1 : 1);
				check(&t, &rng);
				arena_release(&t.toy.arena);
			}
}

static void draw(struct rng *rng, double size, real *c)
{
	for (int j = 0; j < D; j++)
		c[j] = (real)(size * rng_normal(rng));
}

/* A point of the sphere of the perturbations; corners for linf and l1 half of the time. */
static void perturb(const struct fixture *t, struct rng *rng, real *delta)
{
	double size = 0;

	for (int j = 0; j < D; j++)
		delta[j] = t->frozen[j] ? 0 : (real)rng_normal(rng);
	if (t->r.threat.norm == NORM_LINF)
		for (int j = 0; j < D - 1; j++)
			delta[j] = delta[j] > 0 ? 1 : -1;
	if (t->r.threat.norm == NORM_L1) {
		int keep = (int)rng_below(rng, D - 1);

		for (int j = 0; j < D - 1; j++)
			delta[j] = j == keep ? (delta[j] > 0 ? 1 : -1) : 0;
	}
	for (int j = 0; j < D; j++)
		size += (double)delta[j] * (double)delta[j];
	if (t->r.threat.norm == NORM_L2)
		blas_scale(D, 1 / sqrt(size), delta);
	blas_scale(D, t->r.threat.eps, delta);
}

/* No attack is above the value, and some come near it. */
static void check_value(struct fixture *t, struct rng *rng)
{
	for (ptrdiff_t k = 0; k < N; k++) {
		real c[D], delta[D];
		double value, worst = -HUGE_VAL, y = (double)t->toy.problem.y.at[k];

		draw(rng, 1, c);
		value = robust_value(&t->r, k, c);
		for (int i = 0; i < TRIES; i++) {
			double f;

			perturb(t, rng, delta);
			f = blas_dot(D, c, mat_col(t->r.Xt, k)) + blas_dot(D, c, delta);
			worst = fmax(worst, toy_loss(t->toy.problem.loss, f, y));
		}
		check_at_most(worst, value + 1e-12 * (1 + value));
		check_at_least(worst,
			       value - (t->r.threat.norm == NORM_L2 ? 0.2 : 1e-9) * (1 + value));
	}
}

static void values_are_the_worst_case(void **state)
{
	(void)state;
	each(check_value);
}

/* What a proximal map returned. */
struct mapped {
	real c0[D], c[D];
	double step, value; /* psi at c */
};

/* psi(other) >= psi(c) + g'(other - c), g = (c0 - c) / step */
static void check_subgradient(struct fixture *t, ptrdiff_t k, const struct mapped *m,
			      const real *shift)
{
	real other[D];
	double rise = 0, at;

	for (int j = 0; j < D; j++) {
		other[j] = m->c[j] + shift[j];
		rise += ((double)m->c0[j] - (double)m->c[j]) / m->step * (double)shift[j];
	}
	at = robust_value(&t->r, k, other);
	if (!(at >= m->value + rise - 1e-7 * (1 + fabs(rise) + at)))
		fail_msg("%s, p %ld, eps %g, step %g: %.12g < %.12g + %.12g",
			 t->toy.problem.loss.loss->base.name, (long)t->r.threat.norm,
			 t->r.threat.eps, m->step, at, m->value, rise);
}

/* psi*(g) = g'c - psi(c) from the coefficients of g */
static void check_conjugate(struct fixture *t, ptrdiff_t k, const struct mapped *m,
			    struct robust_dual dual)
{
	double conjugate = robust_conjugate(&t->r, k, 1 - 1e-12, dual), product = 0;

	for (int j = 0; j < D; j++)
		product += ((double)m->c0[j] - (double)m->c[j]) / m->step * (double)m->c[j];
	if (!(fabs(conjugate - (product - m->value)) <= 1e-6 * (1 + fabs(product))))
		fail_msg("%s, p %ld, eps %g, step %g: conjugate %.12g, %.12g expected",
			 t->toy.problem.loss.loss->base.name, (long)t->r.threat.norm,
			 t->r.threat.eps, m->step, conjugate, product - m->value);
}

static void check_prox(struct fixture *t, struct rng *rng)
{
	static const double steps[] = {0.02, 0.7, 30};

	for (ptrdiff_t k = 0; k < 3 * N; k++) {
		struct mapped m = {.step = steps[k / N]};
		struct robust_dual dual;
		real shift[D];

		draw(rng, 2, m.c0);
		dual = robust_prox(&t->r, k % N, m.step, m.c0, m.c);
		m.value = robust_value(&t->r, k % N, m.c);
		check_conjugate(t, k % N, &m, dual);
		for (int i = 0; i < TRIES / 10; i++) {
			draw(rng, i % 2 ? 0.1 : 3, shift);
			check_subgradient(t, k % N, &m, shift);
		}
	}
}

static void proximal_maps_leave_subgradients(void **state)
{
	(void)state;
	each(check_prox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_the_worst_case),
		cmocka_unit_test(proximal_maps_leave_subgradients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
