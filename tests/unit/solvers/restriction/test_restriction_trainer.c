/* The trainer `robust_restriction`: never above its start, never below the brute-force worst case,
 * a valid gap, its starts, its errors, and plain training at eps = 0. */
#include "tests/certified.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

enum { N = 60, D = 3, GRID = 12, MOST_STEPS = 4000 };

static const char *const losses[] = {"hinge", "logistic", "squared_hinge"};
static const char *const norms[] = {"linf", "l2", "l1"};
static bool bias[D] = {false, false, true};
static const double BETA = 0.5, EPS = 0.2;
static const double ROUNDING = 1e-9;

enum { LOSSES = sizeof losses / sizeof *losses, NORMS = sizeof norms / sizeof *norms };

struct run {
	struct arena arena;
	struct toy toy;
	const struct trainer *trainer;
	void *state;
	struct progress progress;
	struct net net;
	struct err err;
	enum status status;
};

static struct run *begin_on(struct toy toy, const char *options, const struct net *start)
{
	static struct run run;
	const struct desc *desc = registry_find(KIND_SOLVER, "robust_restriction");

	run = (struct run){.toy = toy};
	run.toy.problem.frozen = bias;
	if (start)
		toy_file(&run.toy.problem,
			 (struct problem_file){.path = "given.npz", .model = &start->base},
			 &run.arena);
	run.trainer = (const struct trainer *)(const void *)desc;
	run.status = run.trainer->setup(&run.toy.problem, toy_options(desc, options, &run.arena),
					&run.arena, &run.state, &run.err);
	if (run.status == STATUS_OK)
		run.net = net_new(&run.arena, D, run.trainer->width(run.state));
	return &run;
}

static struct run *begin(const char *loss, const char *options, const struct net *start)
{
	return begin_on(toy_make(N, D, loss, BETA), options, start);
}

static void end(struct run *run)
{
	arena_release(&run->arena);
	arena_release(&run->toy.arena);
}

static struct certificate certify(struct run *run)
{
	struct certificate c;

	run->trainer->certify(run->state, &c);
	return c;
}

/* To its own end; the certified objective of no step is above that of the step before. */
static void train(struct run *run)
{
	double before = certify(run).upper;

	for (int step = 0; step < MOST_STEPS; step++) {
		run->trainer->step(run->state, &run->progress);
		check_at_most(run->progress.objective, before * (1 + ROUNDING));
		before = run->progress.objective;
		if (run->progress.end != OUTCOME_RUNNING)
			break;
	}
	run->trainer->model(run->state, &run->net.base);
}

/* min y f over a grid on the ball of sample k. */
static double brute_margin(const struct run *run, long p, double eps, ptrdiff_t k)
{
	struct mat X = run->toy.problem.X;
	double worst = HUGE_VAL;
	real at[D];
	struct mat point = {1, D, 1, at};

	for (int a = -GRID; a <= GRID; a++)
		for (int b = -GRID; b <= GRID; b++) {
			double u = fabs((double)a), v = fabs((double)b);
			double sizes[] = {fmax(u, v), hypot(u, v), u + v};
			double size = fmax(sizes[p], GRID);

			at[0] = mat_get(X, k, 0) + (real)(eps * a / size);
			at[1] = mat_get(X, k, 1) + (real)(eps * b / size);
			at[2] = 1;
			worst = fmin(worst, (double)run->toy.problem.y.at[k] *
						    toy_output(&run->net, point, 0));
		}
	return worst;
}

static double worst_objective(const struct run *run, long p, double eps)
{
	const struct problem *problem = &run->toy.problem;
	double value = toy_objective(problem, &run->net);

	for (ptrdiff_t k = 0; k < N; k++) {
		double y = (double)problem->y.at[k];

		value -= toy_loss(problem->loss, toy_output(&run->net, problem->X, k), y);
		value += toy_loss(problem->loss, y * brute_margin(run, p, eps, k), y);
	}
	return value;
}

static void the_objective_holds_on_the_whole_ball(void **state)
{
	(void)state;
	for (long p = 0; p < NORMS; p++)
		for (size_t l = 0; l < LOSSES; l++) {
			char options[120];
			struct run *run;
			double value, worst, start;

			snprintf(options, sizeof options, "{eps: %g, norm: %s, width: 12}", EPS,
				 norms[p]);
			run = begin(losses[l], options, NULL);
			assert_int_equal(run->status, STATUS_OK);
			start = certify(run).upper;
			train(run);
			value = run->progress.objective;
			worst = worst_objective(run, p, EPS);
			check_below(value, 0.95 * start); /* it learns */
			if (!(worst <= value * (1 + ROUNDING)))
				fail_msg("%s %s: certified %g, found %g", norms[p], losses[l],
					 value, worst);
			check_below(value, 1.2 * worst); /* and the bound means something */
			end(run);
		}
}

