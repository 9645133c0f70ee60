/* The robust program of several classes: proximal maps by the subgradient inequality, conjugates by
 * Fenchel's; optima that an interior point method for cones has found; the worst case of the
 * network by corners; two outputs as one, classes under other numbers. */
#include "solvers/robust/robust_rivals.h"
#include "tests/classes.h"
#include "tests/close.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { DIM = 4, RIVALS = 3, TRIES = 300 };

static double inner(const real *a, const real *b)
{
	double sum = 0;

	for (int e = 0; e < DIM * RIVALS; e++)
		sum += (double)a[e] * (double)b[e];
	return sum;
}

/* psi by the definition. */
static double psi(const struct robust_rivals *s, const real *c)
{
	double most = 0;

	for (int q = 0; q < RIVALS; q++) {
		double margin = 0;

		for (int j = 0; j < DIM; j++)
			margin += (double)s->x[j] * (double)c[q * DIM + j];
		margin -= s->threat->eps * threat_dual(s->threat, c + q * DIM);
		most = fmax(most, 1 - margin);
	}
	return s->weight * most;
}

static void check_map(const struct robust_rivals *s, double step, struct rng *rng)
{
	real c0[DIM * RIVALS], c[DIM * RIVALS], a[DIM * RIVALS], z[DIM * RIVALS];
	struct robust_dual dual[RIVALS];
	double spare[2 * RIVALS], value, conjugate, sum = 0;

	for (int e = 0; e < DIM * RIVALS; e++)
		c0[e] = (real)rng_normal(rng);
	robust_rivals_prox(s, step, c0, c, dual, spare);
	for (int e = 0; e < DIM * RIVALS; e++)
		a[e] = (real)(((double)c0[e] - (double)c[e]) / step);
	for (int q = 0; q < RIVALS; q++) {
		check_at_least(dual[q].T, 0);
		check_close(dual[q].b, -dual[q].T, 0, 0);
		sum += dual[q].T;
	}
	check_at_most(sum, s->weight * (1 + 1e-12));
	value = robust_rivals_value(s, c);
	check_close(value, psi(s, c), 1e-12, 1e-12);
	conjugate = robust_rivals_conjugate(s, 1, dual);
	check_close(value, inner(a, c) - conjugate, 1e-9, 1e-9); /* Fenchel's equality */
	for (int draw = 0; draw < TRIES; draw++) {
		double size = pow(10, 1 - 5 * rng_uniform(rng));

		for (int e = 0; e < DIM * RIVALS; e++)
			z[e] = (real)((double)c[e] + size * rng_normal(rng));
		check_at_least(psi(s, z), inner(a, z) - conjugate - 1e-9 * (1 + fabs(value)));
	}
	if (sum > 1e-6)
		check_equal(robust_rivals_conjugate(s, 1.001 * s->weight / sum, dual), HUGE_VAL);
}

/* Points in the ball around zero, where a vector is zero for an interval of multipliers, too. */
static void proximal_maps_are_those_of_the_loss(void **state)
{
	static const bool frozen[DIM] = {[DIM - 1] = true};
	struct rng rng = rng_stream(7, "rivals", 0);

	(void)state;
	for (int c = 0; c < 180; c++) {
		static const double sizes[] = {0, 0.2, 1.5};
		struct threat threat = {.norm = (enum norm)(c % 3),
					.eps = sizes[c / 3 % 3],
					.d = DIM,
					.frozen = c / 9 % 2 ? frozen : NULL};
		real x[DIM];
		struct robust_rivals s = {&threat, x, RIVALS, c / 18 % 2 ? 1 : 0.1};

		for (int j = 0; j < DIM; j++)
			x[j] = (real)(c % 5 == 0 ? 0.3 * rng_normal(&rng) : rng_normal(&rng));
		check_map(&s, pow(10, c % 4 - 2), &rng);
	}
}

extern const struct trainer trainer_robust_admm;

enum { PATTERNS = 16, MOST_STEPS = 20000, STRIDE = 50 };

static const double accuracy = 1e-5;

struct solution {
	struct toy toy;
	struct certificate certificate;
	struct multinet *net;
	ptrdiff_t patterns;
};

/* Patterns of the directions h_jp = cos(2.1 (p + 1)(j + 1) + 0.4 p). */
static void give_patterns(struct toy *toy)
{
	struct mat X = toy->problem.X, D = mat_new(&toy->arena, X.rows, PATTERNS);

	for (ptrdiff_t p = 0; p < PATTERNS; p++)
		for (ptrdiff_t i = 0; i < X.rows; i++) {
			double sum = 0;

			for (ptrdiff_t j = 0; j < X.cols; j++)
				sum += (double)mat_get(X, i, j) *
				       cos(2.1 * (double)((p + 1) * (j + 1)) + 0.4 * (double)p);
			mat_set(D, i, p, sum >= 0);
		}
	toy_file(&toy->problem, (struct problem_file){.path = "in memory", .array = D},
		 &toy->arena);
}

static struct solution solve(struct toy toy, double eps, enum norm norm)
{
	const struct trainer *trainer = &trainer_robust_admm;
	struct solution s = {.certificate = {.upper = HUGE_VAL}};
	struct problem *problem = ARENA_NEW(&toy.arena, struct problem);
	const char *options = arena_format(&toy.arena,
					   "{patterns: {file: in memory}, eps: %g, "
					   "norm: %s}",
					   eps, threat_norms[norm]);
	struct progress progress;
	struct err err;
	void *state;

