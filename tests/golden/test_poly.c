/* Known optima of the programs of polynomial networks, standard and adversarial, computed by an
 * independent interior point method (tests/golden/optima/poly_*.json): the certified interval holds
 * them and closes around them, and the network that is delivered has the value of the program. */
#include "solvers/model/trainer.h"
#include "solvers/poly/polynet.h"
#include "tests/close.h"
#include "tests/instance.h"
#include "tests/toy.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const names[] = {"poly_21", "poly_22"};

enum { INSTANCES = sizeof names / sizeof names[0], MOST_STEPS = 100 };

struct poly_instance {
	struct arena arena;
	struct problem problem;
	json_t *root;
};

static struct poly_instance load(const char *name)
{
	struct poly_instance in = {.problem.seed = 1};
	const char *path = arena_format(&in.arena, "tests/golden/optima/%s.json", name);
	json_t *X, *y;
	ptrdiff_t n, d;
	real *at;

	in.root = json_load_file(path, 0, NULL);
	assert_non_null(in.root);
	X = json_object_get(in.root, "X");
	y = json_object_get(in.root, "y");
	n = (ptrdiff_t)json_array_size(X);
	d = (ptrdiff_t)json_array_size(json_array_get(X, 0));
	in.problem.X = mat_new(&in.arena, n, d);
	at = ARENA_ARRAY(&in.arena, real, n);
	for (ptrdiff_t k = 0; k < n; k++) {
		json_t *row = json_array_get(X, (size_t)k);

		at[k] = (real)json_number_value(json_array_get(y, (size_t)k));
		for (ptrdiff_t j = 0; j < d; j++)
			mat_set(in.problem.X, k, j,
				(real)json_number_value(json_array_get(row, (size_t)j)));
	}
	in.problem.y = targets_of(at, n);
	return in;
}

static double number(json_t *optimum, const char *key)
{
	return json_number_value(json_object_get(optimum, key));
}

static void check_optimum(struct poly_instance *in, json_t *optimum)
{
	const struct desc *desc = registry_find(KIND_SOLVER, "poly_sdp");
	const struct trainer *trainer = (const struct trainer *)(const void *)desc;
	double expected = number(optimum, "objective"), radius = number(optimum, "radius_l2");
	struct arena arena = {0};
	struct err err = {0};
	struct certificate c;
	struct progress p = {.end = OUTCOME_RUNNING};
	const char *loss = json_string_value(json_object_get(optimum, "loss"));
	int steps = 0;
	double lower = 0, upper = HUGE_VAL;
	void *state;

	in->problem.beta = number(optimum, "beta");
	in->problem.loss = toy_loss_term(loss, &arena);
	assert_int_equal(
		trainer->setup(
			&in->problem,
			toy_options(desc, arena_format(&arena, "{radius: %.17g}", radius), &arena),
			&arena, &state, &err),
		STATUS_OK);
	for (; steps < MOST_STEPS && p.end == OUTCOME_RUNNING; steps++) {
		trainer->step(state, &p);
		trainer->certify(state, &c);
		lower = fmax(lower, c.lower_bound);
		upper = fmin(upper, c.upper);
		if (upper - lower <= 1e-8 * upper)
			break;
	}
	if (getenv("VERBOSE"))
		print_message("%s, beta %g, radius %g: %d steps, %.10g to %.10g, expected %.10g\n",
			      loss, in->problem.beta, radius, steps, lower, upper, expected);
	check_at_most(lower, expected * (1 + 1e-8));
	check_at_least(upper, expected * (1 - 1e-8));
	check_close(lower, expected, 1e-7, 0);
	check_close(upper, expected, 1e-7, 0);
	arena_release(&arena);
}

static void all_optima(void **state)
{
	(void)state;
	for (int i = 0; i < INSTANCES; i++) {
		struct poly_instance in = load(names[i]);
		json_t *optima = json_object_get(in.root, "optima");

		for (size_t o = 0; o < json_array_size(optima); o++)
			check_optimum(&in, json_array_get(optima, o));
		json_decref(in.root);
		arena_release(&in.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_optima)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
