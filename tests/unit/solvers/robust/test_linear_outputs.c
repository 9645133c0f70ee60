/* The robust linear classifier of several classes: optima that an interior point method for cones
 * has found, its objective by plain loops, its bound, its network, two outputs as one, classes
 * under other numbers. */
#include "solvers/model/trainer.h"
#include "tests/classes.h"
#include "tests/close.h"
#include "tests/robust.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct trainer trainer_linear_robust;

enum { N = 40, D = 5, STEPS = 500, MOST = 4 };

static const double accuracy = 1e-6;

struct solution {
	struct toy toy;
	struct progress progress;
	struct certificate certificate;
	struct multinet *net;
	void *state;
};

static struct solution solve(struct toy toy, double eps, enum norm norm)
{
	struct solution s = {.toy = toy};
	struct arena *arena = &s.toy.arena;
	struct problem *problem = ARENA_NEW(arena, struct problem);
	const char *options = arena_format(arena, "{eps: %g, norm: %s}", eps, threat_norms[norm]);
	struct err err;

	*problem = toy.problem;
	assert_int_equal(trainer_linear_robust.setup(
				 problem, toy_options(&trainer_linear_robust.base, options, arena),
				 arena, &s.state, &err),
			 STATUS_OK);
	for (int i = 0; i < STEPS && s.progress.end == OUTCOME_RUNNING; i++)
		trainer_linear_robust.step(s.state, &s.progress);
	trainer_linear_robust.certify(s.state, &s.certificate);
	if (problem->y.label) {
		s.net = multinet_of(model_new(
			&model_relu_outputs, arena,
			(struct model_size){problem->X.cols, 2 * problem->y.k, problem->y.k}));
		trainer_linear_robust.model(s.state, &s.net->base);
	}
	return s;
}

static void drop(struct solution *s)
{
	arena_release(&s->toy.arena);
}

static void solved(const struct solution *s)
{
	const struct certificate *c = &s->certificate;

	assert_int_equal(s->progress.end, OUTCOME_CONVERGED);
	check_at_most(c->upper - c->lower_bound, accuracy * c->upper);
	check_at_most(c->lower_bound, c->upper * (1 + 1e-9));
}

static void meets_known_optima(void **state)
{
	static const struct {
		ptrdiff_t k;
		const char *loss;
		double beta, eps;
		enum norm norm;
		double optimum; /* Clarabel, tolerances 1e-11 */
	} known[] = {
		{3, "hinge", 0.3, 0.1, NORM_LINF, 20.1347481},
		{3, "hinge", 0.05, 0.2, NORM_L2, 20.26597307},
		{4, "hinge", 0.1, 0.1, NORM_L2, 22.66557768},
		{3, "logistic", 0.3, 0.1, NORM_LINF, 23.27270211},
		{4, "logistic", 0.05, 0.2, NORM_L2, 29.79988624},
		{3, "hinge", 0.2, 0, NORM_LINF, 16.85194813},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct solution s =
			solve(classes_make(N, D, known[i].k, known[i].loss, known[i].beta, 0),
			      known[i].eps, known[i].norm);

		solved(&s);
		check_close(s.certificate.upper, known[i].optimum, accuracy, 0);
		check_at_most(s.certificate.lower_bound, known[i].optimum * (1 + 1e-8));
		drop(&s);
	}
}

/* W of the network, column c at w + c D. */
static void weights_of(const struct solution *s, double *w)
{
	memset(w, 0, MOST * D * sizeof *w);
	for (ptrdiff_t j = 0; j < s->net->U.cols; j++)
		for (ptrdiff_t c = 0; c < s->net->A.cols; c++)
			for (ptrdiff_t e = 0; e < D; e++)
				w[c * D + e] += 0.5 * (double)mat_get(s->net->A, j, c) *
						(double)mat_get(s->net->U, e, j);
}

/* The program at w by the definition. */
static double value(const struct solution *s, const double *w, double eps, enum norm norm)
{
	const struct problem *problem = &s->toy.problem;
	ptrdiff_t k = problem->y.k;
	double F[N * MOST] = {0}, sum = 0;

	for (ptrdiff_t i = 0; i < N; i++)
		for (ptrdiff_t c = 0; c < k; c++) {
			ptrdiff_t y = problem->y.label[i];
			real v[D];

			for (ptrdiff_t e = 0; e < D; e++) {
				v[e] = (real)(w[y * D + e] - w[c * D + e]);
				F[i * k + c] -= (double)v[e] * (double)mat_get(problem->X, i, e);
			}
			F[i * k + c] += eps * robust_dual_norm(v, D, problem->frozen, norm);
		}
	for (ptrdiff_t c = 0; c < k; c++) {
		double square = 0;

		for (ptrdiff_t e = 0; e < D; e++)
			square += w[c * D + e] * w[c * D + e];
		sum += sqrt(square);
	}
	return classes_loss(problem, F) + 2 * problem->beta * sum;
}

/* At the network the value is what is reported; nowhere else it is below the bound; the worst case
 * over the ball is not above it, and for the hinge loss and l_inf corners reach it. */
