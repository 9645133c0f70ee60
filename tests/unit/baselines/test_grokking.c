/* XOR clusters in the coordinates of their span, gradient descent with a fixed head, and what the
 * two show together: memorisation after one step, generalisation later (Xu et al., ICLR 2024). */
#include "baselines/baseline.h"
#include "harness/data/generate/generate.h"
#include "solvers/core/rng.h"
#include "tests/close.h"
#include "tests/options.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const struct trainer trainer_gd_fixed_head;
extern const struct generator generator_xor_clusters_rotated;
extern const struct source source_generate;
extern const struct loss loss_logistic;

static const double unit_scale = 1; /* s of the logistic loss, its only option */

static struct arena arena;

static int tear_down(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

struct clusters { /* options of the generator */
	struct generate_size size;
	long d;
	double norm, noise, flip;
};

struct drawn {
	struct table train, test;
};

static struct drawn draw(const struct clusters *o, uint64_t seed)
{
	struct generate_options source = {.kind = {&generator_xor_clusters_rotated.base, o}};
	struct read_request request = {.seed = seed};
	struct drawn out = {0};
	struct err err = {0};

	assert_int_equal(
		source_generate.read(&source, &request, &arena, &out.train, &out.test, &err),
		STATUS_OK);
	return out;
}

static double inner(const struct table *t, size_t i, size_t k)
{
	double sum = 0;

	for (size_t j = 0; j < t->d; j++)
		sum += t->x[i * t->d + j] * t->x[k * t->d + j];
	return sum;
}

static double label(const struct table *t, size_t i)
{
	return strtod(t->label[i], NULL);
}

static void without_noise_the_points_are_the_means(void **state)
{
	struct clusters o = {{4000, 1000}, 40000, 3, 0, 0.05};
	struct drawn a = draw(&o, 1);
	size_t turned = 0;

	(void)state;
	for (size_t i = 0; i < a.train.n; i++) {
		bool first = a.train.x[i * a.train.d] != 0;

		check_close(sqrt(inner(&a.train, i, i)), 3, 0, 1e-12);
		turned += first != (label(&a.train, i) > 0);
	}
	check_close(turned, 200, 0, 5 * sqrt(190)); /* binomial */
	for (size_t i = 0; i < a.test.n; i++)
		assert_int_equal(a.test.x[i * a.test.d] != 0, label(&a.test, i) > 0);
}

/* Moments of the Gram matrix g of standard normal vectors in d dimensions: E g_33 = d,
 * E g_33^2 = d^2 + 2 d, E g_23^2 = d, E g_12 g_23 g_31 = d, E g_22 g_33 = d^2. */
enum { MOMENTS = 5, POINTS = 3, DRAWS = 20000 };

static void sample_moments(const struct table *t, double *m)
{
	double g33 = inner(t, 2, 2), g23 = inner(t, 1, 2);

	m[0] = g33;
	m[1] = g33 * g33;
	m[2] = g23 * g23;
	m[3] = inner(t, 0, 1) * g23 * inner(t, 2, 0);
	m[4] = inner(t, 1, 1) * g33;
}

static void assert_moments(long dimension)
{
	struct clusters o = {{POINTS, 0}, dimension, 0, 1, 0};
	double d = (double)dimension, expected[MOMENTS] = {d, d * d + 2 * d, d, d, d * d};
	double mean[MOMENTS] = {0}, square[MOMENTS] = {0};

	for (uint64_t seed = 0; seed < DRAWS; seed++) {
		struct table t = draw(&o, seed).train;
		double m[MOMENTS];

		sample_moments(&t, m);
		for (int k = 0; k < MOMENTS; k++) {
			mean[k] += m[k] / DRAWS;
			square[k] += m[k] * m[k] / DRAWS;
		}
		arena_release(&arena);
	}
	for (int k = 0; k < MOMENTS; k++) /* five standard errors */
		check_close(mean[k], expected[k], 0,
			    5 * sqrt((square[k] - mean[k] * mean[k]) / DRAWS));
}

static void noise_has_the_gram_matrix_of_the_whole_space(void **state)
{
	(void)state;
	for (long d = 2; d <= 7; d++) /* from no triangular part to more dimensions than points */
		assert_moments(d);
	assert_moments(1000);
}

/* |x|^2 has mean d + norm^2 and variance 2d + 4 norm^2; inner products of two points of one cluster
 * have mean norm^2, of two classes 0, and variance d + 2 norm^2 or less. */
static void clusters_have_their_geometry(void **state)
{
	enum { N = 200 };
	struct clusters o = {{N, 0}, 40000, 35.355, 1, 0};
	struct table t = draw(&o, 3).train;
	double square = o.norm * o.norm, d = (double)o.d, length = 0, same = 0, other = 0;
	double pairs = 0, others = 0;

	(void)state;
	assert_int_equal(t.d, N + 2);
	for (size_t i = 0; i < N; i++) {
		length += inner(&t, i, i) / N;
		for (size_t k = 0; k < i; k++) {
			bool alike = label(&t, i) == label(&t, k);

			*(alike ? &same : &other) += fabs(inner(&t, i, k));
			*(alike ? &pairs : &others) += 1;
		}
	}
	check_close(length - d, square, 0, 5 * sqrt((2 * d + 4 * square) / N));
	/* norm^2 is 6 standard deviations, so the absolute value changes nothing */
	check_close(same / pairs, square, 0, 5 * sqrt((d + 2 * square) / N));
	/* mean of the absolute value of N(0, s^2): s sqrt(2/pi), s^2 = d + norm^2 (+ norm^2) */
	check_above(other / others, sqrt(2 / M_PI * d) * 0.95);
	check_below(other / others, sqrt(2 / M_PI * (d + 2 * square)) * 1.05);
}

static struct mat as_mat(const struct table *t)
{
	struct mat X = mat_new(&arena, (ptrdiff_t)t->n, (ptrdiff_t)t->d);

	for (size_t i = 0; i < t->n; i++)
		for (size_t j = 0; j < t->d; j++)
			mat_set(X, (ptrdiff_t)i, (ptrdiff_t)j, (real)t->x[i * t->d + j]);
	return X;
}

static real *labels_of(const struct table *t)
{
	real *y = ARENA_ARRAY(&arena, real, t->n);

	for (size_t i = 0; i < t->n; i++)
		y[i] = (real)label(t, i);
	return y;
}

struct gd {
	struct problem problem;
	void *state;
	struct net net;
	struct progress progress;
};

static struct gd *start(const struct table *t, long width, double rate, double omega, uint64_t seed)
{
	const struct desc *desc = &trainer_gd_fixed_head.base;
	void *options = options_default(desc, &arena);
	struct gd *gd = ARENA_NEW(&arena, struct gd);
	struct err err = {0};

	*gd = (struct gd){.problem = {.X = as_mat(t),
				      .y = targets_of(labels_of(t), (ptrdiff_t)t->n),
				      .loss = {.loss = &loss_logistic,
					       .options = &unit_scale,
					       .weight = 1 / (double)t->n},
				      .beta = 0.7,
				      .seed = seed}};
	options_set(desc, options, "width", (double)width);
	options_set(desc, options, "learning_rate", rate);
	options_set(desc, options, "omega", omega);
	gd->net = net_new(&arena, gd->problem.X.cols, width);
	assert_int_equal(
		trainer_gd_fixed_head.setup(&gd->problem, options, &arena, &gd->state, &err),
		STATUS_OK);
	trainer_gd_fixed_head.model(gd->state, &gd->net.base);
	return gd;
}

static void advance(struct gd *gd)
{
	size_t calls = arena.calls;

	trainer_gd_fixed_head.step(gd->state, &gd->progress);
	assert_int_equal(arena.calls, calls);
	assert_int_equal(gd->progress.end, OUTCOME_RUNNING);
	trainer_gd_fixed_head.model(gd->state, &gd->net.base);
}

static double output(const struct gd *gd, ptrdiff_t i)
{
	double f = 0;

	for (ptrdiff_t j = 0; j < gd->net.U.cols; j++) {
		double h = 0;

		for (ptrdiff_t c = 0; c < gd->net.U.rows; c++)
			h += mat_get(gd->problem.X, i, c) * mat_get(gd->net.U, c, j);
		f += h > 0 ? gd->net.alpha[j] * h : 0;
	}
	return f;
}

static double mean_loss(const struct gd *gd)
{
	double sum = 0;

	for (ptrdiff_t i = 0; i < gd->problem.X.rows; i++)
		sum += log(1 + exp(-gd->problem.y.at[i] * output(gd, i)));
	return sum / (double)gd->problem.X.rows;
}

/* w_j + (rate a_j / n) sum_i g_i 1[w_j' x_i > 0] y_i x_i, g_i = 1 / (1 + exp(y_i f(x_i))), as the
 * paper has it, neuron by neuron, into the columns of W. */
static void hand_step(const struct gd *gd, double rate, struct mat W)
{
	const struct problem *p = &gd->problem;
	double n = (double)p->X.rows;

	mat_copy(W, gd->net.U);
	for (ptrdiff_t i = 0; i < p->X.rows; i++) {
		double g = 1 / (1 + exp(p->y.at[i] * output(gd, i)));

		for (ptrdiff_t j = 0; j < W.cols; j++) {
			double h = 0, move = rate * gd->net.alpha[j] / n * g * p->y.at[i];

			for (ptrdiff_t c = 0; c < W.rows; c++)
				h += mat_get(p->X, i, c) * mat_get(gd->net.U, c, j);
			for (ptrdiff_t c = 0; h > 0 && c < W.rows; c++)
				mat_col(W, j)[c] += move * mat_get(p->X, i, c);
		}
	}
}

static void step_is_the_published_formula(void **state)
{
	enum { N = 30, M = 7, STEPS = 4 };
	struct clusters o = {{N, 0}, 50, 2, 1, 0.1};
	struct table t = draw(&o, 5).train;
	struct gd *gd = start(&t, M, 0.3, 0.2, 9);
	struct mat W = mat_new(&arena, gd->net.U.rows, M);

	(void)state;
	for (int s = 0; s < STEPS; s++) {
		hand_step(gd, 0.3, W);
		advance(gd);
		for (ptrdiff_t j = 0; j < M; j++) {
			check_close(fabs(gd->net.alpha[j]), 1 / sqrt(M), 0, 1e-15);
			for (ptrdiff_t c = 0; c < W.rows; c++) /* sums of N terms of O(1) */
				check_close(mat_get(gd->net.U, c, j), mat_get(W, c, j), 0,
					    N * 10 * DBL_EPSILON);
		}
		check_close(gd->progress.objective, mean_loss(gd), 0, N * 10 * DBL_EPSILON);
	}
}

static void start_has_the_promised_law(void **state)
{
	enum { M = 2000 };
	struct clusters o = {{4, 0}, 10, 1, 1, 0};
	struct table t = draw(&o, 1).train;
	struct gd *gd = start(&t, M, 1, 1e-15, 2);
	double square = 0, positive = 0, count = M * (double)gd->net.U.rows;

	(void)state;
	for (ptrdiff_t j = 0; j < M; j++) {
		positive += gd->net.alpha[j] > 0;
		for (ptrdiff_t c = 0; c < gd->net.U.rows; c++)
			square += pow(mat_get(gd->net.U, c, j) / 1e-15, 2) / count;
	}
	check_close(positive, M / 2, 0, 5 * sqrt(M) / 2);
	check_close(square, 1, 0, 5 * sqrt(2 / count));
}

static double accuracy(const struct gd *gd, const struct table *t)
{
	struct model_work work = net_work_new(&arena, gd->net.U.cols);
	real *f = ARENA_ARRAY(&arena, real, t->n);
	double correct = 0;

	net_forward(&gd->net, as_mat(t), f, &work);
	for (size_t i = 0; i < t->n; i++)
		correct += f[i] * label(t, i) > 0;
	return correct / (double)t->n;
}

struct curve {
	double train_first, test_first, train_last, test_last; /* after 1 and after 15 steps */
};

/* Published setting, but for half the width: means over a few seeds, the training accuracies the
 * least ones. */
static struct curve train_curve(double norm)
{
	enum { SEEDS = 8, STEPS = 15 };
	struct clusters o = {{200, 200}, 40000, norm, 1, 0.05};
	struct curve c = {1, 0, 1, 0};

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct drawn data = draw(&o, seed);
		struct gd *gd = start(&data.train, 500, 1e-12, 1e-15, seed);

		advance(gd);
		c.train_first = fmin(c.train_first, accuracy(gd, &data.train));
		c.test_first += accuracy(gd, &data.test) / SEEDS;
		for (int s = 1; s < STEPS; s++)
			advance(gd);
		c.train_last = fmin(c.train_last, accuracy(gd, &data.train));
		c.test_last += accuracy(gd, &data.test) / SEEDS;
		arena_release(&arena);
	}
	return c;
}

