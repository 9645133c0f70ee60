/* Robust regimes of backprop: gradients against differences, bounds against brute force, the inner
 * attack inside of its ball. */
#include "baselines/backprop_robust.h"
#include "baselines/backprop_train.h"
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

enum { D = 5, M = 7, CORNERS = 1 << (D - 1) };

static const double NUDGE = 1e-6; /* rounding 1e-16 / 1e-6, and few kinks within */

struct fixture {
	struct arena arena;
	struct toy toy;
	struct backprop_options options;
	struct backprop b;
	struct err err;
};

/* The last column is 1 and not attacked; validation is the training part again. */
static struct fixture *make(ptrdiff_t n, const char *loss)
{
	static const bool frozen[D] = {[D - 1] = true};
	static struct fixture t;

	t = (struct fixture){.toy = toy_make(n, D, loss, 0.3)};
	t.toy.problem.frozen = frozen;
	t.toy.problem.X_validation = t.toy.problem.X;
	t.toy.problem.y_validation.at = t.toy.problem.y.at;
	t.options = (struct backprop_options){.width = M, .epochs = 4, .learning_rate = 0.1};
	t.options.adversary.steps = 3;
	t.options.adversary.step = 2.5;
	return &t;
}

static enum status setup(struct fixture *t)
{
	return backprop_train_setup(&t->b, &t->toy.problem, &t->options, &t->arena, &t->err);
}

static void drop(struct fixture *t)
{
	arena_release(&t->arena);
	arena_release(&t->toy.arena);
}

static double output_at(const struct net *net, const real *x)
{
	double f = 0;

	for (ptrdiff_t j = 0; j < net->U.cols; j++) {
		double z = 0;

		for (ptrdiff_t i = 0; i < net->U.rows; i++)
			z += (double)x[i] * (double)mat_get(net->U, i, j);
		f += (double)net->alpha[j] * fmax(0, z);
	}
	return f;
}

static double loss_at(const struct fixture *t, double f, ptrdiff_t k)
{
	return toy_loss(t->toy.problem.loss, f, (double)t->toy.problem.y.at[k]);
}

static double sample_loss(const struct fixture *t, const struct net *net, ptrdiff_t k)
{
	const struct adversary_options *adversary = &t->options.adversary;
	const struct ibp_options *interval = &t->options.interval;
	struct threat threat = {.norm = interval->threat.norm == NORM_L2 ? NORM_L2 : NORM_LINF,
				.eps = interval->threat.eps,
				.frozen = t->toy.problem.frozen};
	double y = (double)t->toy.problem.y.at[k], clean = toy_output(net, t->toy.problem.X, k),
	       moved;

	if (interval->threat.eps > 0)
		return interval->kappa * loss_at(t, clean, k) +
		       (1 - interval->kappa) *
			       loss_at(t,
				       y * robust_interval_margin(net, t->toy.problem.X, k, y,
								  &threat),
				       k);
	moved = output_at(net, mat_col(t->b.batch, t->b.n + k)); /* as the attack left it */
	if (adversary->trades > 0)
		return loss_at(t, clean, k) + adversary->trades * robust_divergence(clean, moved);
	return loss_at(t, moved, k);
}

/* Mean loss and weight decay with weight `at` moved by `by`; attacked points stay. */
static double objective(struct fixture *t, size_t at, double by)
{
	struct net net = backprop_as_net(&t->b);
	real kept = t->b.weights[at];
	double sum = 0;

	t->b.weights[at] = (real)((double)kept + by);
	for (ptrdiff_t k = 0; k < t->b.n; k++)
		sum += sample_loss(t, &net, k) / (double)t->b.n;
	sum += t->toy.problem.beta * net_decay(&net) / (double)t->b.n;
	t->b.weights[at] = kept;
	return sum;
}

/* Differences of smooth functions between kinks; a kink within the nudge costs its share. */
static void check_gradient(struct fixture *t)
{
	assert_int_equal(setup(t), STATUS_OK);
	backprop_gradient(&t->b, NULL, t->b.n, NULL, NULL);
	for (size_t e = 0; e < t->b.count; e++) {
		double slope = (objective(t, e, NUDGE) - objective(t, e, -NUDGE)) / (2 * NUDGE);

		if (!(fabs((double)t->b.gradient[e] - slope) < 2e-5 * (1 + fabs(slope))))
			fail_msg("weight %zu: gradient %g, differences %g", e,
				 (double)t->b.gradient[e], slope);
	}
}

static void interval_gradients_match_differences(void **state)
{
	static const char *const losses[] = {"logistic", "hinge", "squared_hinge"};

	(void)state;
	for (int c = 0; c < 12; c++) {
		struct fixture *t = make(c < 6 ? 40 : 1100, losses[c % 3]); /* several chunks */

		t->options.interval = (struct ibp_options){
			.threat = {.eps = 0.15, .norm = c % 2 ? NORM_L2 : NORM_LINF}, .kappa = 0.3};
		check_gradient(t);
		drop(t);
	}
}

