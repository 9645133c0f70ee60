/* Several outputs with neurons of their own: programs, bounds and networks add up to those of k
 * runs with one output each; two opposite outputs are two times the program of one; the order of
 * outputs changes nothing; neurons that are shared do no worse. */
#include "solvers/cvx/separate.h"
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

enum { N = 40, D = 4, K = 3, STEPS = 4000, EACH = 20 };

static const struct method {
	const char *solver, *options;
} methods[] = {
	{"admm", "{patterns: 8, finish: none}"},
	{"admm", "{patterns: 8, finish: none, u_update: {pcg: {tolerance: 1e-3}}, rho: 0.3}"},
	{"admm", "{patterns: 8, finish: ipm}"},
	{"ipm", "{patterns: 8}"},
	{"scp", "{neurons: 30, output: separate}"},
	{"scp", "{neurons: 30, output: separate, method: working_set}"},
};

extern const struct loss loss_squared;

enum { METHODS = sizeof methods / sizeof *methods };

struct fixture {
	struct toy toy;
	real *at; /* N x K */
};

/* Three targets of different sizes, none a function of another. */
static struct fixture make(double beta)
{
	struct fixture t = {.toy = toy_make(N, D, "squared", beta)};
	struct mat X = t.toy.problem.X;

	t.at = ARENA_ARRAY(&t.toy.arena, real, N * K);
	for (ptrdiff_t r = 0; r < N; r++) {
		double a = (double)mat_get(X, r, 0), b = (double)mat_get(X, r, 1);

		t.at[r] = (real)fabs(a);
		t.at[r + N] = (real)(3 * a * b);
		t.at[r + 2 * N] = (real)sin(2 * a + b);
	}
	t.toy.problem.y = (struct targets){.n = N, .k = K, .at = t.at};
	return t;
}

static void drop(struct fixture *t)
{
	arena_release(&t->toy.arena);
}

struct run {
	const struct trainer *trainer;
	void *state;
	struct progress progress;
	struct certificate certificate;
	double bound;
	long steps;
};

static struct run start(struct fixture *t, struct method method, const struct problem *problem)
{
	struct run run = {.trainer = (const struct trainer *)(const void *)registry_find(
				  KIND_TRAINER, method.solver),
			  .bound = -HUGE_VAL};
	struct err err = {0};
	const void *options = toy_options(&run.trainer->base, method.options, &t->toy.arena);

	assert_int_equal(trainer_check(run.trainer, problem, options, &err), STATUS_OK);
	assert_int_equal(run.trainer->setup(problem, options, &t->toy.arena, &run.state, &err),
			 STATUS_OK);
	return run;
}

/* Until its own gap is below `gap` relative to the objective, or it ends. */
static void solve(struct run *run, double gap)
{
	run->certificate.upper = HUGE_VAL;
	while (run->steps < STEPS && run->progress.end == OUTCOME_RUNNING) {
		run->trainer->step(run->state, &run->progress);
		if (++run->steps % EACH && run->progress.end == OUTCOME_RUNNING)
			continue;
		run->trainer->certify(run->state, &run->certificate);
		run->bound = fmax(run->bound, run->certificate.lower_bound);
		if (run->certificate.upper - run->bound <= gap * run->certificate.upper)
			break;
	}
	check_at_most(run->certificate.upper - run->bound, 2 * gap * run->certificate.upper);
}

/* The objective of its network by the shared evaluation: iterate or repaired point. */
static double network_objective(struct fixture *t, const struct run *run,
				const struct problem *problem)
{
	const struct model_kind *kind = trainer_makes(run->trainer, NULL, problem->y.k);
	struct model_size size = {D, run->trainer->width(run->state), problem->y.k};
	struct model *model = model_new(kind, &t->toy.arena, size);
	struct model_work work = model_work_new(&t->toy.arena, kind, size);
	real *f = ARENA_ARRAY(&t->toy.arena, real, N * problem->y.k);

	if (run->trainer->repaired)
		run->trainer->repaired(run->state, model);
	else
		run->trainer->model(run->state, model);
	return trainer_objective(problem, model, f, &work);
}

static const double tight = REAL_EPSILON > 1e-10 ? 1e-4 : 2e-10;

