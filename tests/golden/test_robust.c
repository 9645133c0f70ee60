/* Known optima of small robust instances (eps > 0), computed by an independent interior-point
 * method: robust_admm meets them, with a certified gap. */
#include "solvers/model/trainer.h"
#include "tests/close.h"
#include "tests/instance.h"
#include "tests/toy.h"

#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"two_layer_11", "two_layer_12", "two_layer_13", "two_layer_14"};

enum { INSTANCES = sizeof names / sizeof names[0], MOST_STEPS = 20000, STRIDE = 50 };

/* Relative, of the value and of the gap. */
static const double accuracy = 1e-5;

static double gap_of(const struct certificate *c)
{
	return (c->upper - c->lower_bound) / fmax(1, fabs(c->upper));
}

/* Step until the certificate is closed to what is asked for. */
static long solve(const struct trainer *trainer, void *state, struct certificate *c)
{
	struct progress p = {.end = OUTCOME_RUNNING};
	long steps = 0;

	do {
		trainer->step(state, &p);
		if (++steps % STRIDE == 0)
			trainer->certify(state, c);
	} while (steps < MOST_STEPS && !(steps % STRIDE == 0 && gap_of(c) <= accuracy / 2));
	return steps;
}

static void check_optimum(struct instance *in, json_t *optimum)
{
	double expected = json_number_value(json_object_get(optimum, "objective"));
	double eps = json_number_value(json_object_get(optimum, "eps"));
	const struct desc *desc = registry_find(KIND_SOLVER, "robust_admm");
	const struct trainer *trainer = (const struct trainer *)(const void *)desc;
	struct certificate c = {.upper = HUGE_VAL};
	struct arena arena = {0};
	struct err err = {0};
	const char *options;
	long steps;
	void *state;

	in->problem.beta = json_number_value(json_object_get(optimum, "beta"));
	in->problem.loss = instance_loss(optimum, &arena);
	options = arena_format(
		&arena, "{patterns: {file: in memory}, eps: %.17g, not_attacked: [last]}", eps);
	assert_int_equal(trainer->setup(&in->problem, toy_options(desc, options, &arena), &arena,
					&state, &err),
			 STATUS_OK);
	steps = solve(trainer, state, &c);
	if (getenv("VERBOSE"))
		print_message(
			"%s, eps %g, beta %g: %ld steps, upper %.9g lower %.9g expected %.9g\n",
			in->problem.loss.loss->base.name, eps, in->problem.beta, steps, c.upper,
			c.lower_bound, expected);
	if (!(fabs(c.upper - expected) <= accuracy * fmax(1, expected)) ||
	    !(gap_of(&c) <= accuracy))
		fail_msg("%s, eps %g, beta %g: upper %.9g, lower %.9g, expected %.9g",
			 in->problem.loss.loss->base.name, eps, in->problem.beta, c.upper,
			 c.lower_bound, expected);
	check_at_most(c.lower_bound, expected + 1e-6 * fmax(1, expected));
	arena_release(&arena);
}

static void robust_admm_meets_the_optima(void **state)
{
	(void)state;
	for (int n = 0; n < INSTANCES; n++) {
		struct instance in;
		json_t *optimum;
		int checked = 0;
		size_t i;

		instance_load(&in, names[n]);
		json_array_foreach(json_object_get(in.json, "optima"), i, optimum)
		{
			if (!(json_number_value(json_object_get(optimum, "eps")) > 0))
				continue;
			check_optimum(&in, optimum);
			checked++;
		}
		assert_int_equal(checked, 12); /* three losses, two radii, two values of beta */
		json_decref(in.json);
		arena_release(&in.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(robust_admm_meets_the_optima),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
