/* Mixtures of two networks: outputs, slopes and bounds against the definition, and the trainer. */
#include "solvers/mixture/mixnet.h"
#include "solvers/model/certify.h"
#include "solvers/model/multinet.h"
#include "tests/close.h"
#include "tests/options.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct trainer trainer_mixture;
extern const struct certifier certifier_mixed, certifier_crown;

enum { N = 30, D = 4, M = 8, MOST = 5 };

struct fixture {
	struct arena arena;
	struct rng rng;
	struct mat X;
	struct mixnet *net;
	ptrdiff_t k;
	int label[N];
	real y[N];
	struct certify_job job;
};

/* A weight that depends on x, no map. */
static struct fixture make(uint64_t seed, ptrdiff_t k)
{
	struct fixture t = {.rng = rng_stream(seed, "test_mixture", 0), .k = k};
	struct mat w;

	t.X = mat_new(&t.arena, N, D);
	toy_fill(t.X, &t.rng);
	t.net = mixnet_of(model_new(&model_mixture, &t.arena, (struct model_size){D, M, k}));
	w = (struct mat){M, 1, M, t.net->w};
	toy_fill(t.net->U, &t.rng);
	toy_fill(t.net->A, &t.rng);
	toy_fill(t.net->R, &t.rng);
	toy_fill(w, &t.rng);
	*t.net->logit = (real)0.3;
	*t.net->scale = (real)1.5;
	*t.net->power = (real)2.5;
	*t.net->shift = (real)-0.4;
	for (ptrdiff_t i = 0; i < N; i++) {
		t.label[i] = (int)(i % k);
		t.y[i] = i % 2 ? 1 : -1;
	}
	t.job = (struct certify_job){.X = t.X,
				     .threat = {.norm = NORM_LINF, .eps = 0.05},
				     .lower = ARENA_ARRAY(&t.arena, double, N),
				     .upper = ARENA_ARRAY(&t.arena, double, N),
				     .worst = mat_new(&t.arena, N, D)};
	return t;
}

/* Of a network A' relu(U'x). */
static double logit(const struct fixture *t, struct mat A, ptrdiff_t row, ptrdiff_t c)
{
	double f = 0;

	for (ptrdiff_t j = 0; j < M; j++) {
		double z = 0;

		for (ptrdiff_t i = 0; i < D; i++)
			z += (double)mat_get(t->X, row, i) * (double)mat_get(t->net->U, i, j);
		f += fmax(0, z) * (double)mat_get(A, j, c);
	}
	return f;
}

static double weight_at(const struct fixture *t, ptrdiff_t row)
{
	struct mat w = {M, 1, M, t->net->w};

	return 1 / (1 + exp(-(double)*t->net->logit - logit(t, w, row, 0)));
}

static double output(const struct fixture *t, ptrdiff_t row, ptrdiff_t c)
{
	double f[MOST], size;

	model_mixture.sample(&t->net->base, t->X, row, f, &size);
	return f[c];
}

static void outputs_are_mixed_probabilities(void **state)
{
	struct fixture t = make(1, 3), one = make(2, 1);

	(void)state;
	for (ptrdiff_t row = 0; row < N; row++) {
		double g[3], h[3], sums[2] = {0}, a = weight_at(&t, row), p, q;

		for (ptrdiff_t c = 0; c < 3; c++) {
			sums[0] += g[c] = exp(logit(&t, t.net->A, row, c));
			sums[1] += h[c] = exp(logit(&t, t.net->R, row, c));
		}
		for (ptrdiff_t c = 0; c < 3; c++)
			check_close(exp(output(&t, row, c)),
				    (1 - a) * g[c] / sums[0] + a * h[c] / sums[1], 1e-9, 1e-12);
		a = weight_at(&one, row);
		p = 1 / (1 + exp(-logit(&one, one.net->A, row, 0)));
		q = 1 / (1 + exp(-logit(&one, one.net->R, row, 0)));
		p = (1 - a) * p + a * q;
		check_close(output(&one, row, 0), log(p / (1 - p)), 1e-6, 1e-6);
	}
	arena_release(&t.arena);
	arena_release(&one.arena);
}

