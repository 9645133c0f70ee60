/* Generated neurons on rows that lie on several ranks: the objective and network of one process, as
 * long as no neuron joins by rounding; then another one as low. Penalties that fall begin at a
 * value that is found in float. */
#include "solvers/generated/generated_pass.h"
#include "tests/close.h"
#include "tests/forked.h"
#include "tests/shared_rows.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define GENERATED(loss_, d_, k_, steps_)                                            \
	.loss = (loss_), .d = (d_), .k = (k_), .beta = 1e-2, .solver = "generated", \
	.options = "{starts: 64, continuation: 0}", .steps = (steps_)

static const struct shared_rows trials[] = {
	{GENERATED("squared", 5, 1, 4)},
	{GENERATED("logistic", 4, 1, 20), .twice = true},
	{GENERATED("hinge", 4, 1, 5)},
	{GENERATED("squared", 4, 2, 2)},
	{.loss = "squared",
	 .d = 5,
	 .k = 1,
	 .beta = 1e-2,
	 .solver = "generated",
	 .options = "{sampled: 30, starts: 3, minimal: true}", /* of four ranks one has no start */
	 .steps = 3},
};

static void ranks_find_what_one_process_finds(void **state)
{
	(void)state;
	shared_rows_check(trials, sizeof trials / sizeof *trials, 1e-10);
}

static void and_in_the_end_an_objective_as_low(void **state)
{
	static const struct shared_rows longer[] = {
		{GENERATED("squared", 5, 1, 16)},
		{GENERATED("logistic", 4, 3, 16), .classes = true},
		{.loss = "squared",
		 .d = 5,
		 .k = 1,
		 .beta = 1e-2,
		 .solver = "generated",
		 .options = "{starts: 64}",
		 .steps = 16}};

	(void)state;
	for (size_t i = 0; i < sizeof longer / sizeof *longer; i++) {
		const struct shared_rows_found *one = shared_rows_on(&longer[i], 0);

		for (int ranks = 2; ranks <= 4; ranks *= 2) {
			const struct shared_rows_found *all = shared_rows_on(&longer[i], ranks);

			check_close(all->objective, one->objective, i < 2 ? 1e-5 : 1e-3, 0);
			check_close(all->progress, all->objective, 1e-9, 0);
		}
	}
}

enum { D = 5, M = 7, K = 2 };

struct slopes {
	double U[D][M], A[M][K], output; /* |F|^2 */
};

/* Of |F|^2 / 2, in float; rows are there twice, which one process takes once. */
static void slopes_in_float(struct ranks *ranks, const void *given, void *out)
{
	struct slopes *slopes = out;
	struct toy toy = {0};
	struct problem problem;
	struct rng rng = rng_stream(2, "pass", 0);
	struct mat U = mat_new(&toy.arena, D, M), A = mat_new(&toy.arena, M, K), F,
		   gU = mat_new(&toy.arena, D, M), gA = mat_new(&toy.arena, M, K);
	struct price price;
	struct pass pass;

	shared_rows_pose(given, ranks, &toy, &problem);
	toy_fill(U, &rng);
	toy_fill(A, &rng);
	F = mat_new(&toy.arena, problem.X.rows, K);
	price = price_new(&problem, 8, &toy.arena);
	pass = pass_new(&price, M, &toy.arena);
	pass_outputs(&pass, (struct model_layers){U, A}, F);
	pass_gradient(&pass, F, (struct model_layers){gU, gA});
	ranks_sum_mat(ranks, gU);
	ranks_sum_mat(ranks, gA);
	slopes->output = ranks_sum(ranks, mat_squares(F));
	for (ptrdiff_t j = 0; j < M; j++) {
		for (ptrdiff_t i = 0; i < D; i++)
			slopes->U[i][j] = (double)mat_get(gU, i, j);
		for (ptrdiff_t c = 0; c < K; c++)
			slopes->A[j][c] = (double)mat_get(gA, j, c);
	}
	arena_release(&toy.arena);
}

static void passes_in_float_sum_up(void **state)
{
	static const struct shared_rows rows = {GENERATED("squared", D, K, 0), .twice = true};
	const struct slopes *one = forked_run(0, slopes_in_float, &rows, sizeof *one);

	(void)state;
	assert_non_null(one);
	for (int ranks = 2; ranks <= 4; ranks *= 2) {
		const struct slopes *all = forked_run(ranks, slopes_in_float, &rows, sizeof *all);

		assert_non_null(all);
		check_close(all->output, one->output, 1e-5, 0);
		for (ptrdiff_t j = 0; j < M; j++) {
			for (ptrdiff_t i = 0; i < D; i++)
				check_close(all->U[i][j], one->U[i][j], 1e-4, 1e-3);
			for (ptrdiff_t c = 0; c < K; c++)
				check_close(all->A[j][c], one->A[j][c], 1e-4, 1e-3);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranks_find_what_one_process_finds),
		cmocka_unit_test(and_in_the_end_an_objective_as_low),
		cmocka_unit_test(passes_in_float_sum_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
