/* Backprop of networks with several outputs: gradients by differences, two classes as two outputs.
 */
#include "baselines/backprop_train.h"
#include "solvers/core/rng.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct loss loss_squared, loss_logistic, loss_hinge;
extern const struct trainer trainer_sgd, trainer_adam;

static const struct {
	double loss_scale;
} logistic_options = {1};

struct fixture {
	struct arena arena;
	struct problem problem;
	struct backprop_options options;
	struct backprop b;
};

static struct fixture make(ptrdiff_t n, ptrdiff_t d, long m, ptrdiff_t k)
{
	struct fixture t = {0};
	struct rng rng = rng_stream(5, "test_backprop_outputs", (uint64_t)(n + k));
	real *y = ARENA_ARRAY(&t.arena, real, n * k);
	int *label = ARENA_ARRAY(&t.arena, int, n);

	t.problem.X = mat_new(&t.arena, n, d);
	for (ptrdiff_t i = 0; i < n; i++) {
		label[i] = (int)(rng_uniform(&rng) * (double)k);
		y[label[i] * n + i] = 1;
		for (ptrdiff_t j = 0; j < d; j++)
			mat_set(t.problem.X, i, j, (real)rng_normal(&rng));
	}
	t.problem.y = (struct targets){.n = n, .k = k, .at = y, .label = label};
	t.problem.loss = (struct loss_term){
		.loss = &loss_logistic, .options = &logistic_options, .weight = 1};
	t.problem.beta = 0.7;
	t.problem.seed = 3;
	t.options = (struct backprop_options){
		.width = m, .epochs = 4, .learning_rate = 0.5, .step_every = 2, .step_factor = 0.1};
	return t;
}

static void setup(struct fixture *t)
{
	struct err err = {0};

	assert_int_equal(backprop_train_setup(&t->b, &t->problem, &t->options, &t->arena, &err),
			 STATUS_OK);
}

/* eps |u|_q of a neuron. */
static double radius(const double *u, ptrdiff_t d, const struct threat_options *threat)
{
	double sum = 0, square = 0, largest = 0;

	for (ptrdiff_t e = 0; e < d; e++) {
		sum += fabs(u[e]);
		square += u[e] * u[e];
		largest = fmax(largest, fabs(u[e]));
	}
	return threat->eps * (threat->norm == NORM_LINF ? sum
			      : threat->norm == NORM_L2 ? sqrt(square)
							: largest);
}

/* The outputs 0 of the label and f_c - f_y at most over the ball by neuron intervals, for the
 * preactivations h of a sample and the flat weights w. */
static void worst_outputs(const struct fixture *t, const double *w, const double *h, int y,
			  double *F)
{
	const struct backprop *b = &t->b;
	const double *A = w + b->d * b->m;

	for (ptrdiff_t c = 0; c < b->k; c++) {
		F[c] = 0;
		for (ptrdiff_t j = 0; j < b->m; j++) {
			double r = radius(w + j * b->d, b->d, &t->options.interval.threat);
			double s = A[c * b->m + j] - A[y * b->m + j];

			F[c] += s * fmax(0, h[j] + (s > 0 ? r : -r));
		}
	}
}

/* Objective over n weight in double by the definition, with weight `at` moved by `by`. */
static double objective(const struct fixture *t, size_t at, double by)
{
	const struct loss_outputs *loss = t->problem.loss.loss->outputs;
	const struct backprop *b = &t->b;
	const struct targets *y = &t->problem.y;
	double sum = 0, decay = 0, w[400] = {0};

	check_below(b->count, sizeof w / sizeof *w);
	for (size_t e = 0; e < b->count; e++) {
		w[e] = (double)b->weights[e] + (e == at ? by : 0);
		decay += w[e] * w[e] / 2;
	}
	for (ptrdiff_t i = 0; i < b->n; i++) {
		double f[8] = {0}, target[8] = {0}, h[32] = {0}, F[8];
		double worst =
			t->options.interval.threat.eps > 0 ? 1 - t->options.interval.kappa : 0;

		for (ptrdiff_t j = 0; j < b->m; j++) {
			for (ptrdiff_t e = 0; e < b->d; e++)
				h[j] += (double)mat_get(t->problem.X, i, e) * w[e + j * b->d];
			for (ptrdiff_t c = 0; c < y->k && h[j] > 0; c++)
				f[c] += h[j] * w[b->d * b->m + c * b->m + j];
		}
		for (ptrdiff_t c = 0; c < y->k; c++)
			target[c] = (double)y->at[c * y->n + i];
		sum += (1 - worst) * loss->sample(t->problem.loss.options, y->k, f, target);
		worst_outputs(t, w, h, y->label[i], F);
		sum += worst * loss->sample(t->problem.loss.options, y->k, F, target);
	}
	return (t->problem.loss.weight * sum + t->problem.beta * decay) /
	       ((double)b->n * t->problem.loss.weight);
}

