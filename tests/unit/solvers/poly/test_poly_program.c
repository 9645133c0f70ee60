/* What the programs of polynomial networks must satisfy (Kuelbs, Lall & Pilanci 2024): the network
 * of the matrices is the matrices; no radius is the limit of small ones, and the value rises with
 * it; the program's worst margins are those of the oracle; no attack is below the certificate; no
 * trained network is below the bound; distances of several outputs. */
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "solvers/model/attack.h"
#include "solvers/model/certify.h"
#include "solvers/poly/poly_decompose.h"
#include "solvers/poly/poly_frank_wolfe.h"
#include "solvers/poly/poly_oracle.h"
#include "solvers/poly/poly_robust.h"
#include "solvers/poly/poly_splitting.h"
#include "solvers/poly/poly_standard.h"
#include "solvers/poly/polynet.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct trainer trainer_poly_sdp, trainer_poly_first_order, trainer_poly_penalty;
extern const struct certifier certifier_trust_region;

enum { N = 30, D = 3, MOST_STEPS = 200, GRID = 800, CLASSES = 3 };

static const bool IS_DOUBLE = sizeof(real) == sizeof(double);

/* The columns of a toy problem but for its bias. */
static struct toy toy_of(ptrdiff_t n, ptrdiff_t d, const char *loss, double beta)
{
	struct toy toy = toy_make(n, d + 1, loss, beta);

	toy.problem.X = mat_cols(toy.problem.X, 0, d);
	toy.problem.frozen = NULL;
	return toy;
}

static struct toy without_bias(const char *loss, double beta)
{
	return toy_of(N, D, loss, beta);
}

struct solved {
	struct arena arena;
	struct poly_program program;
	struct poly_solver solver;
	double objective, bound;
};

static void solve(struct solved *s, const struct problem *problem, double radius)
{
	int steps = 0;

	*s = (struct solved){.program = {problem, {0.09, 0.5, 0.47}, radius}};
	s->solver = radius > 0 ? poly_robust(&s->program, &s->arena)
			       : poly_standard(&s->program, &s->arena);
	for (; steps < MOST_STEPS && s->solver.step(s->solver.state); steps++)
		s->bound = fmax(s->bound, s->solver.bound(s->solver.state));
	check_below(steps, MOST_STEPS); /* rounding ends it */
	s->objective = s->solver.objective(s->solver.state);
}

/* 1. The program's value and outputs are those of the neurons. */
static void the_network_is_the_matrices(void **state)
{
	static const char *const losses[] = {"squared", "hinge", "logistic", "huber"};

	(void)state;
	for (size_t l = 0; l < sizeof losses / sizeof *losses && IS_DOUBLE; l++) {
		struct toy toy = without_bias(losses[l], 0.1);
		struct solved s;
		struct polynet *net = polynet_of(model_new(&model_polynomial, &toy.arena,
							   (struct model_size){D, 2 * D + 2, 1}));
		struct poly_decompose self = poly_decompose_new(D + 1, &toy.arena);
		struct mat Q = mat_new(&toy.arena, D + 1, D + 1), N1;
		const struct poly_points points = {.X = toy.problem.X, .value = (double[N]){0}};
		struct poly_oracle *o = poly_oracle_new(D, NULL, &toy.arena);
		ptrdiff_t m;

		solve(&s, &toy.problem, 0);
		*net->a = (real)0.09;
		*net->b = (real)0.5;
		*net->c = (real)0.47;
		m = poly_decompose(&self, s.solver.Z[0], 1e-12, net->U, 1, net->A.at);
		N1 = mat_cols(net->U, m, net->U.cols - m);
		m += poly_decompose(&self, s.solver.Z[1], 1e-12, N1, -1, net->A.at + m);
		net->U.cols = m;
		check_close(toy_model_objective(&toy.problem, &net->base), s.objective, 1e-6, 0);
		check_at_most(s.bound, s.objective * (1 + 1e-9));
		check_close(s.bound, s.objective, 1e-6, 0);
		poly_program_form(&s.program, s.solver.Z[0], s.solver.Z[1], Q);
		assert_true(poly_oracle_set(o, Q));
		poly_oracle_margins(o, &points);
		for (ptrdiff_t k = 0; k < N; k++) {
			double f, size;

			model_polynomial.sample(&net->base, toy.problem.X, k, &f, &size);
			check_close(f, points.value[k], 1e-6, 1e-6);
		}
		arena_release(&s.arena);
		arena_release(&toy.arena);
	}
}

