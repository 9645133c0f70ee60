/* The training loop with a trainer whose iterates are a script: when it stops and why, and what the
 * trace and the result say. */
#include "harness/file/csv.h"
#include "harness/run/loop.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { STEPS = 12 };

/* One iteration: the second-layer weight of the only neuron, relative residuals, a dual bound, the
 * gap as the trainer has it (0: it has none). */
struct act {
	double weight, primal, dual, bound, gap;
};

struct script {
	struct act at[STEPS];
	long done;
};

static const struct act *act_of(const void *state)
{
	const struct script *s = state;

	return &s->at[s->done > 0 ? s->done - 1 : 0];
}

static void step(void *state, struct progress *progress)
{
	struct script *s = state;

	s->done++;
	*progress = (struct progress){NAN, act_of(s)->primal, act_of(s)->dual,
				      .end = OUTCOME_RUNNING, .gap = act_of(s)->gap};
}

static ptrdiff_t width(const void *state)
{
	(void)state;
	return 1;
}

static void network(const void *state, struct model *model)
{
	struct net *net = net_of(model);
	net->U.cols = 1;
	mat_fill(net->U, (real)0.5);
	net->alpha[0] = (real)act_of(state)->weight;
}

static void certify(void *state, struct certificate *out)
{
	*out = (struct certificate){NAN, 0, NAN, act_of(state)->bound, "sampled"};
}

static const struct trainer plain = {
	.step = step, .width = width, .makes = &model_relu, .model = network};
static const struct trainer certified = {
	.step = step, .width = width, .makes = &model_relu, .model = network, .certify = certify};

struct scene {
	struct toy toy;
	struct dataset data;
	struct script script;
	struct csv_table trace;
	bool costly; /* no iteration is due */
	char path[64];
};

static struct loop_result run(struct scene *s, const struct trainer *trainer,
			      const struct stop_options *stop, double setup_s)
{
	struct evaluator evaluator =
		evaluate_new(&s->toy.problem, &s->data,
			     (struct training){trainer, NULL, &s->script, NULL}, &s->toy.arena);
	/* so much work that every iteration is looked at, or so little that none is */
	const struct forecast much = {.iteration_flops = 1e12},
			      little = {.certificate_flops = 1e12};
	struct loop loop = {.stop = stop,
			    .forecast = s->costly ? little : much,
			    .trace_path = s->path,
			    .progress_fd = -1,
			    .setup_s = setup_s};
	struct loop_result out;
	struct err err = {0};

	assert_int_equal(loop_run(&loop, &evaluator, &out, &err), STATUS_OK);
	assert_int_equal(csv_read(s->path, &s->toy.arena, &s->trace, &err), STATUS_OK);
	return out;
}

static struct scene scene_make(void)
{
	struct scene s = {.toy = toy_make(12, 3, "squared", 0.1), .path = "/tmp/test_loop_XXXXXX"};
	int fd = mkstemp(s.path);

	assert_int_not_equal(fd, -1);
	close(fd);
	s.data.train.X = s.toy.problem.X;
	s.data.train.y = (real *)(uintptr_t)s.toy.problem.y.at;
	for (int i = 0; i < STEPS; i++)
		s.script.at[i] = (struct act){0.1 * i, 1, 1, NAN, 0};
	return s;
}

static void finish(struct scene *s)
{
	unlink(s->path);
	arena_release(&s->toy.arena);
}

static const struct stop_options never = {
	.iterations = STEPS, .gap = NAN, .residual = NAN, .seconds = NAN};

/* The objective of the network of iteration i (from 1), by plain loops. */
static double objective_at(struct scene *s, long i)
{
	struct net net = net_new(&s->toy.arena, 3, 1);

	s->script.done = i;
	network(&s->script, &net.base);
	return toy_objective(&s->toy.problem, &net);
}

static double trace_at(const struct scene *s, size_t row, const char *column)
{
	return csv_value(&s->trace, row, csv_column(&s->trace, column));
}

static void seconds_count_the_setup(void **state)
{
	struct scene s = scene_make();
	struct stop_options stop = never;
	struct loop_result r;

	(void)state;
	stop.seconds = 50; /* of which the setup took 100 */
	r = run(&s, &plain, &stop, 100);
	assert_int_equal(r.outcome, OUTCOME_TIME_LIMIT);
	check_equal(r.iterations, 1);
	check_close(trace_at(&s, 0, "seconds"), 100 + r.solve_s, 1e-6, 0);
	finish(&s);
}

static void iterations_end_at_their_limit(void **state)
{
	struct scene s = scene_make();
	struct stop_options stop = never;
	struct loop_result r;

	(void)state;
	stop.iterations = 5;
	r = run(&s, &plain, &stop, 0);
	assert_int_equal(r.outcome, OUTCOME_ITERATION_LIMIT);
	check_equal(r.iterations, 5);
	check_equal(s.script.done, 5);
	finish(&s);
}

