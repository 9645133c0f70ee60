/* Generative feature training: slopes of the generator by differences, output weights as ridge
 * regression has them, and a single neuron that is found. */
#include "solvers/generative/feature_generator.h"
#include "solvers/model/trainer.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

extern const struct trainer trainer_generative_features;

enum { N = 60, D = 3, WIDTH = 12 };

static struct feature_generator generator(struct arena *arena)
{
	struct rng rng = rng_stream(1, "test_generative_features", 0);
	struct feature_generator g = feature_generator_new(
		(struct feature_shape){.p = 2, .hidden = 5, .d = D, .N = 7, .layers = 2}, arena);

	feature_generator_draw(&g, &rng);
	feature_generator_latents(&g, &rng);
	return g;
}

/* <C, directions> */
static double along(struct feature_generator *g, struct mat C)
{
	double sum = 0;

	feature_generator_forward(g);
	for (ptrdiff_t j = 0; j < C.cols; j++)
		for (ptrdiff_t i = 0; i < C.rows; i++)
			sum += (double)mat_get(C, i, j) * (double)mat_get(g->V, i, j);
	return sum;
}

static void check_slope(struct feature_generator *g, struct mat C, real *at, double slope)
{
	const double step = sizeof(real) < sizeof(double) ? 1e-2 : 1e-6;
	real kept = *at;
	double low, high;

	*at = kept - (real)step;
	low = along(g, C);
	*at = kept + (real)step;
	high = along(g, C);
	*at = kept;
	check_close((high - low) / (2 * step), slope, 1e-5, 1e-5);
}

static void slopes_match_differences(void **state)
{
	struct arena arena = {0};
	struct feature_generator g = generator(&arena);
	struct rng rng = rng_stream(2, "test_generative_features", 0);
	struct mat C = mat_new(&arena, D, 7), slopes = mat_new(&arena, D, 7);

	(void)state;
	toy_fill(C, &rng);
	mat_copy(slopes, C);
	along(&g, C);
	feature_generator_backward(&g, slopes);
	for (size_t w = 0; w < g.count; w++)
		check_slope(&g, C, &g.weights[w], (double)g.slopes[w]);
	for (ptrdiff_t j = 0; j < 7; j++)
		for (ptrdiff_t i = 0; i < 2; i++)
			check_slope(&g, C, mat_col(g.H[0], j) + i, (double)mat_get(g.gH[0], i, j));
	arena_release(&arena);
}

static void directions_have_length_one(void **state)
{
	struct arena arena = {0};
	struct feature_generator g = generator(&arena);

	(void)state;
	feature_generator_forward(&g);
	for (ptrdiff_t j = 0; j < 7; j++) {
		double square = 0;

		for (ptrdiff_t i = 0; i < D; i++)
			square += (double)mat_get(g.V, i, j) * (double)mat_get(g.V, i, j);
		check_close(square, 1, 1e-6, 0);
	}
	arena_release(&arena);
}

/* y = relu(v'x) of a first feature and the constant. */
static struct toy one_neuron(double beta)
{
	struct toy toy = toy_make(N, D, "squared", beta);
	real *y = ARENA_ARRAY(&toy.arena, real, N);

	for (ptrdiff_t k = 0; k < N; k++)
		y[k] = (real)fmax(0, 2 * (double)mat_get(toy.problem.X, k, 0) + 0.5);
	toy.problem.y.at = y;
	return toy;
}

/* The objective after training, first the trainer's own at the start. */
static struct net *train(struct toy *toy, const char *options, double *first, double *last)
{
	const struct trainer *trainer = &trainer_generative_features;
	struct progress p = {.end = OUTCOME_RUNNING};
	struct err err = {0};
	struct model *model;
	void *state;

	assert_int_equal(trainer->setup(&toy->problem,
					toy_options(&trainer->base, options, &toy->arena),
					&toy->arena, &state, &err),
			 STATUS_OK);
	for (long s = 0; p.end == OUTCOME_RUNNING; s++) {
		trainer->step(state, &p);
		*first = s == 0 ? p.objective : *first;
	}
	*last = p.objective;
	model = model_new(trainer->makes, &toy->arena,
			  (struct model_size){D, trainer->width(state), 1});
	trainer->model(state, model);
	return net_of(model);
}

/* With w_j of length 1 and b: sum_k relu(w_j'x_k) (f_k - y_k) + beta b_j = 0, |u_j| = |a_j|. */
static void output_weights_are_those_of_ridge_regression(void **state)
{
	const double beta = 0.3;
	struct toy toy = one_neuron(beta);
	double first, last;
	struct net *net =
		train(&toy, "{width: 12, hidden: 8, epochs: 20, refine: 5}", &first, &last);

	(void)state;
	assert_int_equal(net->U.cols, WIDTH);
	for (ptrdiff_t j = 0; j < WIDTH; j++) {
		double sum = 0, length = 0, a = (double)net->alpha[j];

		for (ptrdiff_t i = 0; i < D; i++)
			length += (double)mat_get(net->U, i, j) * (double)mat_get(net->U, i, j);
		length = sqrt(length);
		check_close(length, fabs(a), 1e-5, 1e-9);
		for (ptrdiff_t k = 0; k < N && length > 0; k++) {
			double z = 0, f = toy_output(net, toy.problem.X, k);

			for (ptrdiff_t i = 0; i < D; i++)
				z += (double)mat_get(net->U, i, j) *
				     (double)mat_get(toy.problem.X, k, i) / length;
			sum += fmax(0, z) * (f - (double)toy.problem.y.at[k]);
		}
		check_close(sum, -beta * a * fabs(a), 1e-4, 1e-4);
	}
	arena_release(&toy.arena);
}

static void a_neuron_is_found(void **state)
{
	struct toy toy = one_neuron(1e-3);
	double first, last, square = 0, mean = 0;
	struct net *net = train(&toy,
				"{width: 12, hidden: 16, epochs: 300, refine: 300, learning_rate: "
				"0.01}",
				&first, &last);

	(void)state;
	check_below(last, first / 4);
	for (ptrdiff_t k = 0; k < N; k++) {
		double miss = toy_output(net, toy.problem.X, k) - (double)toy.problem.y.at[k];

		square += miss * miss;
		mean += (double)toy.problem.y.at[k] * (double)toy.problem.y.at[k];
	}
	check_below(square, 1e-3 * mean);
	arena_release(&toy.arena);
}

/* Latents alone, the generator but for a step at rest. */
static void refining_lowers_the_objective(void **state)
{
	struct toy toy = one_neuron(1e-3);
	double first, last;

	(void)state;
	train(&toy,
	      "{width: 4, hidden: 8, epochs: 1, refine: 200, learning_rate: 1e-6, refine_rate: "
	      "0.05}",
	      &first, &last);
	check_below(last, 0.9 * first);
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slopes_match_differences),
		cmocka_unit_test(directions_have_length_one),
		cmocka_unit_test(output_weights_are_those_of_ridge_regression),
		cmocka_unit_test(refining_lowers_the_objective),
		cmocka_unit_test(a_neuron_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