/* Outputs of hundreds, where slopes are next to an end or not: the path was left there. */
static void logistic_programs_of_small_beta_are_solved(void **state)
{
	static const double betas[] = {1e-3, 1e-5};

	(void)state;
	for (ptrdiff_t d = 2; d <= 5 && IS_DOUBLE; d++)
		for (size_t b = 0; b < sizeof betas / sizeof *betas; b++) {
			struct toy toy = toy_of(65, d, "{logistic: {loss_scale: 2}}", betas[b]);
			struct solved s;

			solve(&s, &toy.problem, 0);
			check_at_most(s.bound, s.objective);
			check_close(s.bound, s.objective, 1e-7, 0);
			arena_release(&s.arena);
			arena_release(&toy.arena);
		}
}

/* 2 and 4. */
static void the_value_rises_with_the_radius(void **state)
{
	static const double radii[] = {1e-7, 0.01, 0.1, 0.3, 0.6, 1, 3};
	struct toy toy = without_bias("hinge", 0.1);
	struct solved s;
	double before;

	(void)state;
	if (!IS_DOUBLE) {
		arena_release(&toy.arena);
		return;
	}
	solve(&s, &toy.problem, 0);
	before = s.objective;
	arena_release(&s.arena);
	for (size_t r = 0; r < sizeof radii / sizeof *radii; r++) {
		solve(&s, &toy.problem, radii[r]);
		check_at_least(s.objective, before * (1 - 1e-7));
		check_close(s.bound, s.objective, 1e-6, 0);
		if (r == 0)
			check_close(s.objective, before, 1e-5, 0);
		else if (r < 5) /* then no network is better than none */
			check_above(s.objective, before * (1 + 1e-4));
		before = s.objective;
		arena_release(&s.arena);
	}
	check_at_most(before, N * (1 + 1e-6));
	arena_release(&toy.arena);
}

/* Splitting and interior points have one optimum, by the Gram matrix of samples and by that of the
 * entries. */
static void splitting_has_the_same_optimum(void **state)
{
	(void)state;
	for (int few = 0; few < 2 && IS_DOUBLE; few++) {
		struct toy toy = without_bias("squared", 0.1);
		struct solved s;
		struct poly_solver splitting;
		double gap = 1, best = 0;

		if (few) { /* fewer samples than entries */
			toy.problem.X = mat_rows(toy.problem.X, 0, 8);
			toy.problem.y.n = 8;
		}
		toy.problem.loss.weight = 0.5;
		solve(&s, &toy.problem, 0);
		splitting = poly_splitting(&s.program, &s.arena);
		for (int i = 0; i < 2000 && gap > 1e-8 && splitting.step(splitting.state); i++) {
			best = fmax(best, splitting.bound(splitting.state));
			gap = 1 - best / splitting.objective(splitting.state);
		}
		check_at_most(gap, 1e-8);
		check_at_most(best, s.objective * (1 + 1e-9));
		check_close(splitting.objective(splitting.state), s.objective, 1e-7, 0);
		arena_release(&s.arena);
		arena_release(&toy.arena);
	}
}

/* The optimum of interior points, standard and of the worst case, with a bound that says so. */
static void frank_wolfe_has_the_same_optimum(void **state)
{
	static const struct {
		const char *loss;
		double beta, radius, gap;
	} cases[] = {{"squared", 0.1, 0, 1e-4},  {"logistic", 0.1, 0, 1e-4},
		     {"hinge", 0.1, 0, 1e-3},    {"hinge", 0.1, 0.3, 1e-3},
		     {"squared", 0.01, 0, 1e-4}, {"hinge", 0.01, 0.3, 1e-3}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases && IS_DOUBLE; i++) {
		struct toy toy = without_bias(cases[i].loss, cases[i].beta);
		struct solved s;
		struct poly_solver wolfe;
		double gap = 1;
		int steps = 0;

		solve(&s, &toy.problem, cases[i].radius);
		wolfe = poly_frank_wolfe(&s.program, &s.arena);
		for (; steps < 300 && gap > cases[i].gap && wolfe.step(wolfe.state); steps++)
			gap = 1 - wolfe.bound(wolfe.state) / wolfe.objective(wolfe.state);
		check_at_most(gap, cases[i].gap);
		check_at_most(wolfe.bound(wolfe.state), s.objective * (1 + 1e-7));
		check_at_least(wolfe.objective(wolfe.state), s.bound * (1 - 1e-7));
		arena_release(&s.arena);
		arena_release(&toy.arena);
	}
}

