/* Known optima of small instances, computed by an interior-point method (tests/golden/optima): ADMM
 * with the patterns of the instance meets them, and its certificate brackets them. */
#include "solvers/convex/u_update.h"
#include "solvers/core/cvx.h"
#include "solvers/core/pattern.h"
#include "solvers/core/trainer.h"

#include <jansson.h>
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const struct trainer trainer_admm, trainer_ipm;
extern const struct u_update u_dual, u_cholesky, u_primal;
extern const struct loss loss_squared, loss_logistic;

/* The layout of admm's options, as solvers/convex/admm.c declares it: set through its rows. */
static void set_option(void *options, const char *name, const void *value, size_t size)
{
	for (const struct option *row = trainer_admm.base.options; row->name; row++)
		if (strcmp(row->name, name) == 0) {
			memcpy((char *)options + row->offset, value, size);
			return;
		}
	fail_msg("admm has no option %s", name);
}

struct instance {
	struct arena arena;
	struct problem problem;
	struct mat D;
	json_t *json;
};

static void load(struct instance *in, const char *name)
{
	char path[256];
	json_t *X, *D, *y;

	memset(in, 0, sizeof *in);
	snprintf(path, sizeof path, "tests/golden/optima/%s.json", name);
	in->json = json_load_file(path, 0, NULL);
	assert_non_null(in->json);
	X = json_object_get(in->json, "X");
	D = json_object_get(in->json, "D");
	y = json_object_get(in->json, "y");
	in->problem.X = mat_new(&in->arena, (ptrdiff_t)json_array_size(X),
				(ptrdiff_t)json_array_size(json_array_get(X, 0)));
	in->D = mat_new(&in->arena, in->problem.X.rows,
			(ptrdiff_t)json_array_size(json_array_get(D, 0)));
	in->problem.patterns = &in->D;
	in->problem.y = ARENA_ARRAY(&in->arena, real, in->problem.X.rows);
	for (ptrdiff_t k = 0; k < in->problem.X.rows; k++) {
		json_t *x = json_array_get(X, (size_t)k), *d = json_array_get(D, (size_t)k);

		for (ptrdiff_t j = 0; j < in->problem.X.cols; j++)
			mat_set(in->problem.X, k, j,
				(real)json_number_value(json_array_get(x, (size_t)j)));
		for (ptrdiff_t j = 0; j < in->D.cols; j++)
			mat_set(in->D, k, j, (real)json_number_value(json_array_get(d, (size_t)j)));
		((real *)(uintptr_t)in->problem.y)[k] =
			(real)json_number_value(json_array_get(y, (size_t)k));
	}
}

/* Solve one optimum entry with one u-update and compare. */
static void check_optimum(struct instance *in, json_t *optimum, const struct u_update *update)
{
	static const double scale =
		2; /* loss_scale of the instances; the options struct is one double */
	const char *loss = json_string_value(json_object_get(optimum, "loss"));
	double expected = json_number_value(json_object_get(optimum, "objective"));
	bool squared = strcmp(loss, "squared") == 0;
	double rho = squared ? 0.1 : 0.1, sigma = 1, kappa = 1, relaxation = 1.6;
	struct pattern_options patterns = {.count = 1, .file = "in memory"};
	struct choice u = {.item = &update->base};
	struct arena arena = {0};
	struct err err = {0};
	struct certificate c = {0};
	struct progress p;
	void *options = arena_alloc(&arena, 1, trainer_admm.base.size), *state;
	long steps = 0;

	in->problem.beta = json_number_value(json_object_get(optimum, "beta"));
	in->problem.loss = (struct loss_term){squared ? &loss_squared : &loss_logistic, &scale, 1};
	set_option(options, "patterns", &patterns, sizeof patterns);
	set_option(options, "u_update", &u, sizeof u);
	set_option(options, "rho", &rho, sizeof rho);
	set_option(options, "sigma", &sigma, sizeof sigma);
	set_option(options, "kappa", &kappa, sizeof kappa);
	set_option(options, "relaxation", &relaxation, sizeof relaxation);
	assert_int_equal(trainer_admm.setup(&in->problem, options, &arena, &state, &err),
			 STATUS_OK);
	do {
		trainer_admm.step(state, &p);
		if (++steps % 500 == 0)
			trainer_admm.certify(state, &c);
	} while (steps < 100000 &&
		 !(steps % 500 == 0 && c.upper - c.lower_bound < 1e-6 * expected));
	if (getenv("VERBOSE"))
		print_message("%s beta %g %s: %ld steps, objective %.8g upper %.8g lower %.8g "
			      "expected %.8g feas %.2g\n",
			      loss, in->problem.beta, update->base.name, steps, c.objective,
			      c.upper, c.lower_bound, expected, c.feasibility);
	assert_true(fabs(c.objective - expected) <= 1e-5 * expected);
	assert_true(c.lower_bound <= expected * (1 + 1e-7)); /* the reference is good to 1e-7 */
	assert_true(c.upper >= expected * (1 - 1e-7));
	arena_release(&arena);
}

