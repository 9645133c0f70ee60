/* Networks with several outputs: weight gradients, margins and what attacks descend on. */
#include "solvers/core/rng.h"
#include "solvers/model/multinet.h"
#include "solvers/model/net.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 300, D = 4, M = 37, K = 5 }; /* more rows than a block, more neurons than a tile */

/* Differences are taken in the network's own precision. */
static const double STEP = sizeof(real) < sizeof(double) ? 1e-2 : 1e-5;

struct fixture {
	struct arena arena;
	struct model *model;
	struct multinet *net;
	struct mat X, G;
	real f[N * K], margin[N], loss[N];
	int label[N], rival[N];
	struct model_margin of;
	struct model_work work;
};

static struct fixture *make(ptrdiff_t k)
{
	static struct fixture t;
	struct rng rng = rng_stream(5, "test_multinet", (uint64_t)k);

	t = (struct fixture){0};
	t.model = model_new(&model_relu_outputs, &t.arena, (struct model_size){D, M, k});
	t.net = multinet_of(t.model);
	t.X = mat_new(&t.arena, N, D);
	t.G = mat_new(&t.arena, N, D);
	t.work = model_work_new(&t.arena, t.model->kind, model_size(t.model));
	toy_fill(t.net->U, &rng);
	toy_fill(t.net->A, &rng);
	toy_fill(t.X, &rng);
	for (ptrdiff_t i = 0; i < N; i++) {
		t.label[i] = (int)(i % k);
		t.rival[i] = (int)((i + 1 + i / k % (k - 1)) % k);
	}
	t.of = (struct model_margin){
		.y = {.n = N, .k = k, .label = t.label}, .margin = t.margin, .loss = t.loss};
	return &t;
}

/* sum_{i,c} S(i, c) f_c(x_i) by the definition */
static double weighted(const struct model *model, struct mat X, struct mat S)
{
	double sum = 0, f[K], size;

	for (ptrdiff_t i = 0; i < X.rows; i++) {
		model->kind->sample(model, X, i, f, &size);
		for (ptrdiff_t c = 0; c < S.cols; c++)
			sum += (double)mat_get(S, i, c) * f[c];
	}
	return sum;
}

/* Its slope along one weight; a step to either side, and half of it, that agree cross no kink. */
static bool weight_slope(struct fixture *t, struct mat S, real *weight, double *out)
{
	double slopes[2];
	real at = *weight;

	for (int half = 0; half < 2; half++) {
		real low = at - (real)(STEP / (1 + half)), high = at + (real)(STEP / (1 + half));

		*weight = high;
		slopes[half] = weighted(t->model, t->X, S);
		*weight = low;
		slopes[half] -= weighted(t->model, t->X, S);
		slopes[half] /= (double)high - (double)low;
	}
	*weight = at;
	*out = slopes[1];
	return fabs(slopes[0] - slopes[1]) <= 1e-4 * (1 + fabs(slopes[0]));
}

static void weight_gradients_match_differences(void **state)
{
	struct fixture *t = make(K);
	struct model *gradient = model_new(t->model->kind, &t->arena, model_size(t->model));
	struct multinet *g = multinet_of(gradient);
	struct mat S = mat_new(&t->arena, N, K);
	struct rng rng = rng_stream(6, "test_multinet", 0);
	double slope;
	long smooth = 0;

	(void)state;
	toy_fill(S, &rng);
	mat_fill(g->A, 7); /* what was there does not count */
	mat_fill(g->U, 7);
	multinet_weight_gradient(t->net, t->X, S, g, &t->work);
	for (ptrdiff_t j = 0; j < M; j++) {
		for (ptrdiff_t c = 0; c < K; c++) {
			assert_true(weight_slope(t, S, &mat_col(t->net->A, c)[j], &slope));
			check_close(mat_get(g->A, j, c), slope, 1e-3, 1e-2);
		}
		for (ptrdiff_t i = 0; i < D; i++)
			if (weight_slope(t, S, &mat_col(t->net->U, j)[i], &slope)) {
				check_close(mat_get(g->U, i, j), slope, 1e-2, 1e-1);
				smooth++;
			}
	}
	check_above(smooth, 5);
	arena_release(&t->arena);
}

/* One output: forward, weight gradient and decay are those of the kind `relu`. */
static void one_output_is_the_other_kind(void **state)
{
	struct fixture *t = make(2);
	struct model *one = model_new(t->model->kind, &t->arena, (struct model_size){D, M, 1});
	struct multinet *g, *net = multinet_of(one);
	struct net other = net_output(one->kind->relu(one), 0), other_g = net_new(&t->arena, D, M);
	struct model_work work = net_work_new(&t->arena, M);
	struct mat S = mat_new(&t->arena, N, 1);
	struct rng rng = rng_stream(8, "test_multinet", 0);

	(void)state;
	g = multinet_of(model_new(t->model->kind, &t->arena, (struct model_size){D, M, 1}));
	toy_fill(net->U, &rng);
	toy_fill(net->A, &rng);
	toy_fill(S, &rng);
	check_close(one->kind->decay(one), net_decay(&other), 1e-12, 0);
	multinet_weight_gradient(net, t->X, S, g, &t->work);
	net_weight_gradient(&other, t->X, S.at, &other_g, &work);
	for (ptrdiff_t j = 0; j < M; j++) {
		check_close(mat_get(g->A, j, 0), other_g.alpha[j], 1e3 * REAL_EPSILON,
			    1e4 * REAL_EPSILON);
		for (ptrdiff_t i = 0; i < D; i++)
			check_close(mat_get(g->U, i, j), mat_get(other_g.U, i, j),
				    1e3 * REAL_EPSILON, 1e4 * REAL_EPSILON);
	}
	arena_release(&t->arena);
}

