/* Where threads begin to pay: the fastest iteration with one thread and with two, passively
 * waiting as workers do, over sizes. harness/run/amount.c holds the crossover.
 *
 * The fastest of many iterations is hardly disturbed by what else runs, if it ever pauses. */
#include "tests/fashion.h"
#include "tests/toy.h"

#include "solvers/core/blas.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TURNS = 3, STEPS = 400 };

static const double most_flops = 1e10; /* of an iteration that is still worth while here */
static const double turn_s = 0.05;     /* steps of one turn */

struct contender {
	const char *solver, *size, *more; /* "patterns", and further options */
};

static const struct contender contenders[] = {
	{"admm", "patterns", ", u_update: dual"},
	{"admm", "patterns", ", u_update: pcg"},
	{"robust_admm", "patterns", ", eps: 0.01"},
	{"ipm", "patterns", ""},
	{"scp", "neurons", ""},
	{"sgd", "width", ", batch: 128"},
	{"adam", "width", ", batch: 128"},
};

static const struct {
	ptrdiff_t n, d, P;
} sizes[] = {{100, 4, 20},   {200, 10, 40},   {200, 20, 50},   {1000, 10, 40},  {500, 40, 50},
	     {4000, 10, 40}, {1000, 100, 50}, {10000, 10, 50}, {2000, 100, 50}, {4000, 100, 50}};

/* A turn of steps; a method that has ended is left alone. */
static void turn(struct fashion_run *run, int threads)
{
	double start = omp_get_wtime();

	blas_set_threads(threads);
	for (int i = 0; i < STEPS && omp_get_wtime() - start < turn_s; i++)
		if (run->progress.end == OUTCOME_RUNNING)
			fashion_step(run);
}

static void compare(const struct problem *problem, const struct contender *c, const char *options,
		    int threads)
{
	const struct desc *desc = registry_find(KIND_TRAINER, c->solver);
	struct arena arena = {0};
	struct forecast forecast = {0};
	struct fashion_run one, many;

	((const struct trainer *)(const void *)desc)
		->forecast(
			toy_options(desc, options, &arena),
			(struct trainer_shape){.n = problem->X.rows, .d = problem->X.cols, .k = 1},
			&forecast);
	arena_release(&arena);
	if (forecast.iteration_flops > most_flops)
		return;
	blas_set_threads(1);
	if (fashion_start(&one, problem, c->solver, options) != 0)
		return;
	blas_set_threads(threads);
	if (fashion_start(&many, problem, c->solver, options) != 0)
		return;
	for (int i = 0; i < TURNS; i++) {
		turn(&one, 1);
		turn(&many, threads);
	}
	printf("%-12s %-34s n %5td d %4td  %9.3g flop  %9.3g flop/sample  %9.1f us  %9.1f us  "
	       "%.2f\n",
	       c->solver, options, problem->X.rows, problem->X.cols, forecast.iteration_flops,
	       forecast.iteration_flops / (double)problem->X.rows, 1e6 * one.best, 1e6 * many.best,
	       one.best / many.best);
	fflush(stdout);
	fashion_end(&one);
	fashion_end(&many);
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 2;

	if (!getenv("OMP_WAIT_POLICY") && setenv("OMP_WAIT_POLICY", "passive", 1) == 0)
		execv("/proc/self/exe", argv);
	printf("fastest iteration with 1 thread, with %d, ratio; %s precision\n", threads,
	       REAL_NAME);
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		struct toy toy = toy_make(sizes[s].n, sizes[s].d, "squared", 0.1);

		for (size_t c = 0; c < sizeof contenders / sizeof *contenders; c++) {
			char options[80];

			snprintf(options, sizeof options, "{%s: %td%s}", contenders[c].size,
				 sizes[s].P, contenders[c].more);
			compare(&toy.problem, &contenders[c], options, threads);
		}
		arena_release(&toy.arena);
	}
	return 0;
}
