/* Attacks on networks with several outputs. */
#include "solvers/core/rng.h"
#include "solvers/model/attack.h"
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

enum { N = 120, D = 6, M = 15, MOST = 5 };

static const double ROUNDING = 1e3 * REAL_EPSILON;

struct fixture {
	struct arena arena;
	struct model *model;
	struct multinet *net;
	ptrdiff_t k;
	int label[N];
	struct attack_job job;
};

static double margin_at(const struct fixture *t, struct mat X, ptrdiff_t i, double *size)
{
	double f[MOST], rival = -HUGE_VAL;

	t->model->kind->sample(t->model, X, i, f, size);
	for (int c = 0; c < t->k; c++)
		rival = c != t->label[i] ? fmax(rival, f[c]) : rival;
	return f[t->label[i]] - rival;
}

static void reset(struct fixture *t)
{
	double size;

	mat_copy(t->job.worst, t->job.X);
	for (ptrdiff_t i = 0; i < N; i++)
		t->job.margin[i] = (real)margin_at(t, t->job.X, i, &size);
}

/* Every point but one in four has the class that the network gives it. */
static struct fixture *make(ptrdiff_t k)
{
	static struct fixture t;
	struct rng rng = rng_stream(9, "test_attack_outputs", (uint64_t)k);
	double size;

	t = (struct fixture){.k = k};
	t.model = model_new(&model_relu_outputs, &t.arena, (struct model_size){D, M, k});
	t.net = multinet_of(t.model);
	t.job = (struct attack_job){.model = t.model,
				    .X = mat_new(&t.arena, N, D),
				    .label = t.label,
				    .seed = 7,
				    .worst = mat_new(&t.arena, N, D),
				    .margin = ARENA_ARRAY(&t.arena, real, N)};
	toy_fill(t.net->U, &rng);
	toy_fill(t.net->A, &rng);
	toy_fill(t.job.X, &rng);
	for (ptrdiff_t i = 0; i < N; i++)
		for (t.label[i] = 0; t.label[i] < k - 1; t.label[i]++)
			if ((margin_at(&t, t.job.X, i, &size) > 0) == (i % 4 > 0))
				break;
	reset(&t);
	return &t;
}

static const struct attack *attack_at(size_t index)
{
	return (const struct attack *)(const void *)registry_at(KIND_ATTACK, index);
}

static const struct attack *attack_named(const char *name)
{
	size_t index = 0;

	while (strcmp(registry_at(KIND_ATTACK, index)->name, name) != 0)
		index++;
	return attack_at(index);
}

static void run(struct attack_job *job, const struct attack *attack, const char *options)
{
	struct arena scratch = {0};

	attack->run(toy_options(&attack->base, options, &scratch), job, &scratch);
	arena_release(&scratch);
}

/* Inside the ball, with the margin that the definition gives, which has not risen. */
static void check_points(const struct fixture *t, const real *entry)
{
	long lower = 0;

	for (ptrdiff_t i = 0; i < N; i++) {
		double size, margin = margin_at(t, t->job.worst, i, &size), largest = 0, square = 0;

		for (ptrdiff_t j = 0; j < D; j++) {
			double delta = (double)mat_get(t->job.worst, i, j) -
				       (double)mat_get(t->job.X, i, j);

			largest = fmax(largest, fabs(delta));
			square += delta * delta;
		}
		check_at_most(t->job.threat.norm == NORM_LINF ? largest : sqrt(square),
			      t->job.threat.eps + ROUNDING);
		check_close(t->job.margin[i], margin, 0, 4 * (D + M) * REAL_EPSILON * size);
		check_at_most(t->job.margin[i], entry[i]);
		lower += t->job.margin[i] < entry[i];
	}
	check_above(lower, N / 2);
}

static void every_attack_lowers_margins(void **state)
{
	(void)state;
	for (ptrdiff_t k = 3; k <= MOST; k++) {
		struct fixture *t = make(k);
		real entry[N];

		memcpy(entry, t->job.margin, sizeof entry);
		for (size_t a = 0; a < 2 * registry_count(KIND_ATTACK); a++) {
			t->job.threat =
				(struct threat){.norm = a % 2 ? NORM_L2 : NORM_LINF, .eps = 0.2};
			reset(t);
			run(&t->job, attack_at(a / 2), "{}");
			check_points(t, entry);
		}
		arena_release(&t->arena);
	}
}