/* As in test_backprop.c: a sample whose kink lies within 1e-5 contributes 1e-5 of its slope. */
static const double NUDGE = 1e-5, ERROR = 1e-5 + 1e3 * REAL_EPSILON;

static void check_gradient(struct fixture *t)
{
	setup(t);
	backprop_gradient(&t->b, NULL, t->b.n, NULL, NULL);
	for (size_t e = 0; e < t->b.count; e++) {
		double slope = (objective(t, e, NUDGE) - objective(t, e, -NUDGE)) / (2 * NUDGE);

		check_close(t->b.gradient[e], slope, 10 * ERROR, 10 * ERROR);
	}
	arena_release(&t->arena);
}

static void gradients_match_differences(void **state)
{
	static const ptrdiff_t rows[] = {1, 40, 1100}; /* the last one takes several chunks */
	static const struct loss *const losses[] = {&loss_squared, &loss_logistic, &loss_hinge};

	(void)state;
	for (int c = 0; c < 9; c++) {
		struct fixture t = make(rows[c % 3], 5, 7, 3 + c / 3);

		t.problem.loss.loss = losses[c / 3];
		if (t.problem.loss.loss != &loss_logistic)
			t.problem.loss.options = NULL;
		check_gradient(&t);
	}
}

static void interval_gradients_match_differences(void **state)
{
	static const ptrdiff_t rows[] = {1, 40, 1100};

	(void)state;
	for (int c = 0; c < 12; c++) {
		struct fixture t = make(rows[c % 3], 5, 7, 3 + c % 2);

		if (c / 6) {
			t.problem.loss.loss = &loss_hinge;
			t.problem.loss.options = NULL;
		}
		t.options.interval = (struct ibp_options){.threat = {.eps = 0.1, .norm = c / 2 % 3},
							  .kappa = 0.3};
		check_gradient(&t);
	}
}

enum { CORNERS_D = 4, CORNERS_K = 4 };

/* f (CORNERS_K) at a corner of the ball around sample i. */
static void outputs_at(const struct fixture *t, ptrdiff_t i, int corner, double *f)
{
	const struct backprop *b = &t->b;

	memset(f, 0, CORNERS_K * sizeof *f);
	for (ptrdiff_t j = 0; j < b->m; j++) {
		double h = 0;

		for (ptrdiff_t e = 0; e < CORNERS_D; e++)
			h += ((double)mat_get(t->problem.X, i, e) +
			      (corner >> e & 1 ? 0.2 : -0.2)) *
			     (double)b->weights[e + j * CORNERS_D];
		for (ptrdiff_t c = 0; c < CORNERS_K && h > 0; c++)
			f[c] += h * (double)b->weights[CORNERS_D * b->m + c * b->m + j];
	}
}

/* The least distance of a bound, as the last pass has left them, from a lead at a corner. */
static double closest(const struct fixture *t, ptrdiff_t i)
{
	int y = t->problem.y.label[i];
	double least = HUGE_VAL;

	for (int corner = 0; corner < 1 << CORNERS_D; corner++) {
		double f[CORNERS_K];

		outputs_at(t, i, corner, f);
		for (ptrdiff_t c = 0; c < CORNERS_K; c++) {
			double most = (double)t->b.f[t->b.n * CORNERS_K + c * t->b.n + i];

			least = c == y ? least : fmin(least, most - (f[c] - f[y]));
		}
	}
	return least;
}

/* No corner of the ball has a margin below the bound, and of one neuron it is the least one. */
static void bounds_hold_on_corners(void **state)
{
	(void)state;
	for (long m = 1; m < 8; m += 3) {
		struct fixture t = make(30, CORNERS_D, m, CORNERS_K);

		t.options.interval = (struct ibp_options){.threat = {.eps = 0.2}, .kappa = 0};
		setup(&t);
		backprop_gradient(&t.b, NULL, t.b.n / 2, NULL,
				  NULL); /* which the next one forgets */
		backprop_gradient(&t.b, NULL, t.b.n, NULL, NULL);
		for (ptrdiff_t i = 0; i < t.b.n; i++) {
			double left = closest(&t, i);

			check_at_least(left, -1e3 * REAL_EPSILON);
			if (m == 1)
				check_at_most(left, 1e3 * REAL_EPSILON);
		}
		arena_release(&t.arena);
	}
}