/* q = GELU(z + shift), M = scale sign(q) |q|^power, z normalised; all of the weight on it. */
static void the_map_is_that_of_mixednuts(void **state)
{
	struct fixture t = make(3, 4);

	(void)state;
	memset(t.net->w, 0, M * sizeof(real));
	*t.net->logit = 40;
	*t.net->mapped = 1;
	for (ptrdiff_t row = 0; row < N; row++) {
		double h[4], m[4], mean = 0, square = 0, sum = 0;

		for (ptrdiff_t c = 0; c < 4; c++)
			mean += (h[c] = logit(&t, t.net->R, row, c)) / 4;
		for (ptrdiff_t c = 0; c < 4; c++)
			square += (h[c] - mean) * (h[c] - mean) / 4;
		for (ptrdiff_t c = 0; c < 4; c++) {
			double z = (h[c] - mean) / sqrt(square) - 0.4;
			double q = z / 2 * erfc(-z / sqrt(2));

			m[c] = 1.5 * copysign(pow(fabs(q), 2.5), q);
			sum += exp(m[c]);
		}
		for (ptrdiff_t c = 0; c < 4; c++)
			check_close(output(&t, row, c), m[c] - log(sum), 1e-5, 1e-5);
	}
	arena_release(&t.arena);
}

/* How many slopes along coordinate i are those of G: others cross a kink. */
static int count_slopes(struct fixture *t, struct model_margin *m, struct mat G, ptrdiff_t i)
{
	const double step = sizeof(real) < sizeof(double) ? 1e-2 : 1e-6;
	struct model_work work =
		model_work_new(&t->arena, &model_mixture, model_size(&t->net->base));
	real at[2][N];
	int good = 0;

	for (int side = 0; side < 2; side++) {
		for (ptrdiff_t row = 0; row < N; row++)
			mat_set(t->X, row, i,
				mat_get(t->X, row, i) + (real)(side ? 2 * step : -step));
		m->margin = at[side];
		model_margin(&t->net->base, t->X, m, &work);
	}
	for (ptrdiff_t row = 0; row < N; row++) {
		double slope = ((double)at[1][row] - (double)at[0][row]) / (2 * step);

		mat_set(t->X, row, i, mat_get(t->X, row, i) - (real)step);
		good += fabs(slope - (double)mat_get(G, row, i)) <= 1e-2 * (1 + fabs(slope));
	}
	return good;
}

/* Of both maps and one output or three, against central differences. */
static void slopes_are_those_of_the_margin(void **state)
{
	(void)state;
	for (int c = 0; c < 4; c++) {
		struct fixture t = make((uint64_t)(10 + c), c % 2 ? 3 : 1);
		real margin[N];
		struct mat G = mat_new(&t.arena, N, D);
		struct model_work work =
			model_work_new(&t.arena, &model_mixture, model_size(&t.net->base));
		struct model_margin m = {
			.y = {.n = N, .k = t.k, .at = t.y, .label = c % 2 ? t.label : NULL},
			.margin = margin};
		int good = 0;

		*t.net->mapped = (real)(c / 2);
		model_margin_gradient(&t.net->base, t.X, &m, G, &work);
		for (ptrdiff_t i = 0; i < D; i++)
			good += count_slopes(&t, &m, G, i);
		check_at_least(good, N * D * 9 / 10);
		arena_release(&t.arena);
	}
}

static void certify(struct fixture *t)
{
	struct arena scratch = {0};

	t->job.y = t->y;
	certify_margins(&certifier_mixed, NULL, &t->net->base, t->k > 1 ? t->label : NULL, &t->job,
			&scratch);
	arena_release(&scratch);
}

static double margin_of(const struct fixture *t, struct mat X, ptrdiff_t row, ptrdiff_t sample)
{
	double f[MOST], size, rival = -HUGE_VAL;

	model_mixture.sample(&t->net->base, X, row, f, &size);
	if (t->k == 1)
		return (double)t->y[sample] * f[0];
	for (ptrdiff_t c = 0; c < t->k; c++)
		rival = c != t->label[sample] ? fmax(rival, f[c]) : rival;
	return f[t->label[sample]] - rival;
}