static void attacked_gradients_match_differences(void **state)
{
	(void)state;
	for (long attack = 0; adversary_attacks[attack]; attack++)
		for (int c = 0; c < 4; c++) {
			struct fixture *t = make(40, "logistic");

			t->options.adversary.attack = attack;
			t->options.adversary.threat.eps = 0.2;
			t->options.adversary.threat.norm = c % 2 ? NORM_L2 : NORM_LINF;
			t->options.adversary.trades = c < 2 ? 0 : 2.5;
			check_gradient(t);
			drop(t);
		}
}

static void distance_is_the_divergence(void **state)
{
	(void)state;
	for (double f = -4; f <= 4; f += 0.5)
		for (double g = -4; g <= 4; g += 0.5) {
			double in_f, in_g, value = adversary_distance(f, g, &in_f, &in_g);
			double df =
				robust_divergence(f + NUDGE, g) - robust_divergence(f - NUDGE, g);
			double dg =
				robust_divergence(f, g + NUDGE) - robust_divergence(f, g - NUDGE);

			check_close(value, robust_divergence(f, g), 0, 1e-12);
			check_close(in_f, df / (2 * NUDGE), 0, 1e-8);
			check_close(in_g, dg / (2 * NUDGE), 0, 1e-8);
		}
	/* no overflow far out: both are sure, and of different classes */
	check_close(adversary_distance(900, -900, &(double){0}, &(double){0}), 900, 0, 1e-9);
}

/* Corners of the ball for l_inf, many directions for l_2. */
static double least_margin(const struct fixture *t, const struct net *net, ptrdiff_t k, long norm,
			   double eps)
{
	double least = HUGE_VAL;
	struct rng rng = rng_stream(2, "sphere", (uint64_t)k);

	for (int c = 0; c < CORNERS; c++) {
		double step[D] = {0}, square = 0;
		real x[D];

		for (int i = 0; i < D - 1; i++) {
			step[i] = norm == NORM_L2 ? rng_normal(&rng) : (c >> i & 1 ? 1 : -1);
			square += step[i] * step[i];
		}
		for (int i = 0; i < D; i++)
			x[i] = (real)((double)mat_get(t->toy.problem.X, k, i) +
				      eps * step[i] / (norm == NORM_L2 ? sqrt(square) : 1));
		least = fmin(least, (double)t->toy.problem.y.at[k] * output_at(net, x));
	}
	return least;
}

/* The bound holds at every corner, and one neuron meets it at the worst one. */
static void bounds_are_below_every_corner(void **state)
{
	enum { N = 60 };

	(void)state;
	for (int c = 0; c < 4; c++) {
		struct fixture *t = make(N, "logistic");
		long norm = c % 2 ? NORM_L2 : NORM_LINF;

		t->options.width = c < 2 ? M : 1;
		t->options.interval = (struct ibp_options){.threat = {.eps = 0.3, .norm = norm}};
		assert_int_equal(setup(t), STATUS_OK);
		backprop_gradient(&t->b, NULL, N, NULL, NULL);
		for (ptrdiff_t k = 0; k < N; k++) {
			struct net net = backprop_as_net(&t->b);
			double bound = (double)t->toy.problem.y.at[k] * (double)t->b.f[N + k];
			double least = least_margin(t, &net, k, norm, 0.3);

			check_at_most(bound, least + 1e-12);
			if (t->options.width == 1 && norm == NORM_LINF)
				check_close(bound, least, 0, 1e-12);
		}
		drop(t);
	}
}

static void check_inside(const struct fixture *t, double eps, bool box)
{
	for (ptrdiff_t k = 0; k < t->b.n; k++) {
		const real *clean = mat_col(t->b.batch, k), *at = mat_col(t->b.batch, t->b.n + k);
		double largest = 0, square = 0;

		for (ptrdiff_t i = 0; i < D; i++) {
			double step = (double)at[i] - (double)clean[i];

			largest = fmax(largest, fabs(step));
			square += step * step;
			if (box && i < D - 1) {
				check_at_least(at[i], (real)-4);
				check_at_most(at[i], (real)4);
			}
		}
		check_equal(at[D - 1], 1);
		check_equal(clean[D - 1], 1);
		check_at_most(t->options.adversary.threat.norm == NORM_L2 ? sqrt(square) : largest,
			      eps * (1 + 1e-12));
		check_above(largest, 0);
	}
}