static void outputs_are_programs_of_one_output(void **state)
{
	(void)state;
	for (size_t m = 0; m < METHODS; m++) {
		struct fixture t = make(0.7);
		struct run all = start(&t, methods[m], &t.toy.problem);
		double sum = 0, bounds = 0, networks = 0;

		solve(&all, tight);
		for (ptrdiff_t c = 0; c < K; c++) {
			struct problem *one = ARENA_NEW(&t.toy.arena, struct problem);
			struct run run;

			*one = separate_output(&t.toy.problem, c);
			run = start(&t, methods[m], one);
			solve(&run, tight);
			sum += run.certificate.upper;
			bounds += run.bound;
			networks += network_objective(&t, &run, one);
		}
		check_close(all.certificate.upper, sum, 5 * tight, 0);
		check_close(all.bound, bounds, 5 * tight, 0);
		check_close(network_objective(&t, &all, &t.toy.problem), networks, 5 * tight, 0);
		check_close(network_objective(&t, &all, &t.toy.problem), all.certificate.upper,
			    1e3 * REAL_EPSILON, 0);
		assert_string_equal(toy_text(all.trainer, all.state, "output", &t.toy.arena),
				    "separate");
		drop(&t);
	}
}

/* A program for each output is bit by bit what it is alone. */
static void programs_do_not_touch_each_other(void **state)
{
	(void)state;
	for (size_t m = 3; m < METHODS; m++) {
		struct fixture t = make(0.7);
		struct problem last = separate_output(&t.toy.problem, K - 1);
		struct run all = start(&t, methods[m], &t.toy.problem),
			   one = start(&t, methods[m], &last);
		ptrdiff_t width = all.trainer->width(all.state), m_one, m_all;
		struct model_size size = {D, width, K}, size_one = {D, width, 1};
		struct model *several = model_new(&model_relu_outputs, &t.toy.arena, size),
			     *single = model_new(&model_relu, &t.toy.arena, size_one);

		for (int i = 0; i < 5; i++) {
			all.trainer->step(all.state, &all.progress);
			one.trainer->step(one.state, &one.progress);
		}
		all.trainer->model(all.state, several);
		one.trainer->model(one.state, single);
		m_one = model_width(single);
		m_all = model_width(several);
		check_above(m_one, 0);
		check_below(m_one, m_all); /* its neurons are the last ones */
		for (ptrdiff_t j = 0; j < m_one; j++) {
			const struct multinet *net = multinet_of(several);

			assert_memory_equal(mat_col(net->U, m_all - m_one + j),
					    mat_col(net_of(single)->U, j), D * sizeof(real));
			for (ptrdiff_t c = 0; c < K; c++)
				check_equal(mat_get(net->A, m_all - m_one + j, c),
					    c == K - 1 ? net_of(single)->alpha[j] : 0);
		}
		drop(&t);
	}
}

/* y and -y, shrunk by sqrt 2 as beta is, together cost what y does. */
static void two_opposite_outputs_are_one(void **state)
{
	const double root = sqrt(0.5);

	(void)state;
	for (size_t m = 0; m < METHODS; m++) {
		struct fixture t = make(0.7);
		struct problem one = separate_output(&t.toy.problem, 0), two = t.toy.problem;
		real *at = ARENA_ARRAY(&t.toy.arena, real, N * 2);
		struct run single, pair;

		for (ptrdiff_t r = 0; r < N; r++) {
			at[r] = (real)(root * (double)one.y.at[r]);
			at[r + N] = -at[r];
		}
		two.y = (struct targets){.n = N, .k = 2, .at = at};
		two.beta = root * one.beta;
		single = start(&t, methods[m], &one);
		pair = start(&t, methods[m], &two);
		solve(&single, tight);
		solve(&pair, tight);
		check_close(pair.certificate.upper, single.certificate.upper, 50 * tight, 0);
		check_close(pair.bound, single.bound, 50 * tight, 0);
		drop(&t);
	}
}