static void objectives_of_the_whole_run(void **state)
{
	static const double weights[STEPS] = {3, 1, 0.2, 0.1, 0.5, 2, 1, 4, 1, 2, 0.4, 5};
	struct scene s = scene_make();
	double least = HUGE_VAL;
	struct loop_result r;

	(void)state;
	for (int i = 0; i < STEPS; i++)
		s.script.at[i].weight = weights[i];
	r = run(&s, &plain, &never, 0);
	check_equal(s.trace.rows, r.evaluations);
	for (size_t row = 0; row < s.trace.rows; row++) {
		double here = objective_at(&s, (long)trace_at(&s, row, "iteration"));

		least = fmin(least, here);
		check_close(trace_at(&s, row, "objective_network"), here, 1e-12, 0);
	}
	check_close(r.first_objective, objective_at(&s, 1), 1e-12, 0);
	check_close(r.best_objective, least, 1e-12, 0);
	check_below(r.best_objective, objective_at(&s, STEPS));
	finish(&s);
}

/* Both residuals have to be small. */
static void residuals_stop_together(void **state)
{
	struct scene s = scene_make();
	struct stop_options stop = never;
	struct loop_result r;

	(void)state;
	stop.residual = 1e-3;
	for (int i = 0; i < STEPS; i++) {
		s.script.at[i].primal = i < 3 ? 1 : 1e-4;
		s.script.at[i].dual = i < 6 ? 1 : 1e-4;
	}
	r = run(&s, &plain, &stop, 0);
	assert_int_equal(r.outcome, OUTCOME_CONVERGED);
	check_equal(r.iterations, 7);
	finish(&s);
}

/* Three evaluations without progress, wherever in the run they come. */
static void patience_counts_from_the_last_progress(void **state)
{
	static const double weights[STEPS] = {9, 8, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
	struct scene s = scene_make();
	struct stop_options stop = never;
	struct loop_result r;

	(void)state;
	for (int i = 0; i < STEPS; i++)
		s.script.at[i].weight = weights[i];
	check_below(objective_at(&s, 3), objective_at(&s, 2));
	s.script.done = 0;
	stop.patience = 3;
	r = run(&s, &plain, &stop, 0);
	assert_int_equal(r.outcome, OUTCOME_STALLED);
	check_equal(r.iterations, 6);
	finish(&s);
}

/* A bound that brings the gap to 10 % of the objective, but to 1 % of that of the zero network, or
 * the other way round. */
static void gap_scales_are_told_apart(void **state)
{
	for (int scale = GAP_SCALE_OBJECTIVE; scale <= GAP_SCALE_ZERO; scale++) {
		struct scene s = scene_make();
		struct stop_options stop = never;
		struct loop_result r;
		double objective, zero, limit;

		for (int i = 0; i < STEPS; i++)
			s.script.at[i].weight = 4;
		objective = objective_at(&s, 1);
		zero = toy_objective(&s.toy.problem, (struct net[]){net_new(&s.toy.arena, 3, 0)});
		check_above(objective, 1.2 * zero);
		/* between the two gaps of an excess of a tenth of the objective */
		limit = 0.1 * (1 + objective / zero) / 2;
		for (int i = 0; i < STEPS; i++)
			s.script.at[i].bound = 0.9 * objective;
		s.script.done = 0;
		stop.gap = limit;
		stop.gap_scale = scale;
		r = run(&s, &certified, &stop, 0);
		check_close(r.last.gaps.gap, 0.1, 1e-9, 0);
		check_close(r.last.gaps.zero, 0.1 * objective / zero, 1e-9, 0);
		check_equal(r.iterations, scale == GAP_SCALE_ZERO ? STEPS : 1);
		finish(&s);
	}
	(void)state;
}

/* The best bound of all certificates is the one reported. */
/* A gap of its own that is small enough has the iterate looked at, whatever that costs, and ends
 * nothing by itself: then it is looked at again at half of it. */
static void a_trainer_that_sees_its_gap_is_looked_at(void **state)
{
	static const double gaps[STEPS] = {0,   1,    0.3,  0.2,  0.15, 0.12,
					   0.1, 0.09, 0.05, 0.04, 0.01, 0.01};
	static const long looked_at[] = {4, 7, 9, 11, STEPS};
	enum { LOOKS = sizeof looked_at / sizeof *looked_at };
	struct scene s = scene_make();
	struct stop_options stop = never;
	struct loop_result out;

	(void)state;
	s.costly = true;
	stop.gap = 0.2;
	for (int i = 0; i < STEPS; i++)
		s.script.at[i].gap = gaps[i];
	out = run(&s, &plain, &stop, 0);
	assert_int_equal(out.outcome, OUTCOME_ITERATION_LIMIT);
	assert_int_equal(out.evaluations, LOOKS);
	for (size_t i = 0; i < LOOKS; i++)
		check_equal(trace_at(&s, i, "iteration"), looked_at[i]);
	finish(&s);
}

static void the_best_bound_is_kept(void **state)
{
	struct scene s = scene_make();
	struct loop_result r;

	(void)state;
	for (int i = 0; i < STEPS; i++)
		s.script.at[i].bound = i == 1 ? 0.25 : 0.01 * i;
	r = run(&s, &certified, &never, 0);
	check_equal(r.last.lower_bound, 0.25);
	check_equal(trace_at(&s, s.trace.rows - 1, "lower_bound"), 0.25);
	finish(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seconds_count_the_setup),
		cmocka_unit_test(iterations_end_at_their_limit),
		cmocka_unit_test(objectives_of_the_whole_run),
		cmocka_unit_test(residuals_stop_together),
		cmocka_unit_test(patience_counts_from_the_last_progress),
		cmocka_unit_test(gap_scales_are_told_apart),
		cmocka_unit_test(a_trainer_that_sees_its_gap_is_looked_at),
		cmocka_unit_test(the_best_bound_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