/* Opposite halves of one output are two outputs of the same margin: the gradient in U is the same.
 */
static void two_outputs_are_one_of_the_margin(void **state)
{
	struct fixture one = make(64, 4, 6, 2), two = make(64, 4, 6, 2);
	real *y = ARENA_ARRAY(&one.arena, real, 64);
	size_t inner;

	(void)state;
	for (ptrdiff_t i = 0; i < 64; i++)
		y[i] = one.problem.y.label[i] ? 1 : -1;
	one.problem.y = targets_of(y, 64);
	one.problem.beta = two.problem.beta = 0;
	setup(&one);
	setup(&two);
	inner = (size_t)(one.b.d * one.b.m);
	memcpy(two.b.weights, one.b.weights, inner * sizeof *one.b.weights);
	for (ptrdiff_t j = 0; j < one.b.m; j++) {
		real a = one.b.weights[(ptrdiff_t)inner + j] / 2;

		two.b.weights[(ptrdiff_t)inner + j] = -a;
		two.b.weights[(ptrdiff_t)inner + one.b.m + j] = a;
	}
	backprop_gradient(&one.b, NULL, 64, NULL, NULL);
	backprop_gradient(&two.b, NULL, 64, NULL, NULL);
	for (size_t e = 0; e < inner; e++)
		check_close(two.b.gradient[e], one.b.gradient[e], 1e3 * REAL_EPSILON,
			    1e3 * REAL_EPSILON);
	arena_release(&one.arena);
	arena_release(&two.arena);
}

enum { ORDER_N = 60, ORDER_K = 4, ORDER_EPOCHS = 5 };

/* Weights of output c of `from` become those of output to[c] of `by`. */
static void permute_outputs(const struct backprop *from, real *by, const int *to)
{
	ptrdiff_t inner = from->d * from->m;

	memcpy(by, from->weights, (size_t)inner * sizeof *by);
	for (ptrdiff_t c = 0; c < from->k; c++)
		memcpy(by + inner + to[c] * from->m, from->weights + inner + c * from->m,
		       (size_t)from->m * sizeof *by);
}

/* Weights after some epochs of samples of the classes to[c], from a start permuted alike. */
static void check_order(const struct trainer *trainer, const char *options, const int *to)
{
	struct fixture t[2];
	void *state[2];
	struct progress progress;
	struct err err = {0};
	real want[200];

	for (int i = 0; i < 2; i++) {
		t[i] = make(ORDER_N, 4, 6, ORDER_K);
		if (i == 1) {
			real *at = ARENA_ARRAY(&t[1].arena, real, ORDER_N * ORDER_K);
			int *label = ARENA_ARRAY(&t[1].arena, int, ORDER_N);

			for (ptrdiff_t r = 0; r < ORDER_N; r++) {
				label[r] = to[t[0].problem.y.label[r]];
				at[r + ORDER_N * label[r]] = 1;
			}
			t[1].problem.y.at = at;
			t[1].problem.y.label = label;
		}
		t[i].problem.beta = 0.1;
		assert_int_equal(trainer->setup(&t[i].problem,
						toy_options(&trainer->base, options, &t[i].arena),
						&t[i].arena, &state[i], &err),
				 STATUS_OK);
	}
	permute_outputs(state[0], ((struct backprop *)state[1])->weights, to);
	for (int epoch = 0; epoch < ORDER_EPOCHS; epoch++)
		for (int i = 0; i < 2; i++)
			trainer->step(state[i], &progress);
	permute_outputs(state[0], want, to);
	for (size_t e = 0; e < ((struct backprop *)state[1])->count; e++)
		check_close(((struct backprop *)state[1])->weights[e], want[e], 0,
			    1e4 * REAL_EPSILON);
	arena_release(&t[0].arena);
	arena_release(&t[1].arena);
}

/* Classes under other numbers, from the same start but for that: the same network after some
 * epochs, clean, attacked and with TRADES. Sums over classes in another order are off by rounding,
 * which epochs carry on. (Drawn starts do depend on the order.) */