static void attacks_stay_inside_ball_and_box(void **state)
{
	static const double box[] = {-4, 4}; /* the data reach 3.5 */

	(void)state;
	for (long attack = 0; adversary_attacks[attack]; attack++)
		for (int c = 0; c < 4; c++) {
			struct fixture *t = make(200, "hinge");
			double share = c < 2 ? 1 : 0.5; /* half of eps in the first of two epochs */

			t->options.adversary.attack = attack;
			t->options.adversary.threat.eps = 1.5;
			t->options.adversary.threat.norm = c % 2 ? NORM_L2 : NORM_LINF;
			t->options.adversary.ramp = c < 2 ? 0 : 0.5;
			t->options.adversary.threat.clip = (struct reals){c < 2 ? 2 : 0, box};
			assert_int_equal(setup(t), STATUS_OK);
			backprop_gradient(&t->b, NULL, t->b.n, NULL, NULL);
			check_inside(t, 1.5 * share, c < 2);
			drop(t);
		}
}

/* On a network that is linear near the data both FGSM and PGD end at the closed worst case. */
static void attacks_find_the_worst_case_of_a_linear_network(void **state)
{
	(void)state;
	for (int c = 0; c < 4; c++) {
		struct fixture *t = make(50, "logistic");
		double eps = 0.2, worst;
		double slack = c == 1 ? 0.1 : 1e-9; /* l_2 PGD turns towards it step by step */
		struct net net;

		t->options.width = 1;
		t->options.adversary.attack = c / 2;
		t->options.adversary.threat.eps = eps;
		t->options.adversary.threat.norm = c % 2 ? NORM_L2 : NORM_LINF;
		t->options.adversary.steps = 40;
		assert_int_equal(setup(t), STATUS_OK);
		net = backprop_as_net(&t->b);
		mat_set(net.U, D - 1, 0, 100); /* always active */
		worst = eps * fabs((double)net.alpha[0]) *
			robust_dual_norm(mat_col(net.U, 0), D, t->toy.problem.frozen,
					 c % 2 ? NORM_L2 : NORM_LINF);
		backprop_gradient(&t->b, NULL, t->b.n, NULL, NULL);
		for (ptrdiff_t k = 0; k < t->b.n; k++) {
			double y = (double)t->toy.problem.y.at[k];
			double clean = y * toy_output(&net, t->toy.problem.X, k);

			double reached = y * (double)t->b.f[k];

			check_at_least(reached, clean - worst - 1e-10 * (1 + fabs(clean)));
			check_at_most(reached, clean - worst + slack * worst);
		}
		drop(t);
	}
}

static void validation_loss_is_the_certified_one(void **state)
{
	struct fixture *t = make(700, "logistic"); /* two chunks */
	struct threat threat = {.eps = 0.25, .frozen = t->toy.problem.frozen};
	struct net net;
	double sum = 0;

	(void)state;
	t->options.patience = 3;
	t->options.interval =
		(struct ibp_options){.threat = {.eps = 0.25}, .kappa = 0.5, .ramp = 1};
	assert_int_equal(setup(t), STATUS_OK);
	net = backprop_as_net(&t->b);
	for (ptrdiff_t k = 0; k < t->b.n; k++) {
		double y = (double)t->toy.problem.y.at[k];

		sum += loss_at(t, y * robust_interval_margin(&net, t->toy.problem.X, k, y, &threat),
			       k);
	}
	check_close(backprop_train_validation_loss(&t->b), sum, 1e-9, 0);
	drop(t);
}

/* Attacked at full eps also while eps is on its ramp, and never below the clean loss here. */
static void validation_loss_is_the_attacked_one(void **state)
{
	struct fixture *t = make(700, "logistic");
	double clean, attacked;

	(void)state;
	t->options.patience = 3;
	assert_int_equal(setup(t), STATUS_OK);
	clean = backprop_train_validation_loss(&t->b);
	t->options.adversary.threat.eps = 0.3;
	t->options.adversary.attack = 1; /* one step cannot overshoot by much */
	assert_int_equal(setup(t), STATUS_OK);
	attacked = backprop_train_validation_loss(&t->b);
	t->options.adversary.ramp = 1;
	assert_int_equal(setup(t), STATUS_OK);
	check_above(attacked, clean);
	check_equal(backprop_train_validation_loss(&t->b), attacked);
	drop(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interval_gradients_match_differences),
		cmocka_unit_test(attacked_gradients_match_differences),
		cmocka_unit_test(distance_is_the_divergence),
		cmocka_unit_test(bounds_are_below_every_corner),
		cmocka_unit_test(attacks_stay_inside_ball_and_box),
		cmocka_unit_test(attacks_find_the_worst_case_of_a_linear_network),
		cmocka_unit_test(validation_loss_is_the_certified_one),
		cmocka_unit_test(validation_loss_is_the_attacked_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
