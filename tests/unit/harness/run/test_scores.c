/* Accuracy, RMSE and R2 of a network that the test chooses, against plain loops over the samples.
 */
#include "harness/run/evaluate.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { N = 15, D = 3 };

static ptrdiff_t width(const void *state)
{
	(void)state;
	return 2;
}

static void network(const void *state, struct model *model)
{
	struct net *net = net_of(model);
	(void)state;
	net->U.cols = 2;
	for (ptrdiff_t i = 0; i < D; i++) {
		mat_set(net->U, i, 0, (real)(0.4 - 0.3 * (double)i));
		mat_set(net->U, i, 1, (real)(0.2 + 0.5 * (double)i));
	}
	net->alpha[0] = (real)1.5;
	net->alpha[1] = (real)-0.7;
}

static const struct trainer fixed = {.width = width, .makes = &model_relu, .model = network};

/* A toy problem whose network outputs are known: an evaluation of it. */
struct scene {
	struct toy toy;
	struct dataset data;
	double f[N], y[N];
};

static struct evaluation look(struct scene *s)
{
	struct evaluator evaluator =
		evaluate_new(&s->toy.problem, &s->data, (struct training){&fixed, NULL, NULL, NULL},
			     &s->toy.arena);
	struct evaluation out;

	evaluate_iterate(&evaluator, &out);
	for (ptrdiff_t k = 0; k < N; k++) {
		s->f[k] = toy_output(net_of(evaluator.delivered), s->toy.problem.X, k);
		s->y[k] = (double)s->toy.problem.y.at[k];
	}
	return out;
}

static struct scene scene_make(bool regression)
{
	struct scene s = {.toy = toy_make(N, D, "squared", 0.1)};

	s.data.regression = regression;
	s.data.train.X = s.data.test.X = s.toy.problem.X;
	s.data.train.y = s.data.test.y = (real *)(uintptr_t)s.toy.problem.y.at;
	for (ptrdiff_t k = 0; regression && k < N; k++)
		s.data.train.y[k] = (real)(7 + sin((double)k));
	return s;
}

/* Targets far from 0: R2 about 0 would be near 1. */
static void errors_of_a_regression(void **state)
{
	struct scene s = scene_make(true);
	struct evaluation e = look(&s);
	double square = 0, mean = 0, spread = 0;

	(void)state;
	for (int k = 0; k < N; k++) {
		square += (s.f[k] - s.y[k]) * (s.f[k] - s.y[k]);
		mean += s.y[k] / N;
	}
	for (int k = 0; k < N; k++)
		spread += (s.y[k] - mean) * (s.y[k] - mean);
	check_close(e.train.rmse, sqrt(square / N), 1e-12, 0);
	check_close(e.train.r2, 1 - square / spread, 1e-12, 0);
	check_close(e.test.rmse, sqrt(square / N), 1e-12, 0);
	check_close(e.test.r2, 1 - square / spread, 1e-12, 0);
	check_nan(e.train.accuracy);
	check_nan(e.train.most);
	arena_release(&s.toy.arena);
}

/* A sample at the origin has output 0, which is right for neither class. */
static void accuracy_of_a_classification(void **state)
{
	struct scene s = scene_make(false);
	struct evaluation e;
	double correct = 0, positive = 0;

	(void)state;
	for (ptrdiff_t k = 0; k < 2; k++) {
		for (ptrdiff_t j = 0; j < D; j++)
			mat_set(s.toy.problem.X, k, j, 0);
		s.data.train.y[k] = k ? 1 : -1;
	}
	e = look(&s);
	check_equal(s.f[0], 0);
	check_equal(s.f[1], 0);
	for (int k = 0; k < N; k++)
		correct += (s.f[k] > 0 && s.y[k] > 0) || (s.f[k] < 0 && s.y[k] < 0);
	check_close(e.train.accuracy, correct / N, 0, 1e-12);
	check_close(e.test.accuracy, correct / N, 0, 1e-12);
	for (int k = 0; k < N; k++)
		positive += s.f[k] > 0;
	check_close(e.test.most, (positive > N - positive ? positive : N - positive) / N, 0, 1e-12);
	check_nan(e.validation.accuracy); /* there is no such part */
	check_nan(e.train.rmse);
	arena_release(&s.toy.arena);
}

/* Outputs of three classes in the place of a network: of 5 samples. */
static const struct outputs *told;

static const struct outputs *tell(const void *state)
{
	(void)state;
	return told;
}

static bool tells(const void *options)
{
	(void)options;
	return true;
}

static void decisions_of_three_classes(void **state)
{
	enum { K = 3, SAMPLES = 5 };
	/* decided 2, 2, 0, none (a tie), 2 */
	real f[] = {0, 1, 3, 2, -3, 1, 1, 2, 2, -2, 2, 2, 1, 0, -1}, y[SAMPLES * K] = {0};
	int label[] = {2, 1, 0, 0, 2};
	struct outputs outputs = {.count = {SAMPLES, 0, 0}, .at = {f, NULL, NULL}};
	const struct trainer teller = {.width = width, .outputs_only = tells, .outputs = tell};
	struct scene s = {.toy = toy_make(SAMPLES, D, "squared", 0.1)};
	struct evaluator evaluator;
	struct evaluation e;

	(void)state;
	told = &outputs;
	s.data = (struct dataset){.class_count = K, .k = K};
	s.data.train.X = s.toy.problem.X;
	s.data.train.y = y;
	s.data.train.label = label;
	s.toy.problem.y =
		(struct targets){.n = SAMPLES, .k = K, .at = y, .label = s.data.train.label};
	evaluator = evaluate_new(&s.toy.problem, &s.data,
				 (struct training){&teller, NULL, NULL, NULL}, &s.toy.arena);
	evaluate_iterate(&evaluator, &e);
	check_close(e.train.accuracy, 3.0 / SAMPLES, 0, 1e-12);
	check_close(e.train.most, 3.0 / SAMPLES, 0, 1e-12);
	check_nan(e.test.most);
	for (int i = 0; i < SAMPLES; i++) /* class 1 above all others */
		f[SAMPLES + i] = 9;
	evaluate_iterate(&evaluator, &e);
	check_equal(e.train.most, 1);
	arena_release(&s.toy.arena);
}

static void gaps_by_their_formulas(void **state)
{
	struct gaps g = evaluate_gaps(8, 6, 16);

	(void)state;
	check_close(g.gap, 2.0 / 8, 1e-15, 0);
	check_close(g.raw, 2.0 / 8, 1e-15, 0);
	check_close(g.zero, 2.0 / 16, 1e-15, 0);
	g = evaluate_gaps(8, 10, 16);
	check_equal(g.gap, 0);
	check_close(g.raw, -2.0 / 8, 1e-15, 0);
	check_equal(g.zero, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_of_a_regression),
		cmocka_unit_test(accuracy_of_a_classification),
		cmocka_unit_test(decisions_of_three_classes),
		cmocka_unit_test(gaps_by_their_formulas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