static void no_order_of_outputs_matters(void **state)
{
	static const int order[K] = {2, 0, 1};

	(void)state;
	for (size_t m = 0; m < METHODS; m++) {
		struct fixture t = make(0.7);
		struct problem turned = t.toy.problem;
		real *at = ARENA_ARRAY(&t.toy.arena, real, N * K);
		struct run plain, other;

		for (ptrdiff_t c = 0; c < K; c++)
			memcpy(at + c * N, t.at + order[c] * N, N * sizeof *at);
		turned.y.at = at;
		plain = start(&t, methods[m], &t.toy.problem);
		other = start(&t, methods[m], &turned);
		solve(&plain, tight);
		solve(&other, tight);
		check_close(other.certificate.upper, plain.certificate.upper, 5 * tight, 0);
		drop(&t);
	}
}

/* Rows of A that may be full cost no more than entries: |A_j| <= sum_c |A_jc|. */
static void shared_neurons_do_no_worse(void **state)
{
	static const struct method shared = {"scp", "{neurons: 30}"};
	static const double betas[] = {0.1, 0.7, 5};

	(void)state;
	for (size_t b = 0; b < 3; b++) {
		struct fixture t = make(betas[b]);
		struct run together = start(&t, shared, &t.toy.problem),
			   apart = start(&t, methods[4], &t.toy.problem);

		solve(&together, tight);
		solve(&apart, tight);
		check_below(together.certificate.upper, apart.bound);
		assert_string_equal(
			toy_text(together.trainer, together.state, "output", &t.toy.arena),
			"shared");
		drop(&t);
	}
}

/* --- losses that couple the outputs, by ADMM --- */

static const char *const coupled[] = {"logistic", "hinge"};
static const struct method splitting = {"admm", "{patterns: 8}"};
static const double gaps[] = {REAL_EPSILON > 1e-10 ? 1e-3 : 1e-7,
			      3e-4}; /* kinks: slow at the end */

/* k classes: by the largest of the targets, every `turn` under another number, or by the sign of
 * y. */
static struct fixture make_classes(const char *loss, int turn)
{
	struct fixture t = make(0.7);
	int *label = ARENA_ARRAY(&t.toy.arena, int, N);
	real *at = ARENA_ARRAY(&t.toy.arena, real, N * K);

	for (ptrdiff_t r = 0; r < N; r++) {
		int c = 0;

		for (int o = 1; o < K; o++)
			c = t.at[r + o * N] > t.at[r + c * N] ? o : c;
		label[r] = (c + turn) % K;
		at[r + label[r] * N] = 1;
	}
	t.toy.problem.loss = toy_loss_term(loss, &t.toy.arena);
	t.toy.problem.y = (struct targets){.n = N, .k = K, .at = at, .label = label};
	return t;
}

static void coupled_outputs_are_certified(void **state)
{
	(void)state;
	for (size_t l = 0; l < 2; l++) {
		double upper[2], bound[2];

		for (int turn = 0; turn < 2; turn++) {
			struct fixture t = make_classes(coupled[l], turn);
			struct run run = start(&t, splitting, &t.toy.problem);

			solve(&run, gaps[l]);
			check_close(network_objective(&t, &run, &t.toy.problem),
				    run.certificate.upper, 1e3 * REAL_EPSILON, 0);
			upper[turn] = run.certificate.upper;
			bound[turn] = run.bound;
			check_above(run.bound, 0);
			drop(&t);
		}
		check_at_most(bound[0], upper[1]); /* under other numbers the same program */
		check_at_most(bound[1], upper[0]);
	}
}

/* Of two outputs only the difference counts, and each part of it costs what it costs in one. */
static void two_coupled_outputs_are_one(void **state)
{
	(void)state;
	for (size_t l = 0; l < 2; l++) {
		struct toy toy = toy_make(N, D, coupled[l], 0.7);
		struct fixture t = {.toy = toy};
		struct problem two = toy.problem;
		real *at = ARENA_ARRAY(&t.toy.arena, real, N * 2);
		int *label = ARENA_ARRAY(&t.toy.arena, int, N);
		struct run single, pair;

		for (ptrdiff_t r = 0; r < N; r++) {
			label[r] = toy.problem.y.at[r] > 0;
			at[r + label[r] * N] = 1;
		}
		two.y = (struct targets){.n = N, .k = 2, .at = at, .label = label};
		single = start(&t, splitting, &t.toy.problem);
		pair = start(&t, splitting, &two);
		solve(&single, gaps[l]);
		solve(&pair, gaps[l]);
		check_close(pair.certificate.upper, single.certificate.upper, 3 * gaps[l], 0);
		check_close(pair.bound, single.bound, 3 * gaps[l], 0);
		drop(&t);
	}
}

