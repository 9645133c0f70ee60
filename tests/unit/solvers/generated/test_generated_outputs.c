/* Generated neurons of several outputs: in the plane against the dual bound over all directions,
 * by a grid of angles; against programs of one output to which they come down; products in float
 * against plain loops. */
#include "solvers/core/blas.h"
#include "solvers/generated/generated_pass.h"
#include "solvers/model/multinet.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

extern const struct trainer trainer_generated, trainer_scp;

static const bool single = REAL_EPSILON > 1e-10;

/* Targets of k outputs: normal numbers, and classes for the losses of classes. */
static void give_targets(struct toy *toy, ptrdiff_t k, struct rng *rng)
{
	ptrdiff_t n = toy->problem.X.rows;
	real *at = ARENA_ARRAY(&toy->arena, real, n * k);
	int *label = ARENA_ARRAY(&toy->arena, int, n);
	bool classes = !toy->problem.loss.loss->quadratic;

	for (ptrdiff_t i = 0; i < n; i++)
		label[i] = (int)(i < k ? i : (ptrdiff_t)rng_below(rng, (size_t)k));
	for (ptrdiff_t i = 0; i < n * k; i++)
		at[i] = (real)(classes ? label[i % n] == i / n : rng_normal(rng));
	toy->problem.y =
		(struct targets){.n = n, .k = k, .at = at, .label = classes ? label : NULL};
}

/* Outputs of a model on its problem. */
static struct mat outputs_of(const struct problem *problem, const struct model *model,
			     struct arena *arena)
{
	struct mat F = mat_new(arena, problem->X.rows, problem->y.k);
	struct model_work work = model_work_new(arena, model->kind, model_size(model));

	model_forward(model, problem->X, F.at, &work);
	return F;
}

struct trained {
	double objective; /* of its network, anew */
	struct mat F;     /* its outputs */
};

/* To the trainer's own end, at most `most` steps; the objective does not rise. */
static struct trained train(const struct trainer *trainer, const struct problem *problem,
			    const char *options, int most, struct arena *arena)
{
	const struct model_kind *kind = problem->y.k > 1 ? &model_relu_outputs : &model_relu;
	struct progress progress = {.end = OUTCOME_RUNNING};
	struct err err = {0};
	void *state;
	struct model *model;
	struct trained t;
	double before = HUGE_VAL;

	if (trainer->setup(problem, toy_options(&trainer->base, options, arena), arena, &state,
			   &err) != STATUS_OK)
		fail_msg("%s", err.text);
	for (int i = 0; i < most && progress.end == OUTCOME_RUNNING; i++) {
		trainer->step(state, &progress);
		if (trainer == &trainer_generated)
			check_at_most(progress.objective, before * (1 + 256 * REAL_EPSILON));
		before = progress.objective;
	}
	model = model_new(
		kind, arena,
		(struct model_size){problem->X.cols, trainer->width(state), problem->y.k});
	trainer->model(state, model);
	t.F = outputs_of(problem, model, arena);
	t.objective = loss_outputs_value(problem->loss, t.F, problem->y) +
		      problem->beta * kind->decay(model);
	if (trainer == &trainer_generated)
		check_close(t.objective, progress.objective, 1e4 * REAL_EPSILON,
			    1e4 * REAL_EPSILON);
	return t;
}

/* |Nu' relu(X u)| for u of this angle. */
static double value_at(struct mat X, struct mat Nu, double angle)
{
	double square = 0;

	for (ptrdiff_t c = 0; c < Nu.cols; c++) {
		double sum = 0;

		for (ptrdiff_t i = 0; i < X.rows; i++) {
			double z = (double)mat_get(X, i, 0) * cos(angle) +
				   (double)mat_get(X, i, 1) * sin(angle);

			sum += z > 0 ? z * (double)mat_get(Nu, i, c) : 0;
		}
		square += sum * sum;
	}
	return sqrt(square);
}

/* Its largest value over the circle: between kinks it is smooth, so that a grid on each of the arcs
 * misses a share of the square of its width. */
