/* ADMM does not drift in single precision: after 500 iterations with a factored u-step its
 * objective is that of double precision. */
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <omp.h>

enum { N = 600, D = 20, ITERATIONS = 500 };

static const double TOLERANCE = 1e-4;

/* Double precision's objective after 500 iterations. */
static const struct {
	const char *options;
	double beta, objective;
} cases[] = {
	{"{finish: none, patterns: 20, u_update: dual, rho: 0.02, adapt: false, anderson: 0}", 1e-3,
	 16.3439249527},
	{"{finish: none, patterns: 20, u_update: dual, rho: 0.02, adapt: true, anderson: 0}", 1e-3,
	 7.49896401596},
	{"{finish: none, patterns: 20, u_update: dual, rho: 0.02, adapt: false, anderson: 0}", 1,
	 250.863731284},
	{"{finish: none, patterns: 20, u_update: dual, rho: 0.02}", 1, 291.463249},
	{"{finish: none, patterns: 20, u_update: primal, rho: 0.02, adapt: false, anderson: 0}",
	 1e-3, 16.3439249527},
	{"{finish: none, patterns: 20, u_update: {pcg: {tolerance: 1e-4}}, rho: 0.02, adapt: "
	 "false, anderson: 0}",
	 1e-3, 16.3439012141},
};

static void the_objective_is_that_of_double_precision(void **state)
{
	(void)state;
	for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
		struct toy toy = toy_make(N, D, "{logistic: {loss_scale: 2}}", cases[c].beta);
		const struct desc *desc = registry_find(KIND_SOLVER, "admm");
		const struct trainer *admm = (const struct trainer *)(const void *)desc;
		struct progress p = {.end = OUTCOME_RUNNING};
		struct certificate certificate;
		struct err err = {0};
		void *run;

		assert_int_equal(admm->setup(&toy.problem,
					     toy_options(desc, cases[c].options, &toy.arena),
					     &toy.arena, &run, &err),
				 STATUS_OK);
		for (int i = 0; i < ITERATIONS; i++)
			admm->step(run, &p);
		admm->certify(run, &certificate);
		if (!(fabs(certificate.objective - cases[c].objective) <=
		      TOLERANCE * cases[c].objective))
			fail_msg("%s: objective %.10g, expected %.10g", cases[c].options,
				 certificate.objective, cases[c].objective);
		arena_release(&toy.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_objective_is_that_of_double_precision),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