static void a_loss_that_couples_is_refused(void **state)
{
	(void)state;
	for (size_t m = 2; m < METHODS; m++) { /* those that split by output, or hand over to one */
		struct fixture t = make_classes("logistic", 0);
		const struct desc *item = registry_find(KIND_TRAINER, methods[m].solver);
		struct err err = {0};

		assert_int_equal(
			trainer_check((const struct trainer *)(const void *)item, &t.toy.problem,
				      toy_options(item, methods[m].options, &t.toy.arena), &err),
			STATUS_SPEC);
		assert_non_null(strstr(err.text, "a loss that is a sum over the outputs"));
		drop(&t);
	}
}

static void forecasts_know_the_outputs(void **state)
{
	(void)state;
	for (size_t m = 0; m < METHODS; m++) {
		struct fixture t = make(0.7);
		struct run run = start(&t, methods[m], &t.toy.problem);
		const void *options =
			toy_options(&run.trainer->base, methods[m].options, &t.toy.arena);
		struct forecast one = {0}, ten = {0};

		run.trainer->forecast(options, (struct trainer_shape){.n = 500, .d = 20, .k = 1},
				      &one);
		run.trainer->forecast(options, (struct trainer_shape){.n = 500, .d = 20, .k = 10},
				      &ten);
		check_close(ten.iteration_flops, 10 * one.iteration_flops, 1e-12, 0);
		check_close(ten.certificate_flops, 10 * one.certificate_flops, 1e-12, 0);
		drop(&t);
	}
}

/* Bytes of a run of k outputs that makes steps. */
static double bytes_of(const struct trainer *trainer, const void *options, ptrdiff_t k)
{
	const struct loss_term loss = {.loss = &loss_squared, .weight = 1};
	const struct problem problem = {.X = {500, 20, 500, NULL},
					.y = {.n = 500, .k = k},
					.loss = loss,
					.beta = 1,
					.seed = 5};
	struct arena_tally tally = {.real_size = sizeof(real), .steps = HUGE_VAL};
	struct arena arena = arena_counting(&tally);
	struct err err = {0};
	void *state;

	assert_int_equal(trainer->setup(&problem, options, &arena, &state, &err), STATUS_OK);
	arena_settle(&arena);
	arena_release(&arena);
	return (double)tally.peak;
}

/* Factors and directions of the interior point are made anew in each step: programs on the same
 * patterns have one room for them, others each its own. */
static void programs_share_the_room_of_a_step(void **state)
{
	static const struct {
		const char *options;
		double least, most; /* bytes of ten outputs, those of one being 1 */
	} cases[] = {
		{"{patterns: 20}", 1, 4},
		{"{patterns: {count: 20, from: [{network: {start: {adam: {epochs: 1}}}}]}}", 9, 11},
	};
	const struct desc *item = registry_find(KIND_TRAINER, "ipm");
	const struct trainer *trainer = (const struct trainer *)(const void *)item;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena arena = {0};
		const void *options = toy_options(item, cases[i].options, &arena);
		double one = bytes_of(trainer, options, 1), ten = bytes_of(trainer, options, 10);

		check_at_least(ten, cases[i].least * one);
		check_at_most(ten, cases[i].most * one);
		arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outputs_are_programs_of_one_output),
		cmocka_unit_test(programs_do_not_touch_each_other),
		cmocka_unit_test(two_opposite_outputs_are_one),
		cmocka_unit_test(no_order_of_outputs_matters),
		cmocka_unit_test(shared_neurons_do_no_worse),
		cmocka_unit_test(coupled_outputs_are_certified),
		cmocka_unit_test(two_coupled_outputs_are_one),
		cmocka_unit_test(a_loss_that_couples_is_refused),
		cmocka_unit_test(forecasts_know_the_outputs),
		cmocka_unit_test(programs_share_the_room_of_a_step),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
