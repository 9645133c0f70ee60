/* Lower bounds from dual points near and far, and upper bounds from random points, against the
 * known optima of small instances (tests/golden/optima): never on the wrong side. */
#include "solvers/cvx/cvx.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

extern const struct trainer trainer_ipm;
extern const struct loss loss_squared, loss_logistic;

static const double loss_scale = 2; /* of the instances; the options struct is one double */

enum { DRAWS = 30 };

struct instance {
	struct arena arena;
	struct problem problem;
	struct mat D;
	json_t *json;
};

static struct mat matrix(const json_t *rows, struct arena *arena)
{
	struct mat A = mat_new(arena, (ptrdiff_t)json_array_size(rows),
			       (ptrdiff_t)json_array_size(json_array_get(rows, 0)));

	for (ptrdiff_t k = 0; k < A.rows; k++)
		for (ptrdiff_t j = 0; j < A.cols; j++)
			mat_set(A, k, j,
				(real)json_number_value(json_array_get(
					json_array_get(rows, (size_t)k), (size_t)j)));
	return A;
}

static void load(struct instance *in, const char *name)
{
	char path[256];
	json_t *y;
	real *target;

	memset(in, 0, sizeof *in);
	snprintf(path, sizeof path, "tests/golden/optima/%s.json", name);
	in->json = json_load_file(path, 0, NULL);
	assert_non_null(in->json);
	in->problem.X = matrix(json_object_get(in->json, "X"), &in->arena);
	in->D = matrix(json_object_get(in->json, "D"), &in->arena);
	y = json_object_get(in->json, "y");
	target = ARENA_ARRAY(&in->arena, real, in->problem.X.rows);
	for (ptrdiff_t k = 0; k < in->problem.X.rows; k++)
		target[k] = (real)json_number_value(json_array_get(y, (size_t)k));
	in->problem.y = targets_of(target, in->problem.X.rows);
	toy_file(&in->problem, (struct problem_file){.path = "in memory", .array = in->D},
		 &in->arena);
}

/* Outputs of the optimal network. */
static void solve(const struct problem *p, const struct pattern_options *options, real *f,
		  struct arena *arena)
{
	struct progress progress = {.end = OUTCOME_RUNNING};
	struct err err = {0};
	struct net net;
	void *state;

	assert_int_equal(trainer_ipm.setup(p, options, arena, &state, &err), STATUS_OK);
	for (int step = 0; step < 60 && progress.end == OUTCOME_RUNNING; step++)
		trainer_ipm.step(state, &progress);
	net = net_new(arena, p->X.cols, trainer_ipm.width(state));
	trainer_ipm.model(state, &net.base);
	for (ptrdiff_t k = 0; k < p->X.rows; k++)
		f[k] = (real)toy_output(&net, p->X, k);
}

/* alpha = -grad L at outputs near the optimal ones f or far from them, and for every other draw at
 * none. */
static void random_alpha(const struct problem *p, const real *f, struct rng *rng, int draw,
			 real *alpha)
{
	size_t n = (size_t)p->X.rows;
	double size = pow(10, 1 - 6 * rng_uniform(rng));

	for (size_t k = 0; k < n; k++)
		alpha[k] = f[k] + (real)(size * rng_normal(rng));
	loss_gradient(p->loss, n, alpha, p->y.at, alpha);
	for (size_t k = 0; k < n; k++)
		alpha[k] = (real)(-(double)alpha[k] + (draw % 2) * 0.3 * size * rng_normal(rng));
}

/* Random certificates; returns the largest lower bound as a share of the optimum. */
static double check_optimum(struct instance *in, double expected)
{
	ptrdiff_t n = in->problem.X.rows, d = in->problem.X.cols, P = in->D.cols;
	struct pattern_options options = {.count = 1, .file = "in memory"};
	struct arena arena = {0};
	struct rng rng = rng_stream(7, "test_certificate", 0);
	struct mat V = mat_new(&arena, d, P), W = mat_new(&arena, d, P);
	struct cvx_dual dual = {.NV = mat_new(&arena, n, P), .NW = mat_new(&arena, n, P)};
	struct patterns patterns;
	struct err err = {0};
	struct cvx cvx;
	double highest = 0;
	real *f;

	assert_int_equal(pattern_sample(&options, &in->problem, 0, &arena, &patterns, &err),
			 STATUS_OK);
	cvx = cvx_new(&in->problem, &patterns, &arena);
	f = ARENA_ARRAY(&arena, real, n);
	solve(&in->problem, &options, f, &arena);

	dual.alpha = cvx.alpha;
	for (int draw = 0; draw < DRAWS; draw++) {
		struct certificate c;

		cvx.exact = draw % 4 < 2; /* both ways to improve multipliers and to project */
		random_alpha(&in->problem, f, &rng, draw, cvx.alpha);
		toy_fill(V, &rng);
		toy_fill(W, &rng);
		toy_fill(dual.NV, &rng);
		toy_fill(dual.NW, &rng);
		dual.scale = 0.1 * rng_uniform(&rng);
		cvx_certify(&cvx, V, W, &dual, &c);
		check_at_least(c.lower_bound, 0);
		check_at_most(c.lower_bound, expected * (1 + 1e-7)); /* reference: to 1e-7 */
		check_at_least(c.upper, expected * (1 - 1e-7));
		highest = fmax(highest, c.lower_bound / expected);
	}
	arena_release(&arena);
	return highest;
}

static void random_bounds_bracket_the_optima(void **state)
{
	static const char *const names[] = {"two_layer_11", "two_layer_12", "two_layer_13",
					    "two_layer_14"};
	size_t i;
	json_t *optimum;
	double highest = 0;

	(void)state;
	for (size_t m = 0; m < sizeof names / sizeof *names; m++) {
		struct instance in;
		int checked = 0;

		load(&in, names[m]);
		json_array_foreach(json_object_get(in.json, "optima"), i, optimum)
		{
			double objective;
			const char *loss = json_string_value(json_object_get(optimum, "loss"));

			if (json_number_value(json_object_get(optimum, "eps")) > 0 ||
			    strcmp(loss, "hinge") == 0)
				continue;
			in.problem.beta = json_number_value(json_object_get(optimum, "beta"));
			in.problem.loss = (struct loss_term){.loss = strcmp(loss, "squared") == 0
									     ? &loss_squared
									     : &loss_logistic,
							     .options = &loss_scale,
							     .weight = 1};
			objective = json_number_value(json_object_get(optimum, "objective"));
			highest = fmax(highest, check_optimum(&in, objective));
			checked++;
		}
		check_above(checked, 0);
		json_decref(in.json);
		arena_release(&in.arena);
	}
	check_above(highest, 0.999); /* near enough to tell a bound that is too high */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_bounds_bracket_the_optima),
	};

	omp_set_num_threads(1); /* on matrices so small threads cost more than they bring */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