static double largest_in_plane(struct mat X, struct mat Nu)
{
	enum { ANGLES = 20000 };
	double largest = 0;

	for (ptrdiff_t i = 0; i < X.rows; i++)
		for (int side = -1; side <= 1; side += 2)
			largest = fmax(largest, value_at(X, Nu,
							 atan2((double)mat_get(X, i, 1),
							       (double)mat_get(X, i, 0)) +
								 side * M_PI / 2));
	for (int a = 0; a < ANGLES; a++)
		largest = fmax(largest, value_at(X, Nu, 2 * M_PI * a / ANGLES));
	return largest;
}

/* The value of the dual point Nu = -grad L at F, scaled by s <= 1 so that no direction has more
 * than beta: it lacks a share of what is violated, of which the objective lacks the square. */
static double bound_in_plane(const struct problem *problem, struct mat F, struct arena *arena)
{
	struct mat Nu = mat_new(arena, F.rows, F.cols);
	double largest, scale;

	loss_outputs_gradient(problem->loss, F, problem->y, Nu);
	largest = largest_in_plane(problem->X, Nu);
	scale = largest > problem->beta ? problem->beta / largest : 1;
	return -loss_outputs_conjugate(problem->loss, scale, Nu, problem->y);
}

static void in_the_plane_the_gap_over_all_networks_closes(void **state)
{
	static const char *const losses[] = {"squared", "logistic"};

	(void)state;
	for (int seed = 0; seed < 50; seed++) {
		struct rng rng = rng_stream(11, "plane", (uint64_t)seed);
		struct toy toy = toy_make(3 + seed % 8, 2, losses[seed % 2], seed % 3 ? 0.3 : 0.05);
		bool continued = seed / 2 % 2;
		double gap = single ? 1e-3 : 1e-5, most;
		struct trained t;
		struct mat zero;

		toy_fill(toy.problem.X, &rng);
		give_targets(&toy, 2 + seed % 3, &rng);
		t = train(&trainer_generated, &toy.problem,
			  continued ? "{neurons: 200}" : "{neurons: 200, continuation: 0}", 300,
			  &toy.arena);
		zero = mat_new(&toy.arena, t.F.rows, t.F.cols);
		most = loss_outputs_value(toy.problem.loss, zero, toy.problem.y);
		check_at_most(t.objective - bound_in_plane(&toy.problem, t.F, &toy.arena),
			      gap * most);
		arena_release(&toy.arena);
	}
}

/* Outputs y and y: rows of A lie along (1, 1), which is the program of one output and the targets
 * sqrt(2) y. */
static void equal_outputs_are_one(void **state)
{
	struct toy toy = toy_make(24, 4, "squared", 0.4);
	struct problem twice = toy.problem, one = toy.problem;
	real *y = ARENA_ARRAY(&toy.arena, real, 2 * 24), *root = ARENA_ARRAY(&toy.arena, real, 24);

	(void)state;
	for (ptrdiff_t i = 0; i < 24; i++) {
		y[i] = y[i + 24] = toy.problem.y.at[i];
		root[i] = (real)sqrt(2) * y[i];
	}
	twice.y = (struct targets){.n = 24, .k = 2, .at = y};
	one.y = targets_of(root, 24);
	check_close(train(&trainer_generated, &twice, "{}", 300, &toy.arena).objective,
		    train(&trainer_generated, &one, "{}", 300, &toy.arena).objective,
		    single ? 1e-3 : 2e-6, 0);
	arena_release(&toy.arena);
}

/* Two classes, which only the difference of the outputs tells apart: rows of A lie along (1, -1),
 * which is the program of one output and beta / sqrt(2). */
static void two_classes_are_one_output(void **state)
{
	static const char *const losses[] = {"logistic", "hinge"};

	(void)state;
	for (int l = 0; l < 2; l++) {
		struct toy toy = toy_make(20, 3, losses[l], 0.4);
		struct problem two = toy.problem, one = toy.problem;
		real *y = ARENA_ARRAY(&toy.arena, real, 2 * 20);
		int *label = ARENA_ARRAY(&toy.arena, int, 20);

		for (ptrdiff_t i = 0; i < 20; i++) {
			label[i] = toy.problem.y.at[i] > 0;
			y[i + 20 * label[i]] = 1;
		}
		two.y = (struct targets){.n = 20, .k = 2, .at = y, .label = label};
		one.beta /= sqrt(2);
		check_close(train(&trainer_generated, &two, "{}", 200, &toy.arena).objective,
			    train(&trainer_generated, &one, "{}", 300, &toy.arena).objective,
			    single   ? 2e-3
			    : l == 1 ? 1e-4
				     : 2e-6,
			    0);
		arena_release(&toy.arena);
	}
}

