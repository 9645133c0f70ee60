/* Ten classes with neurons of their own by ADMM, squared loss: time of an iteration with all of
 * them against that with one, and against ten of that. What classes share is the factored system
 * and the reading of it; the 12 n d P + 6 d^2 P flops of products in an iteration and the 2 n^2 of
 * the system are each class's own. So ten cannot take less than their flops at the rate of a large
 * product, which is printed as a multiple of the time of one: the goal of twice one class can be
 * reached where one class is far below that rate, waiting for the n x n factor, and not on images.
 * Images of MNIST must be there ($RELUBENCH_DATA), or only normal numbers are looked at. */
#include "solvers/core/blas.h"
#include "solvers/core/rng.h"
#include "solvers/cvx/separate.h"
#include "tests/digits.h"
#include "tests/kernels.h"
#include "tests/toy.h"

#include "harness/machine/clock.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ITERATIONS = 12 };

static const struct course {
	ptrdiff_t n, d, P; /* d: DIGITS_D are images */
	const char *options;
} courses[] = {
	{2000, DIGITS_D, 10, "{patterns: 10, u_update: dual, finish: none}"},
	{2000, DIGITS_D, 50, "{patterns: 50, u_update: dual, finish: none}"},
	{2000, DIGITS_D, 20, "{patterns: 20, u_update: pcg, finish: none}"},
	{10000, DIGITS_D, 10, "{patterns: 10, u_update: dual, finish: none}"},
	{10000, 50, 10, "{patterns: 10, u_update: dual, finish: none}"},
	{10000, 50, 50, "{patterns: 50, u_update: dual, finish: none}"},
};

/* Normal numbers, classes by the largest of ten linear functions of |x|. */
static void draw(struct problem *problem, struct course course, struct arena *arena)
{
	struct rng rng = rng_stream(3, "separate", 0);
	struct mat X = mat_new(arena, course.n, course.d), W = mat_new(arena, course.d, DIGITS_K);
	real *at = ARENA_ARRAY(arena, real, course.n * DIGITS_K);
	int *label = ARENA_ARRAY(arena, int, course.n);

	toy_fill(X, &rng);
	toy_fill(W, &rng);
	for (ptrdiff_t i = 0; i < course.n; i++) {
		double most = -HUGE_VAL;

		mat_set(X, i, course.d - 1, 1);
		for (int c = 0; c < DIGITS_K; c++) {
			double sum = 0;

			for (ptrdiff_t j = 0; j < course.d; j++)
				sum += fabs((double)mat_get(X, i, j)) * (double)mat_get(W, j, c);
			if (sum > most) {
				most = sum;
				label[i] = c;
			}
		}
		at[i + label[i] * course.n] = 1;
	}
	problem->X = X;
	problem->y = (struct targets){.n = course.n, .k = DIGITS_K, .at = at, .label = label};
}

/* Flops a second of a product of two matrices of order 1000. */
static double peak(void)
{
	enum { ORDER = 1000, TRIES = 5 };
	struct arena arena = {0};
	struct rng rng = rng_stream(3, "peak", 0);
	struct mat A = mat_new(&arena, ORDER, ORDER), B = mat_new(&arena, ORDER, ORDER),
		   C = mat_new(&arena, ORDER, ORDER);
	double best = HUGE_VAL;

	toy_fill(A, &rng);
	toy_fill(B, &rng);
	for (int i = 0; i < TRIES; i++) {
		double start = clock_seconds();

		blas_gemm(1, A, PLAIN, B, PLAIN, 0, C);
		best = fmin(best, clock_seconds() - start);
	}
	arena_release(&arena);
	return 2 * pow(ORDER, 3) / best;
}

/* Of an iteration with one class and u_update: dual. */
static double flops(struct course c)
{
	double n = (double)c.n, d = (double)c.d, P = (double)c.P;

	return 12 * n * d * P + 6 * d * d * P + 2 * n * n;
}

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
		double single, ten, least;

		if (courses[i].d != DIGITS_D) {
			draw(&all, courses[i], &arena);
		} else if (!digits_load(&all, courses[i].n, &arena)) {
			printf("separate outputs: no MNIST in $RELUBENCH_DATA\n");
			arena_release(&arena);
			continue;
		}
		one = separate_output(&all, 0);
		single = iteration(&one, courses[i].options);
		ten = iteration(&all, courses[i].options);
		least = 10 * flops(courses[i]) / peak() / single;
		printf("n %td, d %td, %s: one class %.4f s, ten %.4f s an iteration, %.2f times "
		       "(goal 2",
		       all.X.rows, all.X.cols, courses[i].options, single, ten, ten / single);
		if (strstr(courses[i].options, "dual"))
			printf(", flops at the rate of a large product %.2f", least);
		printf("); ten runs of one %.2f times\n", 10 * single / ten);
		failed |= !(ten < 10 * single);
		arena_release(&arena);
	}
	return failed;
}