/* What the margin is asked to be, at one point, by the definition. */
static double loss_at(const struct fixture *t, struct mat x, ptrdiff_t i)
{
	ptrdiff_t k = t->of.y.k;
	double f[K], sorted[K], size, loss, sum = 0;
	int y = t->label[i], rival = -1;

	t->model->kind->sample(t->model, x, 0, f, &size);
	for (int c = 0; c < k; c++) {
		int place = c;

		for (; place > 0 && sorted[place - 1] < f[c]; place--)
			sorted[place] = sorted[place - 1];
		sorted[place] = f[c];
		if (c != y && (rival < 0 || f[c] > f[rival]))
			rival = c;
	}
	for (int c = 0; c < k && t->of.entropy; c++)
		sum += exp(f[c] - f[y]);
	if (t->of.entropy)
		return -log(sum);
	loss = f[y] - f[t->of.rival ? t->of.rival[i] : rival];
	if (!t->of.ratio || (t->of.rival && k < 4))
		return loss;
	if (t->of.rival)
		return loss / (sorted[0] - (sorted[2] + sorted[3]) / 2);
	return loss / (sorted[0] - sorted[2]);
}

static void check_gradient(struct fixture *t)
{
	struct mat x = mat_new(&t->arena, 1, D);
	long smooth = 0;

	model_margin_gradient(t->model, t->X, &t->of, t->G, &t->work);
	for (ptrdiff_t i = 0; i < 100; i++) {
		mat_copy(x, mat_rows(t->X, i, 1));
		check_close(t->loss[i], loss_at(t, x, i), 1e4 * REAL_EPSILON, 1e4 * REAL_EPSILON);
		for (ptrdiff_t j = 0; j < D; j++) {
			double slopes[2];

			for (int half = 0; half < 2; half++) {
				real at = mat_get(t->X, i, j), step = (real)(STEP / (1 + half)),
				     from = at - step, to = at + step;

				mat_set(x, 0, j, to);
				slopes[half] = loss_at(t, x, i);
				mat_set(x, 0, j, from);
				slopes[half] -= loss_at(t, x, i);
				slopes[half] /= (double)to - (double)from;
				mat_set(x, 0, j, at);
			}
			if (fabs(slopes[0] - slopes[1]) <= 1e-4 * (1 + fabs(slopes[0]))) {
				check_close(mat_get(t->G, i, j), slopes[1], 1e-2, 1e-2);
				smooth++;
			}
		}
	}
	check_above(smooth, 100);
}

/* Margin, difference of logits ratio, one rival, both, and cross entropy; of three classes and of
 * more. */
static void gradients_of_margins_match_differences(void **state)
{
	(void)state;
	for (ptrdiff_t k = 3; k <= K; k++)
		for (int which = 0; which < 5; which++) {
			struct fixture *t = make(k);

			t->of.rival = which & 1 ? t->rival : NULL;
			t->of.ratio = which & 2;
			t->of.entropy = which == 4;
			check_gradient(t);
			arena_release(&t->arena);
		}
}

/* The margin decides, whatever is descended on. */
static void the_margin_is_against_the_strongest_rival(void **state)
{
	struct fixture *t = make(K);
	real plain[N];

	(void)state;
	model_margin(t->model, t->X, &t->of, &t->work);
	memcpy(plain, t->margin, sizeof plain);
	t->of.rival = t->rival;
	t->of.ratio = true;
	model_margin_gradient(t->model, t->X, &t->of, t->G, &t->work);
	for (ptrdiff_t i = 0; i < N; i++)
		check_equal(t->margin[i], plain[i]);
	arena_release(&t->arena);
}