struct fixture {
	struct toy toy;
	struct arena arena;
	void *state;
	struct certificate certificate;
	struct model *model;
};

/* The number of steps. */
static int train(struct fixture *t, const struct trainer *trainer, const char *options)
{
	struct progress p = {.end = OUTCOME_RUNNING};
	ptrdiff_t k = t->toy.problem.y.k;
	int steps = 0;

	assert_int_equal(trainer->setup(&t->toy.problem,
					toy_options(&trainer->base, options, &t->toy.arena),
					&t->arena, &t->state, &(struct err){0}),
			 STATUS_OK);
	for (; p.end == OUTCOME_RUNNING; steps++)
		trainer->step(t->state, &p);
	trainer->certify(t->state, &t->certificate);
	t->model =
		model_new(&model_polynomial, &t->toy.arena,
			  (struct model_size){t->toy.problem.X.cols, trainer->width(t->state), k});
	trainer->model(t->state, t->model);
	return steps;
}

static void finish(struct fixture *t)
{
	arena_release(&t->arena);
	arena_release(&t->toy.arena);
}

/* The job of the training samples, whose margins are clean. */
static struct attack_job attack_of(struct fixture *t, double radius)
{
	struct arena *arena = &t->toy.arena;
	const struct problem *problem = &t->toy.problem;
	struct attack_job job = {.model = t->model,
				 .X = problem->X,
				 .y = problem->y.at,
				 .threat = {.norm = NORM_L2, .eps = radius, .d = D},
				 .seed = 3,
				 .worst = mat_new(arena, N, D),
				 .margin = ARENA_ARRAY(arena, real, N)};

	mat_copy(job.worst, job.X);
	for (ptrdiff_t k = 0; k < N; k++) {
		double f, size;

		model_polynomial.sample(t->model, job.X, k, &f, &size);
		job.margin[k] = problem->y.at[k] * (real)f;
	}
	return job;
}

/* 3 and 5. The program's own objective has the worst margins of the S-lemma, `upper` those of the
 * oracle; no attack within the radius is below a certified margin, and the strong ones meet it. */
static void no_attack_is_below_the_certificate(void **state)
{
	static const char *const attacks[] = {"fgsm", "pgd", "apgd"},
				 *const further[] = {"{}", "{stop_when_broken: false}",
						     "{stop_when_broken: false}"};
	struct fixture t = {.toy = without_bias("hinge", 0.1)};
	double lower[N], upper[N];
	const struct threat ball = {.norm = NORM_L2, .eps = 0.3, .d = D};
	struct certify_job job = {.X = t.toy.problem.X,
				  .y = t.toy.problem.y.at,
				  .threat = ball,
				  .lower = lower,
				  .upper = upper,
				  .worst = mat_new(&t.toy.arena, N, D)};

	(void)state;
	train(&t, &trainer_poly_sdp, "{radius: 0.3}");
	if (IS_DOUBLE)
		check_close(t.certificate.objective, t.certificate.upper, 1e-6, 0);
	certify_margins(&certifier_trust_region, NULL, t.model, NULL, &job, &t.toy.arena);
	for (size_t a = 0; a < sizeof attacks / sizeof *attacks; a++) {
		const struct desc *desc = registry_find(KIND_ATTACK, attacks[a]);
		const struct attack *attack = (const struct attack *)(const void *)desc;
		struct attack_job attacked = attack_of(&t, ball.eps);
		double above = 0;

		attack->run(toy_options(desc, further[a], &t.toy.arena), &attacked, &t.toy.arena);
		for (ptrdiff_t k = 0; k < N; k++) {
			check_at_least(attacked.margin[k], lower[k]);
			check_close(upper[k], lower[k], 1e-3, IS_DOUBLE ? 1e-9 : 1e-3);
			above = fmax(above, (double)attacked.margin[k] - lower[k]);
		}
		check_at_most(above, a ? 1e-2 : 1);
	}
	finish(&t);
}

