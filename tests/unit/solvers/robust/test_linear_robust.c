/* The robust linear classifier: its objective, its bound by weak duality, and its network, all
 * against plain loops and brute force. */
#include "solvers/model/attack.h"
#include "solvers/model/trainer.h"
#include "tests/close.h"
#include "tests/robust.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct trainer trainer_linear_robust;

enum { N = 80, D = 6, STEPS = 400 };

static const bool frozen[D] = {[D - 1] = true};

struct solution {
	struct toy toy;
	struct arena arena;
	void *state;
	struct progress progress;
	struct certificate certificate;
	struct net net;
	real w[D];
};

static struct solution *solve(const char *loss, double beta, const char *options)
{
	static struct solution s;
	struct err err;

	s = (struct solution){.toy = toy_make(N, D, loss, beta)};
	s.toy.problem.frozen = frozen;
	assert_int_equal(trainer_linear_robust.setup(
				 &s.toy.problem,
				 toy_options(&trainer_linear_robust.base, options, &s.arena),
				 &s.arena, &s.state, &err),
			 STATUS_OK);
	for (int i = 0; i < STEPS && s.progress.end == OUTCOME_RUNNING; i++)
		trainer_linear_robust.step(s.state, &s.progress);
	assert_int_equal(s.progress.end, OUTCOME_CONVERGED);
	trainer_linear_robust.certify(s.state, &s.certificate);
	s.net = net_new(&s.arena, D, 2);
	trainer_linear_robust.model(s.state, &s.net.base);
	for (ptrdiff_t i = 0; i < D; i++)
		for (ptrdiff_t j = 0; j < s.net.U.cols; j++) /* u_1 a_1 = -u_2 (-a_2) = w */
			s.w[i] = mat_get(s.net.U, i, 0) * s.net.alpha[0];
	return &s;
}

static void drop(struct solution *s)
{
	arena_release(&s->arena);
	arena_release(&s->toy.arena);
}

/* Program value at w by the definition. */
static double value(const struct solution *s, const real *w, double eps, enum norm norm)
{
	double shift = eps * robust_dual_norm(w, D, frozen, norm), sum = 0, square = 0;

	for (ptrdiff_t k = 0; k < N; k++) {
		double y = (double)s->toy.problem.y.at[k], f = 0;

		for (ptrdiff_t i = 0; i < D; i++)
			f += (double)mat_get(s->toy.problem.X, k, i) * (double)w[i];
		sum += toy_loss(s->toy.problem.loss, f - y * shift, y);
	}
	for (ptrdiff_t i = 0; i < D; i++)
		square += (double)w[i] * (double)w[i];
	return s->toy.problem.loss.weight * sum + 2 * s->toy.problem.beta * sqrt(square);
}

/* No point near or far is below the bound. */
static void check_bound(const struct solution *s, double eps, enum norm norm)
{
	struct rng rng = rng_stream(4, "near", 0);

	for (int draw = 0; draw < 2000; draw++) {
		double size = pow(10, -6 * rng_uniform(&rng));
		real w[D];

		for (ptrdiff_t i = 0; i < D; i++)
			w[i] = (real)((double)s->w[i] + size * rng_normal(&rng));
		check_at_least(value(s, w, eps, norm),
			       s->certificate.lower_bound - 1e-9 * fabs(s->certificate.upper));
	}
}

static void solutions_are_certified(void **state)
{
	static const char *const losses[] = {"hinge", "logistic", "squared_hinge"};
	static const double betas[] = {1e-4, 0.3};

	(void)state;
	for (int c = 0; c < 12; c++) {
		enum norm norm = c % 2 ? NORM_L2 : NORM_LINF;
		char options[64];
		struct solution *s;
		const struct certificate *found;

		snprintf(options, sizeof options, "{eps: 0.15, norm: %s}", threat_norms[norm]);
		s = solve(losses[c / 2 % 3], betas[c / 6], options);
		found = &s->certificate;
		assert_int_equal(s->net.U.cols, 2);
		check_close(found->objective, value(s, s->w, 0.15, norm), 0,
			    1e-9 * found->objective);
		if (!(found->upper - found->lower_bound < 1e-6 * found->upper))
			fail_msg("%s: gap %g of %g", losses[c / 2 % 3],
				 found->upper - found->lower_bound, found->upper);
		check_bound(s, 0.15, norm);
		drop(s);
	}
}

/* At eps = 0 the program is that of the two neurons. */
static void without_attack_it_is_the_network_objective(void **state)
{
	struct solution *s = solve("logistic", 0.2, "{}");

	(void)state;
	check_close(toy_objective(&s->toy.problem, &s->net), s->certificate.objective, 1e-9, 0);
	drop(s);
}

