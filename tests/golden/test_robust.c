/* Known optima of small robust instances (eps > 0), computed by an independent interior-point
 * method: robust_admm meets them, with a certified gap. */
#include "solvers/core/trainer.h"
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

static double gap_of(const struct certificate *c)
{
	return (c->upper - c->lower_bound) / fmax(1, fabs(c->upper));
}

static double check_optimum(struct instance *in, json_t *optimum)
{
	double expected = json_number_value(json_object_get(optimum, "objective"));
	double eps = json_number_value(json_object_get(optimum, "eps"));
	const struct desc *desc = registry_find(KIND_SOLVER, "robust_admm");
	const struct trainer *trainer = (const struct trainer *)(const void *)desc;
	struct certificate c = {.upper = HUGE_VAL};
	struct progress p = {.end = OUTCOME_RUNNING};
	struct arena arena = {0};
	struct err err = {0};
	long steps = 0;
	void *state;

	in->problem.beta = json_number_value(json_object_get(optimum, "beta"));
	in->problem.loss = instance_loss(optimum, &arena);
	assert_int_equal(
		trainer->setup(&in->problem,
			       toy_options(desc,
					   arena_format(&arena,
							"{patterns: {file: in memory}, eps: %.17g, "
							"not_attacked: [last]%s}",
							eps, getenv("OPT") ? getenv("OPT") : ""),
					   &arena),
			       &arena, &state, &err),
		STATUS_OK);
	do {
		trainer->step(state, &p);
		if (++steps % STRIDE == 0)
			trainer->certify(state, &c);
	} while (steps < MOST_STEPS && !(steps % STRIDE == 0 && gap_of(&c) <= 1e-6));
	if (getenv("VERBOSE"))
		print_message("%s, eps %g, beta %g: %ld steps, objective %.8g upper %.9g lower "
			      "%.9g expected %.9g, %s\n",
			      in->problem.loss.loss->base.name, eps, in->problem.beta, steps,
			      c.objective, c.upper, c.lower_bound, expected, trainer->note(state));
	arena_release(&arena);
	return fabs(c.upper - expected) / fmax(1, expected);
}

static void robust_admm_meets_the_optima(void **state)
{
	(void)state;
	for (int n = 0; n < (getenv("OPT") ? 1 : INSTANCES); n++) {
		struct instance in;
		json_t *optimum;
		size_t i;

		instance_load(&in, names[n]);
		json_array_foreach(json_object_get(in.json, "optima"), i,
				   optimum) if (json_number_value(json_object_get(optimum, "eps")) >
						0) check_optimum(&in, optimum);
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