/* From a network that backprop trained: its certificate is where the method starts. */
static void it_never_ends_above_its_start(void **state)
{
	static const char text[] = "{eps: 0.2, start: {adam: {width: 10, epochs: 30, batch: 0, "
				   "learning_rate: 0.05}}}";

	(void)state;
	for (size_t l = 0; l < LOSSES; l++) {
		struct run *run = begin(losses[l], text, NULL);
		struct threat norm = {.eps = EPS, .d = D, .frozen = bias};
		double first = certify(run).upper, plain;

		assert_int_equal(run->status, STATUS_OK);
		run->trainer->model(run->state, &run->net.base);
		plain = certified_objective(&run->toy.problem, &norm, &run->net, 10, NULL);
		check_close(first, plain, 0, ROUNDING * first);
		assert_non_null(strstr(toy_text(run->trainer, run->state, "note", &run->arena),
				       "start adam, 30 steps"));
		train(run);
		check_below(run->progress.objective, first);
		end(run);
	}
}

static void a_given_network_is_the_start(void **state)
{
	struct arena arena = {0};
	struct net start = net_new(&arena, D, 4);
	struct run *run;

	(void)state;
	for (ptrdiff_t j = 0; j < 3; j++) { /* the last neuron stays zero */
		start.alpha[j] = j % 2 ? -2 : 2;
		mat_set(start.U, j % 2, j, (real)(0.1 * (double)(j + 1)));
	}
	run = begin("hinge", "{eps: 0.1, start_file: given.npz}", &start);
	assert_int_equal(run->status, STATUS_OK);
	assert_int_equal(run->trainer->width(run->state), 3);
	run->trainer->model(run->state, &run->net.base);
	for (ptrdiff_t k = 0; k < N; k++)
		check_close(toy_output(&run->net, run->toy.problem.X, k),
			    toy_output(&start, run->toy.problem.X, k), 0, ROUNDING);
	end(run);
	arena_release(&arena);
}

/* A convex program solved to the end: the gap closes. */
static void the_last_program_is_solved_to_a_certified_gap(void **state)
{
	(void)state;
	for (size_t l = 0; l < LOSSES; l++) {
		struct run *run =
			begin(losses[l], "{eps: 0.2, width: 12, proof: 800, gap: 5e-3}", NULL);
		struct certificate c;

		train(run);
		c = certify(run);
		if (!(run->progress.end == OUTCOME_CONVERGED && c.lower_bound <= c.upper &&
		      c.upper - c.lower_bound <= 5e-3 * c.upper))
			fail_msg("%s: end %d, [%g, %g]", losses[l], run->progress.end,
				 c.lower_bound, c.upper);
		end(run);
	}
}

/* Objectives after the epochs and at the end. */
struct ends {
	double after, last;
};

/* Epochs on mini-batches: they lower the certificate, and no step raises it (`train`). */
static struct ends train_by_epochs(const char *loss, const char *start)
{
	enum { EPOCHS = 30 };
	char options[160];
	struct ends ends;
	struct run *run;
	double first;

	snprintf(options, sizeof options,
		 "{eps: %g, width: 12, %sepochs: %d, batch: 16, learning_rate: 0.02}", EPS, start,
		 EPOCHS);
	run = begin(loss, options, NULL);
	assert_int_equal(run->status, STATUS_OK);
	first = certify(run).upper;
	for (int epoch = 0; epoch < EPOCHS; epoch++)
		run->trainer->step(run->state, &run->progress);
	ends.after = run->progress.objective;
	train(run);
	ends.last = run->progress.objective;
	check_below(ends.after, 0.98 * first);
	check_at_most(ends.last, ends.after);
	check_at_most(worst_objective(run, 0, EPS), ends.last * (1 + ROUNDING));
	end(run);
	return ends;
}

static void epochs_lower_the_objective_and_repeat(void **state)
{
	static const char *const starts[] = {"", "start: {adam: {width: 10, epochs: 5}}, "};

	(void)state;
	for (size_t l = 0; l < LOSSES; l++)
		for (size_t s = 0; s < 2; s++) {
			struct ends one = train_by_epochs(losses[l], starts[s]);
			struct ends two = train_by_epochs(losses[l], starts[s]);

			check_equal(one.after, two.after);
			check_equal(one.last, two.last);
		}
}

/* Steps far too long make nothing better: the start network stays, with its slopes. */
static void useless_epochs_leave_the_start(void **state)
{
	static const char text[] = "{eps: 0.2, start: {adam: {width: 10, epochs: 60, batch: 0, "
				   "learning_rate: 0.05}}, epochs: 2, learning_rate: 100}";
	struct run *run = begin("hinge", text, NULL);
	double first = certify(run).upper;

	(void)state;
	for (int epoch = 0; epoch < 2; epoch++)
		run->trainer->step(run->state, &run->progress);
	check_at_most(run->progress.objective, first);
	check_above(run->progress.objective, 0.99 * first);
	train(run);
	check_below(run->progress.objective, first);
	end(run);
}

/* f = scale x_0, by a neuron for each sign. */
static struct net linear(double scale, struct arena *arena)
{
	struct net net = net_new(arena, D, 2);

