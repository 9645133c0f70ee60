/* ADMM on rows that lie on several ranks: the objective, bounds and network of one process. */
#include "solvers/admm/admm_step.h"
#include "tests/close.h"
#include "tests/forked.h"
#include "tests/shared_rows.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_D = 40, PATTERNS = 8, STEPS = 60 };

/* What is trained. */
struct trial {
	struct shared_rows of;
	const char *u_update;
};

struct found {
	double objective, primal, dual;
	struct certificate certificate;
	ptrdiff_t patterns;
	double size; /* of the network's weights */
};

static void train(struct ranks *ranks, const void *given, void *out)
{
	const struct trial *t = given;
	const struct desc *desc = registry_find(KIND_SOLVER, "admm");
	const struct trainer *trainer = (const struct trainer *)(const void *)desc;
	struct found *found = out;
	struct toy toy = {0};
	struct problem problem;
	struct err err = {0};
	struct progress progress = {0};
	struct admm_options *options;
	void *state;

	shared_rows_pose(&t->of, ranks, &toy, &problem);
	options = toy_options(
		desc,
		arena_format(&toy.arena, "{patterns: %d, finish: none, anderson: 5, u_update: %s}",
			     PATTERNS, t->u_update),
		&toy.arena);
	if (trainer->setup(&problem, options, &toy.arena, &state, &err) != STATUS_OK)
		return;
	for (int step = 0; step < STEPS; step++)
		trainer->step(state, &progress);
	trainer->certify(state, &found->certificate);
	found->objective = progress.objective;
	found->primal = progress.primal_residual;
	found->dual = progress.dual_residual;
	found->patterns = ((struct admm *)state)->system.D.cols;
	for (ptrdiff_t c = 0; c < t->of.k; c++)
		found->size += mat_squares(((struct admm *)state)->cvx[c].R);
	arena_release(&toy.arena);
}

/* Sums in another order and what follows from it. */
static void check_same(const struct found *got, const struct found *want)
{
	check_above(want->objective, 0);
	check_above(want->certificate.upper, 0);
	check_above(want->certificate.lower_bound, 0);
	assert_int_equal(got->patterns, want->patterns);
	check_close(got->objective, want->objective, 1e-10, 0);
	check_close(got->certificate.objective, want->certificate.objective, 1e-10, 0);
	check_close(got->certificate.upper, want->certificate.upper, 1e-8, 0);
	check_close(got->certificate.lower_bound, want->certificate.lower_bound, 1e-8, 0);
	check_close(got->certificate.feasibility, want->certificate.feasibility, 1e-6, 1e-12);
	check_close(got->size, want->size, 1e-7, 1e-12);
	check_close(got->primal, want->primal, 1e-5, 1e-12);
	check_close(got->dual, want->dual, 1e-5, 1e-12);
}

static const struct trial trials[] = {
	{{.loss = "squared", .d = 6, .k = 1, .beta = 1e-3}, "pcg"},
	{{.loss = "logistic", .d = 6, .k = 1, .beta = 1e-3}, "primal"},
	{{.loss = "hinge", .d = 5, .k = 1, .twice = true, .beta = 1e-2},
	 "{pcg: {preconditioner: jacobi}}"},
	/* cones by the splitting */
	{{.loss = "squared", .d = MOST_D, .k = 1, .beta = 1e-2}, "pcg"},
	{{.loss = "squared", .d = 5, .k = 2, .beta = 1e-3}, "primal"},
	{{.loss = "logistic", .d = 5, .k = 3, .beta = 1e-2, .classes = true}, "pcg"},
	{{.loss = "hinge", .d = 5, .k = 3, .twice = true, .beta = 1e-2, .classes = true}, "primal"},
	{{.loss = "logistic", .d = MOST_D, .k = 2, .beta = 1e-2, .classes = true}, "primal"},
};

static void ranks_find_what_one_process_finds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
		const struct found *one = forked_run(0, train, &trials[i], sizeof *one);

		assert_non_null(one);
		for (int count = 1; count <= 4; count *= 2) {
			const struct found *all = forked_run(count, train, &trials[i], sizeof *all);

			assert_non_null(all);
			for (int r = 1; r < count; r++)
				assert_memory_equal(&all[r], &all[0], sizeof *all);
			check_same(all, one);
		}
	}
}

static void the_same_number_of_ranks_gives_the_same_bits(void **state)
{
	const struct found *one = forked_run(3, train, &trials[0], sizeof *one);
	const struct found *other = forked_run(3, train, &trials[0], sizeof *other);

	(void)state;
	assert_true(one && other);
	assert_memory_equal(one, other, sizeof *one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranks_find_what_one_process_finds),
		cmocka_unit_test(the_same_number_of_ranks_gives_the_same_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