/* Published: after one step all training labels, the flipped ones included, are fitted and test
 * accuracy is that of guessing (20 and 80 % quantiles 0.48 and 0.54); after 15 steps it is 0.94 or
 * more in 80 % of the runs. The mean of 8 runs lies in wider bands. */
static void memorises_first_and_generalises_later(void **state)
{
	struct curve c = train_curve(35.355);

	(void)state;
	check_equal(c.train_first, 1);
	check_close(c.test_first, 0.5, 0, 0.08);
	check_at_least(c.train_last, 0.98);
	check_at_least(c.test_last, 0.88);
}

/* Clusters much closer than the noise: the labels are fitted all the same, but nothing is learned.
 */
static void weak_signal_is_only_memorised(void **state)
{
	struct curve c = train_curve(sqrt(35.355));

	(void)state;
	check_equal(c.train_first, 1);
	check_equal(c.train_last, 1);
	check_close(c.test_last, 0.5, 0, 0.08);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(without_noise_the_points_are_the_means, tear_down),
		cmocka_unit_test_teardown(noise_has_the_gram_matrix_of_the_whole_space, tear_down),
		cmocka_unit_test_teardown(clusters_have_their_geometry, tear_down),
		cmocka_unit_test_teardown(step_is_the_published_formula, tear_down),
		cmocka_unit_test_teardown(start_has_the_promised_law, tear_down),
		cmocka_unit_test_teardown(memorises_first_and_generalises_later, tear_down),
		cmocka_unit_test_teardown(weak_signal_is_only_memorised, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