static void every_loss_of_apgd_lowers_margins(void **state)
{
	static const char *const options[] = {"{steps: 30, restarts: 2, loss: margin}",
					      "{steps: 30, restarts: 2, loss: dlr}",
					      "{steps: 30, restarts: 2, loss: targeted}"};

	(void)state;
	for (ptrdiff_t k = 3; k <= MOST; k++) {
		struct fixture *t = make(k);
		real entry[N];

		memcpy(entry, t->job.margin, sizeof entry);
		t->job.threat = (struct threat){.norm = NORM_LINF, .eps = 0.2};
		for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
			reset(t);
			run(&t->job, attack_named("apgd"), options[o]);
			check_points(t, entry);
		}
		arena_release(&t->arena);
	}
}

/* The ratio does not see the scale of the network: the points found are the same. */
static void the_ratio_has_no_scale(void **state)
{
	struct fixture *t = make(4);
	struct mat points = mat_new(&t->arena, N, D);

	(void)state;
	t->job.threat = (struct threat){.norm = NORM_LINF, .eps = 0.2};
	run(&t->job, attack_named("apgd"), "{steps: 30, restarts: 1, loss: dlr}");
	mat_copy(points, t->job.worst);
	for (ptrdiff_t c = 0; c < t->k; c++)
		for (ptrdiff_t j = 0; j < M; j++)
			mat_col(t->net->A, c)[j] *= 1024;
	reset(t);
	run(&t->job, attack_named("apgd"), "{steps: 30, restarts: 1, loss: dlr}");
	for (ptrdiff_t i = 0; i < N; i++)
		for (ptrdiff_t j = 0; j < D; j++)
			check_close(mat_get(t->job.worst, i, j), mat_get(points, i, j), 0, 1e-5);
	arena_release(&t->arena);
}

/* f_0 = 1, f_1 = 0.9, f_2 = relu(x_0 + 1) / 2, f_3 = relu(x_1 + 1) / 10, at x = 0; the last
 * coordinate is 1. */
struct planted {
	struct arena arena;
	int label;
	real margin;
	bool frozen[3];
	struct attack_job job;
};

static struct planted *plant(ptrdiff_t k)
{
	static struct planted t;
	struct multinet *net;

	t = (struct planted){.margin = (real)0.1, .frozen = {false, false, true}};
	t.job = (struct attack_job){
		.model = model_new(&model_relu_outputs, &t.arena, (struct model_size){3, 3, k}),
		.X = mat_new(&t.arena, 1, 3),
		.label = &t.label,
		.threat = {.norm = NORM_LINF, .eps = 1.5, .frozen = t.frozen},
		.worst = mat_new(&t.arena, 1, 3),
		.margin = &t.margin};
	net = multinet_of(t.job.model);
	mat_set(t.job.X, 0, 2, 1);
	mat_copy(t.job.worst, t.job.X);
	for (ptrdiff_t j = 0; j < 3; j++)
		mat_set(net->U, 2, j, 1); /* the bias; neuron 0 is nothing else */
	mat_set(net->U, 0, 1, 1);
	mat_set(net->U, 1, 2, 1);
	mat_set(net->A, 0, 0, 1);
	mat_set(net->A, 0, 1, (real)0.9);
	mat_set(net->A, 1, 2, (real)0.5);
	if (k > 3)
		mat_set(net->A, 2, 3, (real)0.1);
	return &t;
}

/* The strongest rival of class 0 stands still, so that its gradient finds nothing, and class 2,
 * the second one, breaks the sample at x_0 > 1. */
static void a_targeted_attack_sees_the_other_rivals(void **state)
{
	(void)state;
	for (ptrdiff_t k = 3; k <= 4; k++) {
		struct planted *t = plant(k);

		run(&t->job, attack_named("apgd"), "{restarts: 1, loss: margin}");
		check_close(t->margin, 0.1, 0, 1e-6);
		run(&t->job, attack_named("apgd"), "{restarts: 1, loss: targeted, targets: 1}");
		check_close(t->margin, 0.1, 0, 1e-6);
		run(&t->job, attack_named("apgd"), "{restarts: 1, loss: targeted, targets: 2}");
		check_at_most(t->margin, 0);
		arena_release(&t->arena);
	}
}