/* x = a random point of the ball around sample k: of l_2 on its sphere. */
static void scatter(struct fixture *t, ptrdiff_t k, struct mat x)
{
	double length = 0, radius = t->job.threat.eps;

	for (ptrdiff_t i = 0; i < D; i++) {
		mat_set(x, 0, i, (real)(2 * rng_uniform(&t->rng) - 1));
		length += (double)mat_get(x, 0, i) * (double)mat_get(x, 0, i);
	}
	if (t->job.threat.norm == NORM_L2)
		radius /= sqrt(length);
	for (ptrdiff_t i = 0; i < D; i++)
		mat_set(x, 0, i, mat_get(t->X, k, i) + (real)radius * mat_get(x, 0, i));
}

/* How many are certified. */
static long check_sound(struct fixture *t)
{
	struct mat x = mat_new(&t->arena, 1, D);
	long certified = 0;

	certify(t);
	for (ptrdiff_t k = 0; k < N; k++) {
		check_at_most(t->job.lower[k], t->job.upper[k]);
		check_close(margin_of(t, t->job.worst, k, k), t->job.upper[k], 1e-6, 1e-6);
		for (int s = 0; s < 20; s++) {
			scatter(t, k, x);
			check_at_most(t->job.lower[k], margin_of(t, x, 0, k));
		}
		certified += t->job.lower[k] > 0;
	}
	return certified;
}

/* Certified <= every point of the ball, of hundreds of mixtures; and it certifies some. */
static void bounds_are_sound(void **state)
{
	long certified = 0, all = 0, mapped[MOST + 1] = {0};

	(void)state;
	for (uint64_t seed = 100; seed < 400; seed++) {
		struct fixture t = make(seed, (ptrdiff_t[]){1, 3, 5, 2}[seed % 4]);
		long here;

		*t.net->mapped = seed % 7 == 0;
		t.job.threat.norm = (enum norm)(seed % 2);
		if (*t.net->mapped > 0)
			*t.net->logit = 3; /* the robust one counts most */
		here = check_sound(&t);
		certified += here;
		mapped[t.k] += *t.net->mapped > 0 ? here : 0;
		all += N;
		arena_release(&t.arena);
	}
	check_above(certified, all / 20);
	for (int k = 1; k <= MOST; k++)
		if (k != 4)
			check_above((double)mapped[k], 0);
}

/* M_y - max M_c of MOST logits, as published. */
static double mapped_margin(const struct mixnet *net, const double *h, int y)
{
	double mean = 0, square = 0, map[MOST], rival = -HUGE_VAL;

	for (int c = 0; c < MOST; c++)
		mean += h[c] / MOST;
	for (int c = 0; c < MOST; c++)
		square += (h[c] - mean) * (h[c] - mean) / MOST;
	for (int c = 0; c < MOST; c++) {
		double z = (h[c] - mean) / sqrt(square + 1e-10) + (double)*net->shift;
		double q = z * erfc(-z / sqrt(2)) / 2;

		map[c] = (double)*net->scale * copysign(pow(fabs(q), (double)*net->power), q);
		rival = c != y ? fmax(rival, map[c]) : rival;
	}
	return map[y] - rival;
}

/* At the p-th point around `at`, of which each logit less their mean is within the radius. */
static double margin_near(struct fixture *t, const double *at, double radius, int y, int p)
{
	double h[MOST];

	for (int c = 0; c < MOST; c++) {
		double step = p < 1 << MOST ? 2 * (p >> c & 1) - 1 : 2 * rng_uniform(&t->rng) - 1;

		h[c] = at[c] + radius / 2 * step;
	}
	return mapped_margin(t->net, h, y);
}