/* No network that another method trains is below the bound, nor are random neurons. */
static void no_network_is_below_the_bound(void **state)
{
	static const struct {
		const struct trainer *trainer;
		const char *options;
	} others[] = {{&trainer_poly_first_order, "{radius: 0.3, epochs: 300, polish: 0}"},
		      {&trainer_poly_first_order, "{radius: 0.3, method: frank_wolfe, epochs: 5}"},
		      {&trainer_poly_penalty, "{radius: 0.3, epochs: 300}"}};
	double bound;
	struct fixture t = {.toy = without_bias("hinge", 0.1)};

	(void)state;
	train(&t, &trainer_poly_sdp, "{radius: 0.3}");
	bound = t.certificate.lower_bound;
	check_above(bound, 1);
	finish(&t);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		t = (struct fixture){.toy = without_bias("hinge", 0.1)};
		train(&t, others[i].trainer, others[i].options);
		check_at_least(t.certificate.upper, bound * (1 - 1e-7));
		check_at_most(t.certificate.lower_bound, t.certificate.upper);
		check_at_most(t.certificate.upper, 2 * bound);
		finish(&t);
	}
}

/* So many steps as the epochs are, in batches of which the last one is smaller; steps of a batch
 * cost its share of an epoch. */
static void steps_are_those_of_the_forecast(void **state)
{
	static const struct {
		const struct trainer *trainer;
		const char *options, *whole; /* the same in one batch */
		int steps;
	} cases[] = {{&trainer_poly_penalty, "{radius: 0.3, epochs: 3, batch: 7}",
		      "{radius: 0.3, epochs: 3, batch: 30}", 15},
		     {&trainer_poly_first_order, "{radius: 0.3, epochs: 3, batch: 7, polish: 0}",
		      "{radius: 0.3, epochs: 3, batch: 0, polish: 0}", 15},
		     {&trainer_poly_first_order, "{radius: 0.3, epochs: 3, batch: 7, polish: 2}",
		      "{radius: 0.3, epochs: 3, batch: 0, polish: 0}", 17},
		     {&trainer_poly_first_order, "{radius: 0.3, epochs: 4, method: frank_wolfe}",
		      "{radius: 0.3, epochs: 4, method: frank_wolfe}", 4}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct trainer *trainer = cases[i].trainer;
		const struct trainer_shape shape = {N, D, 1, NULL};
		struct fixture t = {.toy = without_bias("hinge", 0.1)};
		struct forecast batches = {0}, whole = {0};

		trainer->forecast(toy_options(&trainer->base, cases[i].options, &t.toy.arena),
				  shape, &batches);
		trainer->forecast(toy_options(&trainer->base, cases[i].whole, &t.toy.arena), shape,
				  &whole);
		check_close(batches.most_iterations, cases[i].steps, 0, 0);
		check_close(train(&t, trainer, cases[i].options), cases[i].steps, 0, 0);
		check_at_least(batches.most_iterations * batches.iteration_flops,
			       whole.most_iterations * whole.iteration_flops);
		if (batches.most_iterations > whole.most_iterations && i < 2)
			check_below(batches.iteration_flops, whole.iteration_flops);
		finish(&t);
	}
}

/* Three classes by two features. */
static struct toy three_classes(void)
{
	struct toy toy = without_bias("squared", 3);
	int *label = arena_alloc(&toy.arena, N, sizeof *label);
	real *at = ARENA_ARRAY(&toy.arena, real, N * CLASSES);

	toy.problem.X = mat_cols(toy.problem.X, 0, 2);
	for (ptrdiff_t i = 0; i < N; i++) {
		label[i] = mat_get(toy.problem.X, i, 0) > 0   ? 2
			   : mat_get(toy.problem.X, i, 1) > 0 ? 1
							      : 0;
		at[i + label[i] * N] = 1;
	}
	toy.problem.y = (struct targets){.n = N, .k = CLASSES, .at = at, .label = label};
	return toy;
}

/* Where beta is small, means of slopes are no dual point and means of matrices no optimum: the
 * polish finds both, and its bound is one on the optimum of interior points. */
