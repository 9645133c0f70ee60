/* What setup of every trainer takes, counted on shapes alone, is what it takes with data. */
#include "harness/run/amount.h"
#include "tests/close.h"
#include "tests/outside.h"
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

enum { ROWS = 6000, FEWER_ROWS = 700, COLUMNS = 12 };

/* Trainers with what their options make them allocate besides. */
static const struct counted {
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
	{"primal_dual_flow", "{patterns: 9}", "hinge"},
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
	{"mixture",
	 "{accurate: {adam: {width: 5}}, accurate_steps: 1, robust: {adam: {width: 4}}, "
	 "robust_steps: 1}",
	 "logistic"},
	{"mixture",
	 "{accurate: {adam: {width: 5}}, accurate_steps: 1, robust: {adam: {width: 4}}, "
	 "robust_steps: 1, adaptive: true}",
	 "hinge"},
	{"locally_biased", "{network: {adam: {width: 5}}, network_steps: 1}", "logistic"},
	{"generative_features", "{width: 13, hidden: 9}", "squared"},
	{"sgd", "{width: 13}", "logistic"},
	{"sgd", "{width: 13, batch: 0}", "squared"},
	{"adam", "{width: 13}", "hinge"},
	{"adam", "{width: 13, adversary: {eps: 0.1}}", "logistic"},
	{"adam", "{width: 13, adversary: {eps: 0.1, clip: [-90, 90]}}", "logistic"},
	{"adam", "{width: 13, interval: {eps: 0.1}}", "logistic"},
	{"gd_fixed_head", "{width: 13}", "logistic"},
	{"external", "{width: 13, command: " OUTSIDE_COMMAND "}", "logistic"},
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
	shape.y.at = NULL;
	return shape;
}

static void check(const struct counted *c, ptrdiff_t n, ptrdiff_t d)
{
	const struct trainer *trainer = trainer_named(c->trainer);
	struct toy toy = toy_make(n, d, c->loss, 0.1);
	struct arena texts = {0}, taken = {0};
	struct problem shape = shape_of(&toy.problem);
	void *options, *state;
	struct amount counted;
	struct err err = {0};

	options = toy_options(&trainer->base, c->options, &texts);
	counted = amount_of_setup(trainer, options, &shape, sizeof(real), HUGE_VAL);
	if (trainer->setup(&toy.problem, options, &taken, &state, &err) != STATUS_OK)
		fail_msg("%s %s: %s", c->trainer, c->options, err.text);
	if (counted.allocated != taken.bytes)
		fail_msg("%s %s, %td x %td: counted %zu bytes, setup took %zu", c->trainer,
			 c->options, n, d, counted.allocated, taken.bytes);
	outside_release(trainer, state);
	arena_release(&taken);
	arena_release(&texts);
	arena_release(&toy.arena);
}

static void setup_takes_what_is_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check(&cases[i], ROWS, COLUMNS);
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

static bool is_among_cases(const struct desc *trainer)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (strcmp(cases[i].trainer, trainer->name) == 0)
			return true;
	return false;
}

static bool takes(const struct desc *trainer, const char *loss)
{
	struct toy toy = toy_make(2, 2, loss, 0.1);
	enum status status =
		trainer_check(trainer_named(trainer->name), &toy.problem,
			      toy_options(trainer, "{}", &toy.arena), &(struct err){0});

	arena_release(&toy.arena);
	return status == STATUS_OK;
}

/* As it is by default, with the first loss that it takes, on so few rows that a kernel of all pairs
 * is factored in no time. */
static void every_other_trainer_is_counted_too(void **state)
{
	(void)state;
	for (size_t t = 0; t < registry_count(KIND_TRAINER); t++) {
		const struct desc *trainer = registry_at(KIND_TRAINER, t);
		size_t l = 0;

		if (is_among_cases(trainer))
			continue;
		while (l < registry_count(KIND_LOSS) &&
		       !takes(trainer, registry_at(KIND_LOSS, l)->name))
			l++;
		check_below(l, registry_count(KIND_LOSS));
		check(&(struct counted){trainer->name, "{}", registry_at(KIND_LOSS, l)->name},
		      FEWER_ROWS, COLUMNS);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setup_takes_what_is_counted),
		cmocka_unit_test(data_are_not_touched),
		cmocka_unit_test(every_other_trainer_is_counted_too),
	};

	omp_set_num_threads(1);
	if (outside_main(argc, argv))
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