/* From the neurons that scp samples it never ends above scp. */
static void never_above_sampled_neurons(void **state)
{
	static const char *const losses[] = {"squared", "logistic", "hinge"};

	(void)state;
	for (int l = 0; l < 3; l++) {
		struct rng rng = rng_stream(12, "sampled", (uint64_t)l);
		struct toy toy = toy_make(30, 4, losses[l], 0.5);
		double sampled, generated;

		give_targets(&toy, 3, &rng);
		sampled = train(&trainer_scp, &toy.problem, "{neurons: 60}", 100, &toy.arena)
				  .objective;
		generated = train(&trainer_generated, &toy.problem, "{sampled: 60}", 10, &toy.arena)
				    .objective;
		check_below(generated, sampled);
		arena_release(&toy.arena);
	}
}

/* R'F's gradients by the layers, summed as they are defined, with repeated rows. */
static void products_in_float_are_those_of_loops(void **state)
{
	enum { N = 40, D = 6, K = 3, M = 5 };
	struct toy toy = toy_make(N, D, "squared", 1);
	struct rng rng = rng_stream(13, "pass", 0);
	struct mat F = mat_new(&toy.arena, N, K), R = mat_new(&toy.arena, N, K);
	struct model_layers net = {mat_new(&toy.arena, D, M), mat_new(&toy.arena, M, K)},
			    slope = {mat_new(&toy.arena, D, M), mat_new(&toy.arena, M, K)},
			    by_loops = {mat_new(&toy.arena, D, M), mat_new(&toy.arena, M, K)};
	struct price price;
	struct pass pass;

	(void)state;
	give_targets(&toy, K, &rng);
	for (ptrdiff_t j = 0; j < D; j++)
		mat_set(toy.problem.X, 7, j, mat_get(toy.problem.X, 3, j));
	price = price_new(&toy.problem, 8, &toy.arena);
	check_equal(price.rows, N - 1);
	pass = pass_new(&price, M, &toy.arena);
	toy_fill(net.U, &rng);
	toy_fill(net.A, &rng);
	toy_fill(R, &rng);
	pass_outputs(&pass, net, F);
	pass_gradient(&pass, R, slope);
	for (ptrdiff_t i = 0; i < N; i++)
		for (ptrdiff_t j = 0; j < M; j++) {
			double z = 0, down = 0;

			for (ptrdiff_t p = 0; p < D; p++)
				z += (double)mat_get(toy.problem.X, i, p) *
				     (double)mat_get(net.U, p, j);
			z = z > 0 ? z : 0;
			for (ptrdiff_t c = 0; c < K; c++) {
				double r = (double)mat_get(R, i, c);

				mat_col(F, c)[i] -= (real)(z * (double)mat_get(net.A, j, c));
				mat_col(by_loops.A, c)[j] += (real)(z * r);
				down += z > 0 ? r * (double)mat_get(net.A, j, c) : 0;
			}
			for (ptrdiff_t p = 0; p < D; p++)
				mat_col(by_loops.U, j)[p] +=
					(real)(down * (double)mat_get(toy.problem.X, i, p));
		}
	for (ptrdiff_t i = 0; i < N * K; i++)
		check_close((double)F.at[i], 0, 0, 1e-5);
	for (ptrdiff_t i = 0; i < D * M; i++)
		check_close((double)slope.U.at[i], (double)by_loops.U.at[i], 1e-4, 1e-4);
	for (ptrdiff_t i = 0; i < M * K; i++)
		check_close((double)slope.A.at[i], (double)by_loops.A.at[i], 1e-4, 1e-4);
	arena_release(&toy.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_the_plane_the_gap_over_all_networks_closes),
		cmocka_unit_test(equal_outputs_are_one),
		cmocka_unit_test(two_classes_are_one_output),
		cmocka_unit_test(never_above_sampled_neurons),
		cmocka_unit_test(products_in_float_are_those_of_loops),
	};

	blas_set_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