/* The ratio (f_0 - f_1) / (f_0 - f_3) also falls with f_3, in x_1, which the margin does not see.
 */
static void the_ratio_moves_what_the_margin_does_not(void **state)
{
	static const char *const options[] = {"{steps: 3, restarts: 1, loss: margin}",
					      "{steps: 3, restarts: 1, loss: dlr}"};

	(void)state;
	for (int ratio = 0; ratio < 2; ratio++) {
		struct planted *t = plant(4);
		struct multinet *net = multinet_of(t->job.model);

		mat_set(net->A, 1, 2, 0);
		mat_set(net->A, 1, 1, (real)0.5); /* the strongest rival rises with x_0 */
		mat_set(net->A, 0, 1, (real)0.2);
		mat_set(net->A, 2, 3, (real)0.3);
		t->margin = (real)0.3;
		t->job.threat.eps = 0.25;
		run(&t->job, attack_named("apgd"), options[ratio]);
		check_close(t->margin, 0.175, 0, 1e-6);
		check_close(mat_get(t->job.worst, 0, 0), 0.25, 0, 1e-6);
		check_close(mat_get(t->job.worst, 0, 1), ratio ? -0.25 : 0, 0, 1e-6);
		arena_release(&t->arena);
	}
}

/* Attacked alone, a sample ends as among others that are broken before it. */
static void samples_do_not_see_each_other(void **state)
{
	static const char options[] = "{steps: 20, restarts: 1, loss: targeted}";
	struct fixture *t = make(5);
	struct attack_job one = t->job;
	real margin, alone[N];
	long broken = 0;

	(void)state;
	t->job.threat = one.threat = (struct threat){.norm = NORM_LINF, .eps = 0.15};
	one.margin = &margin;
	for (ptrdiff_t i = 0; i < N; i++) {
		one.X = mat_rows(t->job.X, i, 1);
		one.worst = mat_rows(t->job.worst, i, 1);
		one.label = &t->label[i];
		margin = t->job.margin[i];
		run(&one, attack_named("apgd"), options);
		alone[i] = margin;
		broken += margin <= 0;
	}
	reset(t);
	run(&t->job, attack_named("apgd"), options);
	check_above(broken, N / 3);
	check_above(N - broken, N / 10);
	for (ptrdiff_t i = 0; i < N; i++)
		check_close(t->job.margin[i], alone[i], 0, 1e-4);
	arena_release(&t->arena);
}

/* Two classes as f/2 and -f/2: margins are those found for y f. */
static void two_outputs_agree_with_one(void **state)
{
	struct fixture *t = make(2);
	struct net one = net_new(&t->arena, D, M);
	struct attack_job job = t->job;
	real y[N], margin[N];

	(void)state;
	job.model = &one.base;
	job.label = NULL;
	job.y = y;
	job.margin = margin;
	job.worst = mat_new(&t->arena, N, D);
	mat_copy(one.U, t->net->U);
	for (ptrdiff_t j = 0; j < M; j++) {
		one.alpha[j] = mat_get(t->net->A, j, 1);
		mat_set(t->net->A, j, 1, one.alpha[j] / 2);
		mat_set(t->net->A, j, 0, -one.alpha[j] / 2);
	}
	for (size_t a = 0; a < 2 * registry_count(KIND_ATTACK); a++) {
		long apart = 0;

		t->job.threat = job.threat =
			(struct threat){.norm = a % 2 ? NORM_L2 : NORM_LINF, .eps = 0.2};
		reset(t);
		mat_copy(job.worst, job.X);
		for (ptrdiff_t i = 0; i < N; i++) {
			margin[i] = t->job.margin[i];
			y[i] = t->label[i] ? 1 : -1;
		}
		run(&t->job, attack_at(a / 2), "{}");
		run(&job, attack_at(a / 2), "{}");
		for (ptrdiff_t i = 0; i < N; i++) {
			assert_int_equal(margin[i] > 0, t->job.margin[i] > 0);
			apart += !(fabs((double)margin[i] - (double)t->job.margin[i]) <= 1e-4) &&
				 !attack_at(a / 2)->nearest; /* which looks at crossings only */
		}
		check_equal(apart, 0);
	}
	arena_release(&t->arena);
}

