/* Locally biased networks: outputs against the definition, radii and bounds, and the trainer. */
#include "solvers/model/certify.h"
#include "solvers/smoothing/biasednet.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct trainer trainer_locally_biased;
extern const struct certifier certifier_biased;

enum { N = 30, D = 3, M = 20, NEURONS = 6 };

struct fixture {
	struct arena arena;
	struct rng rng;
	struct mat X;
	struct biasednet *net;
	real y[N];
	struct certify_job job;
};

/* Points in two clusters, samples near them, a network that roughly follows. */
static struct fixture make(uint64_t seed)
{
	struct fixture t = {.rng = rng_stream(seed, "test_smoothing", 0)};

	t.X = mat_new(&t.arena, N, D);
	toy_fill(t.X, &t.rng);
	t.net = biasednet_of(
		model_new(&model_locally_biased, &t.arena, (struct model_size){D, M, 1}));
	toy_fill(mat_cols(t.net->U, 0, NEURONS), &t.rng);
	toy_fill(t.net->Z, &t.rng);
	for (ptrdiff_t j = 0; j < M; j++) {
		double square = 0;

		t.net->label[j] = j % 2 ? 1 : -1;
		t.net->alpha[j] = j < NEURONS ? (real)(0.3 * rng_normal(&t.rng)) : 0;
		mat_set(t.net->Z, 0, j, mat_get(t.net->Z, 0, j) + t.net->label[j]);
		for (ptrdiff_t i = 0; i < D; i++)
			square += (double)mat_get(t.net->Z, i, j) * (double)mat_get(t.net->Z, i, j);
		t.net->offset[j] = (real)(-square / 2);
	}
	for (ptrdiff_t k = 0; k < N; k++) {
		t.y[k] = k % 2 ? 1 : -1;
		mat_set(t.X, k, 0, mat_get(t.X, k, 0) + t.y[k]);
	}
	for (ptrdiff_t i = 0; i < D; i++)
		t.net->scale[i] = 1;
	*t.net->gamma = (real)0.5;
	t.job = (struct certify_job){.X = t.X,
				     .threat = {.norm = NORM_L2, .eps = 0.05},
				     .lower = ARENA_ARRAY(&t.arena, double, N),
				     .upper = ARENA_ARRAY(&t.arena, double, N),
				     .worst = mat_new(&t.arena, N, D)};
	return t;
}

static double output(const struct fixture *t, struct mat X, ptrdiff_t row)
{
	double f, size;

	model_locally_biased.sample(&t->net->base, X, row, &f, &size);
	return f;
}

/* The nearest one by distances, N by the gradient of a plain network. */
static void outputs_are_those_of_the_definition(void **state)
{
	struct fixture t = make(1);
	struct net g = {.base.kind = &model_relu, .U = t.net->U, .alpha = t.net->alpha};
	struct model_work work = model_work_new(&t.arena, &model_relu, model_size(&g.base));
	struct mat G = mat_new(&t.arena, N, D);
	real f[N];

	(void)state;
	model_gradient(&g.base, t.X, f, G, &work);
	for (ptrdiff_t k = 0; k < N; k++) {
		double least = HUGE_VAL, h = 0, square = 0, bias;

		for (ptrdiff_t j = 0; j < M; j++) {
			double distance = 0;

			for (ptrdiff_t i = 0; i < D; i++)
				distance += pow((double)mat_get(t.X, k, i) -
							(double)mat_get(t.net->Z, i, j),
						2);
			if (distance < least) {
				least = distance;
				h = (double)t.net->label[j];
			}
		}
		for (ptrdiff_t i = 0; i < D; i++)
			square += (double)mat_get(G, k, i) * (double)mat_get(G, k, i);
		bias = 0.5 * sqrt(square);
		check_close(output(&t, t.X, k), ((double)f[k] + bias * h) / (1 + bias), 1e-5, 1e-5);
	}
	arena_release(&t.arena);
}

/* One neuron, two points: g = x_0 for x_0 > 0, points at (3, 0) and (-1, 0) of classes +1 and -1.
 * At x = (2, 0): the border of the points is x_0 = 1, that of the cell 0, and g + gamma h = 2.5. */