/* Of a grid within low <= h <= high, at the ends of which M is taken by its definition. */
static void the_mapped_margin_is_bounded(void **state)
{
	struct fixture t = make(9, 1);

	(void)state;
	for (int i = 0; i < 40; i++) {
		double low = 0.3 * i - 6, high = low + 0.05 + 0.1 * i, grid = HUGE_VAL, bound;

		*t.net->shift = (real)(0.1 * i - 2);
		bound = mixnet_mapped_least(t.net, low, high);
		for (int g = 0; g <= 1000; g++) {
			double h = low + (high - low) * g / 1000, map[2];

			for (int c = 0; c < 2; c++) {
				double z = (c ? -h : h) / 2 + (double)*t.net->shift;
				double q = z * erfc(-z / sqrt(2)) / 2;

				map[c] = (double)*t.net->scale *
					 copysign(pow(fabs(q), (double)*t.net->power), q);
			}
			grid = fmin(grid, map[0] - map[1]);
		}
		check_at_most(bound, grid + 1e-12 * fabs(grid));
		check_close(bound, grid, 2e-2, 2e-2);
	}
	arena_release(&t.arena);
}

/* Points of the box are tried, corners among them: the bound is below all, and tends to the value
 * at a point where the box shrinks to it. */
static void the_mapped_margin_of_several_is_bounded(void **state)
{
	enum { BOXES = 200, POINTS = 200 };
	struct fixture t = make(10, MOST);
	long close = 0;

	(void)state;
	for (int box = 0; box < BOXES; box++) {
		double at[MOST], low[MOST], high[MOST], mean = 0, bound, lowest = HUGE_VAL;
		double radius = 0.6 * pow(10, -box % 4);
		int y = box % MOST;

		for (int c = 0; c < MOST; c++) {
			at[c] = 4 * rng_uniform(&t.rng) - 2;
			mean += at[c] / MOST;
		}
		for (int c = 0; c < MOST; c++) {
			low[c] = at[c] - mean - radius;
			high[c] = at[c] - mean + radius;
		}
		bound = mixnet_mapped_margin(t.net, y, low, high);
		for (int p = 0; p < POINTS; p++)
			lowest = fmin(lowest, margin_near(&t, at, radius, y, p));
		check_at_most(bound, lowest);
		close += box % 4 == 3 && lowest - bound < 0.02 * (1 + fabs(bound));
	}
	check_at_least((double)close, BOXES / 4);
	arena_release(&t.arena);
}

/* Mixed with itself a network is itself, and so is its bound. */
static void a_network_mixed_with_itself(void **state)
{
	struct fixture t = make(5, 1);
	double mixed[N];
	struct net net = {.base.kind = &model_relu, .U = t.net->U, .alpha = mat_col(t.net->A, 0)};
	void *options = options_default(&certifier_crown.base, &t.arena);
	struct arena scratch = {0};

	(void)state;
	mat_copy(t.net->R, t.net->A);
	certify(&t);
	memcpy(mixed, t.job.lower, sizeof mixed);
	options_set(&certifier_crown.base, options, "stop_when_decided", 0);
	certify_margins(&certifier_crown, options, &net.base, NULL, &t.job, &scratch);
	for (ptrdiff_t k = 0; k < N; k++) {
		check_close(mixed[k], t.job.lower[k], 1e-4, 1e-4);
		check_close(output(&t, k, 0), logit(&t, t.net->A, k, 0), 1e-6, 1e-6);
	}
	arena_release(&scratch);
	arena_release(&t.arena);
}

static void *setup(struct toy *toy, const char *options)
{
	struct err err = {0};
	void *state;

	assert_int_equal(
		trainer_mixture.setup(&toy->problem,
				      toy_options(&trainer_mixture.base, options, &toy->arena),
				      &toy->arena, &state, &err),
		STATUS_OK);
	return state;
}

#define BOTH "accurate: {adam: {width: 5, epochs: 30}}, robust: {adam: {width: 4, epochs: 3}}"