/* Outputs and labels permuted: the same margins. */
static void classes_may_be_permuted(void **state)
{
	static const int to[] = {2, 0, 3, 1};
	struct fixture *t = make(4);
	struct mat A = mat_new(&t->arena, M, 4);
	real before[N];

	(void)state;
	t->job.threat = (struct threat){.norm = NORM_LINF, .eps = 0.2};
	for (size_t a = 0; a < registry_count(KIND_ATTACK); a++) {
		reset(t);
		run(&t->job, attack_at(a), "{}");
		memcpy(before, t->job.margin, sizeof before);
		mat_copy(A, t->net->A);
		for (int c = 0; c < 4; c++)
			mat_copy(mat_cols(t->net->A, to[c], 1), mat_cols(A, c, 1));
		for (ptrdiff_t i = 0; i < N; i++)
			t->label[i] = to[t->label[i]];
		reset(t);
		run(&t->job, attack_at(a), "{}");
		for (ptrdiff_t i = 0; i < N; i++)
			check_close(t->job.margin[i], before[i], 0, 1e-12);
	}
	arena_release(&t->arena);
}

static double l2_distance(const struct attack_job *job, ptrdiff_t i)
{
	double length = 0;

	for (ptrdiff_t j = 0; j < D; j++)
		length = hypot(length, (double)(mat_get(job->worst, i, j) - mat_get(job->X, i, j)));
	return job->margin[i] > 0 ? HUGE_VAL : length;
}

/* The boundary of a class is that of the nearest of its differences to the others. */
static void the_nearest_rival_gives_the_distance(void **state)
{
	struct fixture *t = make(4);
	struct model_layers layers = {t->net->U, t->net->A};
	double nearest[N], clean[N];
	struct net view;
	real alpha[M], one = 1;
	int same = 0, all = 0;

	(void)state;
	t->job.threat = (struct threat){.norm = NORM_L2, .eps = 1, .d = D};
	for (ptrdiff_t i = 0; i < N; i++) {
		nearest[i] = HUGE_VAL;
		clean[i] = (double)t->job.margin[i];
		for (int rival = 0; rival < 4; rival++) {
			struct attack_job single = t->job;
			struct mat f = mat_new(&t->arena, 1, 1);

			if (rival == t->label[i] || clean[i] <= 0)
				continue;
			view = net_difference(layers, t->label[i], rival, alpha);
			single.model = &view.base;
			single.X = mat_rows(t->job.X, i, 1);
			single.label = NULL;
			single.y = &one;
			single.worst = mat_new(&t->arena, 1, D);
			single.margin = f.at;
			mat_copy(single.worst, single.X);
			f.at[0] = (real)toy_output(&view, single.X, 0);
			run(&single, attack_named("fab"), "{}");
			nearest[i] = fmin(nearest[i], l2_distance(&single, 0));
		}
	}
	run(&t->job, attack_named("fab"), "{}");
	for (ptrdiff_t i = 0; i < N; i++) {
		if (clean[i] <= 0 || isinf(nearest[i]))
			continue;
		all++;
		same += fabs(l2_distance(&t->job, i) - nearest[i]) <= 0.01 * nearest[i];
	}
	check_at_least(all, N / 3);
	check_at_least(same, 0.95 * all);
	arena_release(&t->arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_attack_lowers_margins),
		cmocka_unit_test(every_loss_of_apgd_lowers_margins),
		cmocka_unit_test(the_ratio_has_no_scale),
		cmocka_unit_test(a_targeted_attack_sees_the_other_rivals),
		cmocka_unit_test(the_ratio_moves_what_the_margin_does_not),
		cmocka_unit_test(samples_do_not_see_each_other),
		cmocka_unit_test(two_outputs_agree_with_one),
		cmocka_unit_test(classes_may_be_permuted),
		cmocka_unit_test(the_nearest_rival_gives_the_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