/* The worst corner of every ball of the network is the closed form. */
static void network_meets_the_closed_worst_case(void **state)
{
	enum { CORNERS = 1 << (D - 1) };
	struct solution *s = solve("hinge", 1e-3, "{eps: 0.1}");
	struct mat x = mat_new(&s->arena, 1, D);

	(void)state;
	for (ptrdiff_t k = 0; k < N; k++) {
		double y = (double)s->toy.problem.y.at[k], least = HUGE_VAL;
		double clean = y * toy_output(&s->net, s->toy.problem.X, k);

		for (int c = 0; c < CORNERS; c++) {
			for (int i = 0; i < D; i++)
				mat_set(x, 0, i,
					mat_get(s->toy.problem.X, k, i) +
						(i == D - 1 ? 0 : (c >> i & 1 ? 0.1 : -0.1)));
			least = fmin(least, y * toy_output(&s->net, x, 0));
		}
		check_close(least, clean - 0.1 * robust_dual_norm(s->w, D, frozen, NORM_LINF), 0,
			    1e-12 * (1 + fabs(clean)));
	}
	drop(s);
}

/* A ball that reaches every point leaves only the bias: the value of the best constant. */
static void a_large_ball_leaves_a_constant(void **state)
{
	struct solution *s = solve("logistic", 1e-3, "{eps: 50}");
	double least = HUGE_VAL;

	(void)state;
	for (double b = -2; b <= 2; b += 1e-3) {
		real w[D] = {[D - 1] = (real)b};

		least = fmin(least, value(s, w, 50, NORM_LINF));
	}
	check_at_most(s->certificate.lower_bound, least + 1e-9);
	check_close(s->certificate.objective, least, 1e-4, 0); /* of the grid */
	drop(s);
}

/* Zeros, duplicates, constants, any scale, few samples: never above w = 0, the bound below, and
 * "converged" only where the certificate says so. */
static void degenerate_data_ends_right(void **state)
{
	static const char *const losses[] = {"hinge", "logistic", "squared_hinge"};
	static const ptrdiff_t sizes[] = {1, 2, 3, 30};

	(void)state;
	for (int seed = 0; seed < 120; seed++) {
		struct toy toy =
			toy_make(sizes[seed % 4], 4, losses[seed / 4 % 3], seed % 2 ? 1e-2 : 1);
		const char *options =
			arena_format(&toy.arena, "{eps: 0.1, norm: %s}",
				     threat_norms[seed / 12 % 2 ? NORM_L2 : NORM_LINF]);
		struct mat X = toy.problem.X;
		struct progress progress = {0};
		struct certificate c;
		double zero = 0, scale = pow(10, seed % 17 - 8);
		struct err err;
		void *linear;

		for (ptrdiff_t k = 0; k < X.rows; k++) {
			double first = (double)mat_get(X, k, 0);

			for (ptrdiff_t j = 0; j < X.cols; j++)
				mat_set(X, k, j,
					(real)(seed % 5 == 0   ? 0
					       : seed % 5 == 1 ? scale * first
							       : scale * (double)mat_get(X, k, j)));
			zero += toy_loss(toy.problem.loss, 0, (double)toy.problem.y.at[k]);
		}
		assert_int_equal(
			trainer_linear_robust.setup(
				&toy.problem,
				toy_options(&trainer_linear_robust.base, options, &toy.arena),
				&toy.arena, &linear, &err),
			STATUS_OK);
		for (int i = 0; i < STEPS && progress.end == OUTCOME_RUNNING; i++)
			trainer_linear_robust.step(linear, &progress);
		trainer_linear_robust.certify(linear, &c);
		check_at_most(c.lower_bound, c.upper * (1 + 1e-9));
		if (progress.end == OUTCOME_CONVERGED &&
		    !(c.upper - c.lower_bound <= 1e-6 * c.upper))
			fail_msg("seed %d: converged at %g above %g", seed, c.upper, c.lower_bound);
		if (seed % 5 == 0) {
			check_at_most(c.upper - c.lower_bound, 1e-6 * c.upper);
			check_at_most(c.upper, zero * (1 + 1e-9));
		}
		arena_release(&toy.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(solutions_are_certified),
		cmocka_unit_test(without_attack_it_is_the_network_objective),
		cmocka_unit_test(network_meets_the_closed_worst_case),
		cmocka_unit_test(a_large_ball_leaves_a_constant),
		cmocka_unit_test(degenerate_data_ends_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