static void the_trainer_joins_and_trains_the_weight(void **state)
{
	struct toy toy = toy_make(60, 3, "logistic", 0.1);
	void *fixed = setup(&toy, "{" BOTH ", weight: 0.25}");
	void *adaptive = setup(&toy, "{" BOTH ", weight: 0.9, adaptive: true, eps: 0.1, "
				     "learning_rate: 0.1, epochs: 60}");
	struct progress p = {.end = OUTCOME_RUNNING};
	double first = 0, others = 0;
	struct model *model;

	(void)state;
	trainer_mixture.step(fixed, &p);
	assert_int_equal(p.end, OUTCOME_CONVERGED);
	assert_int_equal(trainer_mixture.width(fixed), 9);
	model = model_new(&model_mixture, &toy.arena, (struct model_size){3, 9, 1});
	trainer_mixture.model(fixed, model);
	check_close(mixnet_sigmoid((double)*mixnet_of(model)->logit), 0.25, 1e-6, 0);
	for (ptrdiff_t j = 0; j < 9; j++) { /* each neuron is of one of them */
		check_equal(mat_get(mixnet_of(model)->A, j, 0) * mat_get(mixnet_of(model)->R, j, 0),
			    0);
		others += fabs((double)mixnet_of(model)->w[j]);
	}
	check_equal(others, 0);
	p.end = OUTCOME_RUNNING;
	for (int s = 0; p.end == OUTCOME_RUNNING; s++) {
		trainer_mixture.step(adaptive, &p);
		first = s == 0 ? p.objective : first;
	}
	check_below(p.objective, first);
	trainer_mixture.model(adaptive, model);
	for (ptrdiff_t j = 0; j < 9; j++)
		others += fabs((double)mixnet_of(model)->w[j]);
	check_above(others, 0.01);
	arena_release(&toy.arena);
}

/* Networks from files, as they are stored; and neither file nor solver. */
static void stored_networks_are_mixed(void **state)
{
	struct toy toy = toy_make(20, 3, "logistic", 0.1);
	struct net accurate = net_new(&toy.arena, 3, 2), robust = net_new(&toy.arena, 3, 3);
	struct rng rng = rng_stream(3, "test_mixture", 1);
	struct err err = {0};
	struct model *model = model_new(&model_mixture, &toy.arena, (struct model_size){3, 5, 1});
	void *stored;

	(void)state;
	toy_fill(accurate.U, &rng);
	toy_fill(robust.U, &rng);
	for (ptrdiff_t j = 0; j < 3; j++)
		accurate.alpha[j % 2] = robust.alpha[j] = (real)(j + 1);
	toy_file(&toy.problem, (struct problem_file){.path = "a.npz", .model = &accurate.base},
		 &toy.arena);
	toy_file(&toy.problem, (struct problem_file){.path = "r.npz", .model = &robust.base},
		 &toy.arena);
	stored = setup(&toy, "{accurate_file: a.npz, robust_file: r.npz}");
	trainer_mixture.model(stored, model);
	for (ptrdiff_t k = 0; k < 20; k++) {
		double g = toy_output(&accurate, toy.problem.X, k), f, size;
		double h = toy_output(&robust, toy.problem.X, k);
		double p = (1 / (1 + exp(-g)) + 1 / (1 + exp(-h))) / 2;

		model_mixture.sample(model, toy.problem.X, k, &f, &size);
		check_close(1 / (1 + exp(-f)), p, 1e-6, 1e-6);
	}
	assert_int_equal(trainer_mixture.setup(&toy.problem,
					       toy_options(&trainer_mixture.base,
							   "{accurate_file: a.npz}", &toy.arena),
					       &toy.arena, &stored, &err),
			 STATUS_SPEC);
	assert_non_null(strstr(err.text, "for `robust`, got neither"));
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outputs_are_mixed_probabilities),
		cmocka_unit_test(the_map_is_that_of_mixednuts),
		cmocka_unit_test(slopes_are_those_of_the_margin),
		cmocka_unit_test(bounds_are_sound),
		cmocka_unit_test(the_mapped_margin_is_bounded),
		cmocka_unit_test(the_mapped_margin_of_several_is_bounded),
		cmocka_unit_test(a_network_mixed_with_itself),
		cmocka_unit_test(the_trainer_joins_and_trains_the_weight),
		cmocka_unit_test(stored_networks_are_mixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