	give_patterns(&toy);
	*problem = toy.problem;
	assert_int_equal(trainer->setup(problem, toy_options(&trainer->base, options, &toy.arena),
					&toy.arena, &state, &err),
			 STATUS_OK);
	for (int step = 1; step <= MOST_STEPS; step++) {
		trainer->step(state, &progress);
		if (step % STRIDE)
			continue;
		trainer->certify(state, &s.certificate);
		if (s.certificate.upper - s.certificate.lower_bound <=
		    accuracy / 2 * s.certificate.upper)
			break;
	}
	s.patterns = (ptrdiff_t)toy_number(trainer, state, "patterns");
	if (problem->y.label) {
		s.net = multinet_of(model_new(
			&model_relu_outputs, &toy.arena,
			(struct model_size){problem->X.cols, trainer->width(state), problem->y.k}));
		trainer->model(state, &s.net->base);
	}
	s.toy = toy;
	return s;
}

static void solved(const struct solution *s)
{
	const struct certificate *c = &s->certificate;

	check_at_most(c->upper - c->lower_bound, accuracy * c->upper);
	check_at_most(c->lower_bound, c->upper * (1 + 1e-9));
}

static void meets_known_optima(void **state)
{
	static const struct {
		ptrdiff_t n, d, k;
		double beta, eps;
		enum norm norm;
		double optimum; /* Clarabel, tolerances 1e-10 */
	} known[] = {
		{14, 3, 3, 0.2, 0.05, NORM_LINF, 3.110837523},
		{14, 3, 3, 0.2, 0.05, NORM_L2, 2.950613091},
		{14, 3, 3, 0.05, 0.1, NORM_L1, 0.9253118527},
		{16, 4, 4, 0.1, 0.05, NORM_L2, 2.704638713},
		{14, 3, 3, 0.2, 0, NORM_LINF, 2.456697926},
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct solution s = solve(
			classes_make(known[i].n, known[i].d, known[i].k, "hinge", known[i].beta, 0),
			known[i].eps, known[i].norm);
		double attacked;

		solved(&s);
		check_close(s.certificate.upper, known[i].optimum, accuracy, 0);
		check_at_most(s.certificate.lower_bound, known[i].optimum * (1 + 1e-7));
		/* a network without gates, whose worst case is the value of the program */
		attacked =
			classes_attacked(s.net, &s.toy.problem, known[i].norm, known[i].eps, 2000);
		check_at_most(attacked, s.certificate.upper * (1 + 1e-9));
		check_at_least(attacked,
			       (known[i].norm == NORM_L2 ? 0.97 : 1 - 1e-9) * s.certificate.upper);
		arena_release(&s.toy.arena);
	}
}

/* |v_1 + w_0| <= |v_1| + |w_0| with v_1 + w_0 in the same cone: the program of one output. */
static void two_outputs_are_one(void **state)
{
	(void)state;
	for (int norm = 0; norm < 3; norm++) {
		struct toy toy = classes_make(14, 3, 2, "hinge", 0.1, 0);
		struct solution two = solve(toy, 0.05, (enum norm)norm), one;
		struct toy again = classes_make(14, 3, 2, "hinge", 0.1, 0);
		real y[14];

		for (ptrdiff_t i = 0; i < 14; i++)
			y[i] = again.problem.y.label[i] ? 1 : -1;
		again.problem.y = targets_of(y, 14);
		one = solve(again, 0.05, (enum norm)norm);
		solved(&one);
		solved(&two);
		check_close(two.certificate.upper, one.certificate.upper, 2 * accuracy, 0);
		check_equal(two.patterns, one.patterns);
		arena_release(&one.toy.arena);
		arena_release(&two.toy.arena);
	}
}

static void the_order_of_classes_does_not_matter(void **state)
{
	struct solution a = solve(classes_make(14, 3, 3, "hinge", 0.1, 0), 0.05, NORM_LINF);

	(void)state;
	for (int turn = 1; turn < 3; turn++) {
		struct solution b =
			solve(classes_make(14, 3, 3, "hinge", 0.1, turn), 0.05, NORM_LINF);

		solved(&b);
		check_close(b.certificate.upper, a.certificate.upper, 2 * accuracy, 0);
		arena_release(&b.toy.arena);
	}
	arena_release(&a.toy.arena);
}

static void other_losses_are_refused(void **state)
{
	struct toy toy = classes_make(14, 3, 3, "logistic", 0.1, 0);
	struct err err = {0};

	(void)state;
	assert_int_equal(trainer_check(&trainer_robust_admm, &toy.problem, NULL, &err),
			 STATUS_SPEC);
	assert_string_equal(err.text, "robust_admm: expected the hinge loss for several outputs, "
				      "got \"logistic\"");
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proximal_maps_are_those_of_the_loss),
		cmocka_unit_test(meets_known_optima),
		cmocka_unit_test(two_outputs_are_one),
		cmocka_unit_test(the_order_of_classes_does_not_matter),
		cmocka_unit_test(other_losses_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