static void values_are_those_of_the_network(void **state)
{
	static const char *const losses[] = {"hinge", "logistic"};

	(void)state;
	for (int c = 0; c < 8; c++) {
		enum norm norm = c % 2 ? NORM_L2 : NORM_LINF;
		struct solution s =
			solve(classes_make(N, D, 3 + c / 2 % 2, losses[c / 4], 0.1, 0), 0.15, norm);
		double w[MOST * D], moved[MOST * D], attacked;
		struct rng rng = rng_stream(4, "near", 0);

		solved(&s);
		weights_of(&s, w);
		check_close(s.certificate.upper, value(&s, w, 0.15, norm), 1e-9, 0);
		for (int draw = 0; draw < 500; draw++) {
			double size = pow(10, -6 * rng_uniform(&rng));

			for (int e = 0; e < MOST * D; e++)
				moved[e] = w[e] + size * rng_normal(&rng);
			check_at_least(value(&s, moved, 0.15, norm),
				       s.certificate.lower_bound * (1 - 1e-9));
		}
		attacked = classes_attacked(s.net, &s.toy.problem, norm, 0.15, 400);
		check_at_most(attacked, s.certificate.upper * (1 + 1e-9));
		if (norm == NORM_LINF && c < 4)
			check_close(attacked, s.certificate.upper, 1e-9, 0);
		drop(&s);
	}
}

/* min |w_1| + |w_2| for a given difference is its length: the program of one output. */
static void two_outputs_are_one(void **state)
{
	static const char *const losses[] = {"hinge", "logistic"};

	(void)state;
	for (int c = 0; c < 4; c++) {
		struct toy toy = classes_make(N, D, 2, losses[c / 2], 0.2, 0);
		struct solution two = solve(toy, 0.1, c % 2 ? NORM_L2 : NORM_LINF), one;
		real y[N];

		for (ptrdiff_t i = 0; i < N; i++)
			y[i] = toy.problem.y.label[i] ? 1 : -1;
		toy.arena = (struct arena){0};
		toy.problem.y = targets_of(y, N);
		one = solve(toy, 0.1, c % 2 ? NORM_L2 : NORM_LINF);
		solved(&one);
		solved(&two);
		check_close(two.certificate.upper, one.certificate.upper, accuracy, 0);
		check_at_most(two.certificate.lower_bound, one.certificate.upper);
		check_at_most(one.certificate.lower_bound, two.certificate.upper);
		drop(&one);
		drop(&two);
	}
}

static void the_order_of_classes_does_not_matter(void **state)
{
	(void)state;
	for (int turn = 1; turn < 3; turn++) {
		struct solution a = solve(classes_make(N, D, 3, "hinge", 0.1, 0), 0.1, NORM_LINF);
		struct solution b =
			solve(classes_make(N, D, 3, "hinge", 0.1, turn), 0.1, NORM_LINF);
		double wa[MOST * D], wb[MOST * D];

		check_close(b.certificate.upper, a.certificate.upper, accuracy, 0);
		weights_of(&a, wa);
		weights_of(&b, wb);
		for (int c = 0; c < 3; c++)
			for (int e = 0; e < D; e++)
				check_close(wb[(c + turn) % 3 * D + e], wa[c * D + e], 1e-4, 1e-4);
		drop(&a);
		drop(&b);
	}
}

/* Losses without a worst case in closed form are refused, and a bound is called one. */
static void bounds_are_named(void **state)
{
	struct solution s = solve(classes_make(N, D, 3, "logistic", 0.1, 0), 0.1, NORM_L2);
	const char *note = toy_text(&trainer_linear_robust, s.state, "note", &s.toy.arena);
	struct problem problem = s.toy.problem;
	struct err err = {0};

	(void)state;
	assert_non_null(note);
	assert_non_null(strstr(note, "upper bound"));
	problem.loss = toy_loss_term("squared", &s.toy.arena);
	assert_int_equal(trainer_check(&trainer_linear_robust, &problem, NULL, &err), STATUS_SPEC);
	drop(&s);
	s = solve(classes_make(N, D, 3, "hinge", 0.1, 0), 0.1, NORM_L2);
	assert_null(toy_text(&trainer_linear_robust, s.state, "note", &s.toy.arena));
	drop(&s);
}

/* Few samples, missing classes, zeros, any scale: never above W = 0, and the bound below. */
static void degenerate_data_ends_right(void **state)
{
	(void)state;
	for (int seed = 0; seed < 60; seed++) {
		struct toy toy =
			classes_make(1 + seed % 6, 3, 3 + seed % 2,
				     seed / 2 % 2 ? "hinge" : "logistic", seed % 3 ? 1e-2 : 1, 0);
		double zero = (double)toy.problem.X.rows * (seed / 2 % 2 ? 1 : log(3 + seed % 2)),
		       scale = seed % 5 == 0 ? 0 : pow(10, seed % 9 - 4);
		struct solution s;

		for (ptrdiff_t i = 0; i < toy.problem.X.rows; i++)
			for (ptrdiff_t j = 0; j < 3; j++)
				mat_set(toy.problem.X, i, j,
					(real)(scale * (double)mat_get(toy.problem.X, i, j)));
		s = solve(toy, 0.1, seed % 2 ? NORM_L2 : NORM_LINF);
		check_at_most(s.certificate.lower_bound, s.certificate.upper * (1 + 1e-9));
		check_at_most(s.certificate.upper, zero * (1 + 1e-6));
		if (s.progress.end == OUTCOME_CONVERGED)
			check_at_most(s.certificate.upper - s.certificate.lower_bound,
				      1e-6 * s.certificate.upper);
		drop(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meets_known_optima),
		cmocka_unit_test(values_are_those_of_the_network),
		cmocka_unit_test(two_outputs_are_one),
		cmocka_unit_test(the_order_of_classes_does_not_matter),
		cmocka_unit_test(bounds_are_named),
		cmocka_unit_test(degenerate_data_ends_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