static void classes_may_be_permuted(void **state)
{
	static const int to[] = {2, 0, 3, 1};
	static const char *const options[] = {
		"{width: 6, batch: 16, learning_rate: 0.02}",
		"{width: 6, batch: 16, learning_rate: 0.02, adversary: {eps: 0.1}}",
		"{width: 6, batch: 16, learning_rate: 0.02, adversary: {eps: 0.1, trades: 2}}"};

	(void)state;
	for (int i = 0; i < 3; i++) {
		check_order(&trainer_sgd, options[i], to);
		check_order(&trainer_adam, options[i], to);
	}
}

/* The margin at the points of the inner attack is never above that at the clean ones where the
 * network is linear in the ball, and the points stay inside. */
static void an_attack_lowers_margins(void **state)
{
	enum { ROWS = 32 };
	struct fixture t = make(ROWS, 4, 6, 4);
	struct adversary_job job;
	struct multinet net;
	struct model_work work;
	struct model_margin m;
	real before[ROWS] = {0}, after[ROWS] = {0};
	struct mat at, clean;
	struct net first;
	double sum = 0;

	(void)state;
	t.options.adversary = (struct adversary_options){
		.attack = 1, .threat = {.norm = NORM_LINF, .eps = 0.01}, .steps = 5, .step = 2};
	setup(&t);
	net = backprop_as_multinet(&t.b);
	first = backprop_as_net(&t.b);
	clean = mat_new(&t.arena, 4, ROWS);
	at = mat_new(&t.arena, 4, ROWS);
	mat_transpose(clean, t.problem.X);
	job = (struct adversary_job){.net = &first,
				     .A = net.A,
				     .clean = clean,
				     .at = at,
				     .label = t.problem.y.label,
				     .eps = 0.01};
	adversary_attack(&t.b.adversary, &job, false);
	work = model_work_new(&t.arena, &model_relu_outputs, (struct model_size){4, 6, 4});
	m = (struct model_margin){.y = t.problem.y, .margin = before};
	model_margin(&net.base, t.problem.X, &m, &work);
	mat_transpose(t.problem.X, at);
	m.margin = after;
	model_margin(&net.base, t.problem.X, &m, &work);
	for (int i = 0; i < ROWS; i++) {
		sum += (double)before[i] - (double)after[i];
		for (int j = 0; j < 4; j++)
			check_below(fabs((double)mat_get(at, j, i) - (double)mat_get(clean, j, i)),
				    0.01 + 1e-6);
	}
	check_above(sum, 0);
	for (int i = 0; i < ROWS; i++) /* but for kinks */
		check_below((double)after[i] - (double)before[i], 1e-3);
	arena_release(&t.arena);
}

static double divergence(const real *f, const real *g)
{
	real in_f[3] = {0}, in_g[3];
	struct adversary_pair pair = {f, g, in_f, in_g, 3, 1};

	return adversary_divergence(&pair, 1);
}

static void the_divergence_has_its_slopes(void **state)
{
	real f[3] = {(real)0.3, (real)-1.2, (real)0.7}, g[3] = {(real)-0.4, (real)0.9, (real)0.1};
	real in_f[3] = {0}, in_g[3], far[3] = {900, -900, 0};
	struct adversary_pair pair = {f, g, in_f, in_g, 3, 1};
	const real h = sizeof(real) == 8 ? (real)1e-5 : (real)1e-2;
	const double error = sizeof(real) == 8 ? 1e-8 : 1e-3;

	(void)state;
	check_above(adversary_divergence(&pair, 1), 0);
	check_close(divergence(f, f), 0, 0, 1e-6);
	check_below(divergence(f, far), 1e4);
	check_below(divergence(far, f), 1e4);
	for (int c = 0; c < 3; c++) {
		real *const moved[] = {&f[c], &g[c]};
		const real slope[] = {in_f[c], in_g[c]};

		for (int k = 0; k < 2; k++) {
			real was = *moved[k];
			double up, down;

			*moved[k] = was + h;
			up = divergence(f, g);
			*moved[k] = was - h;
			down = divergence(f, g);
			*moved[k] = was;
			check_close(slope[k], (up - down) / (2 * (double)h), 0, error);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gradients_match_differences),
		cmocka_unit_test(interval_gradients_match_differences),
		cmocka_unit_test(bounds_hold_on_corners),
		cmocka_unit_test(two_outputs_are_one_of_the_margin),
		cmocka_unit_test(classes_may_be_permuted),
		cmocka_unit_test(an_attack_lowers_margins),
		cmocka_unit_test(the_divergence_has_its_slopes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