static void a_radius_by_hand(void **state)
{
	struct arena arena = {0};
	struct biasednet *net = biasednet_of(
		model_new(&model_locally_biased, &arena, (struct model_size){2, 2, 1}));
	struct mat x = mat_new(&arena, 1, 2);

	(void)state;
	mat_set(net->U, 0, 0, 1);
	net->alpha[0] = 1;
	mat_set(net->Z, 0, 0, 3);
	mat_set(net->Z, 0, 1, -1);
	net->offset[0] = (real)-4.5;
	net->offset[1] = (real)-0.5;
	net->label[0] = 1;
	net->label[1] = -1;
	net->scale[0] = net->scale[1] = 1;
	*net->gamma = (real)0.5;
	mat_set(x, 0, 0, 2);
	check_close(biasednet_radius(net, x, 0, 1), 1, 1e-6, 0);
	check_equal(biasednet_radius(net, x, 0, -1), 0);
	mat_set(net->Z, 0, 1, -9); /* border at -3: now the cell ends first */
	net->offset[1] = (real)-40.5;
	check_close(biasednet_radius(net, x, 0, 1), 2, 1e-6, 0);
	*net->gamma = (real)1.5; /* a neighbour of the wrong class takes gamma away */
	net->label[0] = -1;
	check_close(biasednet_radius(net, x, 0, 1), 0.5, 1e-6, 0);
	arena_release(&arena);
}

static void certify(struct fixture *t)
{
	struct arena scratch = {0};

	t->job.y = t->y;
	certify_margins(&certifier_biased, NULL, &t->net->base, NULL, &t->job, &scratch);
	arena_release(&scratch);
}

/* x = a point of the ball around sample k: of l_2 on its sphere, of l_inf a corner. */
static void scatter(struct fixture *t, ptrdiff_t k, double radius, struct mat x)
{
	double length = 0;

	for (ptrdiff_t i = 0; i < D; i++) {
		double of = rng_normal(&t->rng);

		of = t->job.threat.norm == NORM_L2 ? of : copysign(1, of);
		length += of * of;
		mat_set(x, 0, i, (real)of);
	}
	if (t->job.threat.norm == NORM_L2)
		radius /= sqrt(length);
	for (ptrdiff_t i = 0; i < D; i++)
		mat_set(x, 0, i, mat_get(t->X, k, i) + (real)radius * mat_get(x, 0, i));
}

/* Points of the ball around sample k are not below its bound, those within its radius are right. */
static void check_sample(struct fixture *t, ptrdiff_t k, struct mat x)
{
	double y = (double)t->y[k], radius = biasednet_radius(t->net, t->X, k, y);

	check_at_most(t->job.lower[k], t->job.upper[k]);
	check_close(y * output(t, t->job.worst, k), t->job.upper[k], 1e-6, 1e-6);
	for (int s = 0; s < 40; s++) {
		scatter(t, k, t->job.threat.eps, x);
		check_at_most(t->job.lower[k], y * output(t, x, 0));
		if (t->job.threat.norm != NORM_L2 || !(radius > 0))
			continue;
		scatter(t, k, 0.999 * radius, x);
		check_above(y * output(t, x, 0), 0);
	}
}

/* Certified <= attacked, on hundreds of networks, radii of which hold too; and they claim much. */
static void bounds_and_radii_are_sound(void **state)
{
	long certified = 0, all = 0;

	(void)state;
	for (uint64_t seed = 100; seed < 500; seed++) {
		struct fixture t = make(seed);
		struct mat x = mat_new(&t.arena, 1, D);

		t.job.threat.norm = seed % 2 ? NORM_L2 : NORM_LINF;
		t.job.threat.eps = 0.05 * (double)(1 + seed % 8);
		certify(&t);
		for (ptrdiff_t k = 0; k < N; k++) {
			check_sample(&t, k, x);
			certified += t.job.lower[k] > 0;
			all++;
		}
		arena_release(&t.arena);
	}
	check_above(certified, all / 4);
}

/* x = sample k moved by `radius` towards point j. */
static void approach(const struct fixture *t, ptrdiff_t k, ptrdiff_t j, double radius, struct mat x)
{
	double length = 0;

	for (ptrdiff_t i = 0; i < D; i++) {
		double of = (double)mat_get(t->net->Z, i, j) - (double)mat_get(t->X, k, i);

		length += of * of;
		mat_set(x, 0, i, (real)of);
	}
	for (ptrdiff_t i = 0; i < D; i++)
		mat_set(x, 0, i,
			mat_get(t->X, k, i) + (real)(radius / sqrt(length)) * mat_get(x, 0, i));
}

