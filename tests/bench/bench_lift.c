/* The semidefinite relaxation: seconds to gaps between its certified bound and a feasible point of
 * its own, and the share that one factorisation (of a Newton system) or eigendecomposition has in
 * an iteration. An argument names one part: spiral (three arms of 20 points, order 65; Prakhya,
 * Birdal, Yurtsever 2024), spiral_splitting, ionosphere (half of it, where $RELUBENCH_DATA holds
 * it). */
#include "solvers/core/blas.h"
#include "solvers/lift/lift_interior.h"
#include "tests/race.h"
#include "tests/toy.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

enum { ARMS = 3, POINTS = 20, REPEATS = 5 };

#define IONOSPHERE                                                               \
	"name: bench\ndata:\n  - {name: ionosphere, csv: {path: "                \
	"\"${RELUBENCH_DATA}/ionosphere/ionosphere.data\"}, split: {test: 0.5, " \
	"stratified: true}, prepare: [standardize]}\n"                           \
	"train:\n  - {solver: sdp_relax, loss: squared}\n"

static const struct course {
	const char *name, *options;
	bool real, interior;
	struct race_goal goals[2]; /* falling gaps */
	double patience;
} parts[] = {
	{"spiral", "{method: interior}", false, true, {{1e-3, 12}, {1e-4, 15}}, 60},
	{"spiral_splitting", "{method: splitting}", false, false, {{1e-1, 0}, {1e-2, 0}}, 5},
	{"ionosphere", "{method: splitting}", true, false, {{1e-1, 0}, {1e-2, 300}}, 300},
};

/* Arm k: radius from 0 to 1/2, angle from 4 k to 4 (k + 1) and noise of 0.15. */
static struct problem spiral(struct arena *arena)
{
	struct rng rng = rng_stream(1, "bench_lift", 0);
	ptrdiff_t n = ARMS * POINTS;
	struct problem p = {.X = mat_new(arena, n, 2), .seed = 1, .beta = 0.1};
	real *at = ARENA_ARRAY(arena, real, n * ARMS);

	for (ptrdiff_t i = 0; i < n; i++) {
		double along = (double)(i % POINTS) / (POINTS - 1);
		double angle = 4 * ((double)(i / POINTS) + along) + 0.15 * rng_normal(&rng);

		mat_set(p.X, i, 0, (real)(along / 2 * sin(angle)));
		mat_set(p.X, i, 1, (real)(along / 2 * cos(angle)));
		at[i / POINTS * n + i] = 1;
	}
	p.y = (struct targets){.n = n, .k = ARMS, .at = at};
	p.loss = toy_loss_term("squared", arena);
	return p;
}

/* Seconds of one Cholesky factorisation or eigendecomposition of this order, the fastest. */
static double kernel(ptrdiff_t order, bool factor)
{
	struct arena arena = {0};
	struct rng rng = rng_stream(2, "bench_lift", 0);
	struct mat A = mat_new(&arena, order, order), B = mat_new(&arena, order, order);
	real *values = ARENA_ARRAY(&arena, real, order);
	double fastest = HUGE_VAL;

	toy_fill(B, &rng);
	for (int k = 0; k < REPEATS; k++) {
		double begun;

		blas_syrk(1, B, PLAIN, 0, A);
		for (ptrdiff_t j = 0; j < order; j++)
			mat_set(A, j, j, mat_get(A, j, j) + (real)order);
		begun = omp_get_wtime();
		if (!(factor ? blas_cholesky(A) : blas_eigen(A, values)))
			printf("  a kernel failed\n");
		fastest = fmin(fastest, omp_get_wtime() - begun);
	}
	arena_release(&arena);
	return fastest;
}

static void share(const struct course *part, const struct problem *p, double iteration)
{
	ptrdiff_t order = p->X.rows + p->X.cols + p->y.k;
	ptrdiff_t size =
		part->interior ? (ptrdiff_t)lift_interior_unknowns(order, p->X.rows) : order;
	double seconds = kernel(size, part->interior);

	printf("  %s: an iteration %.4f s, one %s of order %td %.4f s: %.0f %%\n", part->name,
	       iteration, part->interior ? "factorisation" : "eigendecomposition", size, seconds,
	       100 * seconds / iteration);
}

static void measure(const struct course *part, const struct problem *problem)
{
	const struct trainer *trainer =
		(const struct trainer *)(const void *)registry_find(KIND_TRAINER, "sdp_relax");
	struct arena arena = {0};
	struct progress progress = {.end = OUTCOME_RUNNING};
	struct certificate c = {0};
	struct err err = {0};
	double begun = omp_get_wtime(), steps = 0, seconds = 0, next = 0;
	int count = 0;
	void *state;

	if (trainer->setup(problem, toy_options(&trainer->base, part->options, &arena), &arena,
			   &state, &err) != STATUS_OK) {
		printf("  %s: %s\n", part->name, err.text);
		return;
	}
	for (int goal = 0;
	     goal < 2 && seconds < part->patience && progress.end == OUTCOME_RUNNING;) {
		double before = omp_get_wtime();

		trainer->step(state, &progress);
		steps += omp_get_wtime() - before;
		count++;
		seconds = omp_get_wtime() - begun;
		if (!part->interior && seconds < next)
			continue;
		trainer->certify(state, &c);
		seconds = omp_get_wtime() - begun;
		next = 1.1 * seconds;
		for (; goal < 2 && race_gap(&c) <= part->goals[goal].gap; goal++)
			printf("  %s, %s: gap %g after %d steps and %.2f s (goal %g s)\n",
			       part->name, part->options, part->goals[goal].gap, count, seconds,
			       part->goals[goal].seconds);
	}
	printf("  %s: ended after %d steps and %.2f s, %.9g to %.9g, gap %.1e\n", part->name, count,
	       seconds, c.lower_bound, c.upper, race_gap(&c));
	share(part, problem, steps / count);
	arena_release(&arena);
}

int main(int argc, char **argv)
{
	if (sizeof(real) < sizeof(double)) /* the goals are of double */
		return 0;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		const struct race_source source = {"ionosphere", NULL, IONOSPHERE, IONOSPHERE};
		struct race_data race = {0};
		struct arena arena = {0};
		struct problem problem;

		if (argc > 1 && strcmp(argv[1], parts[i].name) != 0)
			continue;
		if (parts[i].real && !fashion_is_real()) {
			printf("  %s: set RELUBENCH_DATA\n", parts[i].name);
			continue;
		}
		if (parts[i].real && race_load(&race, &source) != 0)
			return 1;
		problem = parts[i].real ? race_problem(&race, "squared", 0.1) : spiral(&arena);
		problem.frozen = NULL;
		measure(&parts[i], &problem);
		arena_release(&arena);
		arena_release(&race.arena);
	}
	return 0;
}