	for (ptrdiff_t j = 0; j < 2; j++) {
		net.alpha[j] = (real)(j ? -sqrt(scale) : sqrt(scale));
		mat_set(net.U, 0, j, net.alpha[j]);
	}
	return net;
}

/* Labels by the sign of x_0, which is `apart` from 0 at least. */
static struct toy separable(const char *loss, double beta, double apart)
{
	struct toy toy = toy_make(N, D, loss, beta);
	real *y = ARENA_ARRAY(&toy.arena, real, N);

	for (ptrdiff_t k = 0; k < N; k++) {
		double x = (double)mat_get(toy.problem.X, k, 0), side = x > 0 ? 1 : -1;

		mat_set(toy.problem.X, k, 0, (real)(x + side * apart));
		y[k] = (real)side;
	}
	toy.problem.y = targets_of(y, N);
	return toy;
}

/* Where all losses have vanished the penalty is linear along its gradient, whose change is
 * rounding: no curvature to be learnt, and no end. */
static void a_start_without_loss_is_no_end(void **state)
{
	const double apart = 0.5;
	struct arena arena = {0};
	struct net large = linear(25, &arena), right = linear(1 / apart, &arena);

	(void)state;
	for (size_t l = 0; l < LOSSES; l++) {
		struct toy toy = separable(losses[l], 0.05, apart);
		double best = toy_objective(&toy.problem, &right);
		struct run *run = begin_on(toy, "{eps: 0, start_file: given.npz}", &large);

		assert_int_equal(run->status, STATUS_OK);
		train(run);
		check_at_most(run->progress.objective, 1.01 * best);
		end(run);
	}
	arena_release(&arena);
}

/* The same after epochs with long steps, which leave large neurons: what is learnt on the way
 * leads nowhere further on. */
static void epochs_that_leave_large_neurons_are_no_end(void **state)
{
	static const char *const epochs[] = {"", ", epochs: 300, batch: 16, learning_rate: 0.5",
					     ", epochs: 300, batch: 16, learning_rate: 0.05"};
	double value[3];

	(void)state;
	for (size_t e = 0; e < 3; e++) {
		char options[120];
		struct run *run;

		snprintf(options, sizeof options, "{eps: 0.01, width: 12%s}", epochs[e]);
		run = begin_on(separable("hinge", 0.01, 0.5), options, NULL);
		train(run);
		value[e] = run->progress.objective;
		check_at_most(value[e], 1.5 * value[0]);
		end(run);
	}
}

/* eps = 0: the certificate of every iterate is at or above its plain objective, and ends there. */
static void without_perturbation_it_trains_plainly(void **state)
{
	(void)state;
	for (size_t l = 0; l < LOSSES; l++) {
		struct run *run = begin(losses[l], "{eps: 0, width: 12}", NULL);
		double plain, before = HUGE_VAL;

		for (int round = 0; round < 20; round++) {
			for (int step = 0; step < 10; step++)
				run->trainer->step(run->state, &run->progress);
			run->trainer->model(run->state, &run->net.base);
			plain = toy_objective(&run->toy.problem, &run->net);
			check_at_most(plain, run->progress.objective * (1 + ROUNDING));
			check_at_most(run->progress.objective, before * (1 + ROUNDING));
			before = run->progress.objective;
		}
		check_at_most(run->progress.objective, plain * 1.01);
		end(run);
	}
}

static void a_bad_start_is_refused(void **state)
{
	static const struct {
		const char *loss, *options, *says;
	} cases[] = {
		{"hinge", "{start: {adam: {epochs: 1}}, start_file: a.npz}",
		 "start: expected a solver or a model file, got both \"adam\" and \"a.npz\""},
		{"squared", "{start: robust_restriction}",
		 "start: expected a solver that takes the loss squared, got "
		 "\"robust_restriction\""},
	};
	struct arena arena = {0};
	struct net zero = net_new(&arena, D, 2);
	struct run *run;

	(void)state;
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		run = begin(cases[c].loss, cases[c].options, NULL);
		assert_int_equal(run->status, STATUS_SPEC);
		assert_string_equal(run->err.text, cases[c].says);
		end(run);
	}
	run = begin("hinge", "{start_file: given.npz}", &zero);
	assert_int_equal(run->status, STATUS_ENV);
	assert_string_equal(run->err.text,
			    "start: expected a network with a neuron that is not zero, got none");
	end(run);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_objective_holds_on_the_whole_ball),
		cmocka_unit_test(it_never_ends_above_its_start),
		cmocka_unit_test(a_given_network_is_the_start),
		cmocka_unit_test(the_last_program_is_solved_to_a_certified_gap),
		cmocka_unit_test(epochs_lower_the_objective_and_repeat),
		cmocka_unit_test(useless_epochs_leave_the_start),
		cmocka_unit_test(a_start_without_loss_is_no_end),
		cmocka_unit_test(epochs_that_leave_large_neurons_are_no_end),
		cmocka_unit_test(without_perturbation_it_trains_plainly),
		cmocka_unit_test(a_bad_start_is_refused),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
