/* Known optima of small instances without perturbation (eps = 0), computed by an independent
 * interior-point method (tests/golden/optima): every method with the patterns of the instance meets
 * them to 1e-6, and its certificate closes to the same. */
#include "solvers/model/trainer.h"
#include "tests/close.h"
#include "tests/instance.h"
#include "tests/toy.h"

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

static const char *const names[] = {"two_layer_11", "two_layer_12", "two_layer_13", "two_layer_14"};

enum { INSTANCES = sizeof names / sizeof names[0], MOST_STEPS = 400000, STRIDE = 50 };

struct method {
	const char *solver, *options;
	double accuracy; /* relative, of objective and gap */
};

static double gap_of(const struct certificate *c)
{
	return (c->upper - c->lower_bound) / fmax(1, fabs(c->upper));
}

/* Iterate and repaired point agree, and the bound with them. */
static bool is_solved(const struct certificate *c, double accuracy)
{
	return gap_of(c) <= accuracy &&
	       fabs(c->objective - c->upper) <= accuracy * fmax(1, c->upper);
}

/* Step to the accuracy asked for, or to the method's own end. */
static long solve(const struct trainer *trainer, void *state, double accuracy,
		  struct certificate *c)
{
	struct progress p = {.end = OUTCOME_RUNNING};
	long steps = 0;

	do {
		trainer->step(state, &p);
		if (++steps % STRIDE == 0 || p.end != OUTCOME_RUNNING)
			trainer->certify(state, c);
	} while (steps < MOST_STEPS && p.end == OUTCOME_RUNNING &&
		 !(steps >= STRIDE && is_solved(c, accuracy / 2)));
	return steps;
}

static void check_optimum(struct instance *in, json_t *optimum, struct method method)
{
	double expected = json_number_value(json_object_get(optimum, "objective"));
	const struct desc *desc = registry_find(KIND_SOLVER, method.solver);
	const struct trainer *trainer = (const struct trainer *)(const void *)desc;
	struct certificate c = {.upper = HUGE_VAL};
	struct arena arena = {0};
	struct err err = {0};
	double accuracy = method.accuracy;
	long steps;
	void *state;

	in->problem.beta = json_number_value(json_object_get(optimum, "beta"));
	in->problem.loss = instance_loss(optimum, &arena);
	assert_int_equal(trainer->setup(&in->problem, toy_options(desc, method.options, &arena),
					&arena, &state, &err),
			 STATUS_OK);
	steps = solve(trainer, state, accuracy, &c);
	if (getenv("VERBOSE"))
		print_message(
			"%s %s, %s, beta %g: %ld steps, upper %.9g lower %.9g expected %.9g\n",
			method.solver, method.options, in->problem.loss.loss->base.name,
			in->problem.beta, steps, c.upper, c.lower_bound, expected);
	if (!(fabs(c.objective - expected) <= accuracy * fmax(1, expected)) ||
	    !(fabs(c.upper - expected) <= accuracy * fmax(1, expected)) ||
	    !(gap_of(&c) <= accuracy))
		fail_msg(
			"%s %s, %s, beta %g: objective %.9g, upper %.9g, lower %.9g, expected %.9g",
			method.solver, method.options, in->problem.loss.loss->base.name,
			in->problem.beta, c.objective, c.upper, c.lower_bound, expected);
	check_at_most(c.lower_bound, expected + 1e-7 * fmax(1, expected));
	arena_release(&arena);
}

static void meets_the_optima(struct method method)
{
	for (int n = 0; n < INSTANCES; n++) {
		struct instance in;
		json_t *optimum;
		int checked = 0;
		size_t i;

		instance_load(&in, names[n]);
		json_array_foreach(json_object_get(in.json, "optima"), i, optimum)
		{
			if (json_number_value(json_object_get(optimum, "eps")) > 0)
				continue;
			check_optimum(&in, optimum, method);
			checked++;
		}
		assert_int_equal(checked, 6); /* losses times values of beta */
		json_decref(in.json);
		arena_release(&in.arena);
	}
}

#define PATTERNS "patterns: {file: in memory}"

static void admm_dual(void **state)
{
	(void)state;
	meets_the_optima(
		(struct method){"admm", "{" PATTERNS ", finish: none, u_update: dual}", 1e-6});
}

static void admm_primal(void **state)
{
	(void)state;
	meets_the_optima(
		(struct method){"admm", "{" PATTERNS ", finish: none, u_update: primal}", 1e-6});
}

static void admm_cholesky(void **state)
{
	(void)state;
	meets_the_optima(
		(struct method){"admm", "{" PATTERNS ", finish: none, u_update: cholesky}", 1e-6});
}

static void admm_pcg(void **state)
{
	(void)state;
	meets_the_optima((struct method){
		"admm", "{" PATTERNS ", finish: none, u_update: {pcg: {rank: 4}}}", 1e-6});
	meets_the_optima((struct method){
		"admm", "{" PATTERNS ", finish: none, u_update: {pcg: {preconditioner: jacobi}}}",
		1e-6});
	meets_the_optima((struct method){
		"admm", "{" PATTERNS ", finish: none, u_update: {pcg: {preconditioner: none}}}",
		1e-6});
}

static void ipm_assembled(void **state)
{
	(void)state;
	meets_the_optima((struct method){"ipm", "{" PATTERNS ", system: assembled}", 1e-6});
}

static void ipm_coupling(void **state)
{
	(void)state;
	meets_the_optima((struct method){"ipm", "{" PATTERNS ", system: coupling}", 1e-6});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(admm_dual),     cmocka_unit_test(admm_primal),
		cmocka_unit_test(admm_cholesky), cmocka_unit_test(ipm_assembled),
		cmocka_unit_test(admm_pcg),      cmocka_unit_test(ipm_coupling),
	};

	omp_set_num_threads(1); /* more threads cost more than they bring on matrices this small */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