/* Into the points of the other class, where sampling at random seldom gets. */
static void steps_towards_other_points_break_nothing_certified(void **state)
{
	(void)state;
	for (uint64_t seed = 500; seed < 700; seed++) {
		struct fixture t = make(seed);
		struct mat x = mat_new(&t.arena, 1, D);

		t.job.threat.eps = 0.4;
		certify(&t);
		for (ptrdiff_t p = 0; p < N * M; p++) {
			ptrdiff_t k = p / M;

			approach(&t, k, p % M, 0.3999, x);
			check_at_most(t.job.lower[k], t.y[k] * output(&t, x, 0));
		}
		arena_release(&t.arena);
	}
}

/* Within its radius every sample is certified: the bound is nowhere worse than the closed form. */
static void radii_are_certified(void **state)
{
	long checked = 0;

	(void)state;
	for (uint64_t seed = 700; seed < 720; seed++) {
		struct fixture t = make(seed);

		for (ptrdiff_t k = 0; k < N; k++) {
			double radius = biasednet_radius(t.net, t.X, k, (double)t.y[k]);

			if (!(radius > 1e-2))
				continue;
			t.job.threat.eps = 0.99 * radius;
			certify(&t);
			check_above(t.job.lower[k], 0);
			checked++;
		}
		arena_release(&t.arena);
	}
	check_above(checked, 20);
}

/* The same ball in other units: bounds of the network and of points rescaled are the same. */
static void bounds_do_not_depend_on_units(void **state)
{
	struct fixture t = make(2), other = make(2);
	const real scale[D] = {1, 1, 4};
	const bool frozen[D] = {false, false, true};

	(void)state;
	model_rescale(scale, &t.net->base, &other.net->base);
	for (ptrdiff_t k = 0; k < N; k++)
		mat_set(other.X, k, 2, mat_get(t.X, k, 2) / 4);
	t.job.threat.frozen = other.job.threat.frozen = frozen;
	certify(&t);
	certify(&other);
	for (ptrdiff_t k = 0; k < N; k++)
		check_close(other.job.lower[k], t.job.lower[k], 1e-4, 1e-4);
	arena_release(&t.arena);
	arena_release(&other.arena);
}

static void *setup(struct toy *toy, const char *options, enum status status, struct err *err)
{
	void *state = NULL;

	assert_int_equal(trainer_locally_biased.setup(
				 &toy->problem,
				 toy_options(&trainer_locally_biased.base, options, &toy->arena),
				 &toy->arena, &state, err),
			 status);
	return state;
}

/* Without a bias it is the network; with a large one, the nearest neighbour. */
static void the_trainer_biases_a_network(void **state)
{
	struct toy toy = toy_make(40, 3, "logistic", 0.1);
	struct net g = net_new(&toy.arena, 3, 50);
	struct rng rng = rng_stream(3, "test_smoothing", 1);
	struct err err = {0};
	struct model *model =
		model_new(&model_locally_biased, &toy.arena, (struct model_size){3, 50, 1});
	void *plain, *strong;

	(void)state;
	toy_fill(g.U, &rng);
	for (ptrdiff_t j = 0; j < 50; j++)
		g.alpha[j] = (real)rng_normal(&rng);
	toy_file(&toy.problem, (struct problem_file){.path = "g.npz", .model = &g.base},
		 &toy.arena);
	plain = setup(&toy, "{network_file: g.npz, gamma: 0}", STATUS_OK, &err);
	strong = setup(&toy, "{network_file: g.npz, gamma: 1000000}", STATUS_OK, &err);
	assert_int_equal(trainer_locally_biased.width(plain), 50); /* more neurons than points */
	for (ptrdiff_t k = 0; k < 40; k++) {
		double f, size;

		trainer_locally_biased.model(plain, model);
		model_locally_biased.sample(model, toy.problem.X, k, &f, &size);
		check_close(f, toy_output(&g, toy.problem.X, k), 1e-6, 1e-6);
		trainer_locally_biased.model(strong, model);
		model_locally_biased.sample(model, toy.problem.X, k, &f, &size);
		check_close(f, toy.problem.y.at[k], 1e-3, 1e-3);
	}
	check_above(toy_number(&trainer_locally_biased, strong, "average_certified_radius"), 0);
	setup(&toy, "{}", STATUS_SPEC, &err);
	assert_non_null(strstr(err.text, "for `network`, got neither"));
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outputs_are_those_of_the_definition),
		cmocka_unit_test(a_radius_by_hand),
		cmocka_unit_test(bounds_and_radii_are_sound),
		cmocka_unit_test(steps_towards_other_points_break_nothing_certified),
		cmocka_unit_test(radii_are_certified),
		cmocka_unit_test(bounds_do_not_depend_on_units),
		cmocka_unit_test(the_trainer_biases_a_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
