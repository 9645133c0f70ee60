/* What setup of every trainer takes, counted on shapes alone, is what it takes with data. */
#include "harness/run/amount.h"
#include "tests/close.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <omp.h>

enum { ROWS = 6000, COLUMNS = 12 };

/* Each trainer with what its options make it allocate besides. */
static const struct {
	const char *trainer, *options, *loss;
} cases[] = {
	{"admm", "{patterns: 9, finish: none, u_update: primal}", "squared"},
	{"admm", "{patterns: 9, finish: none, u_update: pcg}", "squared"},
	{"admm", "{patterns: 9, finish: none, u_update: {pcg: {preconditioner: jacobi}}}",
	 "squared"},
	{"admm", "{patterns: 9, finish: none, u_update: {pcg: {preconditioner: nystrom}}}",
	 "logistic"},
	{"admm", "{patterns: 9, finish: none, u_update: cholesky, anderson: 0}", "hinge"},
	{"admm", "{patterns: 9, finish: none}", "squared"},
	{"admm", "{patterns: 9, finish: ipm}", "squared"},
	{"admm", "{patterns: 3}", "squared"},
	{"admm_rbcd", "{patterns: 9}", "squared"},
	{"admm_rbcd", "{patterns: 9, block: 2, published_slip: true}", "squared"},
	{"ipm", "{patterns: 9}", "squared"},
	{"ipm", "{patterns: 9, system: assembled}", "logistic"},
	{"scp", "{neurons: 50, method: newton}", "hinge"},
	{"scp", "{neurons: 50, method: working_set}", "hinge"},
	{"scp", "{neurons: 50, method: fista}", "squared"},
	{"scp", "{neurons: 50, method: ista}", "squared"},
	{"scp", "{neurons: 50, method: coordinate}", "squared"},
	{"robust_admm", "{patterns: 5, eps: 0}", "hinge"},
	{"robust_admm", "{patterns: 5, eps: 0, norm: l2}", "squared"},
	{"robust_admm", "{patterns: 5, eps: 0, anderson: 0}", "hinge"},
	{"robust_admm", "{patterns: 5, eps: 0, screen: 3}", "logistic"},
	{"robust_restriction", "{width: 7}", "hinge"},
	{"robust_restriction", "{start: {adam: {width: 5}}, start_steps: 1}", "hinge"},
	{"robust_restriction", "{width: 7, epochs: 2}", "logistic"},
	{"linear_robust", "{eps: 0.1}", "logistic"},
	{"linear_robust", "{eps: 0.1, norm: l2}", "hinge"},
	{"sgd", "{width: 13}", "logistic"},
	{"sgd", "{width: 13, batch: 0}", "squared"},
	{"adam", "{width: 13}", "hinge"},
	{"adam", "{width: 13, adversary: {eps: 0.1}}", "logistic"},
	{"adam", "{width: 13, adversary: {eps: 0.1, clip: [-90, 90]}}", "logistic"},
	{"adam", "{width: 13, interval: {eps: 0.1}}", "logistic"},
	{"gd_fixed_head", "{width: 13}", "logistic"},
};

static const struct trainer *trainer_named(const char *name)
{
	return (const struct trainer *)(const void *)registry_find(KIND_TRAINER, name);
}

/* X and y of the shape alone: not to be touched. */
static struct problem shape_of(const struct problem *problem)
{
	struct problem shape = *problem;

	shape.X.at = NULL;
	shape.y = NULL;
	return shape;
}

static void check(size_t i, ptrdiff_t n, ptrdiff_t d)
{
	const struct trainer *trainer = trainer_named(cases[i].trainer);
	struct toy toy = toy_make(n, d, cases[i].loss, 0.1);
	struct arena texts = {0}, taken = {0};
	struct problem shape = shape_of(&toy.problem);
	void *options, *state;
	struct amount counted;
	struct err err = {0};

	options = toy_options(&trainer->base, cases[i].options, &texts);
	counted = amount_of_setup(trainer, options, &shape, sizeof(real), HUGE_VAL);
	if (trainer->setup(&toy.problem, options, &taken, &state, &err) != STATUS_OK)
		fail_msg("%s %s: %s", cases[i].trainer, cases[i].options, err.text);
	if (counted.allocated != taken.bytes)
		fail_msg("%s %s, %td x %td: counted %zu bytes, setup took %zu", cases[i].trainer,
			 cases[i].options, n, d, counted.allocated, taken.bytes);
	arena_release(&taken);
	arena_release(&texts);
	arena_release(&toy.arena);
}

static void setup_takes_what_is_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(i, ROWS, COLUMNS);
}

/* Sizes at which a single entry that is read or written would be outside of every block. */
static void data_are_not_touched(void **state)
{
	static const char *const patterns[] = {
		"{patterns: 5}",
		"{patterns: {count: 5, file: none.npy}}",
		"{patterns: {count: 5, from: [constant, gaussian]}}",
		"{patterns: {count: 5, from: [perturbed]}}",
		"{patterns: {count: all}}",
		"{patterns: {count: 5, from: [{network: {start: {adam: {width: 4}}}}, gaussian]}}"};
	static const char *const with_patterns[] = {"admm", "admm_rbcd", "ipm"};
	struct toy toy = toy_make(2, 2, "squared", 0.1);
	struct problem shape = shape_of(&toy.problem);

	(void)state;
	shape.X = (struct mat){1000000, 100000, 1000000, NULL};
	shape.X_validation = (struct mat){20000, 100000, 20000, NULL};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct trainer *trainer = trainer_named(cases[i].trainer);
		void *options = toy_options(&trainer->base, cases[i].options, &toy.arena);

		check_above(
			(double)amount_of_setup(trainer, options, &shape, sizeof(real), HUGE_VAL)
				.held,
			1e6);
	}
	for (size_t t = 0; t < sizeof with_patterns / sizeof *with_patterns; t++)
		for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
			const struct trainer *trainer = trainer_named(with_patterns[t]);
			void *options = toy_options(&trainer->base, patterns[i], &toy.arena);

			check_above((double)amount_of_setup(trainer, options, &shape, sizeof(real),
							    HUGE_VAL)
					    .held,
				    1e6);
		}
	arena_release(&toy.arena);
}

static void every_trainer_is_among_them(void **state)
{
	(void)state;
	for (size_t t = 0; t < registry_count(KIND_TRAINER); t++) {
		bool found = false;

		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
			found |= trainer_named(cases[i].trainer) ==
				 (const void *)registry_at(KIND_TRAINER, t);
		if (!found)
			fail_msg("%s is not counted here", registry_at(KIND_TRAINER, t)->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setup_takes_what_is_counted),
		cmocka_unit_test(data_are_not_touched),
		cmocka_unit_test(every_trainer_is_among_them),
	};

	omp_set_num_threads(1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