/* Columns of A and labels permuted: the same margins and gradients. */
static void classes_may_be_permuted(void **state)
{
	static const int to[K] = {3, 0, 4, 2, 1};
	struct fixture *t = make(K);
	struct mat A = mat_new(&t->arena, M, K), G = mat_new(&t->arena, N, D);
	real before[N];

	(void)state;
	model_margin_gradient(t->model, t->X, &t->of, G, &t->work);
	memcpy(before, t->margin, sizeof before);
	mat_copy(A, t->net->A);
	for (ptrdiff_t c = 0; c < K; c++)
		mat_copy(mat_cols(t->net->A, to[c], 1), mat_cols(A, c, 1));
	for (ptrdiff_t i = 0; i < N; i++)
		t->label[i] = to[t->label[i]];
	model_margin_gradient(t->model, t->X, &t->of, t->G, &t->work);
	for (ptrdiff_t i = 0; i < N; i++) {
		check_close(t->margin[i], before[i], 1e2 * REAL_EPSILON, 1e3 * REAL_EPSILON);
		for (ptrdiff_t j = 0; j < D; j++)
			check_close(mat_get(t->G, i, j), mat_get(G, i, j), 1e2 * REAL_EPSILON,
				    1e3 * REAL_EPSILON);
	}
	arena_release(&t->arena);
}

/* f = (3, 1, 1) at x = 1: the rival of class 0 is class 1, whose slope is 1, and not class 2. */
static void of_equal_rivals_the_first_counts(void **state)
{
	struct arena arena = {0};
	struct model *model = model_new(&model_relu_outputs, &arena, (struct model_size){2, 2, 3});
	struct multinet *net = multinet_of(model);
	struct model_work work = model_work_new(&arena, model->kind, model_size(model));
	struct mat x = mat_new(&arena, 1, 2), G = mat_new(&arena, 1, 2);
	real margin;
	int label = 0;
	const struct model_margin of = {.y = {.n = 1, .k = 3, .label = &label}, .margin = &margin};

	(void)state;
	mat_set(x, 0, 0, 1);
	mat_set(x, 0, 1, 1);
	mat_set(net->U, 0, 0, 1);
	mat_set(net->U, 1, 1, 1);
	mat_set(net->A, 0, 0, 3);
	mat_set(net->A, 0, 1, 1);
	mat_set(net->A, 1, 2, 1);
	model_margin_gradient(model, x, &of, G, &work);
	check_equal(margin, 2);
	check_equal(mat_get(G, 0, 0), 2);
	check_equal(mat_get(G, 0, 1), 0);
	arena_release(&arena);
}

/* Many outputs: each by its definition is that of the pass. */
static void all_of_many_outputs_are_defined(void **state)
{
	enum { MANY = 37 };
	struct arena arena = {0};
	struct model *model =
		model_new(&model_relu_outputs, &arena, (struct model_size){D, M, MANY});
	struct model_work work = model_work_new(&arena, model->kind, model_size(model));
	struct mat X = mat_new(&arena, 3, D);
	struct rng rng = rng_stream(9, "test_multinet", 0);
	double exact[MANY], size;
	real f[3 * MANY];

	(void)state;
	toy_fill(multinet_of(model)->U, &rng);
	toy_fill(multinet_of(model)->A, &rng);
	toy_fill(X, &rng);
	model_forward(model, X, f, &work);
	for (ptrdiff_t i = 0; i < 3; i++) {
		model->kind->sample(model, X, i, exact, &size);
		for (ptrdiff_t c = 0; c < MANY; c++) {
			check_close(f[i + 3 * c], exact[c], 0, 100 * REAL_EPSILON * size);
			check_at_most(fabs(exact[c]), size);
		}
	}
	arena_release(&arena);
}

/* Two classes as one output f and as f/2, -f/2: f_y - f_other is y f. */
static void two_outputs_agree_with_one(void **state)
{
	struct fixture *t = make(2);
	struct net one = net_new(&t->arena, D, M);
	struct model_work work = net_work_new(&t->arena, M);
	struct mat G = mat_new(&t->arena, N, D);

	(void)state;
	mat_copy(one.U, t->net->U);
	for (ptrdiff_t j = 0; j < M; j++) {
		one.alpha[j] = mat_get(t->net->A, j, 1);
		mat_set(t->net->A, j, 1, one.alpha[j] / 2);
		mat_set(t->net->A, j, 0, -one.alpha[j] / 2);
	}
	net_input_gradient(&one, t->X, t->f, G, &work);
	model_margin_gradient(t->model, t->X, &t->of, t->G, &t->work);
	for (ptrdiff_t i = 0; i < N; i++) {
		real y = t->label[i] ? 1 : -1;

		check_close(t->margin[i], y * t->f[i], 1e2 * REAL_EPSILON, 1e3 * REAL_EPSILON);
		for (ptrdiff_t j = 0; j < D; j++)
			check_close(mat_get(t->G, i, j), y * mat_get(G, i, j), 1e2 * REAL_EPSILON,
				    1e3 * REAL_EPSILON);
	}
	arena_release(&t->arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weight_gradients_match_differences),
		cmocka_unit_test(one_output_is_the_other_kind),
		cmocka_unit_test(gradients_of_margins_match_differences),
		cmocka_unit_test(the_margin_is_against_the_strongest_rival),
		cmocka_unit_test(classes_may_be_permuted),
		cmocka_unit_test(of_equal_rivals_the_first_counts),
		cmocka_unit_test(all_of_many_outputs_are_defined),
		cmocka_unit_test(two_outputs_agree_with_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
