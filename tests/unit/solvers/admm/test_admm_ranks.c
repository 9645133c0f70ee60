/* ADMM on rows that lie on several ranks: the objective, bounds and network of one process. */
#include "solvers/admm/admm_step.h"
#include "solvers/core/rng.h"
#include "tests/close.h"
#include "tests/forked.h"
#include "tests/toy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { N = 90, MOST_D = 40, PATTERNS = 8, STEPS = 60, MOST_OUTPUTS = 3 };

/* What is trained. */
struct trial {
	const char *loss, *u_update;
	ptrdiff_t d, k;
	bool twice; /* each row once more, and a column of zeros */
	double beta;
	bool classes; /* an output each: the loss couples them */
};

struct found {
	double objective, primal, dual;
	struct certificate certificate;
	ptrdiff_t patterns;
	double size; /* of the network's weights */
};

static real entry(const struct trial *t, ptrdiff_t k, ptrdiff_t j)
{
	struct rng rng = rng_stream(5, "rows", (uint64_t)(t->twice ? k / 2 : k));
	double x = 0;

	for (ptrdiff_t i = 0; i <= j; i++)
		x = rng_normal(&rng);
	return t->twice && j == t->d - 2 ? 0 : j == t->d - 1 ? 1 : (real)x;
}

static real target(const struct trial *t, ptrdiff_t k, ptrdiff_t c)
{
	return entry(t, k, 0) * entry(t, k, 1) + (real)(0.2 * (double)c) > 0 ? 1 : -1;
}

static int class_of(const struct trial *t, ptrdiff_t k)
{
	return (int)(entry(t, k, 0) > 0) + (int)(t->k > 2 && entry(t, k, 1) > 0);
}

/* The problem of a rank. */
static void pose(const struct trial *t, struct ranks *ranks, struct toy *toy, struct problem *p)
{
	struct ranks_rows rows = ranks_rows(ranks, N);
	struct mat X = mat_new(&toy->arena, rows.rows, t->d);
	real *y = ARENA_ARRAY(&toy->arena, real, rows.rows * t->k);
	int *label = t->classes ? ARENA_ARRAY(&toy->arena, int, rows.rows) : NULL;

	for (ptrdiff_t k = 0; k < rows.rows; k++) {
		for (ptrdiff_t j = 0; j < t->d; j++)
			mat_set(X, k, j, entry(t, rows.first + k, j));
		for (ptrdiff_t c = 0; c < t->k; c++)
			y[c * rows.rows + k] = t->classes ? class_of(t, rows.first + k) == c
							  : target(t, rows.first + k, c);
		if (label)
			label[k] = class_of(t, rows.first + k);
	}
	*p = (struct problem){.X = X,
			      .y = {.n = rows.rows, .k = t->k, .at = y, .label = label},
			      .ranks = ranks,
			      .loss = toy_loss_term(t->loss, &toy->arena),
			      .beta = t->beta,
			      .seed = 3};
	p->loss.weight = 1.0 / N;
	p->loss.ranks = ranks;
}

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

	pose(t, ranks, &toy, &problem);
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
	for (ptrdiff_t c = 0; c < t->k; c++)
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
	{"squared", "pcg", 6, 1, false, 1e-3, false},
	{"logistic", "primal", 6, 1, false, 1e-3, false},
	{"hinge", "{pcg: {preconditioner: jacobi}}", 5, 1, true, 1e-2, false},
	{"squared", "pcg", MOST_D, 1, false, 1e-2, false}, /* cones by the splitting */
	{"squared", "primal", 5, 2, false, 1e-3, false},
	{"logistic", "pcg", 5, 3, false, 1e-2, true},
	{"hinge", "primal", 5, 3, true, 1e-2, true},
	{"logistic", "primal", MOST_D, 2, false, 1e-2, true},
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