/* The interior point: forty iterations, and the certificate closes by itself. */
static void check_ipm(struct instance *in, json_t *optimum, const struct loss *loss)
{
	static const double scale = 2;
	double expected = json_number_value(json_object_get(optimum, "objective"));
	struct pattern_options options = {.count = 1,
					  .file = "in memory"}; /* ipm has no other option */
	struct arena arena = {0};
	struct err err = {0};
	struct certificate c = {0};
	struct progress p = {.end = OUTCOME_RUNNING};
	void *state;

	in->problem.beta = json_number_value(json_object_get(optimum, "beta"));
	in->problem.loss = (struct loss_term){loss, &scale, 1};
	assert_int_equal(trainer_ipm.setup(&in->problem, &options, &arena, &state, &err),
			 STATUS_OK);
	for (int i = 0; i < 60 && p.end == OUTCOME_RUNNING; i++)
		trainer_ipm.step(state, &p);
	trainer_ipm.certify(state, &c);
	if (getenv("VERBOSE"))
		print_message("ipm: objective %.9g upper %.9g lower %.9g expected %.9g\n",
			      c.objective, c.upper, c.lower_bound, expected);
	assert_true(fabs(c.upper - expected) <= 1e-6 * expected);
	assert_true(c.upper - c.lower_bound <= 1e-6 * fmax(1, expected));
	assert_true(c.lower_bound <= expected * (1 + 1e-7));
	arena_release(&arena);
}

static void ipm_meets_the_optima(void **state)
{
	static const char *const names[] = {"two_layer_11", "two_layer_12", "two_layer_13",
					    "two_layer_14"};
	size_t i;
	json_t *optimum;

	(void)state;
	for (size_t n = 0; n < 4; n++) {
		struct instance in;

		load(&in, names[n]);
		json_array_foreach(json_object_get(in.json, "optima"), i, optimum)
		{
			const char *loss = json_string_value(json_object_get(optimum, "loss"));

			if (json_number_value(json_object_get(optimum, "eps")) > 0 ||
			    strcmp(loss, "hinge") == 0)
				continue;
			check_ipm(&in, optimum,
				  strcmp(loss, "squared") == 0 ? &loss_squared : &loss_logistic);
		}
		json_decref(in.json);
		arena_release(&in.arena);
	}
}

static void check_instance(const char *name, const struct u_update *update)
{
	struct instance in;
	size_t i;
	json_t *optimum;
	int checked = 0;

	load(&in, name);
	json_array_foreach(json_object_get(in.json, "optima"), i, optimum)
	{
		const char *loss = json_string_value(json_object_get(optimum, "loss"));

		if (json_number_value(json_object_get(optimum, "eps")) > 0 ||
		    strcmp(loss, "hinge") == 0)
			continue;
		check_optimum(&in, optimum, update);
		checked++;
	}
	assert_true(checked > 0);
	json_decref(in.json);
	arena_release(&in.arena);
}

static void dual_meets_the_optima(void **state)
{
	(void)state;
	check_instance("two_layer_11", &u_dual);
	check_instance("two_layer_12", &u_dual);
	check_instance("two_layer_13", &u_dual);
	check_instance("two_layer_14", &u_dual);
}

static void primal_meets_the_optima(void **state)
{
	(void)state;
	check_instance("two_layer_11", &u_primal);
	check_instance("two_layer_12", &u_primal);
	check_instance("two_layer_13", &u_primal);
	check_instance("two_layer_14", &u_primal);
}

static void cholesky_meets_the_optima(void **state)
{
	(void)state;
	check_instance("two_layer_11", &u_cholesky);
	check_instance("two_layer_14", &u_cholesky);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dual_meets_the_optima),
		cmocka_unit_test(primal_meets_the_optima),
		cmocka_unit_test(cholesky_meets_the_optima),
		cmocka_unit_test(ipm_meets_the_optima),
	};

	omp_set_num_threads(1); /* more threads cost more than they bring on matrices this small */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
