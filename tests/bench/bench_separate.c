/* Ten classes with neurons of their own by ADMM on images of MNIST, squared loss: time of an
 * iteration with all of them against that with one, and against ten of that. What classes share is
 * the factored system, the reading of it and the speed of wider products; the 12 n d P flops of
 * products with X in an iteration are each class's own, so that the goal of twice one class is not
 * reached where these are most of it. The data set must be there ($RELUBENCH_DATA). */
#include "solvers/cvx/separate.h"
#include "tests/digits.h"
#include "tests/kernels.h"
#include "tests/toy.h"

#include "harness/machine/clock.h"

#include <math.h>
#include <stdio.h>

enum { ITERATIONS = 12 };

static const struct course {
	ptrdiff_t n;
	const char *options;
} courses[] = {
	{2000, "{patterns: 10, u_update: dual, finish: none}"},
	{2000, "{patterns: 50, u_update: dual, finish: none}"},
	{2000, "{patterns: 20, u_update: pcg, finish: none}"},
	{10000, "{patterns: 10, u_update: dual, finish: none}"},
};

/* The fastest iteration. */
static double iteration(const struct problem *problem, const char *text)
{
	const struct trainer *trainer =
		(const struct trainer *)(const void *)registry_find(KIND_TRAINER, "admm");
	struct arena arena = {0};
	const void *options = toy_options(&trainer->base, text, &arena);
	struct err err = {0};
	double best = HUGE_VAL;
	void *state;

	if (trainer->setup(problem, options, &arena, &state, &err) != STATUS_OK) {
		err_print(&err, stderr);
		return NAN;
	}
	for (int i = 0; i < ITERATIONS; i++) {
		struct progress progress = {0};
		double start = clock_seconds();

		trainer->step(state, &progress);
		best = fmin(best, clock_seconds() - start);
	}
	arena_release(&arena);
	return best;
}

int main(int argc, char **argv)
{
	static const double none = 0;
	extern const struct loss loss_squared;

	int failed = 0;

	(void)argc;
	kernels_choose(argv);
	for (size_t i = 0; i < sizeof courses / sizeof *courses; i++) {
		struct problem all = {.beta = 1,
				      .loss = {.loss = &loss_squared,
					       .options = &none,
					       .weight = 1}},
			       one;
		struct arena arena = {0};
		double single, ten;

		if (!digits_load(&all, courses[i].n, &arena)) {
			printf("separate outputs: no MNIST in $RELUBENCH_DATA\n");
			arena_release(&arena);
			return 0;
		}
		one = separate_output(&all, 0);
		single = iteration(&one, courses[i].options);
		ten = iteration(&all, courses[i].options);
		printf("n %td, d %td, %s: one class %.4f s, ten %.4f s an iteration, %.2f times "
		       "(goal "
		       "2); ten runs of one %.2f times\n",
		       all.X.rows, all.X.cols, courses[i].options, single, ten, ten / single,
		       10 * single / ten);
		failed |= !(ten < 10 * single);
		arena_release(&arena);
	}
	return failed;
}