static void the_polish_closes_the_gap(void **state)
{
	static const struct {
		const char *loss, *radius;
		double beta;
	} cases[] = {{NULL, "0", 0}, /* of three outputs */
		     {"hinge", "0", 0.01},
		     {"hinge", "0.1", 0.01},
		     {"squared", "0", 0.001},
		     {"logistic", "0", 0.001}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases && IS_DOUBLE; i++) {
		struct certificate c[3];

		for (int m = 0; m < 3; m++) {
			struct fixture t = {
				.toy = cases[i].loss ? without_bias(cases[i].loss, cases[i].beta)
						     : three_classes()};

			train(&t, m < 2 ? &trainer_poly_first_order : &trainer_poly_sdp,
			      arena_format(&t.toy.arena, "{radius: %s%s}", cases[i].radius,
					   m == 0 ? ", polish: 0" : ""));
			c[m] = t.certificate;
			finish(&t);
		}
		if (cases[i].loss)
			check_above(c[0].upper - c[0].lower_bound, 0.5 * c[0].upper);
		check_at_most(c[1].upper - c[1].lower_bound, 0.05 * c[1].upper);
		check_at_most(c[1].lower_bound, c[2].upper * (1 + 1e-7));
		check_at_least(c[1].upper, c[2].lower_bound * (1 - 1e-7));
	}
}

/* The class of the greatest output at the first row of X. */
static int class_at(const struct model *model, struct mat X)
{
	double f[CLASSES], size;
	int best = 0;

	model->kind->sample(model, X, 0, f, &size);
	for (int c = 1; c < CLASSES; c++)
		best = f[c] > f[best] ? c : best;
	return best;
}

/* The boundary of a class is where any other has an output as great: by a grid of points. */
static void distances_of_several_outputs(void **state)
{
	struct fixture t = {.toy = three_classes()};
	struct mat X = t.toy.problem.X, point = mat_new(&t.toy.arena, 1, 2);
	double nearest[N], sum = 0, right = 0, step = 12.0 / GRID;

	(void)state;
	train(&t, &trainer_poly_sdp, "{}");
	for (ptrdiff_t i = 0; i < N; i++)
		nearest[i] = class_at(t.model, mat_rows(X, i, 1)) == t.toy.problem.y.label[i]
				     ? HUGE_VAL
				     : 0;
	for (int g = 0; g < GRID * GRID; g++) {
		int class;

		mat_set(point, 0, 0, (real)(step * (g % GRID) - 6));
		mat_set(point, 0, 1,
			(real)(step * (g / GRID) - 6)); /* NOLINT(bugprone-integer-division) */
		class = class_at(t.model, point);
		for (ptrdiff_t i = 0; i < N; i++)
			if (class != t.toy.problem.y.label[i])
				nearest[i] = fmin(
					nearest[i],
					hypot((double)(mat_get(X, i, 0) - mat_get(point, 0, 0)),
					      (double)(mat_get(X, i, 1) - mat_get(point, 0, 1))));
	}
	for (ptrdiff_t i = 0; i < N; i++) {
		sum += nearest[i];
		right += nearest[i] > 0;
	}
	check_close(toy_number(&trainer_poly_sdp, t.state, "boundary_distance"), sum / right, 0,
		    step);
	check_above(right, N / 2);
	finish(&t);
}

/* Where the optimum is far away, products hardly fall until the dual equations are met. */
static void steps_that_meet_the_dual_equations_are_no_stall(void **state)
{
	struct poly_stall stall = {0};
	double left = 1;
	int steps = 0;

	(void)state;
	for (; left > 1e-6; left *= 0.95)
		assert_false(poly_program_stalls(&stall, 99, 0.05));
	while (!poly_program_stalls(&stall, 99, 1e-6))
		check_below(++steps, 20);
	stall = (struct poly_stall){0};
	assert_false(poly_program_stalls(&stall, 1, 1)); /* met: then products alone count */
	for (steps = 0; !poly_program_stalls(&stall, 1, 1); steps++)
		check_below(steps, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_network_is_the_matrices),
		cmocka_unit_test(logistic_programs_of_small_beta_are_solved),
		cmocka_unit_test(the_value_rises_with_the_radius),
		cmocka_unit_test(splitting_has_the_same_optimum),
		cmocka_unit_test(frank_wolfe_has_the_same_optimum),
		cmocka_unit_test(no_attack_is_below_the_certificate),
		cmocka_unit_test(no_network_is_below_the_bound),
		cmocka_unit_test(steps_are_those_of_the_forecast),
		cmocka_unit_test(the_polish_closes_the_gap),
		cmocka_unit_test(steps_that_meet_the_dual_equations_are_no_stall),
		cmocka_unit_test(distances_of_several_outputs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
